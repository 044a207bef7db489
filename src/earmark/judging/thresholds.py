"""Learning from what score on a label is answered: thresholds of multi-label work, or how many.

Learnt from calibrated out-of-fold scores or those of a valid part; no function here is ever given
a test part, and what a choice is worth is measured cross-fitted (``lab.multijudge``).

Micro-F1 by a threshold a label is 2 right / (answered + borne), a quotient of sums over labels.
It is made best by Dinkelbach's rule (1967): given the F1 reached so far, each label for itself
makes 2 right - F1 answered largest, until nothing gains. A few rounds find the best of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import SettingsError
from earmark.judging import metrics
from earmark.judging.curves import Floats, Truth, quotient
from earmark.judging.how import HowDecided
from earmark.judging.inner import inner_folds
from earmark.judging.ladders import Ladder, cuts_below, ladders_of, pooled

COARSE = np.linspace(0.1, 0.9, 17)
_USUAL = 0.5
_NEVER = 1.0  # where the wanted precision cannot be had
# A label's own threshold counts n, the global one this, with n tracks that bear the label.
_WEIGHTS = (0.0, 10.0, 30.0, 100.0, 300.0, 1000.0, np.inf)
_ONE_SIDED_95 = 1.6449
_FIGURES = {"f1_micro": metrics.f1_micro, "f1_macro": metrics.f1_macro,
            "precision_micro": metrics.precision_micro, "recall_micro": metrics.recall_micro}


def fit_thresholds(
    scores: ArrayLike, truth: ArrayLike, how: HowDecided, *, fold: ArrayLike | None = None
) -> tuple[tuple[float, ...], int]:
    """Return a threshold a label, and how many labels a track gets at most (0: any number).

    Of thresholds that serve equally well the highest is taken. Where the precision wanted cannot
    be had, the threshold is 1.

    Args:
        scores: calibrated [shape=(tracks, labels)].
        truth: 0/1, likewise.
        how: its ``thresholds``, ``aim``, ``precision`` and ``grid`` count.
        fold: of each track, for ``shrunk``; tracks are dealt out in turn when None.

    Raises:
        DataError: what ``metrics.checked`` refuses. SettingsError: words that are not known.
    """
    x, y = metrics.checked(scores, truth)
    if how.aim not in ("f1_micro", "f1_macro", "precision"):
        raise SettingsError(f"the aim '{how.aim}' of thresholds. Known: f1_micro, f1_macro, "
                            "precision.")
    if how.thresholds == "top":
        return (0.0,) * int(x.shape[1]), _best_count(x, y, how)
    return tuple(_fitted(x, y, how, fold).clip(0, 1).tolist()), 0


def figures(answered: ArrayLike, truth: ArrayLike) -> dict[str, float | None]:
    """Return F1 (micro, macro), precision and recall (micro) of 0/1 answers; None: not defined.

    Raises:
        DataError: what ``metrics.checked`` refuses.
    """
    p, y = metrics.checked(answered, truth)
    return {name: metric.value(p, y) for name, metric in _FIGURES.items()}


def _fitted(x: Floats, y: Truth, how: HowDecided, fold: ArrayLike | None) -> Floats:
    same = np.ones(x.shape[1])
    if how.thresholds == "fixed":
        return _USUAL * same
    ladders = ladders_of(x, y)
    if how.thresholds == "global":
        return best_global(ladders, how) * same
    if how.thresholds == "label":
        return best_by_label(ladders, how)
    if how.thresholds == "shrunk":
        weight = _best_weight(x, y, how, inner_folds(fold, len(x)))
        return _shrunk(ladders, how)(weight)
    raise SettingsError(f"thresholds by '{how.thresholds}'. Known: fixed, global, label, shrunk, "
                        "top.")


def best_global(ladders: list[Ladder], how: HowDecided) -> float:
    """Return the one threshold for all labels that serves the aim best."""
    found = pooled(ladders, COARSE if how.grid == "coarse" else None)
    if how.aim == "precision":
        precision = quotient(found.right, found.answered)
        return _at_precision(found.cuts, found.right, precision, how.precision)
    borne = sum(ladder.borne for ladder in ladders)
    if not borne:
        return _USUAL
    micro = 2 * found.right / (found.answered + borne)
    return float(found.cuts[_last_best(found.f1_macro if how.aim == "f1_macro" else micro)])


def best_by_label(ladders: list[Ladder], how: HowDecided) -> Floats:
    """Return a threshold for each label that serves the aim best.

    A wanted precision is to be reached by its lower bound (Wilson, one-sided 95 %), or labels of
    few tracks would reach it by luck. A label that no track bears is never answered.
    """
    if how.aim == "precision":
        return np.array([_at_precision(cuts_below(a.levels), a.right,
                                       wilson_low(a.right, a.answered), how.precision)
                         for a in ladders])
    best = _best_micro(ladders) if how.aim == "f1_micro" else [_last_best(a.f1) for a in ladders]
    return np.array([cuts_below(a.levels)[k] if a.borne else _NEVER
                     for a, k in zip(ladders, best, strict=True)])


def _best_micro(ladders: list[Ladder]) -> list[int]:
    """Return the number of each label's level, by Dinkelbach's rule."""
    borne = sum(ladder.borne for ladder in ladders)
    reached, best = -1.0, [0] * len(ladders)
    while borne:
        right, answered = (sum(v[k] for v, k in zip(values, best, strict=True)) for values in
                           ([a.right for a in ladders], [a.answered for a in ladders]))
        if (f1 := 2 * right / (answered + borne)) <= reached:
            break
        reached = f1
        best = [_last_best(2 * a.right - reached * a.answered) for a in ladders]
    return best


def _at_precision(cuts: Floats, right: Floats, precision: Floats, wanted: float) -> float:
    """Return the cut with the most right answers of those that are precise enough."""
    enough = precision >= wanted  # what is not defined is not
    return float(cuts[_last_best(np.where(enough, right, -1))]) if enough.any() else _NEVER


def lowest_precise(scores: Floats, right: NDArray[Any], wanted: float) -> float | None:
    """Return the cut of one column with the most right answers, surely precise enough, or None.

    Args:
        scores: in [0, 1] [shape=(tracks,)]. right: whether to answer each is right, likewise.
    """
    if not len(scores):
        return None
    ladder = ladders_of(scores[:, None], right[:, None].astype(np.int8))[0]
    precision = wilson_low(ladder.right, ladder.answered)
    if not (precision >= wanted).any():
        return None
    return _at_precision(cuts_below(ladder.levels), ladder.right, precision, wanted)


def wilson_low(right: ArrayLike, answered: ArrayLike, z: float = _ONE_SIDED_95) -> Floats:
    """Return the lower bound of a share (Wilson 1927); NaN of none.

    >>> wilson_low([8.0], [10.0]).round(3).tolist()
    [0.541]
    """
    n = np.asarray(answered, dtype=np.float64)
    share = quotient(np.asarray(right, dtype=np.float64), n)
    some = np.maximum(n, 1)
    spread = z * np.sqrt(share * (1 - share) / some + z**2 / (4 * some**2))
    return np.asarray((share + z**2 / (2 * some) - spread) / (1 + z**2 / some))


def _shrunk(ladders: list[Ladder], how: HowDecided) -> Callable[[float], Floats]:
    """Return the thresholds as they are by the weight of the global one."""
    own, common = best_by_label(ladders, how), best_global(ladders, how)
    borne = np.array([ladder.borne for ladder in ladders], dtype=np.float64)

    def by(weight: float) -> Floats:
        share = np.zeros(len(borne)) if np.isinf(weight) else borne / np.maximum(borne + weight, 1)
        return np.asarray(share * own + (1 - share) * common)

    return by


def _best_weight(x: Floats, y: Truth, how: HowDecided, fold: NDArray[np.generic]) -> float:
    """Return the weight of the global threshold that did best on tracks not learnt from."""
    counts = np.zeros((len(_WEIGHTS), 2, x.shape[1]))  # of right, of answered
    for held in np.unique(fold):
        learn = fold != held
        if not learn.any():
            return np.inf
        rule = _shrunk(ladders_of(x[learn], y[learn]), how)
        judged = ladders_of(x[~learn], y[~learn])
        for k, weight in enumerate(_WEIGHTS):
            answered, right = _each_at(judged, rule(weight))
            counts[k] += right, answered
    return _WEIGHTS[_last_best(_reached(counts[:, 0], counts[:, 1], y.sum(axis=0), how))]


def _each_at(ladders: list[Ladder], cuts: Floats) -> Floats:
    """Return how many of each label its cut answers, and how many rightly [shape=(2, labels)]."""
    found = [ladder.at(cut) for ladder, cut in zip(ladders, cuts[:, None], strict=True)]
    return np.asarray(np.array(found)[..., 0].T)


def _reached(right: Floats, answered: Floats, borne: NDArray[Any], how: HowDecided) -> Floats:
    """Return how well the aim is served, the more the better, from counts (choices, labels)."""
    if how.aim == "f1_macro":
        f1 = quotient(2 * right, answered + borne)
        return np.asarray(np.nansum(f1, axis=1) / np.maximum(np.isfinite(f1).sum(axis=1), 1))
    r, a = right.sum(axis=1), answered.sum(axis=1)
    if how.aim == "f1_micro":
        return np.asarray(np.nan_to_num(quotient(2 * r, a + borne.sum())))
    precision = np.nan_to_num(quotient(r, a))
    return np.where(precision >= how.precision, 1 + r, precision)


def _best_count(x: Floats, y: Truth, how: HowDecided) -> int:
    """Return how many labels a track should get; 1 where nothing serves the aim."""
    order = np.argsort(-x, axis=1, kind="stable")
    borne = np.take_along_axis(y, order, axis=1)  # (tracks, ranks)
    right = np.zeros((x.shape[1], x.shape[1]))  # (rank, label)
    answered = np.zeros_like(right)
    for rank in range(x.shape[1]):
        right[rank] = np.bincount(order[:, rank], weights=borne[:, rank], minlength=x.shape[1])
        answered[rank] = np.bincount(order[:, rank], minlength=x.shape[1])
    reached = _reached(right.cumsum(axis=0), answered.cumsum(axis=0), y.sum(axis=0), how)
    return int(reached.argmax()) + 1


def _last_best(values: Floats) -> int:
    return len(values) - 1 - int(values[::-1].argmax())
