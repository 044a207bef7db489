"""Isotonic calibration of each label: chances that rise with the scores, of no other form.

Pool adjacent violators gives blocks of equal chance; the chances are joined by straight lines at
the blocks' mean scores (centred isotonic regression: Oron and Flournoy 2017) and rise a little
beyond the first and the last, so that the order of scores stays. With level ends AudioSet's PR-AUC
fell from .357 to .351: the surest tracks of a label were all alike.

It needs more examples than two numbers do: a label with fewer than 20 tracks that bear it, or that
do not, gets Platt's sigmoid instead, drawn with as many knots.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from earmark.errors import require
from earmark.judging.calibration import LEAST_SCORE, Stairs, log_odds, sigmoid
from earmark.judging.curves import Floats, Truth

MOST_KNOTS = 50  # besides those at 0 and 1
LEAST_OF_EACH = 20
_TILT = 0.05
Sigmoid = Callable[[Floats], Floats]


def fit_stairs(scores: Floats, truth: Truth, wanted: Floats, platt: Sigmoid) -> Stairs:
    """Return the calibration of one label.

    Args:
        scores: in [0, 1] [shape=(tracks,)]. truth: 0/1, likewise.
        wanted: the truth drawn in (``calibrating``), so that no chance is 0 or 1.
        platt: the label's calibration by slope and offset, for too few examples.
    """
    kept = scores.clip(LEAST_SCORE, 1 - LEAST_SCORE)
    borne = int(truth.sum())
    if min(borne, len(truth) - borne) < LEAST_OF_EACH:
        return _drawn(kept, platt)
    at, chances = _thinned(*_blocks(kept, wanted))
    ends = (1 - _TILT) * chances[0], chances[-1] + _TILT * (1 - chances[-1])
    return Stairs((0.0, *at.tolist(), 1.0), (float(ends[0]), *chances.tolist(), float(ends[1])))


def _drawn(scores: Floats, platt: Sigmoid) -> Stairs:
    """Return a sigmoid with knots at even log odds, from the lowest score to the highest."""
    low, high = log_odds(np.array([scores.min(), scores.max()])).tolist()
    within = np.unique(sigmoid(np.linspace(low, high, MOST_KNOTS)))
    knots = np.concatenate([[0.0], within, [1.0]])
    chances = np.maximum.accumulate(platt(knots))
    return Stairs(tuple(knots.tolist()), tuple(chances.tolist()))


def _blocks(scores: Floats, wanted: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean score, chance and number of tracks of each block, ascending."""
    isotonic = require("sklearn.isotonic", extra="train", purpose="isotonic calibration")
    levels, level, count = np.unique(scores, return_inverse=True, return_counts=True)
    tracks = count.astype(np.float64)
    mean = np.bincount(level, weights=wanted) / tracks
    rising = isotonic.isotonic_regression(mean, sample_weight=tracks)
    starts = np.flatnonzero(np.diff(rising, prepend=-1.0) > 1e-12)
    held = np.add.reduceat(tracks, starts)
    return np.add.reduceat(levels * tracks, starts) / held, rising[starts], held


def _thinned(at: Floats, chances: Floats, tracks: Floats) -> tuple[Floats, Floats]:
    """Return at most ``MOST_KNOTS`` blocks, those neighbours joined whose chances are the nearest.

    Near counts by Ward's rule: how much more the squared error is.
    """
    while len(at) > MOST_KNOTS:
        left, right = tracks[:-1], tracks[1:]
        k = int((left * right / (left + right) * np.diff(chances) ** 2).argmin())
        share = tracks[k : k + 2] / tracks[k : k + 2].sum()
        at, chances = (_joined(v, k, float(share @ v[k : k + 2])) for v in (at, chances))
        tracks = _joined(tracks, k, float(tracks[k : k + 2].sum()))
    return at, chances


def _joined(values: NDArray[np.float64], k: int, value: float) -> Floats:
    return np.concatenate([values[:k], [value], values[k + 2 :]])
