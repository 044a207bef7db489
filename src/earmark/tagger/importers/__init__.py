"""Taggers that others published, made into ours. Nothing of theirs is run.

``musicnn``     four networks with 50 tags each, from the package musicnn (Pons & Serra, 2019)

An importer reads what was published where the user has it, writes the network as an ONNX graph,
and puts licence, citation, source and what was learnt from on the tagger's card.
"""
