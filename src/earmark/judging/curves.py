"""ROC and precision-recall figures of each label, under many row weightings at once.

Both need no more than the weight of positives and of negatives at each distinct score, so
rows are sorted once a label, whatever the number of weightings. The same is done with the cells of
all labels at once (micro averages).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.int8]
Curve = Callable[[Floats, Floats], Floats]
_BLOCK = 1 << 21  # weights held at once: 16 MB
_CELLS = 1 << 13


def has_curve(truth: ArrayLike) -> NDArray[np.bool_]:
    """Tell for each label whether some rows bear it and some do not [shape=(labels,)]."""
    y = np.asarray(truth, dtype=np.bool_)
    return np.logical_and(y.any(axis=0), ~y.all(axis=0))


def by_label(curve: Curve, scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Return a figure of each label's positives and negatives [shape=(draws, labels)]."""
    curves = LabelCurves(scores, truth, merged=len(weights) > 1)
    return np.asarray(curves.figures(weights, curve)[0])


def over_all(curve: Curve, scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Return a figure of the positives and negatives of all labels in one heap [shape=(draws,)].

    NaN where all cells are positive, or none.
    """
    if not truth.any() or truth.all():
        return np.full(len(weights), np.nan)
    columns = scores.shape[1]
    ranking = _Ranking(scores.ravel(), truth.ravel(), columns=columns)
    ready = _to_gather(weights, columns)
    at_once = max(1, _BLOCK // len(ranking.starts))
    return np.concatenate([curve(*ranking.weighed(ready[start : start + at_once]))
                           for start in range(0, len(weights), at_once)])


class LabelCurves:
    """The rows in the order of each label, sorted once for any number of weightings.

    Args:
        scores: [shape=(rows, labels)].
        truth: 0/1, likewise.
        merged: see ``_Ranking``.
    """

    def __init__(self, scores: Floats, truth: Truth, *, merged: bool = True) -> None:
        self._labels = scores.shape[1]
        self._rankings = {label: _Ranking(scores[:, label], truth[:, label], merged=merged)
                          for label in np.flatnonzero(has_curve(truth)).tolist()}

    def figures(self, weights: Floats, *curves: Curve) -> Floats:
        """Return figures of each label's curve [shape=(curves, draws, labels)].

        NaN where a label has no curve under the weights.
        """
        found = np.full((len(curves), len(weights), self._labels), np.nan)
        ready = _to_gather(weights)
        for label, ranking in self._rankings.items():
            steps = ranking.weighed(ready)
            for figure, curve in zip(found, curves, strict=True):
                figure[:, label] = curve(*steps)
        return found


def _to_gather(weights: Floats, columns: int = 1) -> NDArray[np.floating]:
    """Return the weights so that gathering some rows of each draw is quick.

    In C order, else each gathering would copy them all; and in single precision where they are
    whole numbers of which it holds any sum, as those of a bootstrap are.
    """
    held = columns * weights.sum(axis=1).max(initial=0) < 1 << 24
    exact = held and bool((weights == np.rint(weights)).all())
    return np.ascontiguousarray(weights, dtype=np.float32 if exact else np.float64)


class _Ranking:
    """Cells of a table in ascending order of score, in steps of equal score.

    Attributes:
        rows: which row each cell is of.
        starts: at which cell each step starts.
        positive: the rows of the positive cells.
        steps: the steps that hold positives.
        firsts: which of the positive cells is the first in each of ``steps``.
    """

    def __init__(
        self, scores: Floats, truth: Truth, *, columns: int = 1, merged: bool = True
    ) -> None:
        """Order the cells.

        Args:
            scores: flat, row by row. truth: likewise.
            columns: how many cells there are a row.
            merged: take neighbouring steps without positives as one. No figure changes by it, and
                labels are rare, so that thousands of steps become a hundred; for one weighting it
                saves nothing.
        """
        order = np.argsort(scores, kind="stable")
        self.rows = order // columns
        at = np.flatnonzero(truth[order])
        self.starts = np.flatnonzero(np.diff(scores[order], prepend=-1.0))
        if merged:
            holds = np.diff(np.searchsorted(at, [*self.starts, len(order)])) > 0
            self.starts = self.starts[holds | np.concatenate([[True], holds[:-1]])]
        self.positive = self.rows[at]
        step = np.searchsorted(self.starts, at, side="right") - 1
        self.steps, self.firsts = np.unique(step, return_index=True)

    def weighed(self, weights: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Return the weight of positives and of negatives on each step, [shape=(draws, steps)]."""
        positive = np.zeros((len(weights), len(self.starts)))
        drawn = np.take(weights, self.positive, axis=1)
        positive[:, self.steps] = np.add.reduceat(drawn, self.firsts, axis=1)
        return positive, self._all(weights) - positive

    def _all(self, weights: NDArray[np.floating]) -> Floats:
        """Return the weight of all cells on each step, gathering a few cells at a time."""
        found = np.zeros((len(weights), len(self.starts)))
        for start in range(0, len(self.rows), _CELLS):
            end = min(start + _CELLS, len(self.rows))
            first = np.searchsorted(self.starts, start, side="right") - 1  # may have begun before
            last = np.searchsorted(self.starts, end)
            drawn = np.take(weights, self.rows[start:end], axis=1)
            begun = np.maximum(self.starts[first:last] - start, 0)
            found[:, first:last] += np.add.reduceat(drawn, begun, axis=1)
        return found


def area_under_roc(positive: Floats, negative: Floats) -> Floats:
    """Return the share of (positive, negative) pairs in the right order, ties counted half.

    Args:
        positive: weight of positives at each distinct score, ascending [shape=(draws, scores)].
        negative: likewise.

    Returns:
        [shape=(draws,)]; NaN where either has no weight.
    """
    below = negative.cumsum(axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return quotient((positive * below).sum(axis=1), pairs)


def average_precision(positive: Floats, negative: Floats) -> Floats:
    """Return the sum of precision times the step in recall; arguments as in ``area_under_roc``."""
    positive, negative = positive[:, ::-1], negative[:, ::-1]
    reached = positive.cumsum(axis=1)
    precision = np.nan_to_num(quotient(reached, reached + negative.cumsum(axis=1)))
    total, none_below = positive.sum(axis=1), negative.sum(axis=1) == 0
    area = quotient((precision * positive).sum(axis=1), total)
    area[none_below] = np.nan
    return area


def quotient(a: Floats, b: Floats) -> Floats:
    """Return a / b, and NaN where b is 0."""
    found = np.full(np.shape(b), np.nan)
    np.divide(a, b, out=found, where=np.asarray(b) > 0)
    return found


def mean_defined(values: Floats) -> Floats:
    """Return the mean over labels of [shape=(draws, labels)], leaving out those that are NaN."""
    return quotient(np.nansum(values, axis=1), np.isfinite(values).sum(axis=1))
