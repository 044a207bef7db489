"""Ready-made features: rows that others published and that no sound can be turned into here.

They train and judge models; a tagger made of them can only be given such rows. Tables of families
that can be computed, such as GTZAN's, belong to those families and are read with ``read_table``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.chunks import Passes
from earmark.errors import SettingsError
from earmark.features._tables import echonest, summary, vggish, vggish_records
from earmark.features._tables.named import NamedRows, in_single, read_table
from earmark.features._tables.parquet import read_parquet
from earmark.features.base import FeatureSet, FrontEnd, Place, describe, placed

__all__ = ["NamedRows", "Table", "read_parquet", "read_table"]

Kind = Literal["echonest", "vggish", "msd", "other"]
Pooling = Literal["none", "mean", "moments", "sequence"]


@dataclass(frozen=True)
class Table(FrontEnd):
    """Features that come ready-made in a file.

    Attributes:
        sample_rate: of the recordings they were made from, in Hz; no sound is taken.
        kind: ``echonest``, eight numbers a track (FMA's ``echonest.csv`` or an excerpt of it);
            ``vggish``, 128 numbers a second in [-2, 2] (AudioSet's, as npz or as
            Google's TFRecord files, one or a folder of them); ``msd``, eleven numbers a track
            (the Million Song Dataset's summary, HDF5); or ``other``, a CSV or Parquet file with
            the columns named.
        names: for ``other``, the columns to take; elsewhere empty, they are known.
        name_column: for ``other``, the column that holds track ids.
        pooling: for ``vggish``, of a clip's seconds: ``none`` for a row a second; ``mean`` for
            one row a clip; ``moments`` for mean and standard deviation, 256 numbers; ``sequence``
            for a picture a clip [shape=(128, seconds)], what is missing to the longest clip of
            the file filled by beginning anew.
    """

    name: ClassVar[str] = "table"
    takes_audio: ClassVar[bool] = False
    sample_rate: int = 22_050
    kind: Kind = "echonest"
    names: tuple[str, ...] = ()
    name_column: str = "track_id"
    pooling: Pooling = "none"

    def __post_init__(self) -> None:
        if self.pooling != "none" and self.kind != "vggish":
            raise ValueError(f"'pooling' is '{self.pooling}' for {self.kind}, which has a row a "
                             "track already; leave it out.")
        if self.sample_rate < 1:
            raise ValueError(f"'sample_rate' is {self.sample_rate}; expected 1 Hz or more.")
        if self.kind != "other" and self.names:
            raise ValueError(f"'names' are given for {self.kind}, whose columns are known; leave "
                             "them out, or set kind = \"other\".")
        if self.kind == "other" and not self.names:
            raise ValueError("'names' is empty; expected the columns to take.")
        if repeated := [name for name in self.names if self.names.count(name) > 1]:
            raise ValueError(f"'names' has '{repeated[0]}' twice; expected each column once.")
        if self.name_column in self.names:
            raise ValueError(f"'names' has '{self.name_column}', the column of track ids; leave "
                             "it out.")

    @property
    def axes(self) -> int:
        """2 for the seconds of a clip in sequence, else 1."""
        return 2 if self.pooling == "sequence" else 1

    @property
    def columns(self) -> tuple[str, ...]:
        known = {"echonest": echonest.COLUMNS, "vggish": vggish.COLUMNS,
                 "msd": summary.COLUMNS}
        of = known.get(self.kind, self.names)
        moments = {"mean": ("mean",), "moments": ("mean", "std")}.get(self.pooling, ())
        return tuple(f"{name}_{moment}" for moment in moments for name in of) or of

    def read(self, path: Path, place: Place | None = None) -> FeatureSet:
        """Read a file of this kind: a row a track, or for ``vggish`` a row a second of each clip
        unless they are pooled.

        Starts are in seconds from the beginning of the track; a clip of AudioSet is a track of
        its own, wherever in its video it lies. Tracks of Echo Nest's that lack a value are left
        out and named under ``left_out`` in ``source``.

        Args:
            place: from a row's name to track and start; names are track ids without. Clips of
                ``vggish`` go by their own ids.

        Raises:
            DataError: the file is not as published; see the readers.
            MissingExtraError: Parquet without pyarrow, HDF5 without h5py.
        """
        source: dict[str, Any] = {"table": path.name, "front_end": describe(self)}
        if self.kind == "vggish":
            as_records = path.is_dir() or path.suffix.lower() == vggish_records.SUFFIX
            read_clips = vggish_records.read_vggish_records if as_records else vggish.read_vggish
            made = read_clips(path)
            made = vggish.in_sequence(made) if self.pooling == "sequence" else \
                vggish.pooled(made, self.pooling)
            return FeatureSet(made.rows, made.clips, made.starts, self.columns, source)
        if self.kind == "msd":
            ids, values, incomplete = summary.read_summary(path)
            return FeatureSet(values, ids, np.zeros(len(ids)), self.columns,
                              source | {"left_out": list(incomplete)})
        if self.kind == "echonest":
            rows, left_out = echonest.read_echonest(path)
            return self._of_tracks(rows, source | {"left_out": list(left_out)}, place)
        read = read_parquet if path.suffix.lower() == ".parquet" else read_table
        found = read(path, self.names, name_column=self.name_column)
        return self._of_tracks(found, source, place)

    def made_by(self, description: Mapping[str, Any]) -> bool:
        """Tell whether the described table holds these columns; no sound is taken at any rate."""
        return dict(description, sample_rate=self.sample_rate) == describe(self)

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Refuse.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(self._refusal())

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Refuse.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(self._refusal())

    def _refusal(self) -> str:
        return (f"features of 'table' ({self.kind}) come ready-made and cannot be made from audio; "
                "give a file of them to Table.read, or choose a family that takes audio, such as "
                "gtzan57.")

    def _of_tracks(
        self, read: NamedRows, source: dict[str, Any], place: Place | None
    ) -> FeatureSet:
        return placed(in_single(read, source["table"]), place or _whole_track, source)


def _whole_track(name: str) -> tuple[str, float]:
    return name, 0.0
