"""What commands say of a dataset's published files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from earmark.datasets._disk import in_words

if TYPE_CHECKING:
    from earmark.datasets.base import Source

def total_in_words(sizes: Sequence[int | None]) -> str:
    """Return the size of all files in words.

    >>> total_in_words([1_000_000, 2_000_000]), total_in_words([5_000, None])
    ('3 MB', '5 kB and 1 file of unknown size')
    """
    known = [size for size in sizes if size is not None]
    unknown = len(sizes) - len(known)
    said = f"{unknown} file{'s' if unknown > 1 else ''} of unknown size"
    if not known:
        return said if unknown else "nothing"
    return in_words(sum(known)) + (f" and {said}" if unknown else "")


def parts_in_words(sources: Sequence[Source]) -> str:
    """Return each part with its size, such as ``metadata (358 MB), audio (7.7 GB)``."""
    of: dict[str, list[int | None]] = {}
    for source in sources:
        of.setdefault(source.part, []).append(source.bytes)
    return ", ".join(f"{part} ({total_in_words(sizes)})" for part, sizes in of.items())
