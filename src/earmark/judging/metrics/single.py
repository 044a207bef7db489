"""Metrics of work in which each row bears exactly one label."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.curves import Floats, Truth, quotient
from earmark.judging.decisions import top_label
from earmark.judging.metric import Metric, checked
from earmark.judging.metrics.answered import checked_answers
from earmark.judging.metrics.chances import LEAST_PROBABILITY


@Metric
def accuracy(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Share of rows whose highest score (the first among equals) is at the true label."""
    hits = (top_label(scores) * _one_label(truth)).sum(axis=1)
    return quotient(weights @ hits, weights.sum(axis=1))


@Metric
def log_loss(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean of -ln of the true label's score, single-label; scores of a row must sum to 1."""
    sums = scores.sum(axis=1)
    if (wrong := np.flatnonzero(abs(sums - 1) > 1e-3)).size:
        raise DataError(f"the scores of row {wrong[0]} sum to {sums[wrong[0]]:g}; log_loss needs "
                        "single-label scores that sum to 1.")
    given = (scores * _one_label(truth)).sum(axis=1).clip(LEAST_PROBABILITY)
    return quotient(weights @ -np.log(given), weights.sum(axis=1))


def confusion(predicted: ArrayLike, truth: ArrayLike) -> NDArray[np.int64]:
    """Return counts [shape=(true labels, answered labels)] for single-label answers.

    Raises:
        DataError: a row without exactly one label in either matrix.
    """
    p, y = checked(predicted, truth)
    checked_answers(p)
    counts = _one_label(y).T.astype(np.int64) @ _one_label(p.astype(np.int8)).astype(np.int64)
    return np.asarray(counts)


def _one_label(truth: Truth) -> Truth:
    counts = truth.sum(axis=1)
    if (wrong := np.flatnonzero(counts != 1)).size:
        raise DataError(f"row {wrong[0]} bears {counts[wrong[0]]} labels; this metric is for "
                        "single-label work, exactly one a row.")
    return truth
