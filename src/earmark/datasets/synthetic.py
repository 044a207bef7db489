"""``synthetic``: music that Earmark composed itself, with its whole truth and planted faults.

A collection lies on disk as

``audio/<track id>.wav``   16-bit PCM
``tracks.csv``             id, path, style (the truth), label (what the collection says), artist,
                           part, instruments (``;`` between them), mood, tempo, fault, other, way
``synthetic.toml``         settings and seed, from which all of it can be made again

It serves to try a pipeline, and to see what a leaky split and what faults do where the truth is
known. It is no model of real music: a score on it says nothing of how well a tagger will do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal

from earmark.audio.synth import INSTRUMENT_LABELS, MOODS, STYLES, TEMPO_WORDS
from earmark.datasets._collection import CollectionSettings, PlantedFaults
from earmark.datasets._composing import (
    COLUMNS,
    SEPARATOR,
    TABLE,
    UNFINISHED,
    Row,
    compose_collection,
)
from earmark.datasets.base import Dataset, Fault, Track
from earmark.errors import DataError, SettingsError, suggestion
from earmark.labels.vocabulary import Vocabulary

__all__ = ["CollectionSettings", "PlantedFaults", "Synthetic", "compose_collection"]

_KNOWN = {"style": STYLES, "label": STYLES, "part": ("train", "valid", "test"),
          "mood": MOODS, "tempo": TEMPO_WORDS}  # fmt: skip
_GROUPS = {"genre": STYLES, "instrument": INSTRUMENT_LABELS, "tempo": TEMPO_WORDS, "mood": MOODS}
_TASKS = ("genre", "all")


class Synthetic(Dataset):
    """A composed collection, by genre alone or with its instruments, tempi and moods."""

    name = "synthetic"
    title = "Synthetic music composed by Earmark"
    licence = "MIT, as Earmark: composed by the program, free of others' rights"
    citation = "Composed by Earmark (earmark.audio.synth); see the collection's synthetic.toml."
    url = "https://example.org/earmark"
    layout = """
audio/<track>.wav    16-bit PCM
tracks.csv           id, path, style, label, artist, part, instruments, mood, tempo, fault ...
synthetic.toml       settings and seed
"""
    where = "Composed by Earmark: earmark demo makes one; compose_collection makes others."

    def __init__(self, root: Path | str, labels: Literal["genre", "all"] = "genre") -> None:
        """Remember where the collection lies.

        Args:
            labels: ``genre`` for one label a track; ``all`` for genre, instruments, tempo, mood.

        Raises:
            SettingsError: ``labels`` is neither.
        """
        super().__init__(root)
        if labels not in _TASKS:
            raise SettingsError(f"'labels' is '{labels}'.{suggestion(str(labels), _TASKS)}")
        self.labels = labels

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels that some track bears: genres, then instruments, tempi and moods."""
        borne = {label for track in self.tracks.values() for label in track.labels}
        groups = {label: group for group, known in _GROUPS.items() for label in known
                  if label in borne}  # fmt: skip
        return Vocabulary(tuple(groups), "single" if self.labels == "genre" else "multi", groups)

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether its table and its settings are there."""
        return (root / TABLE).is_file() and (root / "synthetic.toml").is_file()

    def read_tracks(self) -> list[Track]:
        """Read all tracks, sorted by id. Silent tracks bear no instrument.

        Raises:
            DataError: no collection, one that was not finished, a damaged table, or a file that
                is not there.
        """
        return [Track(row["id"], self._labels(row), row["path"], row["artist"] or None)
                for row in self._rows.values()]  # fmt: skip

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``artist``: no artist has two parts, and no planted fault is in valid or test."""
        return {"artist": {row["id"]: row["part"] for row in self._rows.values()}}

    def faults(self) -> list[Fault]:
        """Return the planted faults; the source says how a near duplicate was made."""
        return [
            Fault(row["id"], row["fault"], row["other"] or None,
                  f"planted: {row['way']}" if row["way"] else "planted")
            for row in self._rows.values() if row["fault"]
        ]  # fmt: skip

    def truth(self, track: str) -> Mapping[str, str]:
        """Return the row of a track in the table: also its true style, where a label is wrong."""
        return dict(self._rows[track])

    @classmethod
    def sample(cls, root: Path) -> None:
        """Compose a dozen pieces of two seconds in three styles, and two duplicates."""
        faults = PlantedFaults(1, 1, 1, 0, 0, 0)
        styles = ("classical", "disco", "metal")
        compose_collection(root, CollectionSettings(styles, 2, 2, seconds=2.0, faults=faults))

    def _labels(self, row: Row) -> tuple[str, ...]:
        if self.labels == "genre":
            return (row["label"],)
        return (row["label"], *_listed(row["instruments"]), row["tempo"], row["mood"])

    @cached_property
    def _rows(self) -> dict[str, Row]:
        table = self.root / TABLE
        if not table.is_file():
            raise DataError(self._nothing_found())
        rows: dict[str, Row] = {}
        for line, row in _read(table):
            _check(row, rows, f"{table}, line {line}")
            if not (self.root / row["path"]).is_file():
                raise DataError(f"{table}, line {line}: {row['path']} is not there; compose the "
                                "collection again to get it back: whole files are kept.")
            rows[row["id"]] = row
        if not rows:
            raise DataError(f"{table}: holds no tracks below its header.")
        for row in rows.values():
            if row["other"] and row["other"] not in rows:
                raise DataError(f"{table}: '{row['id']}' repeats '{row['other']}', which is not "
                                f"a track.{suggestion(row['other'], rows)}")
        return dict(sorted(rows.items()))

    def _nothing_found(self) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds {TABLE}."
        if (self.root / UNFINISHED).exists():
            return (f"{self.root}: its composing was interrupted; compose the collection again: "
                    "it goes on where it stopped.")
        return f"{self.root}: holds no composed collection; expected {TABLE} and a folder 'audio'."


def _read(table: Path) -> list[tuple[int, Row]]:
    try:
        reader = csv.DictReader(io.StringIO(table.read_text("utf-8-sig"), newline=""), strict=True)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: cannot be read as a table: {error}.") from error
    if missing:
        raise DataError(f"{table}: has no column '{missing[0]}'; expected {', '.join(COLUMNS)}.")
    for line, row in rows:
        if None in row or None in row.values():
            raise DataError(f"{table}, line {line}: not one value a column. Is it cut short?")
    return rows


def _check(row: Row, rows: Mapping[str, Row], where: str) -> None:
    if not row["id"] or row["id"] in rows:
        raise DataError(f"{where}: the id '{row['id']}' is empty or there twice; expected each "
                        "once.")
    path = PurePosixPath(row["path"])
    if not row["path"] or path.is_absolute() or ".." in path.parts or "\\" in row["path"]:
        raise DataError(f"{where}: the path '{row['path']}' leads out of the collection; expected "
                        "one relative to it, with /.")
    for column, known in _KNOWN.items():
        if row[column] not in known:
            raise DataError(f"{where}: the {column} '{row[column]}' is not known."
                            f"{suggestion(row[column], known)}")
    for name in _listed(row["instruments"]):
        if name not in INSTRUMENT_LABELS:
            raise DataError(f"{where}: the instrument '{name}' is not known."
                            f"{suggestion(name, INSTRUMENT_LABELS)}")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(SEPARATOR)) if text else ()
