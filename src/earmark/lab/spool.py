"""Rows that come a track at a time, kept where there is room: in memory, or on the disk.

Pictures of a collection may be larger than the memory. They are written one after another into a
file of the cache folder, which is mapped when it is complete and goes with the process.
"""

from __future__ import annotations

import atexit
import contextlib
import tempfile
import time
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, EarmarkError
from earmark.store import cache_folder

_PICTURE_AXES = 3  # rows, and two of their own
_SUFFIX, _STALE_SECONDS = ".rows", 7 * 86_400
_files: list[Path] = []


class Spool:
    """Takes the rows of one track after another, all of one shape."""

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None
        self._count = 0
        self._rows: list[NDArray[np.float32]] = []
        self._file: IO[bytes] | None = None

    def add(self, rows: NDArray[np.float32], name: str) -> None:
        """Take the rows of a track [shape=(rows, ...)].

        Raises:
            DataError: they are of another shape than those before; names the track.
            EarmarkError: the disk is full.
        """
        if self._shape is None:
            self._shape = rows.shape[1:]
        if rows.shape[1:] != self._shape:
            raise DataError(f"{name}: its pictures are {_by(rows.shape[1:])} and those before it "
                            f"{_by(self._shape)}; learn from segments of one length: set "
                            "'training_seconds'.")
        self._count += len(rows)
        if rows.ndim < _PICTURE_AXES:
            self._rows.append(rows)
        else:
            self._write(rows)

    def rows(self) -> NDArray[np.float32]:
        """Return all rows, in memory or mapped from the disk."""
        if self._file is None:
            return np.concatenate(self._rows)
        self._file.flush()
        path = Path(self._file.name)
        mapped: NDArray[np.float32] = np.memmap(
            path, np.float32, "r", shape=(self._count, *(self._shape or ())))
        self._file.close()
        return mapped

    def _write(self, rows: NDArray[np.float32]) -> None:
        try:
            if self._file is None:
                folder = cache_folder() / "rows"
                folder.mkdir(parents=True, exist_ok=True)
                _sweep(folder)
                # Kept open from track to track, and closed by ``rows``.
                self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115
                    dir=folder, suffix=_SUFFIX, delete=False)
                _files.append(Path(self._file.name))
            self._file.write(np.ascontiguousarray(rows, np.float32).data)
        except OSError as error:
            raise EarmarkError(f"pictures cannot be kept in {cache_folder() / 'rows'}: "
                               f"{error.strerror or error}; make room, or set EARMARK_CACHE."
                               ) from error


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed left behind days ago."""
    for path in folder.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()


@atexit.register  # not before: other processes may map them, too
def remove_all() -> None:
    """Remove the files of this process; for one that ends without what is done at its end."""
    while _files:
        with contextlib.suppress(OSError):
            _files.pop().unlink()
