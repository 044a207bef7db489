"""What every feature family is: a front end, fully described by its frozen settings.

A front end is a frozen dataclass: its fields are its settings, they are written into the tagger,
and a front end built from them gives the same values. ``FeatureSet`` holds what front ends made
of many tracks.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark import registry, settings
from earmark.audio.chunks import Passes
from earmark.audio.segments import Segments
from earmark.errors import AudioError, DataError, SettingsError
from earmark.features._tables.named import NamedRows, read_table
from earmark.features._tables.parquet import read_parquet
from earmark.picked import pick
from earmark.store import atomic_write, write_text

Place = Callable[[str], tuple[str, float]]
"""From the name of a table's row to its track's id and its start in seconds."""


class Frames(NamedTuple):
    """Consecutive frames of a sound.

    Attributes:
        values: [shape=(frames, ...)].
        low: the lowest sample within each frame's hop [shape=(frames,)].
        high: the highest, likewise: whether anything is to be heard can be told from both.
    """

    values: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True)
class FrontEnd(ABC):
    """Audio to an array. Subclasses are frozen dataclasses with a ``name``.

    Attributes:
        sample_rate: of the audio it takes, in Hz.
        version: raised when the same settings give other values than before, so that rows kept
            from then are not used.
        any_length: True when it accepts segments of any length (statistics over frames).
        takes_audio: False when its features come ready-made and no sound can be turned into them;
            ``whole`` and a call then raise a SettingsError.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    any_length: ClassVar[bool] = False
    takes_audio: ClassVar[bool] = True
    sample_rate: int

    @property
    def axes(self) -> int | None:
        """How many axes a row has: 1 for numbers, 2 for a picture of rows over time, 3 for one
        with channels; None where a family does not say."""
        return None

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Names of the values of a row, or of the rows of a picture."""

    @abstractmethod
    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the features of a sound of any length as one segment, in bounded memory.

        Args:
            passes: starts a pass over mono blocks at ``sample_rate``; a sound longer than a chunk
                may need two, a shorter one is heard once.
        """

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features of one segment of mono samples [shape=(n,)] at ``sample_rate``.

        Raises:
            AudioError: there are no samples, more than one channel, or some are no finite numbers.
        """
        samples = checked(samples)
        return self.whole(lambda: (samples,))

    @property
    def backbones(self) -> Mapping[str, str]:
        """The graphs it listens through, which travel beside it: SHA-256 to what they are called.
        """
        return {}

    @property
    def frames_per_second(self) -> float | None:
        """How many frames a second has; None for families without."""
        return None

    def frames(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[Frames]:
        """Yield the frames of a sound, those of the whole of it, a few at a time.

        Args:
            blocks: mono at ``sample_rate``, of any size.

        Raises:
            SettingsError: the family, or the family so set, gives none.
        """
        raise SettingsError(f"'{self.name}' gives no frames one after another; cut its segments "
                            "in seconds.")

    def segments(self, seconds: float | None) -> Segments:
        """Return how this family cuts a track into segments; None for the whole track."""
        return Segments(seconds=seconds)

    @classmethod
    def column_aliases(cls) -> Mapping[str, str]:
        """Other spellings of columns found in published tables: spelling to column."""
        return {}

    def read(self, path: Path, place: Place) -> FeatureSet:
        """Read a ready-made table of this family's columns with a ``filename`` a row.

        CSV, or Parquet by its suffix.

        Args:
            place: from a row's name to its track's id and the start of the segment in seconds.

        Raises:
            DataError: the file is not such a table; see ``read_table``.
        """
        reader = read_parquet if path.suffix.lower() == ".parquet" else read_table
        read = reader(path, self.columns, aliases=self.column_aliases())
        return placed(read, place, {"table": path.name, "front_end": describe(self)})

    def made_by(self, description: Mapping[str, Any]) -> bool:
        """Tell whether a table made by the described front end holds this one's columns."""
        return describe(self) == description

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with the family or any of its settings."""
        return settings.fingerprint([describe(self), self.version])


def checked(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the samples as contiguous float32.

    Raises:
        AudioError: as for a front end's call.
    """
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    if samples.ndim != 1:
        raise AudioError(f"samples of shape {samples.shape}; expected one channel, (n,): average "
                         "the channels first.")
    if not len(samples):
        raise AudioError("holds no audio samples.")
    if not np.isfinite(np.dot(samples, samples)) and not np.isfinite(samples).all():
        raise AudioError("some samples are not finite numbers; expected finite ones.")
    return samples


def describe(front_end: FrontEnd) -> dict[str, Any]:
    """Return the family's name and all settings as plain values."""
    return {"name": front_end.name, **settings.to_mapping(front_end)}


def build(description: Mapping[str, Any], *, where: str = "front end") -> FrontEnd:
    """Build a front end from ``describe``'s values or from a recipe's table.

    Raises:
        SettingsError: unknown family or setting; the nearest is offered.
    """
    values = dict(description)
    family = registry.load("features", str(values.pop("name", "")))
    front_end: FrontEnd = settings.from_mapping(family, values, where=where)
    return front_end


@dataclass(frozen=True)
class FeatureSet:
    """Feature rows of many tracks.

    Attributes:
        rows: [shape=(rows, ...)]; memory-mapped when opened from disk.
        track_ids: one a row.
        starts: of the segments, in seconds, one a row.
        columns: names of the values.
        source: plain description of what made them (front end and segments, or a table).
    """

    rows: NDArray[np.float32]
    track_ids: NDArray[np.str_]
    starts: NDArray[np.float64]
    columns: tuple[str, ...]
    source: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.track_ids) == len(self.starts):
            raise DataError(f"{len(self.rows)} feature rows, {len(self.track_ids)} track ids and "
                            f"{len(self.starts)} starts; expected one of each a segment.")

    def of(self, track_ids: Sequence[str]) -> FeatureSet:
        """Return the rows of the given tracks, in the order of this set; pictures stay where they
        are until they are looked at (see ``picked``)."""
        keep = np.isin(self.track_ids, np.asarray(track_ids, dtype=np.str_))
        return FeatureSet(pick(self.rows, keep), self.track_ids[keep], self.starts[keep],
                          self.columns, self.source)

    def lending(self, borrowed: Mapping[str, str]) -> FeatureSet:
        """Return the set with rows of more tracks, each those of another.

        Args:
            borrowed: track without rows to the track whose rows it takes.
        """
        sets = [self]
        for track, lender in borrowed.items():
            rows = self.of([lender])
            ids = np.full(len(rows.rows), track)
            sets.append(FeatureSet(rows.rows, ids, rows.starts, self.columns, self.source))
        return _concatenated(sets, self.source) if len(sets) > 1 else self

    def save(self, folder: Path) -> None:
        """Write the set into a folder: ``features.npy`` and, last, ``features.json``."""
        with atomic_write(folder / "features.npy") as file:
            np.save(file, self.rows, allow_pickle=False)
        index = {
            "columns": self.columns,
            "source": dict(self.source),
            "track_ids": self.track_ids.tolist(),
            "starts": self.starts.tolist(),
        }
        write_text(folder / "features.json", json.dumps(index))

    @classmethod
    def open(cls, folder: Path) -> FeatureSet:
        """Open what ``save`` wrote; the rows are memory-mapped.

        Raises:
            DataError: the folder does not hold a feature set.
        """
        try:
            index = json.loads((folder / "features.json").read_text(encoding="utf-8"))
            rows = np.load(folder / "features.npy", mmap_mode="r", allow_pickle=False)
            return cls(rows, np.asarray(index["track_ids"], dtype=np.str_),
                       np.asarray(index["starts"], dtype=np.float64),
                       tuple(index["columns"]), index["source"])
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{folder} does not hold a feature set: {error}") from error

    @classmethod
    def joined(cls, sets: Sequence[FeatureSet]) -> FeatureSet:
        """Return the rows of several sets of the same columns, one after another.

        Raises:
            DataError: a track has rows in two of them, or their rows are of different shapes.
        """
        if len(sets) == 1:
            return sets[0]
        seen: set[str] = set()
        for made in sets:
            its = set(made.track_ids.tolist())
            if twice := sorted(seen & its):
                raise DataError(f"the track '{twice[0]}' has rows in two feature tables; expected "
                                "each track in one.")
            seen |= its
        tables = ", ".join(made.source["table"] for made in sets)
        if len(shapes := {made.rows.shape[1:] for made in sets}) > 1:
            told = " and ".join(" x ".join(map(str, shape)) for shape in sorted(shapes))
            raise DataError(f"{tables}: rows of {told}; expected rows of one shape. Learn from one "
                            "table, or from features that are pooled to one length.")
        return _concatenated(sets, {**sets[0].source, "table": tables})


def _concatenated(sets: Sequence[FeatureSet], source: Mapping[str, Any]) -> FeatureSet:
    return FeatureSet(np.concatenate([made.rows for made in sets]),
                      np.concatenate([made.track_ids for made in sets]),
                      np.concatenate([made.starts for made in sets]), sets[0].columns, source)


def placed(read: NamedRows, place: Place, source: Mapping[str, Any]) -> FeatureSet:
    """Return named rows as a set, each row where ``place`` says it belongs."""
    places = [place(name) for name in read.names]
    return FeatureSet(read.rows.astype(np.float32, copy=False),
                      np.asarray([track for track, _ in places], dtype=np.str_),
                      np.asarray([start for _, start in places], dtype=np.float64),
                      read.columns, source)
