"""Labels: ordered vocabularies and the answer for one file."""
