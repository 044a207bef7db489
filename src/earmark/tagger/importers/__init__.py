"""Taggers that others published, made into ours. Nothing of theirs is run."""
