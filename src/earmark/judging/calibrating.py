"""Learning how scores become chances: one temperature, or sigmoids, or stairs of each label.

Learnt from out-of-fold scores or those of a valid part, never from a test part: no function here
is ever given one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError, SettingsError
from earmark.judging import isotonic, metrics
from earmark.judging.calibration import (
    LEAST_SCORE,
    LEAST_TEMPERATURE,
    MOST_SLOPE,
    MOST_TEMPERATURE,
    Calibration,
    Stairs,
    log_odds,
    sigmoid,
    softened,
)
from earmark.judging.curves import Floats, Truth
from earmark.judging.how import Calibrating
from earmark.judging.inner import inner_folds
from earmark.labels.vocabulary import Task, Vocabulary

FORMS: tuple[Calibrating, ...] = ("platt", "isotonic", "temperature")  # the first of equals is best


def fit_calibration(
    scores: ArrayLike, truth: ArrayLike, task: Task, how: Calibrating = "platt", *,
    fold: ArrayLike | None = None,
) -> Calibration:
    """Return the calibration learnt from out-of-fold scores and 0/1 truth [shape=(tracks, labels)].

    Single-label: one temperature, whatever ``how`` says. A bias a label besides (vector scaling)
    made the cross-fitted log loss of GTZAN worse (1.29 to 1.31 against 1.27 uncalibrated): 60
    tracks a label are too few to learn one.

    Args:
        how: multi-label; see ``how.HowDecided``. ``best``: the form with the least cross-fitted
            log loss over all labels together.
        fold: of each track, for ``best``; tracks are dealt out in turn when None.

    Raises:
        DataError: what ``metrics.checked`` refuses, or a single-label row without exactly one 1.
        SettingsError: another ``how``.
    """
    if task == "single":
        return Calibration(temperature=fit_temperature(scores, truth))
    x, y = metrics.checked(scores, truth)
    if how == "best":
        of = inner_folds(fold, len(x))
        how = _least_loss(x, y, of) if len(np.unique(of)) > 1 else FORMS[0]
    if how == "isotonic":
        return Calibration(stairs=_all_stairs(x, y))
    if how == "temperature":
        slopes = fit_slopes(x, y)
        return Calibration(slopes=slopes, offsets=(0.0,) * len(slopes))
    if how != "platt":
        raise SettingsError(f"a calibration by '{how}' cannot be learnt. Known: best, "
                            f"{', '.join(sorted(FORMS))}.")
    slopes, offsets = fit_platt(x, y)
    return Calibration(slopes=slopes, offsets=offsets)


def _least_loss(x: Floats, y: Truth, fold: NDArray[Any]) -> Calibrating:
    losses = [metrics.binary_log_loss(_crossed(x, y, fold, "multi", how), y) for how in FORMS]
    return FORMS[int(np.argmin(losses))]


def cross_calibrated(
    scores: ArrayLike, truth: ArrayLike, fold: ArrayLike, vocabulary: Vocabulary,
    how: Calibrating = "platt", *, teach: ArrayLike | None = None,
) -> Floats:
    """Return scores, each calibrated by what was learnt on the other folds.

    What is measured on them is what calibration will do to tracks it was not learnt from.

    Args:
        fold: number of each row's fold [shape=(tracks,)].
        teach: whether to learn from each row, likewise; from all when None.

    Raises:
        DataError, SettingsError: as in ``fit_calibration``; fewer than two folds, or all that
            teaches in one of them.
    """
    x, y = metrics.checked(scores, truth)
    of = np.asarray(fold)
    if of.shape != (len(x),) or len(np.unique(of)) < 2:
        raise DataError(f"folds of shape {of.shape} for {len(x)} tracks; expected one a track and "
                        "at least two folds.")
    teachers = np.ones(len(x), np.bool_) if teach is None else np.asarray(teach, np.bool_)
    if len(np.unique(of[teachers])) < 2:
        raise DataError("all tracks to learn a calibration from are in one fold; expected two.")
    return _crossed(x, y, of, vocabulary.task, how, teachers)


def _crossed(
    x: Floats, y: Truth, fold: NDArray[Any], task: Task, how: Calibrating,
    teachers: NDArray[np.bool_] | None = None,
) -> Floats:
    found = np.empty_like(x)
    for held in np.unique(fold):
        learn = (fold != held) if teachers is None else (fold != held) & teachers
        learnt = fit_calibration(x[learn], y[learn], task, how, fold=fold[learn])
        found[fold == held] = learnt(x[fold == held])
    return found


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


def fit_slopes(scores: ArrayLike, truth: ArrayLike) -> tuple[float, ...]:
    """Return 1 / temperature of each label, in [0.05, 20], with the least log loss.

    By bisection, as in ``fit_temperature``; the truth is drawn in as in ``fit_platt``. Where all
    log odds are 0 it is 1. Errors as in ``fit_calibration``.
    """
    x, y = metrics.checked(scores, truth)
    return tuple(_slope(*pair) for pair in _columns(x, y))


def _slope(odds: Floats, wanted: Floats) -> float:
    if not odds.any():
        return 1.0
    low, high = -np.log(MOST_TEMPERATURE), -np.log(LEAST_TEMPERATURE)
    aim = float(wanted @ odds)
    for _ in range(40):
        middle = (low + high) / 2
        too_steep = sigmoid(np.exp(middle) * odds) @ odds > aim
        low, high = (low, middle) if too_steep else (middle, high)
    return float(np.exp((low + high) / 2).clip(1 / MOST_TEMPERATURE, 1 / LEAST_TEMPERATURE))


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
    slopes, offsets = zip(*(_platt(*pair) for pair in _columns(x, y)), strict=True)
    return tuple(slopes), tuple(offsets)


def _columns(scores: Floats, truth: Truth) -> Iterator[tuple[Floats, Floats]]:
    """Yield log odds and drawn-in truth of each label: a column at a time stays in the cache."""
    for k in range(scores.shape[1]):
        yield log_odds(scores[:, k]), _drawn_in(truth[:, k])


def _drawn_in(truth: Truth) -> Floats:
    positives, negatives = int(truth.sum()), int((1 - truth).sum())
    return np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))


def _platt(odds: Floats, wanted: Floats) -> tuple[float, float]:
    width = odds.std()
    slope = 0.0
    if np.ptp(odds) > 0 and width > 0:
        slope, offset = _newton((odds - odds.mean()) / width, wanted)
        slope = slope / width
        if 0 < slope <= MOST_SLOPE:
            return float(slope), float(offset - slope * odds.mean())
    slope = float(np.clip(slope, 0, MOST_SLOPE))
    return slope, _offset(slope * odds, wanted)


def _newton(odds: Floats, wanted: Floats) -> Floats:
    """Return slope and offset, by Newton's steps, halved where they would go up."""
    values = np.array([1.0, log_odds(wanted.mean(keepdims=True))[0]])
    loss = _loss(odds, wanted, values)
    for _ in range(100):
        step = _step(odds, wanted, values)
        while (tried := _loss(odds, wanted, values - step)) > loss and abs(step).max() > 1e-9:
            step = step / 2
        if tried > loss or abs(step).max() <= 1e-9:
            break
        values, loss = values - step, tried
    return values


def _step(odds: Floats, wanted: Floats, values: Floats) -> Floats:
    chance = sigmoid(values[0] * odds + values[1])
    excess, bend = chance - wanted, chance * (1 - chance)
    bent = bend * odds
    # Chances that are all but 0 have no curvature left, hence the last term.
    bends = np.array([[bent @ odds, bent.sum()], [bent.sum(), bend.sum()]]) + 1e-9 * np.eye(2)
    return np.asarray(np.linalg.solve(bends, [excess @ odds, excess.sum()]))


def _loss(odds: Floats, wanted: Floats, values: Floats) -> float:
    line = values[0] * odds + values[1]
    return float((np.maximum(line, 0) + np.log1p(np.exp(-abs(line))) - wanted * line).mean())


def _offset(line: Floats, wanted: Floats) -> float:
    """Return what added to the line makes its mean chance that of ``wanted``, by bisection."""
    aim = log_odds(wanted.mean(keepdims=True))[0]
    low, high = aim - line.max(), aim - line.min()
    for _ in range(60):
        middle = (low + high) / 2
        above = sigmoid(line + middle).mean() > wanted.mean()
        low, high = (low, middle) if above else (middle, high)
    return float((low + high) / 2)


def _all_stairs(x: Floats, y: Truth) -> tuple[Stairs, ...]:
    return tuple(isotonic.fit_stairs(x[:, k], y[:, k], wanted, _sigmoid_of(*_platt(odds, wanted)))
                 for k, (odds, wanted) in enumerate(_columns(x, y)))


def _sigmoid_of(slope: float, offset: float) -> isotonic.Sigmoid:
    return lambda scores: sigmoid(slope * log_odds(scores) + offset)
