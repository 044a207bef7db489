"""What every dataset reader gives: tracks, a vocabulary, partitions, and where it comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from earmark.labels.vocabulary import Vocabulary
from earmark.settings import fingerprint


@dataclass(frozen=True)
class Track:
    """One recording.

    Attributes:
        id: unique in the dataset and the same in every layout of it.
        labels: names in the dataset's vocabulary.
        path: of the audio, relative to the dataset's root with ``/`` (absolute where a table
            names audio elsewhere); None when only ready-made features are at hand.
        artist: a name or group id that is equal for equal artists; None when unknown.
        album: likewise.
        song: equal for the parts of one recording that are tracks of their own; None for a
            track that is a whole recording.
        title: as written; None when unknown.
        seconds: how long the recording is said to be; None when nothing is said.
    """

    id: str
    labels: tuple[str, ...]
    path: str | None = None
    artist: str | None = None
    album: str | None = None
    song: str | None = None
    title: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Fault:
    """A known fault of a published dataset.

    Attributes:
        track: its id.
        kind: ``exact duplicate``, ``near duplicate``, ``same title``, ``unreadable`` ...
        other: the id of the other track of a pair.
        source: where the fact is from.
    """

    track: str
    kind: str
    other: str | None
    source: str

    @property
    def is_copy(self) -> bool:
        """Whether the two tracks are one recording; two of one title need not be."""
        return self.other is not None and self.kind.endswith("duplicate")


@dataclass(frozen=True)
class FeatureTable:
    """Ready-made features that come with a dataset.

    Attributes:
        path: of the file, or of the folder that holds its pieces.
        front_end: name and settings of the feature family that made it: tables of other
            settings bear the same column names and must not be mixed.
        seconds: length of the segments; None for rows of whole tracks.
        comparable: whether it was made of the audio that comes with the dataset, so that rows can
            be computed again and compared.
        derived: whether it is another table of the dataset read in another way.
        pictures: whether its rows are pictures, whose single values say nothing by themselves.
        borrowed: tracks without rows of their own that are exact copies of tracks with rows, and
            which those are.
    """

    path: Path
    front_end: Mapping[str, Any]
    seconds: float | None
    comparable: bool = True
    derived: bool = False
    pictures: bool = False
    borrowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A file that a dataset is published in.

    Attributes:
        url: where it is.
        file: where it belongs, relative to the dataset's root, with ``/``.
        checksum: ``md5:``, ``sha1:`` or ``sha256:`` and hex digits, as published; None where
            the publisher gives none.
        bytes: its size, as published; None when unknown.
        unpack: ``zip`` or ``tar`` where it is to be unpacked beside itself; of an archive cut
            into pieces (``.001``, ``.002`` ...) each piece says so.
        part: what it holds, so that a user can fetch that alone: ``metadata``, ``audio`` ...
    """

    url: str
    file: str
    checksum: str | None = None
    bytes: int | None = None
    unpack: Literal["", "zip", "tar"] = ""
    part: str = "audio"


class Dataset(ABC):
    """A published dataset, read in place from ``root``.

    Subclasses set the class attributes and write ``read_tracks`` and ``sample``. The
    constructor only remembers; the tracks are read on first use. Variants of a dataset (a subset,
    another set of its labels) are options: keyword arguments of the constructor with defaults, kept
    as attributes of the same names; see ``opening``.

    Attributes:
        layout: what ``root`` must hold, as a tree of names with a remark each, for people.
        where: where to get it, in a sentence or two.
        sources: files that can be fetched without asking anybody; empty where there are none.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    url: ClassVar[str]
    layout: ClassVar[str]
    where: ClassVar[str]
    sources: ClassVar[tuple[Source, ...]] = ()

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @property
    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """The dataset's ordered labels."""

    @abstractmethod
    def read_tracks(self) -> list[Track]:
        """Read all tracks, sorted by id.

        Raises:
            DataError: the folder is not in a published layout; says what was looked for.
        """

    @classmethod
    @abstractmethod
    def sample(cls, root: Path) -> None:
        """Write a tiny made-up copy in the exact published layout, for tests and tutorials."""

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell, from a few names and without reading much, whether ``root`` holds this dataset."""
        return False

    @cached_property
    def tracks(self) -> dict[str, Track]:
        """All tracks by id, in order of id."""
        return {track.id: track for track in self.read_tracks()}

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return the published partitions: name to {track id: train, valid or test}.

        They are whole, also where this copy lacks some of the tracks: a score on half of a test
        part must be known for what it is.
        """
        return {}

    def faults(self) -> list[Fault]:
        """Return the known faults that concern tracks of this dataset."""
        return []

    def remarks(self) -> list[str]:
        """Return sentences on what was merged, left out or guessed while reading."""
        return []

    def names(self) -> Mapping[str, tuple[str | None, ...]] | None:
        """Return artist, title and, where known, album as people write them, by track id.

        None where the tracks themselves say it: only datasets whose artists are keys need this.
        """
        return None

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        """Return the ready-made feature tables at hand."""
        return ()

    def segment_of(self, row_name: str) -> tuple[str, int]:
        """Return (track id, segment number) for the name in a row of a ready-made table."""
        return Path(row_name).stem, 0

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with the set of tracks, their labels, artists or songs."""
        return fingerprint([
            # The song only where there is one: datasets without keep their fingerprints.
            [t.id, t.labels, t.artist, t.album, *([t.song] if t.song else [])]
            for t in self.tracks.values()
        ])
