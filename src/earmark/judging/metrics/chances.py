"""Metrics of scores taken as chances: a label scored 0.8 should be true of 8 rows in 10."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from earmark.judging.curves import Floats, Truth, quotient
from earmark.judging.metric import Metric, checked
from earmark.judging.reliability import calibration_error

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Scores of the truth below this count as this before the logarithm."""
ERROR_BINS = 15
"""Of as many rows each, in ``calibration_errors``."""


@Metric
def binary_log_loss(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over rows and labels of -ln of the score given to the truth, each label for itself."""
    given = np.where(truth == 1, scores, 1 - scores).clip(LEAST_PROBABILITY)
    return quotient(weights @ -np.log(given).mean(axis=1), weights.sum(axis=1))


def brier(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Return of each label the mean squared distance of score and truth [shape=(labels,)].

    Brier 1950; 0 is perfect, and a label's rate p given to all rows has p (1 - p).

    Raises:
        DataError: what ``checked`` refuses.
    """
    x, y = checked(scores, truth)
    return np.asarray(((x - y) ** 2).mean(axis=0))


def calibration_errors(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Return the expected calibration error of each label [shape=(labels,)].

    Over 15 bins of equal mass, as ``reliability.calibration_error`` has it (Naeini et al. 2015).

    Raises:
        DataError: what ``checked`` refuses.
    """
    x, y = checked(scores, truth)
    return np.array([calibration_error(s, t, bins=ERROR_BINS) for s, t in zip(x.T, y.T,
                                                                             strict=True)])
