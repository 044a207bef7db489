"""ROC and precision-recall figures of each label, under many row weightings at once.

Both figures need no more than the weight of positives and of negatives at each distinct score, so
rows are sorted once a label, whatever the number of weightings.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.int8]


def has_curve(truth: ArrayLike) -> NDArray[np.bool_]:
    """Tell for each label whether some rows bear it and some do not [shape=(labels,)]."""
    y = np.asarray(truth, dtype=np.bool_)
    return np.logical_and(y.any(axis=0), ~y.all(axis=0))


def by_label(
    curve: Callable[[Floats, Floats], Floats], scores: Floats, truth: Truth, weights: Floats
) -> Floats:
    """Return a figure of each label's positives and negatives [shape=(draws, labels)]."""
    found = np.full((len(weights), scores.shape[1]), np.nan)
    for label in np.flatnonzero(has_curve(truth)):
        found[:, label] = curve(*_ladder(scores[:, label], truth[:, label], weights))
    return found


def _ladder(scores: Floats, truth: Truth, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weight of positives and of negatives at each distinct score, ascending.

    Both are [shape=(draws, distinct scores)].
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-1.0))
    weights, borne = weights[:, order], truth[order]
    positive = np.add.reduceat(weights * borne, starts, axis=1)
    return positive, np.add.reduceat(weights, starts, axis=1) - positive


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
