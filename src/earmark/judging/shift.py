"""Label shift: decisions learnt where labels are as frequent as here, used where they are not.

Where only the frequencies of labels change, and tracks that bear a label sound as before, both
can be mended without a single label of the new tracks: the frequencies are those under which the
calibrated scores seen there are the likeliest (Saerens, Latinne and Decaestecker 2002), scores are
then corrected by the change of odds, and label sets are learnt anew with weighted tracks
(Podkopaev and Ramdas 2021). Nothing here learns from the new tracks' labels; ``report`` takes them
to measure with, once all is decided, and marks what needs them as an oracle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.calibration import log_odds, sigmoid
from earmark.judging.conformal import coverage, fit_label_sets
from earmark.judging.curves import Floats
from earmark.judging.labelsets import LabelSets

_LEAST_RATE = 1e-4  # and the most is 1 less this: odds of a corrected score stay finite
_MOST_WEIGHT = 20.0


def estimated_rates(scores: ArrayLike, rates: ArrayLike) -> Floats:
    """Return the share of tracks that bear each label, from calibrated scores without labels.

    The likelihood that Saerens et al. climb by EM has one top for each label, which is found here
    by bisection. A label borne by none or all where scores were learnt keeps its rate.

    Args:
        scores: of the new tracks [shape=(tracks, labels)].
        rates: share of the tracks calibrated on that bear each label [shape=(labels,)].

    Raises:
        DataError: what ``metrics.checked`` refuses, or not one rate in [0, 1] a label.
    """
    x, _ = metrics.checked(scores, np.zeros(np.shape(scores)))
    known = _checked_rates(rates, x.shape[1])
    return np.array([_likeliest(x[:, k], known[k]) if 0 < known[k] < 1 else known[k]
                     for k in range(x.shape[1])])


def _likeliest(scores: Floats, rate: float) -> float:
    gain = scores / rate - (1 - scores) / (1 - rate)
    base = (1 - scores) / (1 - rate)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        rising = float((gain / (base + middle * gain).clip(1e-12)).sum()) > 0
        low, high = (middle, high) if rising else (low, middle)
    return (low + high) / 2


def corrected(scores: ArrayLike, from_rates: ArrayLike, to_rates: ArrayLike) -> Floats:
    """Return calibrated scores [shape=(..., labels)] with each label's odds changed as its rate's.

    Rates count as no nearer to 0 and 1 than 1e-4; where both are the same, scores stay.

    Raises:
        DataError: not one rate in [0, 1] a label.

    >>> corrected([[0.5, 0.2]], [0.2, 0.5], [0.5, 0.5]).round(6).tolist()
    [[0.8, 0.2]]
    """
    x = np.asarray(scores, dtype=np.float64)
    return sigmoid(log_odds(x) + _change(from_rates, to_rates, x.shape[-1]))


def rate_weights(truth: ArrayLike, from_rates: ArrayLike, to_rates: ArrayLike) -> Floats:
    """Return how much more frequent each track's labels are there than here [shape=(tracks,)].

    The product over labels of the change of its rate, as if labels were independent; of mean 1,
    and no weight beyond 20 times the median: one track is not to stand for all.

    Args:
        truth: 0/1 of the tracks learnt from [shape=(tracks, labels)].

    Raises:
        DataError: not one rate in [0, 1] a label.
    """
    y = np.asarray(truth, dtype=np.float64)
    logs = y @ _change(from_rates, to_rates, y.shape[1])  # the rest is the same for all tracks
    weights = np.exp((logs - np.median(logs)).clip(-np.log(_MOST_WEIGHT), np.log(_MOST_WEIGHT)))
    return np.asarray(weights / weights.mean())


def effective_tracks(weights: ArrayLike) -> float:
    """Return how many equally weighted tracks tell as much (Kish).

    >>> effective_tracks([1, 1, 2, 0])
    2.6666666666666665
    """
    w = np.asarray(weights, dtype=np.float64)
    return float(w.sum() ** 2 / (w**2).sum())
