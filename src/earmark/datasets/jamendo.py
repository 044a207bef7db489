"""MTG-Jamendo: 55 000 songs under Creative Commons, tagged by those who put them on the web.

Four tasks (genre, instrument, mood or theme, the fifty commonest tags) and all tags together, each
divided in five ways that keep artists whole. Tags stay as published, ``genre---rock``: that names
their group, and what else says that some "voice" is an instrument. A track is called
``track_0000241`` in every table and layout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from earmark.datasets import _jamendo_tables as tables
from earmark.datasets._files import sample_clip, some
from earmark.datasets._jamendo_tables import Row
from earmark.datasets._published import audio_remarks, columns_of, names_in, read_lines, read_text
from earmark.datasets.base import Dataset, Source, Track
from earmark.errors import DataError, SettingsError, suggestion
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary, fold
from earmark.store import write_bytes, write_text

Task = Literal["all", "genre", "instrument", "moodtheme", "top50tags"]

_HEADS = {"genre": "genre", "instrument": "instrument", "moodtheme": "mood/theme"}
_HOLDERS = ("audio", "raw_30s/audio", "audio-low", "raw_30s/audio-low", ".")
_SUFFIXES = (".mp3", ".low.mp3", ".wav", ".flac")
_PUBLISHED = {"all": 55_525, "genre": 55_094, "instrument": 24_976, "moodtheme": 17_982,
              "top50tags": 54_380}  # fmt: skip
"""Tracks in the divisions of each task."""
_TITLES = "raw.meta.tsv"
_MAP = "tag_map.json"
_TABLES = "https://raw.githubusercontent.com/MTG/mtg-jamendo-dataset/master/data/"
_AUDIO = "https://cdn.freesound.org/mtg-jamendo/raw_30s/audio-low/"


def _sources() -> Iterator[Source]:
    yield Source(f"{_TABLES}{_MAP}", f"data/{_MAP}", part="metadata")
    yield Source(f"{_TABLES}{_TITLES}", f"data/{_TITLES}", part="metadata")
    for number in range(5):
        for task in get_args(Task):
            for part in tables.PARTS:
                infix = "" if task == "all" else f"_{task}"
                file = f"splits/split-{number}/autotagging{infix}-{part}.tsv"
                yield Source(_TABLES + file, f"data/{file}",
                             part="metadata" if number == 0 else "splits")
    facts = resources.files("earmark.datasets").joinpath("jamendo_facts", "audio_low_sha256.txt")
    for number, digest in enumerate(facts.read_text("ascii").split()):
        name = f"raw_30s_audio-low-{number:02}.tar"
        yield Source(_AUDIO + name, f"audio-low/{name}", f"sha256:{digest}", unpack="tar")


class Jamendo(Dataset):
    """MTG-Jamendo by one of its tasks, with full or low-bitrate audio, in part or none."""

    name = "jamendo"
    title = "The MTG-Jamendo dataset"
    licence = (
        "tables: CC BY-NC-SA 4.0; audio: a Creative Commons licence of its own for each song "
        "(audio_licenses.txt)"
    )
    citation = (
        "D. Bogdanov, M. Won, P. Tovstogan, A. Porter and X. Serra, 'The MTG-Jamendo dataset for "
        "automatic music tagging', Machine Learning for Music Discovery Workshop, ICML, 2019."
    )
    url = "https://github.com/MTG/mtg-jamendo-dataset"
    layout = """
data/splits/split-0/autotagging_top50tags-train.tsv   to split-4; -validation, -test; also flat
data/splits/split-0/autotagging_genre-train.tsv       and _instrument, _moodtheme, or all tags
data/autotagging.tsv                                  undivided, where there are no splits
data/tag_map.json                                     other spellings; may be absent
data/raw.meta.tsv                                     titles; may be absent
audio/41/241.mp3                                      or audio-low/41/241.low.mp3, or 41/241.mp3
"""
    where = (
        "Tables: the repository (git clone). Audio: its scripts/download fetches 508 GB, or "
        "156 GB of low bitrate, in a hundred archives by the last two digits of the track."
    )
    sources = tuple(_sources())

    def __init__(self, root: Path | str, task: Task = "top50tags") -> None:
        """Remember where it lies.

        Args:
            task: whose tracks and tags are read: the fifty commonest, those of one category, or
                ``all`` (183 in the published divisions).

        Raises:
            SettingsError: ``task`` is none of these.
        """
        super().__init__(root)
        if task not in get_args(Task):
            raise SettingsError(f"'task' is '{task}'.{suggestion(str(task), get_args(Task))}")
        self.task = task

    @property
    def vocabulary(self) -> Vocabulary:
        """The tags that some track bears, as published, in alphabetical order."""
        labels = tuple(sorted({tag for row in self._rows.values() for tag in row.tags}))
        groups = crosswalk.read("jamendo").groups(labels)
        return Vocabulary(labels, "multi", groups, self._aliases(labels))

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether one of its tables is there."""
        return bool(tables.split_folders(root)) or any(
            (base / f"autotagging{infix}.tsv").is_file()
            for base in (root, root / "data")
            for infix in ("", *(f"_{task}" for task in get_args(Task)[1:]))
        )

    def read_tracks(self) -> list[Track]:
        """Read all tracks of the task, sorted by id; a track whose file is not there has no path.

        Raises:
            DataError: no table of the task is found, one is damaged, or a track stands twice or
                in two parts; names the line.
        """
        return [
            Track(row.id, row.tags, self._audio.get(row.path.removesuffix(".mp3")),
                  row.artist or None, row.album or None, None, self._titles.get(row.id),
                  row.seconds)
            for row in self._rows.values()
        ]  # fmt: skip

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``split-0`` to ``split-4``, those that are at hand; no artist is in two parts.

        Raises:
            DataError: a track is in two parts of a division.
        """
        return {name: self._parts(folder) for name, folder in self._splits.items()}

    def remarks(self) -> list[str]:
        """Return what was put together or is not there."""
        return [*self._of_tables(), *self._of_audio()]

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a made-up copy as published: six tracks, two divisions, all tasks, low bitrate."""
        for number in (0, 1):
            folder = root / "data" / "splits" / f"split-{number}"
            for task in get_args(Task):
                for place, part in enumerate(tables.PARTS):
                    infix = "" if task == "all" else f"_{task}"
                    rows = [row for i, row in enumerate(_SAMPLE) if (i // 2 + number) % 3 == place]
                    text = _sample_table(rows, task)
                    write_text(folder / f"autotagging{infix}-{part}.tsv", text)
        spellings = {"genre": {"housemusic": "house"}, "instrument": {"pianos": "piano"}}
        write_text(root / "data" / _MAP, json.dumps(spellings, indent=2))
        rng = np.random.default_rng(7)
        for row in _SAMPLE:
            low = row.path.replace(".mp3", ".low.mp3")
            pitch = 110.0 if "genre---rock" in row.tags else 330.0
            write_bytes(root / "audio-low" / low, sample_clip(pitch, rng))

    @cached_property
    def _splits(self) -> dict[str, Path]:
        """Return the divisions of which all three tables of the task are there."""
        return {name: folder for name, folder in tables.split_folders(self.root).items()
                if all(tables.tables_of(folder, self.task, part) for part in tables.PARTS)}

    @cached_property
    def _rows(self) -> dict[str, Row]:
        if self._splits:
            folder = next(iter(self._splits.values()))
            found: dict[str, Row] = {}
            for part in tables.PARTS:
                paths = tables.tables_of(folder, self.task, part)
                rows = tables.united(paths)
                if twice := sorted(found.keys() & rows.keys()):
                    raise DataError(f"{paths[0]}: holds tracks of another part, too: "
                                    f"{some(twice)}; expected each track in one part.")
                found |= rows
        else:
            base = tables.base_table(self.root, self.task)
            if base is None:
                raise DataError(self._nothing_found())
            found = tables.united([base])
        return dict(sorted(found.items()))

    def _parts(self, folder: Path) -> dict[str, str]:
        found: dict[str, str] = {}
        for published, part in tables.PARTS.items():
            for table in tables.tables_of(folder, self.task, published):
                for track in tables.ids(table):
                    if found.setdefault(track, part) != part:
                        raise DataError(f"{table}: {track} is in {found[track]}, too; expected "
                                        "each track in one part.")
        return dict(sorted(found.items()))

    @cached_property
    def _titles(self) -> dict[str, str]:
        path = self._beside(_TITLES)
        if path is None:
            return {}
        lines = read_lines(path, quoted=False)
        header = next(lines, (1, [""]))[1]
        at = columns_of(path, header, ["TRACK_ID", "TRACK_NAME"])
        last = max(at.values())
        return {row[at["TRACK_ID"]]: title for _, row in lines
                if len(row) > last and (title := row[at["TRACK_NAME"]].strip())}  # fmt: skip

    def _aliases(self, labels: Sequence[str]) -> dict[str, str]:
        """Return other spellings of the tags by ``tag_map.json``, where it is there."""
        path = self._beside(_MAP)
        if path is None:
            return {}
        taken = {fold(label) for label in labels}
        return {
            f"{head}---{spelt}": f"{head}---{tag}"
            for head, spellings in _spellings(path).items() for spelt, tag in spellings.items()
            if f"{head}---{tag}" in labels and fold(f"{head}---{spelt}") not in taken
        }  # fmt: skip

    def _beside(self, name: str) -> Path | None:
        return next((p for p in (self.root / "data" / name, self.root / name) if p.is_file()), None)

    @cached_property
    def _audio(self) -> dict[str, str]:
        """Return the published path without suffix to the path relative to the root."""
        for holder in _HOLDERS:
            if found := dict(_files(self.root / holder, "" if holder == "." else f"{holder}/")):
                return found
        return {}

    def _of_tables(self) -> Iterator[str]:
        folders = list(self._splits.values())
        if self.task == "all" and folders and len(tables.tables_of(folders[0], "all", "train")) > 1:
            yield "all tags were put together from the tables of genre, instrument and moodtheme"
        if folders and len(self._rows) != (expected := _PUBLISHED[self.task]):
            yield f"the tables hold {len(self._rows)} tracks where {expected} are published"
        if not folders:
            yield ("the undivided table was read: its few tags more than in the divisions are "
                   "kept, and there is no published division")
        if incomplete := sorted(tables.split_folders(self.root).keys() - self._splits.keys()):
            yield (f"{', '.join(incomplete)} left out: the tables of the task are not all there")

    def _of_audio(self) -> Iterator[str]:
        named = (row.path for row in self._rows.values())
        return audio_remarks(self.tracks.values(), named, self._audio, "track",
                             "not of this task")

    def _nothing_found(self) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds MTG-Jamendo's tables."
        infix = "" if self.task == "all" else f"_{self.task}"
        return (f"{self.root}: holds no MTG-Jamendo for task={self.task}: looked for "
                f"autotagging{infix}-train.tsv, -validation.tsv and -test.tsv, here and in "
                f"data/splits/split-0, and for autotagging{infix}.tsv.")


def _spellings(path: Path) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(read_text(path))
        return {head: {str(spelt): str(tag) for spelt, tag in found.get(head, {}).items()}
                for head in _HEADS.values()}  # fmt: skip
    except (ValueError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: is no map of tags: {error}; expected the file as "
                        "published.") from error


def _files(holder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name (``41/241``) and path of each audio file, the preferred suffix last."""
    for number in range(100):
        folder = holder / f"{number:02}"
        names = names_in(folder)
        for suffix in reversed(_SUFFIXES):
            for name in names:
                stem = name.removesuffix(suffix)
                if stem != name and stem.isdecimal():
                    yield f"{folder.name}/{stem}", f"{prefix}{folder.name}/{name}"


# Of the real numbers none: artists and albums are made up, and so are the tags.
_SAMPLE = tuple(
    Row(f"track_{track:07}", f"artist_{artist:06}", f"album_{artist:06}",
        f"{track % 100:02}/{track}.mp3", 180.5 + track, tags)
    for track, artist, tags in (
        (101, 1, ("genre---rock", "instrument---guitar", "mood/theme---energetic")),
        (102, 1, ("genre---rock", "genre---pop", "instrument---piano", "mood/theme---happy")),
        (203, 2, ("genre---electronic", "genre---house", "instrument---synthesizer",
                  "mood/theme---energetic")),
        (204, 2, ("genre---rock", "instrument---guitar", "mood/theme---happy")),
        (305, 3, ("genre---electronic", "instrument---synthesizer", "mood/theme---energetic")),
        (306, 3, ("genre---pop", "genre---rock", "instrument---piano", "instrument---guitar",
                  "mood/theme---happy")),
    )
)  # fmt: skip


def _sample_table(rows: Sequence[Row], task: str) -> str:
    head = _HEADS.get(task, "")
    lines = ["TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"]
    for row in rows:
        tags = [tag for tag in row.tags if tag.startswith(head)]
        lines.append("\t".join([*row[:4], f"{row.seconds:.1f}", *tags]))
    return "\n".join(lines) + "\n"
