"""Feature families: audio in, described arrays out; the folder is the registry."""
