"""The spaces in which tracks are compared: columns made alike, rotated to principal components.

Unscaled, distances belong to whichever column has the largest unit (a roll-off in hertz); so the
columns are standardised first. How a student project scaled eight Echonest features is kept beside
it, so that its figures can be made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, suggestion

Doubles = NDArray[np.float64]


def standardised(rows: NDArray[np.floating]) -> Doubles:
    """Return columns of mean 0 and variance 1 [shape=(rows, columns)]; a constant one is all 0."""
    centred = _centred(rows)
    deviation = np.sqrt((centred**2).mean(axis=0))
    return _divided(centred, deviation)


def tempo_and_direction(
    rows: NDArray[np.floating], columns: Sequence[str], tempo: str = "tempo"
) -> Doubles:
    """Return rows of length 1, the tempo first brought to [0, 1] by its lowest and highest value.

    The scaling of a student project on Echonest's features (vinay-pv); the other columns are used
    as they are, in [0, 1]. A row of zeros stays one.

    Raises:
        DataError: no column is called ``tempo``.
    """
    if tempo not in columns:
        raise DataError(f"no column is called '{tempo}'.{suggestion(tempo, columns)}")
    x = rows.astype(np.float64)
    column = x[:, list(columns).index(tempo)]
    column -= column.min()
    column /= column.max() or 1.0
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return _divided(x, length)


@dataclass(frozen=True)
class Components:
    """Principal components, that of most variance first.

    Attributes:
        scores: the tracks along them [shape=(tracks, components)].
        axes: what they are made of, each of length 1 [shape=(components, columns)].
        shares: of the whole variance that each holds; all 0 where nothing varies.
    """

    scores: Doubles
    axes: Doubles
    shares: Doubles

    def needed(self, share: float) -> int:
        """Return how many components hold at least this share of the variance; 0 where none do.

        >>> Components(np.empty((0, 3)), np.eye(3), np.array([.5, .3, .2])).needed(.75)
        2
        """
        held = np.cumsum(self.shares)
        if not len(held) or held[-1] <= 0:
            return 0
        # Rounding must not ask for the components that hold nothing.
        return int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1


def principal(rows: NDArray[np.floating]) -> Components:
    """Return all principal components of the rows as they are, not scaled.

    Signs are such that the largest part of each axis is positive.
    """
    x = _centred(rows)
    left, lengths, axes = np.linalg.svd(x, full_matrices=False)
    largest = np.abs(axes).argmax(axis=1)
    signs = np.where(axes[np.arange(len(axes)), largest] < 0, -1.0, 1.0)
    power = lengths**2
    shares = power / power.sum() if power.sum() > 0 else power
    return Components(left * lengths * signs, axes * signs[:, None], shares)


def _centred(rows: NDArray[np.floating]) -> Doubles:
    x = rows.astype(np.float64)
    moved: Doubles = x - x.mean(axis=0)
    return moved


def _divided(x: Doubles, by: Doubles) -> Doubles:
    """Return the quotient, 0 where it is by 0."""
    found: Doubles = np.divide(x, by, out=np.zeros_like(x), where=by > 0)
    return found
