"""FMA: 106 574 tracks of the Free Music Archive, with artists, a tree of genres and features.

A track is called by six digits, ``000002``, as its file is; tables write ``2``, and both are
understood. Clips of ``fma_small``, ``fma_medium`` and ``fma_large`` are the middle thirty seconds
of a track; ``fma_full`` has the whole of it, and so did those who made ``features.csv``.

The published split keeps artists whole by their id. An artist is called by name here, with the id
behind it where artists of two ids share a name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from earmark.datasets._files import counted, is_file
from earmark.datasets._fma_audio import looks_like_it, named_audio, subfolders
from earmark.datasets._fma_facts import MISCUT, SOURCES, miscut
from earmark.datasets._fma_kept import listed_tracks
from earmark.datasets._fma_sample import write_sample
from earmark.datasets._fma_tables import SUBSETS, Genres, Listed, read_genres
from earmark.datasets.base import Dataset, Fault, FeatureTable, Track
from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary

Subset = Literal["small", "medium", "large", "full"]
Labels = Literal["top", "roots", "genres", "all"]

_PUBLISHED = {"small": 8000, "medium": 25_000, "large": 106_574, "full": 106_574}
# Where a clip may lie: the same thirty seconds are in the larger sets, too.
_FOLDERS = {
    "small": ("fma_small", "fma_medium", "fma_large"),
    "medium": ("fma_medium", "fma_large", "fma_small"),
    "large": ("fma_large", "fma_medium", "fma_small"),
    "full": ("fma_full",),
}
_CLIP_SECONDS = 30.0
_ROW = re.compile(r"0*(\d{1,6})(?:\.[a-z][a-z0-9]*)?", re.ASCII | re.IGNORECASE)


class Fma(Dataset):
    """FMA in any of its sizes, with or without audio.

    ``seconds`` of a track is that of the audio of its subset: thirty at most for clips, all for
    ``full``; the archive's durations are wrong for some (see ``faults``).

    Attributes:
        subset: ``small`` (8 000 tracks of 8 genres), ``medium`` (25 000 of 16), ``large`` (all,
            as clips) or ``full`` (all, whole). Each holds those before it.
        labels: ``top``, the one root genre of a track, where it has one; or several a track: the
            ``roots`` of its genres, its ``genres`` as listed, or ``all`` of these and their
            parents.
    """

    name = "fma"
    title = "FMA: a dataset for music analysis"
    licence = (
        "metadata CC BY 4.0; each track under the licence its artist chose (named in tracks.csv); "
        "meant for research"
    )
    citation = (
        "M. Defferrard, K. Benzi, P. Vandergheynst and X. Bresson, 'FMA: a dataset for music "
        "analysis', 18th International Society for Music Information Retrieval Conference "
        "(ISMIR), 2017, arXiv:1612.01840."
    )
    url = "https://github.com/mdeff/fma"
    layout = """
fma_metadata/tracks.csv, genres.csv   needed: artists, genres, subset and split of each track
fma_metadata/features.csv             518 features of each whole track
fma_metadata/echonest.csv             8 features of 13 129 tracks
fma_small/000/000002.mp3              clips; also fma_medium, fma_large; fma_full has whole tracks
"""
    where = (
        "fma_metadata.zip (342 MiB), fma_small.zip (7.2 GiB), fma_medium.zip (22 GiB), "
        "fma_large.zip (93 GiB) and fma_full.zip (879 GiB), freely at the addresses named on "
        "github.com/mdeff/fma. They are compressed with bzip2, which some unzip programs lack."
    )
    sources = SOURCES

    def __init__(
        self, root: Path | str, *, subset: Subset = "small", labels: Labels = "top"
    ) -> None:
        super().__init__(root)
        self.subset = subset
        self.labels = labels

    @property
    def vocabulary(self) -> Vocabulary:
        """The genres that some track of the subset bears, in alphabetical order."""
        return self._vocabulary

    @property
    def genre_tree(self) -> Mapping[str, tuple[str, ...]]:
        """The title of each of the 163 genres to its parent's, or to none for a root.

        Raises:
            DataError: ``genres.csv`` is not at hand or not as published.
        """
        titles = self._genres.titles
        return {titles[genre]: tuple(titles[above] for above in self._genres.lineage(genre)[1:2])
                for genre in titles}

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether FMA's two tables of metadata, or its numbered audio, are there.

        Without the tables its audio is not to be taken for folders of labels: reading it then says
        what is missing.
        """
        try:
            folder = cls(root)._metadata
        except DataError:
            return looks_like_it(root)
        return is_file(folder / "genres.csv")

    def read_tracks(self) -> list[Track]:
        """Read the subset's tracks that bear a label, sorted by id.

        Raises:
            DataError: no ``tracks.csv`` or ``genres.csv``, or one not as published; a genre that
                is not in the tree.
        """
        names = self._artist_names
        return [
            Track(_track_id(row.id), labels, self._audio.get(row.id), names.get(row.line),
                  None if row.album is None else f"album {row.album}", None, row.title,
                  self._seconds(row))
            for row, labels in self._labelled if labels
        ]  # fmt: skip

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``official``, the published split, of the subset's tracks that bear a label.

        No artist (by id) is in two parts. Tracks without genres were all put into training.
        """
        return {"official": {_track_id(row.id): row.part
                             for row, labels in self._labelled if labels}}

    def faults(self) -> list[Fault]:
        """Return the 21 tracks whose clips were cut in the wrong place; see ``_fma_facts``."""
        found = (miscut(clip, whole=self.subset == "full") for clip in MISCUT)
        return [fault for fault in found if fault.track in self.tracks]

    def remarks(self) -> list[str]:
        """Return what is left out, and of what the audio is lacking or not known."""
        found = []
        if (listed := len(self._rows)) != (published := _PUBLISHED[self.subset]):
            found.append(f"{counted(listed, 'track')} of the subset '{self.subset}' listed; "
                         f"{published} were published")
        left_out = [row for row, labels in self._labelled if not labels]
        without = sum(not row.genres for row in left_out)
        if without < len(left_out):
            found.append(f"{counted(len(left_out) - without, 'track')} left out: without a "
                         "genre_top, since their genres have several roots (labels=roots, genres "
                         "or all takes them)")
        if without:
            found.append(f"{counted(without, 'track')} left out: without any genre")
        return [*found, *self._audio_remarks()]

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        """Return ``features.csv`` and ``echonest.csv`` where present, of whole tracks.

        They have rows of all subsets. Neither is comparable: they were made of whole tracks, and
        decoders place an mp3's first sample differently.
        """
        tables = {"features.csv": {"name": "fma518", "variant": "as_published"},
                  "echonest.csv": {"name": "table", "kind": "echonest"}}  # fmt: skip
        return tuple(FeatureTable(path, made, None, comparable=False)
                     for name, made in tables.items() if is_file(path := self._metadata / name))

    def segment_of(self, row_name: str) -> tuple[str, int]:
        """Return (track id, 0) for a name in a table, a list or a folder.

        Raises:
            DataError: it is no number.

        >>> Fma("data").segment_of("2"), Fma("data").segment_of("fma_small/000/000002.mp3")
        (('000002', 0), ('000002', 0))
        """
        match = _ROW.fullmatch(row_name.replace("\\", "/").rpartition("/")[2])
        if match is None:
            raise DataError(f"'{row_name}' does not name a track of FMA; expected a number such as "
                            "2 or 000002.")
        return _track_id(int(match[1])), 0

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a made-up copy: tracks of each subset, clips of the small one, all tables.

        The clips are half a second of tone and noise; the features are drawn at random, alike
        within a genre, and are not what a front end makes of the clips.
        """
        write_sample(root)

    @cached_property
    def _metadata(self) -> Path:
        """The folder that holds ``tracks.csv``."""
        bases = [self.root, *subfolders(self.root)]
        for folder in (base / name for base in bases for name in ("fma_metadata", ".")):
            if is_file(folder / "tracks.csv"):
                return folder
        raise DataError(self._nothing_found())

    def _nothing_found(self) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds fma_metadata."
        return (f"{self.root}: holds no tracks.csv, here or in fma_metadata; unpack "
                "fma_metadata.zip here: without it the genres of FMA's clips are not known (their "
                "folders mean nothing).")

    @cached_property
    def _genres(self) -> Genres:
        return read_genres(self._metadata / "genres.csv")

    @cached_property
    def _listed(self) -> list[Listed]:
        return listed_tracks(self._metadata / "tracks.csv")

    @cached_property
    def _rows(self) -> list[Listed]:
        """The rows of the subset, sorted by id."""
        held = SUBSETS[: SUBSETS.index(self.subset) + 1] if self.subset in SUBSETS else SUBSETS
        return sorted((r for r in self._listed if r.subset in held), key=lambda row: row.id)

    @cached_property
    def _labelled(self) -> list[tuple[Listed, tuple[str, ...]]]:
        """The rows of the subset, each with its labels."""
        return [(row, self._of(row)) for row in self._rows]

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        found = {label for _, labels in self._labelled for label in labels}
        return Vocabulary(tuple(sorted(found)), "single" if self.labels == "top" else "multi")

    @cached_property
    def _artist_names(self) -> Mapping[int, str]:
        """Line to the artist's name: one for each id, and another for each other id."""
        first = {row.artist: row.artist_name for row in reversed(self._listed)
                 if row.artist is not None and row.artist_name}
        shared = Counter(first.values())
        return {row.line: name for row in self._listed
                if (name := _artist(row, first, shared)) is not None}

    @cached_property
    def _audio(self) -> Mapping[int, str]:
        """Number of each file of audio to its path, of tracks that are listed or not."""
        bases = [self.root, *subfolders(self.root)]
        folders = [base / name for name in _FOLDERS[self.subset] for base in bases]
        return named_audio(self.root, folders)

    def _audio_remarks(self) -> Iterator[str]:
        where = " or ".join(_FOLDERS[self.subset])
        if lacking := sum(track.path is None for track in self.tracks.values()):
            yield f"{counted(lacking, 'track')} without audio in {where}"
        if unknown := len(self._audio.keys() - {row.id for row in self._listed}):
            yield f"{counted(unknown, 'file')} of audio that tracks.csv does not list: left alone"

    def _of(self, row: Listed) -> tuple[str, ...]:
        """Return the labels of a row, of the kind asked for."""
        for genre in row.genres:
            if genre not in self._borne:
                raise self._no_genre(row, genre)
        if self.labels != "top":
            return tuple(dict.fromkeys(name for genre in row.genres for name in self._borne[genre]))
        if row.genre_top is not None and row.genre_top not in self._roots:
            raise self._no_genre(row, row.genre_top)
        return (row.genre_top,) if row.genre_top else ()

    @cached_property
    def _borne(self) -> Mapping[int, tuple[str, ...]]:
        """Each genre to the labels that a track bears when it is listed with it."""
        chosen = {"roots": slice(-1, None), "genres": slice(1), "all": slice(None),
                  "top": slice(0)}[self.labels]  # fmt: skip
        genres = self._genres
        return {genre: tuple(genres.titles[above] for above in genres.lineage(genre)[chosen])
                for genre in genres.titles}

    @cached_property
    def _roots(self) -> frozenset[str]:
        genres = self._genres
        return frozenset(genres.titles[g] for g, above in genres.parents.items() if above is None)

    def _no_genre(self, row: Listed, genre: object) -> DataError:
        return DataError(f"{self._metadata / 'tracks.csv'}, line {row.line}: the genre '{genre}' "
                         "is not in genres.csv, or is no root of its tree; expected tables of one "
                         "edition.")

    def _seconds(self, row: Listed) -> float | None:
        if row.seconds is None:
            return None
        return float(row.seconds) if self.subset == "full" else min(row.seconds, _CLIP_SECONDS)


def _track_id(number: int) -> str:
    return f"{number:06d}"


def _artist(
    row: Listed, first: Mapping[int, str], shared: Mapping[str, int]
) -> str | None:
    if row.artist is None:
        return row.artist_name
    name = first.get(row.artist)
    if name is None:
        return f"artist {row.artist}"
    return f"{name} ({row.artist})" if shared[name] > 1 else name
