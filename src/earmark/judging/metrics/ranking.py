"""Metrics of scores as an order: of the rows within a label, or of the labels within a row.

Within a label (ROC and PR), a label without positives or without negatives has no curve and is
left out of macro means. Within a row (LRAP, coverage error, ranking loss), equal scores share the
last of their places, so that a model that scores all labels alike gains nothing by it; all
conventions are those of scikit-learn, save that a table without any row that bears some labels
and lacks some has no such figure, where scikit-learn gives that of a perfect order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.judging.curves import (
    Floats,
    Truth,
    area_under_roc,
    average_precision,
    by_label,
    mean_defined,
    over_all,
    quotient,
)
from earmark.judging.metric import Metric, checked


@Metric
def roc_auc_macro(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over labels of the chance that a positive outscores a negative; ties count half.

    The Mann-Whitney form (Hanley and McNeil 1982). Labels without positives or negatives are
    left out.
    """
    return mean_defined(by_label(area_under_roc, scores, truth, weights))


@Metric
def pr_auc_macro(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over labels of average precision: the sum of precision times the step in recall.

    No interpolation, equal scores stepped together, as in scikit-learn. Labels without positives
    or negatives are left out.
    """
    return mean_defined(by_label(average_precision, scores, truth, weights))


@Metric
def roc_auc_micro(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """ROC AUC over the cells of all labels in one heap; ties count half."""
    return over_all(area_under_roc, scores, truth, weights)


@Metric
def pr_auc_micro(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Average precision over the cells of all labels in one heap."""
    return over_all(average_precision, scores, truth, weights)


@Metric
def lrap(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over rows of label ranking average precision.

    For each label a row bears, the share of borne ones among those ranked as high or higher,
    averaged over the row's labels (Tsoumakas et al. 2010). A row without labels counts 1.
    """
    borne, place, above = _placed(scores, truth)
    values = quotient((borne * above / place).sum(axis=1), borne.sum(axis=1))
    return _over_rows(np.nan_to_num(values, nan=1.0), truth, weights)


@Metric
def coverage_error(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over rows of how many labels, from the best down, hold all that the row bears.

    At best the mean number of labels a row bears; a row without labels counts 0.
    """
    borne, place, _ = _placed(scores, truth)
    return _over_rows((borne * place).max(axis=1).astype(np.float64), truth, weights)


@Metric
def ranking_loss(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over rows of the share of (borne, not borne) pairs of labels that are not in order.

    Equal scores are not in order. A row that bears no label, or all, counts 0.
    """
    borne, place, above = _placed(scores, truth)
    count = borne.sum(axis=1)
    wrong = (borne * (place - above)).sum(axis=1)
    values = quotient(wrong.astype(np.float64), count * (truth.shape[1] - count))
    return _over_rows(np.nan_to_num(values), truth, weights)


def roc_auc(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Return ROC AUC of each label [shape=(labels,)]; NaN where ``has_curve`` is False."""
    x, y = checked(scores, truth)
    return np.asarray(by_label(area_under_roc, x, y, np.ones((1, len(x))))[0])


def pr_auc(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Return average precision of each label [shape=(labels,)]; NaN as in ``roc_auc``."""
    x, y = checked(scores, truth)
    return np.asarray(by_label(average_precision, x, y, np.ones((1, len(x))))[0])


def _placed(
    scores: Floats, truth: Truth
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return each row's labels from the best score down, [shape=(rows, labels)] each.

    Whether the row bears it; its place from 1, equal scores all having the last of theirs; and
    how many that the row bears stand at that place or before it.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    x = np.take_along_axis(scores, order, axis=1)
    borne = np.take_along_axis(truth, order, axis=1).astype(np.int64)
    places = np.arange(1, x.shape[1] + 1)
    ends = np.where(np.diff(x, axis=1, append=-1.0) != 0, places, places[-1])  # of equal scores
    place = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return borne, place, np.take_along_axis(borne.cumsum(axis=1), place - 1, axis=1)


def _over_rows(values: Floats, truth: Truth, weights: Floats) -> Floats:
    """Return the mean of the rows' values; NaN where no row could be ordered wrongly."""
    orderable = (truth.any(axis=1) & ~truth.all(axis=1)).astype(np.float64)
    means = quotient(weights @ values, weights.sum(axis=1))
    return np.where(weights @ orderable > 0, means, np.nan)
