"""A table that names audio files, wherever they lie, and their labels.

Needed are a column ``path`` (relative to the table's folder, or absolute) and ``label`` or
``labels``; understood are ``artist``, ``album``, ``song``, ``id`` and ``split``. Columns are found
by name in any case and order, by their usual other names too; others are left alone. Several
labels are parted by ``;`` or ``|``, or are a JSON list, or a list in JSON lines and Parquet.
Artists that the table does not name are looked for in tags and file names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.datasets import artists
from earmark.datasets._entries import Entry, check_header, read_entries
from earmark.datasets._files import (
    counted,
    is_file,
    one_spelling,
    sample_clip,
    some,
    songs_of,
)
from earmark.datasets._own import OwnMusic
from earmark.datasets._rows import SUFFIXES
from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary
from earmark.store import write_bytes, write_text

_NAMES = tuple(f"manifest{suffix}" for suffix in SUFFIXES)


class NoFilesError(DataError):
    """A table of which no file is at hand."""


class Manifest(OwnMusic):
    """A CSV, TSV, JSON-lines or Parquet table of paths and labels, or the folder of one.

    ``root`` is the folder that paths are relative to, whichever of the two was given.

    Attributes:
        table: the table, where that was given; None for a folder.
    """

    name = "manifest"
    title = "A table of files and labels"
    licence = "that of your own files"
    citation = "your own collection"
    url = "https://www.rfc-editor.org/rfc/rfc4180"
    layout = """
manifest.csv    (.tsv, .jsonl, .parquet) a row a track: path and label, or labels parted by ; or |
                understood too: artist, album, song, title, id, split
"""
    where = "Your own table; earmark data check writes one of the tracks that are sound."

    def __init__(self, root: Path | str) -> None:
        given = Path(root)
        is_table = given.suffix.lower() in SUFFIXES and not given.is_dir()
        super().__init__(given.parent if is_table else given)
        self.table = given if is_table else None

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels that tracks bear, sorted without regard to case.

        ``multi`` when a track bears several, else ``single``. Several are of kinds: a genre, an
        instrument, a mood, by what Earmark's taxonomy knows of their names; ``other`` where it
        knows nothing.
        """
        labels = {label for entry in self._found.entries for label in entry.labels}
        many = any(len(entry.labels) > 1 for entry in self._found.entries)
        merged = {other: label for label, others in self._found.merged.items() for other in others}
        return Vocabulary(tuple(sorted(labels, key=lambda n: (n.casefold(), n))),
                          "multi" if many else "single",
                          crosswalk.plain().groups(labels) if many else {},
                          aliases={a: label for a, label in merged.items() if label in labels})

    def read_tracks(self) -> list[Track]:
        """Read the tracks that have a label and a file, sorted by id.

        Raises:
            DataError: no table; one without the columns needed, with an id or a path twice, with
                labels stored as a printed list, or of which no audio is at hand; names the line.
        """
        tracks = [
            Track(e.id, e.labels, e.path, credit.artist, credit.album, e.song)
            for e, credit in zip(self._found.entries, self.credits, strict=True)
        ]
        return sorted(tracks, key=lambda track: track.id)

    @cached_property
    def credits(self) -> list[artists.Credit]:
        """Who made each file: as the table says (origin ``table``), else as tags or names do."""
        entries = self._found.entries
        known = artists.credit(self.root, [entry.path for entry in entries], folders=False)
        stated = [
            replace(credit, artist=e.artist or credit.artist, album=e.album or credit.album,
                    origin="table" if e.artist else credit.origin)
            for e, credit in zip(entries, known, strict=True)
        ]  # fmt: skip
        spelt = artists.unify([credit.artist for credit in stated])
        return [replace(c, artist=artist) for c, artist in zip(stated, spelt, strict=True)]

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``given``: the parts that the table states, of absent files too."""
        return {"given": self._found.parts} if self._found.parts else {}

    @property
    def found_remarks(self) -> Sequence[str]:
        return self._found.remarks

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write ``manifest.csv`` and twelve clips of half a second, three labels, some two each."""
        rng = np.random.default_rng(6)
        lines = ["path,labels,artist,album,split"]
        for number, label in enumerate(("folk", "rock", "techno")):
            for clip, part in enumerate(("train", "train", "valid", "test")):
                path = f"audio/{label} {clip}.wav"
                labels = f"{label};live" if clip == 1 else label
                lines.append(f"{path},{labels},{label} band {clip},,{part}")
                write_bytes(root / path, sample_clip(110 * 2**number, rng))
        write_text(root / "manifest.csv", "\n".join(lines) + "\n")

    def check_header(self) -> None:
        """Refuse a CSV or TSV that cannot be read by its header alone, however large it is.

        Raises:
            DataError: as ``read_tracks`` says of the header.
        """
        if self.table is not None and self.table.suffix.lower() in (".csv", ".tsv"):
            check_header(self.table)

    @cached_property
    def _found(self) -> _Found:
        table = self.table or find_table(self.root)
        if table is None or not is_file(table):
            where = self.table or self.root
            lacks = "holds no manifest.csv" if where.is_dir() else "no such file"
            raise DataError(f"{where}: {lacks}; expected a table ({', '.join(SUFFIXES)}) with the "
                            "columns path and label, or a folder with one called manifest.")
        return _read(table)


def find_table(folder: Path) -> Path | None:
    """Return the folder's ``manifest.csv`` (.tsv, .jsonl, .parquet), None without one."""
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


class _Found(NamedTuple):
    entries: list[Entry]  # with a label and a file
    parts: dict[str, str]
    merged: dict[str, list[str]]
    remarks: list[str]


def _read(table: Path) -> _Found:
    entries, unused = read_entries(table)
    labelled, merged = _spelt_alike([e for e in entries if e.labels])
    present = [e for e in labelled if is_file(table.parent / e.path)]
    if not present:
        kind = NoFilesError if labelled else DataError
        raise kind(_none_left(table, entries, labelled))
    songs = songs_of([e.path for e in present])
    present = [e._replace(song=e.song or song) for e, song in zip(present, songs, strict=True)]
    parts = {e.id: e.part for e in labelled if e.part}
    return _Found(present, parts, merged,
                  list(_remarks(table, entries, labelled, present, merged, unused)))


def _spelt_alike(entries: Sequence[Entry]) -> tuple[list[Entry], dict[str, list[str]]]:
    """Return the entries with labels that differ only by case or punctuation made one."""
    spelt, merged = one_spelling(label for entry in entries for label in entry.labels)
    alike = [e._replace(labels=tuple(dict.fromkeys(spelt[name] for name in e.labels)))
             for e in entries]  # fmt: skip
    return alike, merged


def _none_left(table: Path, entries: Sequence[Entry], labelled: Sequence[Entry]) -> str:
    if not entries:
        return f"{table}: has a header and no rows; expected one a track."
    if not labelled:
        return f"{table}: none of its {len(entries)} rows has a label; expected at least one each."
    first = table.parent / labelled[0].path
    return (f"{table}: none of its {len(labelled)} files is there, the first would be {first}; "
            "paths are relative to the table's folder, or absolute.")


def _remarks(
    table: Path, entries: Sequence[Entry], labelled: Sequence[Entry],
    present: Sequence[Entry], merged: Mapping[str, Sequence[str]], unused: Sequence[str],
) -> Iterator[str]:
    for label, others in merged.items():
        yield (f"the labels {', '.join([label, *others])} differ only by case or punctuation: "
               f"taken together as '{label}'")
    if unused:
        yield f"{table.name}: columns not used, since others say the same: {', '.join(unused)}"
    if bare := [e.path for e in entries if not e.labels]:
        yield f"{counted(len(bare), 'row')} without a label left out: {some(bare)}"
    here = {e.id for e in present}
    if absent := [e.path for e in labelled if e.id not in here]:
        yield f"{counted(len(absent), 'file')} named in {table.name} left out, not there: " \
              f"{some(absent)}"
    many = sum(len(e.labels) > 1 for e in present)
    if many:
        yield f"{many} of {counted(len(present), 'track')} bear several labels: each label is " \
              "judged by itself"
