"""GTZAN: a thousand clips of thirty seconds, a hundred in each of ten genres.

It is found as Kaggle ships it (``Data/genres_original/<genre>/*.wav`` beside feature tables), as
Marsyas did (``genres/<genre>/*.au``), as the ten bare folders, under ``blues_00000`` names, and
in part. A track is called ``blues.00000`` in all of them, so that splits and results compare.

What is known of the tracks lies beside this module in ``gtzan_facts``: the fault-filtered split
(Kereliuk, Sturm & Larsen 2015), the artist folds (J. H. Foleiss), a number for each artist, and
the repetitions, and which tracks are of one title. Artists follow Sturm's index of 2012, a
composer being the artist of classical music; a track that it does not name has no artist. They
differ from the groups published with the folds, where some artists have several groups and two
groups mix two artists: 24 artists stand in more than one fold.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path, PurePath
from typing import NamedTuple

from earmark.audio.load import AUDIO_SUFFIXES
from earmark.datasets import _gtzan_pictures, _gtzan_sample
from earmark.datasets._files import counted, some
from earmark.datasets.base import Dataset, Fault, FeatureTable, Source, Track
from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary

_GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae",
           "rock")  # fmt: skip
_VOCABULARY = Vocabulary(_GENRES, aliases={"hip-hop": "hiphop", "hip hop": "hiphop"})
# file name: (seconds of the segments, padding it was made with); the first has whole clips
_TABLES = {
    "features_30_sec.csv": (None, "reflect"),
    "features_10_sec.csv": (10.0, "zeros"),
    "features_3_sec.csv": (3.0, "reflect"),
}
_HOLDERS = ("genres_original", "genres", ".")  # of the ten genre folders
_SUFFIXES = (".wav", ".au", ".flac", ".mp3")  # of several files of a track, the first is taken
_FOLDS = ("1", "2", "3")
_MOSTLY = 10  # files named as GTZAN's for each that is not, where a folder is taken for GTZAN
_ONE_TITLE = "one artist and one title, as written, in the 2012 index of Sturm"
_NAME = re.compile(
    r"(?P<genre>[a-z][a-z _-]*?)[._-]?(?P<number>[0-9]{5})(?:[._](?P<segment>[0-9]{1,3}))?"
    r"\.(?:wav|au|flac|mp3)",
    re.IGNORECASE | re.ASCII,
)


class Gtzan(Dataset):
    """GTZAN in any of its layouts, whole or in part, with audio, feature tables or both."""

    name = "gtzan"
    title = "GTZAN genre collection"
    licence = (
        "unstated; research use: the audio is excerpted from commercial recordings and carries "
        "no licence"
    )
    citation = (
        "G. Tzanetakis and P. Cook, 'Musical genre classification of audio signals', IEEE "
        "Transactions on Speech and Audio Processing 10(5), 2002. Faults: B. L. Sturm, 'The "
        "GTZAN dataset: its contents, its faults, their effects on evaluation, and its future "
        "use', arXiv:1306.1461, 2013."
    )
    url = "http://marsyas.info/downloads/datasets.html"
    layout = """
Data/genres_original/<genre>/<genre>.00000.wav   Kaggle's edition, audio
Data/features_30_sec.csv, features_3_sec.csv     Kaggle's edition, 57 features
genres/<genre>/<genre>.00000.au                  the first edition
spectrograms/*.npz                               spectrogram pictures of clips, in arrays
<genre>/<genre>.00000.wav                        the ten folders alone, also flac and mp3
"""
    where = (
        "earmark data download gtzan fetches the copy that is at huggingface.co/datasets/marsyas/"
        "gtzan. Kaggle's edition, with tables: www.kaggle.com/datasets/andradaolteanu/gtzan-"
        "dataset-music-genre-classification (needs an account). The first edition, genres.tar.gz, "
        "is no longer at its own address; copies of it are to have 1225571541 bytes and the MD5 "
        "5b3d6dddb579ab49814ab86dba69e7c7."
    )
    # Without checksum: none is published for this copy, which is packed anew (1.23 GB) and
    # so has not that of the first edition.
    sources = (
        Source("https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
               "genres.tar.gz", unpack="tar"),
    )  # fmt: skip

    @property
    def vocabulary(self) -> Vocabulary:
        """The ten genres in alphabetical order."""
        return _VOCABULARY

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether a table of its own, its folder of genres, or three of these are there.

        Folders of genres in which other music lies as well are somebody's own.
        """
        found = cls(root)
        try:
            if found._tables() or found._pictured():
                return True
            folders = found._genre_folders()
            held = any(folder.parent.name in _HOLDERS for folder in folders)
            named = [file for folder in folders for _, file in _named_files(folder)]
            return (held or len(set(folders.values())) >= 3) and \
                len(named) > _MOSTLY * len(found._others())
        except DataError:
            return False

    def read_tracks(self) -> list[Track]:
        """Read all tracks that a file, a row of a feature table or a picture names, and those that
        borrow a picture, sorted by id.

        Of several files of one track the first is taken: wav before au, flac and mp3, then by
        path. Files that are not named as GTZAN's are left alone.

        Raises:
            DataError: neither audio nor a table is found; a table has a row twice; a track has
                two pictures, or one of a part of it; a file, a row or a picture bears another
                genre than its name; something cannot be read.
        """
        paths = self._audio()
        listed = {track for table in self._tables() for track in _listed(table)}
        listed |= {track for pair in self._pictured().items() for track in pair}
        if not paths and not listed:
            raise DataError(self._nothing_found())
        return [_track(track, paths.get(track)) for track in sorted({*paths, *listed})]

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``filtered`` and ``artist-fold-1`` to ``-3``, as published.

        The fold that an ``artist-fold`` is named for is its test part; it has no valid part.
        """
        facts = _split_facts()
        filtered = {track: f["filtered"] for track, f in facts.items() if f["filtered"]}
        fold = {track: f["artist_fold"] for track, f in facts.items() if f["artist_fold"]}
        return {"filtered": filtered} | {
            f"artist-fold-{k}": {t: "test" if of == k else "train" for t, of in fold.items()}
            for k in _FOLDS
        }

    def faults(self) -> list[Fault]:
        """Return repetitions, the unreadable file, and the pairs of one artist and title.

        Of a pair, both tracks are present.
        """
        rows = [Fault(r["track"], r["kind"], r["other"] or None, r["source"])
                for r in _facts("faults.csv")]  # fmt: skip
        rows += [Fault(r["track"], "same title", r["other"], _ONE_TITLE)
                 for r in _facts("same_titles.csv")]
        return [f for f in rows if {f.track, f.other or f.track} <= self.tracks.keys()]

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        """Return the tables of whole clips, of 10 and of 3 seconds that are present, and the
        pictures of whole clips."""
        tables = tuple(
            FeatureTable(path, {"name": "gtzan57", "padding": padding}, seconds)
            for path in self._tables()
            for seconds, padding in [_TABLES[path.name]]
        )
        if (pictures := _gtzan_pictures.find(self._bases())) is None:
            return tables
        borrowed = {track: of for track, of in self._pictured().items() if track != of}
        return (*tables, _gtzan_pictures.table(pictures, borrowed))

    def remarks(self) -> list[str]:
        """Return how many files of music are not named as GTZAN's, and so are not read."""
        others = self._others()
        return [f"{counted(len(others), 'audio file')} not named as GTZAN's left out: "
                f"{some(others)}; with --dataset folder they are read"] if others else []

    def pictures(self) -> Path | None:
        """Return the folder of the Kaggle edition's spectrogram pictures, where present."""
        folders = (base / "images_original" for base in self._bases())
        return next((folder for folder in folders if folder.is_dir()), None)

    def segment_of(self, row_name: str) -> tuple[str, int]:
        """Return (track id, segment number) for the name of a table's row or of a picture.

        Raises:
            DataError: the name is not formed as GTZAN's are.

        >>> Gtzan("data").segment_of("blues.00000.3.wav")
        ('blues.00000', 3)
        """
        name = _parse(re.sub(r"\.png$", ".wav", row_name))
        if name is None:
            raise DataError(f"'{row_name}' does not name a GTZAN track; expected a name such as "
                            "'blues.00000.wav' or 'blues.00000.3.wav'.")
        return name.track, name.segment or 0

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a made-up copy in Kaggle's layout: a track of each filtered part and genre.

        The clips are one second of tone and noise; the table is drawn at random and is not what
        a front end makes of the clips.
        """
        _gtzan_sample.write(root, _GENRES, _split_facts())

    def _bases(self) -> list[Path]:
        """Return the root and the folders in it."""
        return [self.root, *_subfolders(self.root)]

    def _tables(self) -> list[Path]:
        """Return the first of each table, at the root or one folder down."""
        found = {path.name: path for base in reversed(self._bases()) for name in _TABLES
                 if (path := base / name).is_file()}  # fmt: skip
        return [found[name] for name in _TABLES if name in found]

    def _pictured(self) -> dict[str, str]:
        """Return the tracks that have a picture or borrow one, and whose it is."""
        path = _gtzan_pictures.find(self._bases())
        if path is None:
            return {}
        own = set()
        for given in _gtzan_pictures.names(path):
            try:
                track, number = self.segment_of(str(given))
            except DataError as error:
                raise DataError(f"{path}: {error}") from error
            if given.parent.name and _genre(given.parent.name) != track.partition(".")[0]:
                raise DataError(f"{path}: the picture '{given}' lies in the folder of another "
                                "genre than it is named; expected one genre.")
            if number or track in own:
                raise DataError(f"{path}: the picture '{given}' is of a part of {track}, or one "
                                "more of it; expected one of each clip.")
            own.add(track)
        copies = ((r["track"], r["other"]) for r in _facts("faults.csv")
                  if r["kind"] == "exact duplicate")  # fmt: skip
        return {track: track for track in own} | _gtzan_pictures.borrowers(own, copies)

    def _genre_folders(self) -> dict[Path, str]:
        holders = [base / holder for base in self._bases() for holder in _HOLDERS]
        folders = [folder for holder in dict.fromkeys(holders) for folder in _subfolders(holder)]
        return {folder: genre for folder in folders if (genre := _genre(folder.name))}

    def _audio(self) -> dict[str, str]:
        """Return track id to path relative to the root."""
        best: dict[str, tuple[int, str]] = {}
        for folder, genre in self._genre_folders().items():
            for name, file in _named_files(folder):
                if name.genre != genre:
                    raise DataError(f"{file}: is named {name.genre} and lies in the folder of "
                                    f"{genre}; move or rename it.")
                choice = _rank(file), file.relative_to(self.root).as_posix()
                best[name.track] = min(choice, best.get(name.track, choice))
        return {track: path for track, (_, path) in best.items()}

    def _others(self) -> list[str]:
        """Return the audio files in the genres' folders that are not named as GTZAN's."""
        found = []
        for folder in self._genre_folders():
            with _reading(folder):
                found += [file.relative_to(self.root).as_posix() for file in folder.iterdir()
                          if file.suffix.lower() in AUDIO_SUFFIXES and _parse(file.name) is None
                          and not file.name.startswith(".") and file.is_file()]
        return sorted(found)

    def _nothing_found(self) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds GTZAN."
        return (
            f"{self.root}: holds no GTZAN: looked for <genre>/<genre>.NNNNN.wav (au, flac, mp3) "
            f"here and in genres_original or genres, and for {', '.join(_TABLES)} and "
            f"{_gtzan_pictures.FOLDER}/*.npz, here and one folder down; give the folder that holds "
            "'Data' or 'genres'."
        )


class _Name(NamedTuple):
    """What the name of a file or of a row says."""

    track: str
    genre: str
    segment: int | None


def _parse(name: str) -> _Name | None:
    match = _NAME.fullmatch(PurePath(name).name)
    genre = _genre(match["genre"]) if match else None
    if match is None or genre is None:
        return None
    segment = match["segment"]
    return _Name(f"{genre}.{match['number']}", genre, int(segment) if segment else None)


def _genre(name: str) -> str | None:
    """Return the genre that a folder, file or label names in any spelling."""
    try:
        return _VOCABULARY.canonical(name)
    except DataError:
        return None


def _track(track: str, path: str | None) -> Track:
    artist = _split_facts().get(track, {}).get("artist")
    return Track(track, (track.partition(".")[0],), path, artist or None)


def _subfolders(folder: Path) -> list[Path]:
    with _reading(folder):
        if not folder.is_dir():
            return []
        return sorted(f for f in folder.iterdir() if f.is_dir() and not f.name.startswith("."))


def _named_files(folder: Path) -> Iterator[tuple[_Name, Path]]:
    """Yield the whole tracks among a folder's files."""
    with _reading(folder):
        for file in folder.iterdir():
            name = _parse(file.name)
            if name is not None and name.segment is None and file.is_file():
                yield name, file


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what the system or the csv module refuses into one line that names the path."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{error.filename or path}: cannot be read: "
                        f"{error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table: {error}.") from error


def _rank(file: Path) -> int:
    return _SUFFIXES.index(file.suffix.lower())


def _listed(table: Path) -> set[str]:
    """Return the ids of the tracks that a feature table names."""
    seen: dict[tuple[str, int], int] = {}
    for line, row in _rows(table):
        given = row.get("filename") or ""
        name = _parse(given)
        if name is None:
            raise DataError(f"{table}, line {line}: '{given}' does not name a GTZAN track.")
        key = name.track, name.segment or 0
        if key in seen:
            raise DataError(f"{table}, line {line}: '{given}' is already on line {seen[key]}; "
                            "expected each row once.")
        seen[key] = line
        label = row.get("label")
        if label is not None and _genre(label) != name.genre:
            raise DataError(f"{table}, line {line}: '{given}' is labelled '{label}'; expected "
                            f"{name.genre}.")
    return {track for track, _ in seen}


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yield line number and values of each row of a table that has a ``filename`` column."""
    with _reading(table), table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if "filename" not in (reader.fieldnames or ()):
            raise DataError(f"{table}: has no column 'filename', so its rows cannot be told "
                            "apart; expected the table as published.")
        for row in reader:
            yield reader.line_num, row


@cache
def _facts(name: str) -> list[dict[str, str]]:
    text = resources.files("earmark.datasets").joinpath("gtzan_facts", name).read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def _split_facts() -> dict[str, dict[str, str]]:
    return {row["track_id"]: row for row in _facts("splits.csv")}
