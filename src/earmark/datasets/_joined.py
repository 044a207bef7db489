"""Files that are pieces of one, such as ``mp3.zip.001`` to ``.003``, read as if they were whole."""

from __future__ import annotations

import bisect
import io
import itertools
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from earmark.errors import DataError

_PIECE = re.compile(r"(?P<whole>.+)\.(?P<number>[0-9]{3})")
_BUFFER_BYTES = 1 << 20


def whole_of(file: str) -> tuple[str, int]:
    """Return the name of the file that this one is a piece of, and which piece, from 1.

    A file that is no piece is itself, and piece 0.

    >>> whole_of("mp3.zip.002"), whole_of("genres.tar.gz")
    (('mp3.zip', 2), ('genres.tar.gz', 0))
    """
    match = _PIECE.fullmatch(file)
    return (match["whole"], int(match["number"])) if match else (file, 0)


def grouped(files: Iterable[str]) -> dict[str, list[str]]:
    """Return each whole file's pieces in their order.

    >>> grouped(["b.zip.002", "a.tar", "b.zip.001"])
    {'b.zip': ['b.zip.001', 'b.zip.002'], 'a.tar': ['a.tar']}
    """
    groups: dict[str, list[str]] = {}
    for file in files:
        groups.setdefault(whole_of(file)[0], []).append(file)
    return {whole: sorted(pieces, key=whole_of) for whole, pieces in groups.items()}


def open_joined(pieces: Sequence[Path]) -> IO[bytes]:
    """Open pieces as one seekable file, without a copy of them.

    Raises:
        DataError: a piece is missing between the first and the last. OSError: cannot be read.
    """
    numbers = [whole_of(piece.name)[1] for piece in pieces]
    if len(pieces) > 1 and numbers != list(range(1, len(pieces) + 1)):
        missing = min(set(range(1, max(numbers) + 1)) - set(numbers), default=max(numbers))
        raise DataError(f"{pieces[0].parent}: piece {missing:03d} of "
                        f"{whole_of(pieces[0].name)[0]} is missing; fetch it and run this again.")
    return io.BufferedReader(_Joined(pieces), _BUFFER_BYTES)


class _Joined(io.RawIOBase):
    def __init__(self, pieces: Sequence[Path]) -> None:
        self._files = [piece.open("rb") for piece in pieces]
        sizes = [os.fstat(file.fileno()).st_size for file in self._files]
        self._starts = [0, *itertools.accumulate(sizes)]  # the last is the size of all
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        if start + offset < 0:
            raise OSError("cannot seek before the start")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from the piece that holds the place; less at the end of a piece."""
        if self._at >= self._starts[-1]:
            return 0
        number = bisect.bisect_right(self._starts, self._at) - 1
        file = self._files[number]
        file.seek(self._at - self._starts[number])
        count = file.readinto(buffer)
        self._at += count
        return int(count)

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()
