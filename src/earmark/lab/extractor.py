"""What ``earmark features extract`` does with each file, in whichever process, and in what order.

Rows are small and go back to the process that writes the table; pictures are written where they
are made and only their names go back, so that a library's pictures are never in one memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from earmark.audio.queued import likely_seconds
from earmark.errors import SettingsError
from earmark.features.base import FrontEnd
from earmark.lab import pictures
from earmark.lab.extraction import Rows, cached_extract, cached_rows
from earmark.lab.tables import TABLES
from earmark.lab.workers import Kind
from earmark.store import ArrayCache

PICTURES = ("npy", "png")
STYLES = (*TABLES, *PICTURES)
_PROCESS_SECONDS = 200.0
"""Audio, cautiously guessed, from which on processes repay their start of 0.3 s; measured with
gtzan57, whose threads, waiting for one another, are hardly faster than one alone."""


class Made(NamedTuple):
    """What came of one file.

    Attributes:
        rows: for each segment length; without values where they are files.
        files: names of the pictures for each segment length, empty for rows.
        notes: what there is to say, with the file's name.
    """

    rows: tuple[Rows, ...]
    files: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Extractor:
    """The work on one file; call it with a path. It can be sent to another process.

    Attributes:
        lengths: segment lengths in seconds; None for whole tracks.
        style: one of ``STYLES``.
        folder: where pictures go.
        names: of the pictures, for each file.
    """

    front_end: FrontEnd
    lengths: tuple[float | None, ...]
    cache: ArrayCache
    style: str = "csv"
    folder: Path = Path()
    names: Mapping[Path, str] | None = None

    def __call__(self, path: Path) -> Made:
        """Return what comes of the file.

        Raises:
            AudioError: it cannot be read; names it.
            EarmarkError: a picture cannot be written.
        """
        notes: list[str] = []
        found = cached_extract(path, self.front_end, self.lengths, self.cache, notes)
        if self.names is None:
            return Made(tuple(found), (), tuple(notes))
        files = pictures.write(self.folder, self.names[path], found, self.lengths,
                               self.front_end, self.style)
        bare = tuple(rows._replace(values=np.empty(0, np.float32)) for rows in found)
        return Made(bare, tuple(map(tuple, files)), tuple(notes))

    def known(self, path: Path) -> Made | None:
        """Return what the cache holds of the file, where no picture is to be written for it."""
        if self.names is not None:
            return None
        found = cached_rows(path, self.front_end, self.lengths, self.cache)
        if found is None:
            return None
        notes = dict.fromkeys(f"{path}: {note}" for rows in found for note in rows.notes)
        return Made(tuple(found), (), tuple(notes))

    @property
    def columns(self) -> list[str]:
        """Names of the table's columns, or of the index's."""
        several = ["segment_seconds"] if len(self.lengths) > 1 else []
        last = ["file"] if self.names is not None else self.front_end.columns
        return ["filename", "start_seconds", *several, *last]

    def table_rows(self, path: Path, made: Made) -> Iterator[list[Any]]:
        """Yield the table's rows of one file."""
        for number, (rows, seconds) in enumerate(zip(made.rows, self.lengths, strict=True)):
            several = [seconds] if len(self.lengths) > 1 else []
            last: Sequence[Any] = ([[file] for file in made.files[number]] if made.files
                                   else rows.values.astype(np.float64).tolist())
            for start, values in zip(rows.starts.tolist(), last, strict=True):
                yield [str(path), start, *several, *values]


def refuse_misfit(front_end: FrontEnd, style: str) -> None:
    """Refuse a format that cannot hold what the family makes.

    Raises:
        SettingsError: a table of pictures, or pictures of a family that draws none; says which
            formats fit.
    """
    draws = hasattr(front_end, "png")
    if style == "png" and not draws:
        raise SettingsError(f"'{front_end.name}' draws no pictures; choose another --format: "
                            "npy, or for a family of rows csv, json or parquet.")
    if style in TABLES:
        # Told by its shape: what is made of a second of faint noise.
        noise = np.random.default_rng(0).standard_normal(front_end.sample_rate, np.float32)
        shape = front_end(1e-3 * noise).shape
        if len(shape) > 1:
            raise SettingsError(
                f"'{front_end.name}' makes pictures of {' x '.join(map(str, shape))} a second, "
                f"which do not fit in {style}; choose --format "
                f"{'npy or png' if draws else 'npy'} with --out FOLDER."
            )


def best_kind(paths: Sequence[Path]) -> Kind:
    """Return whether processes repay their start for these files."""
    return "processes" if likely_seconds(paths) >= _PROCESS_SECONDS else "threads"
