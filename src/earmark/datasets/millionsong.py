"""The Million Song Dataset: who made what, under genres that others found for it.

Its makers published metadata and numbers of a million tracks, without sound and without genres.
Genres come as lists of track ids: tagtraum's (Schreiber 2015), made by vote of several sources,
and Vienna's (Schindler et al. 2012), of the All Music Guide. They agree on no vocabulary; which
list is read is an option. A list says nothing of artists: without the metadata beside it no split
can keep them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from earmark.datasets import _millionsong_genres as lists
from earmark.datasets import _millionsong_songs as metadata
from earmark.datasets._files import counted
from earmark.datasets._millionsong_genres import Genres
from earmark.datasets._millionsong_songs import Song, Songs
from earmark.datasets.base import Dataset, Fault, FeatureTable, Source, Track
from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary

Labels = Literal["tagtraum_cd2c", "tagtraum_cd1", "tagtraum_cd2", "topmagd", "magd", "masd"]
Votes = Literal["majority", "both"]

_HOLDERS = (".", "AdditionalFiles", "genres", "genre", "partitions")
_DUPLICATES, _MISMATCHES = "msd_duplicates.txt", "sid_mismatches.txt"
_SITE = "http://millionsongdataset.com/sites/default/files"
_TAGTRAUM = "https://www.tagtraum.com/genres"
_VIENNA = "http://www.ifs.tuwien.ac.at/mir/msd/partitions"
_FRONT_END = {"name": "table", "kind": "msd"}


class MillionSong(Dataset):
    """The Million Song Dataset's tracks that have a genre, by metadata alone: there is no sound.

    Artists are Echo Nest's ids, albums titles with their artist; tracks of one song are kept
    together. Where the summary file is at hand, what Echo Nest measured of each track (loudness,
    tempo, key ...) is a table of features.
    """

    name = "millionsong"
    title = "Million Song Dataset with tagtraum's or Vienna's genres"
    licence = (
        "unstated: metadata of the Echo Nest published for research, genres derived from the All "
        "Music Guide, beaTunes and Last.fm, whose tags are for research only"
    )
    citation = (
        "T. Bertin-Mahieux, D. P. W. Ellis, B. Whitman and P. Lamere, 'The Million Song Dataset', "
        "ISMIR 2011. Genres: H. Schreiber, 'Improving genre annotations for the Million Song "
        "Dataset', ISMIR 2015; A. Schindler, R. Mayer and A. Rauber, 'Facilitating comprehensive "
        "benchmarking experiments on the Million Song Dataset', ISMIR 2012."
    )
    url = "http://millionsongdataset.com/"
    layout = """
track_metadata.db                       who made what, SQLite; or the summary, slower to read
msd_summary_file.h5                     the same and eleven measured numbers a track, HDF5
msd_tagtraum_cd2c.cls                   genres: tagtraum's, also _cd1 and _cd2
msd-topMAGD-genreAssignment.cls         genres: Vienna's, also MAGD, and MASD-styleAssignment
msd_tagtraum_cd2c_stratified_train90.cls, msd-topMAGD-partition_*.cls    parts (optional)
msd_duplicates.txt, sid_mismatches.txt  known faults (optional)
"""
    where = (
        "Metadata: millionsongdataset.com (AdditionalFiles). Genres: www.tagtraum.com/"
        "msd_genre_datasets.html and www.ifs.tuwien.ac.at/mir/msd. No checksums are published, "
        "and some of these addresses have moved before. There is no sound to be had."
    )
    sources = (
        Source(f"{_SITE}/AdditionalFiles/track_metadata.db", "track_metadata.db", part="metadata"),
        *(Source(f"{_TAGTRAUM}/{file}.zip", f"{file}.zip", unpack="zip", part="tagtraum's genres")
          for name, file in lists.LISTS.items() if name.startswith("tagtraum")),
        *(Source(f"{_VIENNA}/{file}", file, part="Vienna's genres")
          for name, file in lists.LISTS.items() if not name.startswith("tagtraum")),
        Source(f"{_SITE}/AdditionalFiles/{_DUPLICATES}", _DUPLICATES, part="faults"),
        Source(f"{_SITE}/tasteprofile/{_MISMATCHES}", _MISMATCHES, part="faults"),
        Source(f"{_SITE}/AdditionalFiles/msd_summary_file.h5", "msd_summary_file.h5",
               part="features"),
    )  # fmt: skip

    def __init__(
        self, root: Path | str, *, labels: Labels = "tagtraum_cd2c", votes: Votes = "majority"
    ) -> None:
        """Remember where it lies.

        Args:
            labels: whose genres: tagtraum's CD1 (13 genres, as Vienna's), CD2 (15, some tracks
                between two) or CD2C (those of CD2 on which its sources agree); Vienna's MAGD (21),
                its 13 commonest, or MASD's 25 styles.
            votes: the genre of the ``majority``, one a track, or ``both`` where there are two.
        """
        super().__init__(root)
        self.labels: Labels = labels
        self.votes: Votes = votes

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether one of the genre lists is there under its published name."""
        found = cls(root)
        try:
            return any(found._find(name) for name in lists.LISTS.values())
        except DataError:
            return False

    @property
    def vocabulary(self) -> Vocabulary:
        """The list's genres as written there, in alphabetical order."""
        return self._vocabulary

    def read_tracks(self) -> list[Track]:
        """Read all tracks that the genre list names, with what the metadata says of them.

        Raises:
            DataError: the list is not there; a file is damaged or not as published.
            MissingExtraError: the metadata is HDF5 and h5py is not installed.
        """
        genres, songs = self._genres, self._songs.known
        shared = Counter(song.song for song in songs.values())
        nothing = Song(None, None, None, None, None)
        return [self._track(name, genres[name], songs.get(name, nothing), shared)
                for name in sorted(genres)]  # fmt: skip

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return the partitions of the chosen list that lie beside it, by their files' names.

        They part tracks, not artists: many artists are on both sides.
        """
        return {name: lists.read_partition(path) for name, path in self._partitions.items()}

    def faults(self) -> list[Fault]:
        """Return the known duplicates, and tracks under another song's title, where listed."""
        found: list[Fault] = []
        if path := self._find(_DUPLICATES):
            found += lists.read_duplicates(path)
        if path := self._find(_MISMATCHES):
            found += lists.read_mismatches(path)
        return [f for f in found if {f.track, f.other or f.track} <= self.tracks.keys()]

    def remarks(self) -> list[str]:
        """Return what the lists have and the metadata has not, and what was left out."""
        made = ["no sound is published"]
        file = self._list.name
        if self._metadata is None:
            made.append("no metadata is at hand: artists are unknown, and no split can keep them "
                        "apart")
        else:
            absent = len(self._genres) - len(self._songs.known)
            if absent:
                made.append(f"{counted(absent, 'track')} of {file} not in {self._metadata.name}: "
                            "artists unknown")
            if self._songs.others:
                made.append(f"{counted(self._songs.others, 'track')} of {self._metadata.name} "
                            f"without a genre in {file}, left out")
        second = sum(bool(genres.second) for genres in self._genres.values())
        if second and self.votes == "majority":
            made.append(f"{counted(second, 'track')} with a second genre, of a minority, which is "
                        "left out")
        return made

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        """Return the summary's measured numbers, a row a track, where it is at hand.

        The table has all tracks of the file, also those without a genre.
        """
        path = self._summary
        return (FeatureTable(path, _FRONT_END, None),) if path else ()

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a made-up copy: metadata as SQLite, all genre lists, parts and faults."""
        from earmark.datasets._millionsong_sample import write

        write(root)

    def _track(
        self, name: str, genres: Genres, song: Song, shared: Mapping[str | None, int]
    ) -> Track:
        both = self.votes == "both" and genres.second
        album = f"{song.release} ({song.artist})" if song.release and song.artist else None
        return Track(
            name, (genres.first, genres.second) if both else (genres.first,), artist=song.artist,
            album=album, song=song.song if shared[song.song] > 1 else None, title=song.title,
            seconds=song.seconds)  # fmt: skip

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        rows = self._genres.values()
        names = {genres.first for genres in rows}
        if self.votes == "majority":
            return Vocabulary(tuple(sorted(names)))
        seconds = {genres.second for genres in rows} - {""}
        return Vocabulary(tuple(sorted(names | seconds)), task="multi")

    @cached_property
    def _genres(self) -> dict[str, Genres]:
        return lists.read_genres(self._list)

    @cached_property
    def _songs(self) -> Songs:
        path = self._metadata
        return Songs({}, 0) if path is None else metadata.read_songs(path, self._genres)

    @property
    def _list(self) -> Path:
        name = lists.LISTS[self.labels]
        if (path := self._find(name)) is None:
            raise DataError(self._nothing_found(name))
        return path

    @property
    def _metadata(self) -> Path | None:
        """The database, which is quick to read, or else the summary."""
        names = (*metadata.DATABASES, *metadata.SUMMARIES)
        return next((path for name in names if (path := self._find(name))), None)

    @property
    def _summary(self) -> Path | None:
        return next((path for name in metadata.SUMMARIES if (path := self._find(name))), None)

    @property
    def _partitions(self) -> dict[str, Path]:
        return {name: path for holder in reversed(_HOLDERS)
                for name, path in lists.partition_files(self.root / holder, self.labels).items()}

    def _find(self, name: str) -> Path | None:
        paths = (self.root / holder / name for holder in _HOLDERS)
        try:
            return next((path for path in paths if path.is_file()), None)
        except OSError as error:
            raise DataError(f"{self.root}: cannot be read: {error.strerror or error}.") from error

    def _nothing_found(self, name: str) -> str:
        if not self.root.is_dir():
            return f"{self.root}: no such folder; expected one that holds the Million Song Dataset."
        others = [label for label, file in lists.LISTS.items() if self._find(file)]
        there = f" At hand: {', '.join(f'labels={label}' for label in others)}." if others else ""
        return (f"{self.root}: holds no {name}, the genres asked for; get it, or choose another "
                f"list by the option 'labels'.{there}")
