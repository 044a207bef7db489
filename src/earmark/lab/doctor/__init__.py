"""The dataset doctor: what is wrong with a collection, its labels, its tables and its splits."""

from earmark.lab.doctor.duplicates import DuplicatePair, find_duplicate_rows, find_duplicates
from earmark.lab.doctor.listening import Heard, listen

__all__ = ["DuplicatePair", "Heard", "find_duplicate_rows", "find_duplicates", "listen"]
