"""Folds within the tracks that something is learnt from, to choose how it is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError

_FOLDS = 5


def inner_folds(fold: ArrayLike | None, tracks: int) -> NDArray[Any]:
    """Return the number of each track's fold: the given ones, or 0 to 4 in turn when None.

    Raises:
        DataError: not one a track.

    >>> inner_folds(None, 7).tolist()
    [0, 1, 2, 3, 4, 0, 1]
    """
    found = np.arange(tracks) % _FOLDS if fold is None else np.asarray(fold)
    if found.shape != (tracks,):
        raise DataError(f"folds of shape {found.shape} for {tracks} tracks; expected one a track.")
    return found
