"""Readers of published music datasets, one file each; the folder is the registry."""
