"""How good scores are: metrics on scores in [0, 1] and 0/1 matrices, both [rows, labels].

Each metric is a ``Metric``: called with scores and truth it gives a float, and the same few lines
of numpy also give its value under many row weightings at once. A bootstrap draw is nothing but
whole-numbered weights, so ``intervals.py`` gets 1000 draws for little more than the price of one,
and there is one definition of each metric instead of a plain and a fast one.

Nothing is guessed: scores outside [0, 1] are an error, not logits. A label without positives or
without negatives has no ROC or PR curve; it is left out of macro means and named in ``summary``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.curves import (
    Floats,
    Truth,
    area_under_roc,
    average_precision,
    by_label,
    has_curve,
    quotient,
)
from earmark.judging.decisions import Decisions, answers, top_label
from earmark.labels.vocabulary import Vocabulary, group_order

Weighted = Callable[[Floats, Truth, Floats], Floats]

# Scores are float32 and often means or quotients: rounding may carry one this far past 1.
_ROUNDING = 1e-6
_LEAST_PROBABILITY = float(np.finfo(np.float64).eps)


class Metric:
    """A metric: ``metric(scores, truth)`` for its value, ``metric.weighted`` for many at once.

    Attributes:
        name: as in ``summary``.
        weighted: (scores, truth, weights [shape=(draws, rows)]) to values [shape=(draws,)], NaN
            where the metric is not defined under the weights. Arguments are as ``checked`` gives
            them.
    """

    def __init__(self, weighted: Weighted) -> None:
        self.weighted = weighted
        self.name = weighted.__name__
        functools.update_wrapper(self, weighted)

    def __reduce__(self) -> str:
        return self.name  # pickled by name, as the function it stands for would be

    def __call__(self, scores: ArrayLike, truth: ArrayLike) -> float:
        """Return the value over all rows.

        Raises:
            DataError: what ``checked`` refuses, or no label on which the metric is defined.
        """
        x, y = checked(scores, truth)
        value = float(self.weighted(x, y, np.ones((1, len(x))))[0])
        if np.isnan(value):
            raise DataError(f"{self.name} is not defined on these rows: no label has the "
                            "positives and negatives it needs.")
        return value


def checked(scores: ArrayLike, truth: ArrayLike) -> tuple[Floats, Truth]:
    """Return scores as float64 and truth as int8 after checking the contract.

    Scores up to 1e-6 outside [0, 1] are rounding and are clipped.

    Raises:
        DataError: shapes that differ or are empty, scores that are not finite or not in [0, 1],
            truth other than 0 and 1.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(truth)
    if x.shape != y.shape or x.ndim != 2 or not x.size:
        raise DataError(f"scores of shape {x.shape} and truth of shape {y.shape}; expected both "
                        "(rows, labels), neither empty.")
    outside = ~((x >= -_ROUNDING) & (x <= 1 + _ROUNDING))  # so written, NaN is outside
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise DataError(f"the score in row {row}, column {column} is {x[row, column]:g}; expected "
                        "scores in [0, 1], not logits.")
    if not np.isin(y, (0, 1)).all():
        raise DataError("the truth holds values other than 0 and 1.")
    return x.clip(0, 1), y.astype(np.int8)


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
    given = (scores * _one_label(truth)).sum(axis=1).clip(_LEAST_PROBABILITY)
    return quotient(weights @ -np.log(given), weights.sum(axis=1))


@Metric
def binary_log_loss(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over rows and labels of -ln of the score given to the truth, each label for itself."""
    given = np.where(truth == 1, scores, 1 - scores).clip(_LEAST_PROBABILITY)
    return quotient(weights @ -np.log(given).mean(axis=1), weights.sum(axis=1))


@Metric
def f1_macro(predicted: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean F1 = 2 TP / (predicted + true) over the labels that are predicted or true anywhere.

    Takes a 0/1 matrix of answers (``decisions.answers``) in place of scores.
    """
    right, answered, borne = (weights @ m for m in _counted(predicted, truth))
    return _mean_defined(quotient(2 * right, answered + borne))


@Metric
def roc_auc_macro(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over labels of the chance that a positive outscores a negative; ties count half.

    The Mann-Whitney form (Hanley and McNeil 1982). Labels without positives or negatives are
    left out.
    """
    return _mean_defined(by_label(area_under_roc, scores, truth, weights))


@Metric
def pr_auc_macro(scores: Floats, truth: Truth, weights: Floats) -> Floats:
    """Mean over labels of average precision: the sum of precision times the step in recall.

    No interpolation, equal scores stepped together, as in scikit-learn. Labels without positives
    or negatives are left out.
    """
    return _mean_defined(by_label(average_precision, scores, truth, weights))


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
    right, answered, borne = (m.sum(axis=0) for m in _counted(p, y))
    return PerLabel(
        precision=np.nan_to_num(quotient(right, answered)),
        recall=np.nan_to_num(quotient(right, borne)),
        f1=np.nan_to_num(quotient(2 * right, answered + borne)),
        support=borne.astype(np.int64),
    )


def confusion(predicted: ArrayLike, truth: ArrayLike) -> NDArray[np.int64]:
    """Return counts [shape=(true labels, answered labels)] for single-label answers.

    Raises:
        DataError: a row without exactly one label in either matrix.
    """
    p, y = checked(predicted, truth)
    _counted(p, y)
    counts = _one_label(y).T.astype(np.int64) @ _one_label(p.astype(np.int8)).astype(np.int64)
    return np.asarray(counts)


def roc_auc(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Return ROC AUC of each label [shape=(labels,)]; NaN where ``has_curve`` is False."""
    x, y = checked(scores, truth)
    return np.asarray(by_label(area_under_roc, x, y, np.ones((1, len(x))))[0])


def pr_auc(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Return average precision of each label [shape=(labels,)]; NaN as in ``roc_auc``."""
    x, y = checked(scores, truth)
    return np.asarray(by_label(average_precision, x, y, np.ones((1, len(x))))[0])


def prior_scores(train_truth: ArrayLike, rows: int) -> Floats:
    """Return the scores of a model that has learned only how frequent labels are.

    Every metric of it [shape=(rows, labels)] is that metric's baseline: its accuracy is that of
    always answering the most frequent label, its PR AUC is the prevalence.
    """
    _, y = checked(train_truth, train_truth)
    return np.tile(y.mean(axis=0), (rows, 1))


def summary(
    scores: ArrayLike, truth: ArrayLike, vocabulary: Vocabulary,
    decisions: Decisions | None = None,
) -> dict[str, Any]:
    """Return all metrics by name as plain JSON-able values; None where one is not defined.

    Single-label: ``accuracy``, ``baseline_accuracy`` (the most frequent label of these rows,
    answered always), ``log_loss``, ``confusion``. Multi-label: ``binary_log_loss`` and
    ``baseline_pr_auc_macro``. Both: ``rows``, ``f1_macro``, ``roc_auc_macro``, ``pr_auc_macro``,
    ``labels_without_curve`` (names left out of the two AUC means), ``per_label``, and, where the
    labels are of several groups, ``by_group``: means over the labels of each.

    Args:
        decisions: how scores, already calibrated, become answers; the top label, or scores
            from 0.5 up, when None. Its rule for "unknown" is left aside.

    Raises:
        DataError: what ``checked`` refuses, or a vocabulary of another size.
    """
    x, y = checked(scores, truth)
    # The labels are all there is to be right about here, so "unknown" is no answer.
    closed = replace(decisions or Decisions.usual(vocabulary), unknown=None)
    predicted = answers(x, vocabulary, closed)
    curved = has_curve(y)
    found: dict[str, Any] = {"rows": len(x)}
    found |= _single(x, y, predicted) if vocabulary.task == "single" else _multi(x, y)
    # Multi-label work may have no right, wrong or missing answer at all: then no F1 either.
    found["f1_macro"] = f1_macro(predicted, y) if (predicted | y).any() else None
    found["roc_auc_macro"] = roc_auc_macro(x, y) if curved.any() else None
    found["pr_auc_macro"] = pr_auc_macro(x, y) if curved.any() else None
    names = zip(vocabulary.labels, curved, strict=True)
    found["labels_without_curve"] = [name for name, has in names if not has]
    found["per_label"] = _label_table(x, y, predicted, vocabulary)
    if groups := _group_table(found["per_label"]):
        found["by_group"] = groups
    return found


def _single(x: Floats, y: Truth, predicted: Truth) -> dict[str, Any]:
    return {
        "accuracy": accuracy(x, y),
        "baseline_accuracy": float(y.mean(axis=0).max()),
        "log_loss": log_loss(x, y),
        "confusion": confusion(predicted, y).tolist(),
    }


def _multi(x: Floats, y: Truth) -> dict[str, Any]:
    curved = has_curve(y)
    return {
        "binary_log_loss": binary_log_loss(x, y),
        "baseline_pr_auc_macro": float(y[:, curved].mean()) if curved.any() else None,
    }


def _label_table(
    x: Floats, y: Truth, predicted: Truth, vocabulary: Vocabulary
) -> dict[str, dict[str, Any]]:
    figures = per_label(predicted, y)._asdict()
    figures |= {"roc_auc": roc_auc(x, y), "pr_auc": pr_auc(x, y)}
    figures["precision"] = np.where(predicted.any(axis=0), figures["precision"], np.nan)
    figures["recall"] = np.where(figures["support"] > 0, figures["recall"], np.nan)
    return {
        label: {"group": vocabulary.group(label),
                **{name: _plain(values[i]) for name, values in figures.items()}}
        for i, label in enumerate(vocabulary.labels)
    }  # fmt: skip


def _group_table(labels: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the means over the labels of each group; nothing where there is one group only."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in labels.values():
        groups.setdefault(row["group"], []).append(row)
    if len(groups) < 2:
        return {}
    return {
        group: {"labels": len(rows), "support": sum(row["support"] for row in rows),
                **{f"{name}_macro": _mean_of(rows, name) for name in ("f1", "roc_auc", "pr_auc")}}
        for group, rows in sorted(groups.items(), key=lambda item: group_order(item[0]))
    }  # fmt: skip


def _mean_of(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Return the mean over the labels that have the figure; None where none has."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) / len(known) if known else None


def _plain(value: Any) -> int | float | None:
    if isinstance(value, np.integer):
        return int(value)
    return None if np.isnan(value) else float(value)


def _one_label(truth: Truth) -> Truth:
    counts = truth.sum(axis=1)
    if (wrong := np.flatnonzero(counts != 1)).size:
        raise DataError(f"row {wrong[0]} bears {counts[wrong[0]]} labels; this metric is for "
                        "single-label work, exactly one a row.")
    return truth


def _counted(predicted: Floats, truth: Truth) -> tuple[Floats, Floats, Floats]:
    """Return what is to be summed over rows: right, answered, borne [shape=(rows, labels)]."""
    if not np.isin(predicted, (0, 1)).all():
        raise DataError("the answers hold values other than 0 and 1; turn scores into answers "
                        "first (decisions.answers).")
    y = truth.astype(np.float64)
    return predicted * y, predicted.astype(np.float64), y


def _mean_defined(values: Floats) -> Floats:
    """Return the mean over labels of [shape=(draws, labels)], leaving out NaN."""
    return quotient(np.nansum(values, axis=1), np.isfinite(values).sum(axis=1))
