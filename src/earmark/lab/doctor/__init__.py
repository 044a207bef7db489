"""The dataset doctor: what is wrong with a collection, its labels, its tables and its splits."""

from earmark.lab.doctor.duplicates import DuplicatePair, find_duplicate_rows, find_duplicates

__all__ = ["DuplicatePair", "find_duplicate_rows", "find_duplicates"]
