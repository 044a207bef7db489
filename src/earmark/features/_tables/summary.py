"""What Echo Nest measured of each track of the Million Song Dataset, from its summary in HDF5.

Seconds are of the whole recording; loudness is in dB, tempo in beats a minute, the key 0 (C) to
11, the mode 0 (minor) or 1, the time signature in beats a bar; confidences in [0, 1].
``danceability`` and ``energy`` stand in the file too and are 0 for every track: left alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.features._tables.named import refuse_ids
from earmark.graphs import hdf5

COLUMNS = ("duration", "end_of_fade_in", "key", "key_confidence", "loudness", "mode",
           "mode_confidence", "start_of_fade_out", "tempo", "time_signature",
           "time_signature_confidence")  # fmt: skip
_TABLE, _TRACK = "analysis/songs", "track_id"


def read_summary(
    path: Path,
) -> tuple[NDArray[np.str_], NDArray[np.float32], tuple[str, ...]]:
    """Return ids, rows, and the ids of tracks that lack a value and are left out.

    Raises:
        DataError: the file cannot be read or lacks a column; a track has no id or is there twice;
            there are none.
        MissingExtraError: h5py is not installed.
    """
    ids: list[NDArray[np.str_]] = [np.zeros(0, "U1")]
    rows: list[NDArray[np.float32]] = [np.zeros((0, len(COLUMNS)), np.float32)]
    for block in hdf5.blocks(path, {_TABLE: (_TRACK, *COLUMNS)}):
        ids.append(np.array(hdf5.texts(block[_TABLE, _TRACK], f"{path}: '{_TRACK}'"), np.str_))
        rows.append(_numbers(path, [block[_TABLE, column] for column in COLUMNS]))
    names, values = np.concatenate(ids), np.concatenate(rows)
    _refuse_names(path, names)
    whole = np.isfinite(values).all(axis=1)
    return names[whole], values[whole], tuple(names[~whole].tolist())


def _numbers(path: Path, columns: list[NDArray[np.generic]]) -> NDArray[np.float32]:
    for name, column in zip(COLUMNS, columns, strict=True):
        if column.dtype.kind not in "iuf" or column.ndim != 1:
            raise DataError(f"{path}: '{name}' holds {column.dtype}; expected numbers.")
    with np.errstate(over="ignore"):  # too large for a row: as if it were missing
        return np.stack([column.astype(np.float32) for column in columns], axis=1)


def _refuse_names(path: Path, names: NDArray[np.str_]) -> None:
    if not len(names):
        raise DataError(f"{path}: holds no tracks; expected at least one.")
    refuse_ids(path, names, "the track")
