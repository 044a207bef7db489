"""``made``: a dataset that Earmark made or merged: a table of tracks beside a table of features.

It holds no audio and no names of files, so that it can be published where the audio cannot. Where
the audio lies stands apart, in a file that is for its maker alone.

``made.toml``           title, licence, citation, task, the labels' groups, what made the features
``tracks.csv``          id, labels (parted by ``;``), part, artist, album, song, title and seconds;
                        where it is from: dataset, original_id, original_labels
``paths.csv``           id, path of the audio: absolute, or relative to the folder
``features.parquet``    filename (``<id>#<segment>``), track_id, segment, start_seconds, labels,
                        artist, dataset, then the features; ``features.csv`` is the same
``CARD.md``             what it is, for people; ``log.jsonl`` what was chosen, and instead of what
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from earmark import settings
from earmark.datasets._files import counted, is_file, some
from earmark.datasets._rows import read_rows
from earmark.datasets.base import Dataset, FeatureTable, Track
from earmark.errors import DataError, SettingsError
from earmark.labels.vocabulary import Task, Vocabulary
from earmark.store import write_text

FORMAT = 1
ABOUT, TRACKS, FEATURES = "made.toml", "tracks.csv", "features.parquet"
PATHS = "paths.csv"
SEPARATOR = ";"
COLUMNS = ("id", "labels", "part", "artist", "album", "song", "title", "seconds", "dataset",
           "original_id", "original_labels")  # fmt: skip
_PARTS = ("", "train", "valid", "test")


@dataclass(frozen=True)
class About:
    """What ``made.toml`` says.

    Attributes:
        title: of the dataset; ``licence`` and ``citation`` are of what it was made from.
        task: ``single`` or ``multi``.
        groups: label to group, in the order of the vocabulary.
        front_end: the features' family and settings; empty where there are none.
        segment_seconds: how tracks were cut; None for whole tracks.
        made_from: dataset to the fingerprint of the copy it was made from.
        seed: of what was drawn.
        format: of the folder.
    """

    title: str
    licence: str
    citation: str
    task: Task
    groups: Mapping[str, str]
    front_end: Mapping[str, Any] = field(default_factory=dict)
    segment_seconds: float | None = None
    made_from: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format > FORMAT:
            raise ValueError(f"is of format {self.format}, and this Earmark reads up to {FORMAT}; "
                             "get a newer one.")


class Origin(NamedTuple):
    """Where a track is from: dataset, its id there and its labels there."""

    dataset: str
    id: str
    labels: tuple[str, ...]


class _Found(NamedTuple):
    tracks: dict[str, Track]
    parts: dict[str, str]
    origins: dict[str, Origin]


class Made(Dataset):
    """A dataset that ``earmark data make`` or ``merge`` wrote."""

    name = "made"
    title = "A dataset made or merged by Earmark"
    licence = "that of what it was made from: see its made.toml"
    citation = "What it was made from: see its CARD.md."
    url = "https://example.org/earmark"
    layout = """
made.toml          title, licence, citation, labels and their groups, what made the features
tracks.csv         id, labels, part, path, artist, album, song, title, seconds, dataset ...
paths.csv          id, path: where the audio lies on this machine; not to be published
features.parquet   a row a segment: filename (<id>#<segment>), track_id, ..., the features
"""
    where = "Made by earmark data make or earmark data merge."

    @property
    def about(self) -> About:
        """What ``made.toml`` says."""
        return self._about

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels in the order that ``made.toml`` gives them."""
        about = self._about
        return Vocabulary(tuple(about.groups), about.task, about.groups)

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether ``made.toml`` and ``tracks.csv`` are there."""
        return (root / ABOUT).is_file() and (root / TRACKS).is_file()

    def read_tracks(self) -> list[Track]:
        """Read all tracks, sorted by id.

        Raises:
            DataError: not such a folder, a damaged table, an id twice, a label unknown; names the
                line.
        """
        return [track for _, track in sorted(self._found.tracks.items())]

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``artist``: no artist has two parts; nothing where no parts were dealt."""
        return {"artist": dict(self._found.parts)} if self._found.parts else {}

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        """Return the table of features, where there is one."""
        about, path = self._about, self.root / FEATURES
        if not about.front_end or not path.is_file():
            return ()
        return (FeatureTable(path, dict(about.front_end), about.segment_seconds),)

    def segment_of(self, row_name: str) -> tuple[str, int]:
        """Return (track id, segment number) for ``<id>#<segment>``.

        Raises:
            DataError: the name is not formed so.
        """
        track, mark, number = row_name.rpartition("#")
        if not mark or not (number.isascii() and number.isdigit()):
            raise DataError(f"'{row_name}' names no segment; expected '<track id>#<number>'.")
        return track, int(number)

    def remarks(self) -> list[str]:
        """Return how many tracks have no audio here."""
        silent = [track.id for track in self.tracks.values() if track.path is None]
        return [f"{counted(len(silent), 'track')} without audio here: {some(silent)}"] \
            if silent else []

    def origin(self, track: str) -> Origin:
        """Return where a track is from."""
        return self._found.origins[track]

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write six tracks of two labels with three made-up values a segment, without audio."""
        import numpy as np

        rng = np.random.default_rng(9)
        front_end = {"name": "table", "kind": "other", "names": ["a", "b"],
                     "name_column": "filename"}
        about = About("A sample", "free of rights", "Made up by Earmark.", "single",
                      {"folk": "genre", "techno": "genre"}, front_end, 3.0, {"sample": "0" * 16})
        write_about(about, root)
        lines = [",".join(COLUMNS)]
        rows = ["filename,a,b"]
        for number in range(6):
            label = ("folk", "techno")[number % 2]
            part = ("train", "valid", "test")[number // 2]
            lines.append(f"s/{number},{label},{part},band {number},,,song {number},6.0,s,"
                         f"{number},{label.title()}")
            rows += [f"s/{number}#{k},{number % 2 + rng.normal():.6g},{rng.normal():.6g}"
                     for k in range(2)]
        write_text(root / TRACKS, "\n".join(lines) + "\n")
        _write_parquet(root / FEATURES, rows)

    @cached_property
    def _about(self) -> About:
        if not (self.root / ABOUT).is_file():
            raise DataError(f"{self.root}: holds no {ABOUT}; expected a folder that earmark data "
                            "make or merge wrote.")
        try:
            return settings.from_mapping(About, settings.read_toml(self.root / ABOUT),
                                         where=str(self.root / ABOUT))
        except SettingsError as error:
            raise DataError(str(error)) from error

    @cached_property
    def _found(self) -> _Found:
        table, known = self.root / TRACKS, self.vocabulary
        columns, rows = read_rows(table)
        if missing := [name for name in COLUMNS if name not in columns]:
            raise DataError(f"{table}: has no column '{missing[0]}'; expected "
                            f"{', '.join(COLUMNS)}.")
        found, paths = _Found({}, {}, {}), self._paths()
        for where, row in rows:
            track = self._track(f"{table}, {where}", row, known, paths)
            if track.id in found.tracks:
                raise DataError(f"{table}, {where}: the id '{track.id}' is there twice.")
            found.tracks[track.id] = track
            if row["part"]:
                found.parts[track.id] = row["part"]
            found.origins[track.id] = Origin(row["dataset"], row["original_id"],
                                             _listed(row["original_labels"]))
        return found

    def _track(
        self, where: str, row: Mapping[str, str], known: Vocabulary, paths: Mapping[str, str]
    ) -> Track:
        if not row["id"].strip():
            raise DataError(f"{where}: has no id.")
        if row["part"] not in _PARTS:
            raise DataError(f"{where}: the part is '{row['part']}'; expected train, valid, test or "
                            "nothing.")
        labels = _listed(row["labels"])
        for label in labels:
            if label not in known.labels:
                raise DataError(f"{where}: the label '{label}' is not one of {ABOUT}'s.")
        if known.task == "single" and len(labels) != 1:
            raise DataError(f"{where}: bears {len(labels)} labels; expected one: {ABOUT} says "
                            "that tracks bear one each.")
        return Track(row["id"], labels, paths.get(row["id"]), row["artist"] or None,
                     row["album"] or None, row["song"] or None, row["title"] or None,
                     _number(row["seconds"], where))

    def _paths(self) -> dict[str, str]:
        """Return track id to the audio that is there."""
        table = self.root / PATHS
        if not table.is_file():
            return {}
        columns, rows = read_rows(table)
        if missing := [name for name in ("id", "path") if name not in columns]:
            raise DataError(f"{table}: has no column '{missing[0]}'; expected id,path.")
        return {row["id"]: PurePath(row["path"]).as_posix() for _, row in rows
                if row["path"] and is_file(self.root / row["path"])}


def write_about(about: About, folder: Path) -> None:
    """Write ``made.toml``."""
    from earmark.errors import require

    tomli_w = require("tomli_w", extra="train", purpose="writing a dataset")
    write_text(folder / ABOUT, tomli_w.dumps(settings.to_mapping(about)))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(SEPARATOR) if part)


def _number(text: str, where: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise DataError(f"{where}: 'seconds' is '{text}'; expected a number or nothing.") from None


def _write_parquet(path: Path, lines: list[str]) -> None:
    from earmark.errors import require
    from earmark.store import atomic_write

    arrow = require("pyarrow", extra="train", purpose="writing Parquet")
    parquet = require("pyarrow.parquet", extra="train", purpose="writing Parquet")
    names, *rows = [line.split(",") for line in lines]
    columns = list(zip(*rows, strict=True))
    made = arrow.table({name: [v if name == "filename" else float(v) for v in column]
                        for name, column in zip(names, columns, strict=True)})
    with atomic_write(path) as file:
        parquet.write_table(made, file)
