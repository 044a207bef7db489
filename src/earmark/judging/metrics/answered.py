"""Metrics of answers: 0/1 matrices (``decisions.answers``), what a user is told.

Precision is the share of answers that are right, recall the share of what is borne that is
answered, F1 = 2 right / (answered + borne). Each comes in four kinds:

- ``micro``: over all cells in one heap;
- ``macro``: the mean over the labels that are answered or borne anywhere;
- ``weighted``: the mean over labels, each counted as often as it is borne;
- ``samples``: the mean over the rows that are answered or bear anything.

Within a mean, a label or row of which only one of the two is said counts 0. On rows none of which
bears any label, nothing here is defined: no answer could have been right, and to have given none
is no merit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.curves import Floats, Truth, mean_defined, quotient
from earmark.judging.metric import Metric, checked

_Figure = Callable[[Floats, Floats, Floats], Floats]  # of right, answered and borne


@Metric
def hamming_loss(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Share of cells, row and label, that are answered wrongly."""
    wrong = (checked_answers(predicted) != truth).mean(axis=1)
    return _if_borne(quotient(weights @ wrong, weights.sum(axis=1)), truth, weights)


@Metric
def subset_accuracy(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Share of rows that are answered with exactly the labels they bear."""
    exact = (checked_answers(predicted) == truth).all(axis=1).astype(np.float64)
    return _if_borne(quotient(weights @ exact, weights.sum(axis=1)), truth, weights)


@Metric
def precision_micro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Share of all answers that are right; not defined where nothing is answered."""
    return _micro(_precision, predicted, truth, weights)


@Metric
def recall_micro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Share of all labels borne that are answered."""
    return _micro(_recall, predicted, truth, weights)


@Metric
def f1_micro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """F1 = 2 right / (answered + borne) over all rows and labels."""
    return _micro(_f1, predicted, truth, weights)


@Metric
def precision_macro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean precision over the labels that are answered or borne anywhere."""
    return _macro(_precision, predicted, truth, weights)


@Metric
def recall_macro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean recall over the labels that are answered or borne anywhere."""
    return _macro(_recall, predicted, truth, weights)


@Metric
def f1_macro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean F1 over the labels that are answered or borne anywhere.

    Takes a 0/1 matrix of answers (``decisions.answers``) in place of scores.
    """
    return _macro(_f1, predicted, truth, weights)


@Metric
def precision_weighted(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean precision over labels, each counted as often as it is borne."""
    return _weighted(_precision, predicted, truth, weights)


@Metric
def recall_weighted(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean recall over labels, each counted as often as it is borne: ``recall_micro`` again."""
    return _weighted(_recall, predicted, truth, weights)


@Metric
def f1_weighted(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean F1 over labels, each counted as often as it is borne."""
    return _weighted(_f1, predicted, truth, weights)


@Metric
def precision_samples(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean precision over the rows that are answered or bear anything."""
    return _samples(_precision, predicted, truth, weights)


@Metric
def recall_samples(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean recall over the rows that are answered or bear anything."""
    return _samples(_recall, predicted, truth, weights)


@Metric
def f1_samples(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean F1 over the rows that are answered or bear anything."""
    return _samples(_f1, predicted, truth, weights)


class PerLabel(NamedTuple):
    """Figures of each label, arrays of [shape=(labels,)].

    ``precision`` is 0 where nothing was answered, ``recall`` 0 where nothing bears the label
    (``support`` 0), ``f1`` 0 where nothing was right.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: NDArray[np.int64]


def per_label(predicted: ArrayLike, truth: ArrayLike) -> PerLabel:
    """Return precision, recall, F1 and support of each label from a 0/1 matrix of answers.

    Raises:
        DataError: what ``checked`` refuses, or answers other than 0 and 1.
    """
    p, y = checked(predicted, truth)
    counts = tuple(m.sum(axis=0) for m in _counted(p, y))
    precision, recall, f1 = (np.nan_to_num(of(*counts)) for of in (_precision, _recall, _f1))
    return PerLabel(precision, recall, f1, support=counts[2].astype(np.int64))


def _precision(right: Floats, answered: Floats, borne: Floats) -> Floats:
    return quotient(right, answered)


def _recall(right: Floats, answered: Floats, borne: Floats) -> Floats:
    return quotient(right, borne)


def _f1(right: Floats, answered: Floats, borne: Floats) -> Floats:
    return quotient(2 * right, answered + borne)


def _micro(figure: _Figure, predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    counts = (weights @ m.sum(axis=1) for m in _counted(predicted, truth))
    return _if_borne(figure(*counts), truth, weights)


def _macro(figure: _Figure, predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    right, answered, borne = (weights @ m for m in _counted(predicted, truth))
    values = np.nan_to_num(figure(right, answered, borne))
    values[answered + borne == 0] = np.nan
    return _if_borne(mean_defined(values), truth, weights)


def _weighted(figure: _Figure, predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    right, answered, borne = (weights @ m for m in _counted(predicted, truth))
    values = np.nan_to_num(figure(right, answered, borne))
    return quotient((values * borne).sum(axis=1), borne.sum(axis=1))


def _samples(figure: _Figure, predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    right, answered, borne = (m.sum(axis=1) for m in _counted(predicted, truth))
    values, counts = np.nan_to_num(figure(right, answered, borne)), answered + borne > 0
    means = quotient(weights @ values, weights @ counts.astype(np.float64))
    return _if_borne(means, truth, weights)


def _if_borne(values: Floats, truth: Truth, weights: Floats) -> Floats:
    """Return the values; NaN where no row of any weight bears a label."""
    return np.where(weights @ truth.any(axis=1).astype(np.float64) > 0, values, np.nan)


def _counted(predicted: Floats, truth: Truth) -> tuple[Floats, Floats, Floats]:
    """Return what is to be summed over rows: right, answered, borne [shape=(rows, labels)]."""
    p, y = checked_answers(predicted).astype(np.float64), truth.astype(np.float64)
    return p * y, p, y


def checked_answers(predicted: Floats) -> Floats:
    """Return the answers if all are 0 or 1, else raise a ``DataError``."""
    if not ((predicted == 0) | (predicted == 1)).all():
        raise DataError("the answers hold values other than 0 and 1; turn scores into answers "
                        "first (decisions.answers).")
    return predicted
