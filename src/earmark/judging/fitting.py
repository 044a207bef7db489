"""Learning decisions: calibration, thresholds, and when to say "unknown".

All of it is learnt from out-of-fold track scores: each track scored by a model that has heard
neither it nor its artist (``lab.selfjudge`` makes them), combined over as many segments as in
service. Scores of tracks a model learnt from are too sure, and a test part has no business here;
no function takes one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError, SettingsError, require
from earmark.judging import metrics
from earmark.judging.calibration import (
    LEAST_SCORE,
    LEAST_TEMPERATURE,
    MOST_SLOPE,
    MOST_TEMPERATURE,
    Calibration,
    log_odds,
    sigmoid,
    softened,
)
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import Decisions, calibrate
from earmark.labels.vocabulary import Task, Vocabulary

Groups = Sequence[Hashable] | NDArray[Any]
_MOST_GLOBAL_THRESHOLDS = 200


def fit_calibration(scores: ArrayLike, truth: ArrayLike, task: Task) -> Calibration:
    """Return the calibration learnt from out-of-fold scores and 0/1 truth [shape=(tracks, labels)].

    Single-label: one temperature. A bias a label besides (vector scaling) made the cross-fitted
    log loss of GTZAN worse (1.29 to 1.31 against 1.27 uncalibrated): 60 tracks a label are too
    few to learn one.

    Raises:
        DataError: what ``metrics.checked`` refuses, or a single-label row without exactly one 1.
    """
    if task == "single":
        return Calibration(temperature=fit_temperature(scores, truth))
    slopes, offsets = fit_platt(scores, truth)
    return Calibration(slopes=slopes, offsets=offsets)


def fit_temperature(scores: ArrayLike, truth: ArrayLike) -> float:
    """Return the temperature in [0.05, 20] with the least log loss (Guo et al. 2017).

    The loss is convex in 1 / temperature, so the zero of its slope is found by bisection. Scores
    that are all equal tell nothing: the temperature is then 1. One track more is thought of that
    bears each label to an equal share, for the reason that ``fit_platt`` draws its truth in: few
    tracks, all told apart, would make every score 0 or 1. Errors as in ``fit_calibration``.
    """
    x, y = metrics.checked(scores, truth)
    metrics.confusion(y, y)  # refuses rows without exactly one label
    drawn_in = (y.astype(np.float64) * len(y) + 1 / y.shape[1]) / (len(y) + 1)
    if np.ptp(x, axis=1).max() == 0:
        return 1.0
    low, high = np.log(LEAST_TEMPERATURE), np.log(MOST_TEMPERATURE)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _too_sharp(x, drawn_in, np.exp(middle)) else (low, middle)
    return float(np.exp((low + high) / 2).clip(LEAST_TEMPERATURE, MOST_TEMPERATURE))


def _too_sharp(scores: Floats, truth: Floats, temperature: float) -> bool:
    """Tell whether the log loss falls as the temperature rises."""
    logs = np.log(scores.clip(LEAST_SCORE))
    return bool((softened(scores, temperature) * logs).sum() > (truth * logs).sum())


def fit_platt(
    scores: ArrayLike, truth: ArrayLike
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return slope and offset of each label with the least log loss on the log odds.

    The truth is drawn in as Platt (1999) has it, to (positives + 1) / (positives + 2) and
    1 / (negatives + 2), so that a label told apart without fault still gets finite values.
    Slopes are not below 0: a label whose scores mislead gets its prevalence. Errors as in
    ``fit_calibration``.
    """
    x, y = metrics.checked(scores, truth)
    fitted = [_platt(log_odds(x[:, k]), y[:, k]) for k in range(x.shape[1])]
    slopes, offsets = zip(*fitted, strict=True)
    return tuple(slopes), tuple(offsets)


def _platt(odds: Floats, truth: Truth) -> tuple[float, float]:
    optimize = require("scipy.optimize", extra="train", purpose="calibrating a multi-label tagger")
    positives, negatives = int(truth.sum()), int((1 - truth).sum())
    wanted = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    prevalence = float(log_odds(wanted.mean(keepdims=True))[0])
    if np.ptp(odds) == 0:
        return 0.0, prevalence

    def loss(values: Floats) -> tuple[float, Floats]:
        line = values[0] * odds + values[1]
        excess = sigmoid(line) - wanted
        total = np.logaddexp(0, line) - wanted * line
        return float(total.mean()), np.array([(excess * odds).mean(), excess.mean()])

    found = optimize.minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B",
                              bounds=[(0, MOST_SLOPE), (None, None)])
    return float(found.x[0]), float(found.x[1])


def cross_calibrated(
    scores: ArrayLike, truth: ArrayLike, fold: ArrayLike, vocabulary: Vocabulary
) -> Floats:
    """Return scores, each calibrated by what was learnt on the other folds.

    What is measured on them is what calibration will do to tracks it was not learnt from.

    Args:
        fold: number of each row's fold [shape=(tracks,)].

    Raises:
        DataError: as in ``fit_calibration``, or fewer than two folds.
    """
    x, y = metrics.checked(scores, truth)
    of = np.asarray(fold)
    if of.shape != (len(x),) or len(np.unique(of)) < 2:
        raise DataError(f"folds of shape {of.shape} for {len(x)} tracks; expected one a track and "
                        "at least two folds.")
    found = np.empty_like(x)
    for held in np.unique(of):
        rule = Decisions(calibration=fit_calibration(x[of != held], y[of != held],
                                                     vocabulary.task))
        found[of == held] = calibrate(x[of == held], rule, vocabulary)
    return found


def fit_thresholds(
    scores: ArrayLike, truth: ArrayLike, by: Literal["label", "all"] = "label"
) -> tuple[float, ...]:
    """Return a threshold a label for multi-label work, from calibrated out-of-fold scores.

    Args:
        by: ``label``: the best F1 of each label for itself; ``all``: one threshold for all
            labels, with the best macro F1.

    A threshold lies midway between the lowest score answered and the next one below. A label
    that no track bears gets 0.5.

    Raises:
        DataError: what ``metrics.checked`` refuses. SettingsError: another ``by``.
    """
    x, y = metrics.checked(scores, truth)
    if by == "label":
        return tuple(_best_threshold(x[:, k], y[:, k]) for k in range(x.shape[1]))
    if by != "all":
        raise SettingsError(f"thresholds by '{by}'. Known: all, label.")
    if not y.any():
        return (0.5,) * int(x.shape[1])
    cuts = _between(np.unique(x))
    if len(cuts) > _MOST_GLOBAL_THRESHOLDS:
        cuts = np.quantile(cuts, np.linspace(0, 1, _MOST_GLOBAL_THRESHOLDS))
    reached = [metrics.f1_macro((x >= cut).astype(float), y) for cut in cuts]
    return (float(cuts[int(np.argmax(reached))]),) * int(x.shape[1])


def _best_threshold(scores: Floats, truth: Truth) -> float:
    if not truth.any():
        return 0.5
    levels = np.unique(scores)
    answered = _reaching(scores, levels)
    right = _reaching(scores[truth == 1], levels)
    best = int(np.argmax(2 * right / (answered + truth.sum())))
    return float(_between(levels)[best])


def _reaching(scores: Floats, levels: Floats) -> NDArray[np.intp]:
    """Return how many scores are at or above each level."""
    return np.asarray(len(scores) - np.searchsorted(np.sort(scores), levels))


def _between(levels: Floats) -> Floats:
    """Return a cut below each of the ascending levels, midway to the one before (or to 0)."""
    return np.asarray((levels + np.concatenate([[0.0], levels[:-1]])) / 2)


def best_scores(scores: ArrayLike) -> Floats:
    """Return the best score of each row [shape=(tracks,)]: what "unknown" is decided on.

    On GTZAN the margin to the second score and the entropy told held-out genres no better.
    """
    x, _ = metrics.checked(scores, np.zeros(np.shape(scores)))
    return np.asarray(x.max(axis=1))


def kept_threshold(known: ArrayLike, keep: float) -> float:
    """Return the highest threshold that at least ``keep`` of the known tracks reach.

    Args:
        known: calibrated out-of-fold scores [shape=(tracks, labels)] of tracks whose labels were
            learnt.

    Raises:
        SettingsError: ``keep`` not between 0 and 1. DataError: scores that are none.
    """
    if not 0 < keep < 1:
        raise SettingsError(f"the share of known tracks to keep is {keep}; expected between 0 "
                            "and 1.")
    # In float32, as ``is_unknown`` compares.
    ascending = np.sort(best_scores(known).astype(np.float32))
    return float(ascending[int(np.floor((1 - keep) * len(ascending) + 1e-9))])
