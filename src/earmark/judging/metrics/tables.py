"""All metrics of a table of scores by name, as plain JSON-able values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from earmark.errors import DataError
from earmark.judging.curves import Floats, Truth, has_curve
from earmark.judging.decisions import Decisions, answers
from earmark.judging.metric import checked
from earmark.judging.metrics import answered, baselines, hierarchy, ranking
from earmark.judging.metrics.chances import binary_log_loss, brier, calibration_errors
from earmark.judging.metrics.single import accuracy, confusion, log_loss
from earmark.labels.vocabulary import Vocabulary, group_order

RANKING = (
    ranking.roc_auc_macro, ranking.roc_auc_micro, ranking.pr_auc_macro, ranking.pr_auc_micro,
    ranking.lrap, ranking.coverage_error, ranking.ranking_loss,
)  # fmt: skip
"""What ``summary`` says of multi-label scores."""
ANSWERED = (
    answered.hamming_loss, answered.subset_accuracy,
    answered.precision_micro, answered.precision_macro, answered.precision_weighted,
    answered.precision_samples,
    answered.recall_micro, answered.recall_macro, answered.recall_weighted,
    answered.recall_samples,
    answered.f1_micro, answered.f1_macro, answered.f1_weighted, answered.f1_samples,
)  # fmt: skip
"""What ``summary`` says of multi-label answers."""


def summary(
    scores: ArrayLike, truth: ArrayLike, vocabulary: Vocabulary,
    decisions: Decisions | None = None, *, learnt_truth: ArrayLike | None = None,
    dataset: str = "", answered: ArrayLike | None = None, ranked: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return all metrics by name as plain JSON-able values; None where one is not defined.

    Both tasks: ``rows``, ``f1_macro``, ``roc_auc_macro``, ``pr_auc_macro``,
    ``labels_without_curve`` (names left out of the two AUC means), ``per_label``, and, where the
    labels are of several groups, ``by_group``: means over the labels of each.

    Single-label: ``accuracy``, ``baseline_accuracy`` (the most frequent label of these rows,
    answered always), ``log_loss``, ``confusion``.

    Multi-label: each of ``RANKING`` and ``ANSWERED``, ``hierarchical_precision``, ``_recall`` and
    ``_f1`` over the taxonomy, ``binary_log_loss``, ``ece_macro`` (mean over labels of the
    expected calibration error), ``rows_without_labels``, ``baseline_pr_auc_macro``; and, of
    ``learnt_truth``, ``baselines``: ``prevalence`` (each row scored with the labels' rates) and
    ``constant`` (each row answered with the one best set, its ``labels`` among the figures).

    Args:
        decisions: how scores, already calibrated, become answers; the top label, or scores
            from 0.5 up, when None. Its rule for "unknown" is left aside.
        learnt_truth: 0/1, of the tracks models learn from [shape=(any rows, labels)].
        dataset: name of the dataset that the labels are of, for what they are kinds of.
        answered: 0/1 answers [shape=(rows, labels)] where rows were decided on by several rules,
            as in folds; else ``decisions`` give them.
        ranked: scores that the metrics of order and the areas are taken of, where that are not
            ``scores``: those that models gave, which calibration by several rules, or by a rule
            that is level somewhere, would put into another order.

    Raises:
        DataError: what ``checked`` refuses, or a vocabulary of another size.
    """
    x, y = checked(scores, truth)
    order = x if ranked is None else checked(ranked, y)[0]
    # The labels are all there is to be right about here, so "unknown" is no answer.
    closed = replace(decisions or Decisions.usual(vocabulary), unknown=None)
    predicted = answers(x, vocabulary, closed) if answered is None else checked(answered, y)[
        0].astype(np.int8)
    found: dict[str, Any] = {"rows": len(x)}
    if vocabulary.task == "single":
        found |= _single(x, y, predicted)
    else:
        found |= _multi(x, y, predicted, vocabulary, dataset) | _of_scores(order, y)
    for metric in (ranking.roc_auc_macro, ranking.pr_auc_macro):
        found[metric.name] = metric.value(order, y)
    names = zip(vocabulary.labels, has_curve(y), strict=True)
    found["labels_without_curve"] = [name for name, has in names if not has]
    found["per_label"] = _label_table(x, y, predicted, vocabulary, closed, order)
    if groups := _group_table(found["per_label"]):
        found["by_group"] = groups
    if learnt_truth is not None and vocabulary.task == "multi":
        found["baselines"] = _baselines(y, _learnt(learnt_truth, y), vocabulary, dataset)
    return found


def _single(x: Floats, y: Truth, predicted: Truth) -> dict[str, Any]:
    return {
        "accuracy": accuracy(x, y),
        "baseline_accuracy": float(y.mean(axis=0).max()),
        "log_loss": log_loss(x, y),
        "confusion": confusion(predicted, y).tolist(),
        "f1_macro": answered.f1_macro(predicted, y),
    }


def _multi(
    x: Floats, y: Truth, predicted: Truth, vocabulary: Vocabulary, dataset: str
) -> dict[str, Any]:
    curved = has_curve(y)
    return {
        "rows_without_labels": int((~y.any(axis=1)).sum()),
        "binary_log_loss": binary_log_loss(x, y),
        "ece_macro": float(calibration_errors(x, y).mean()),
        "baseline_pr_auc_macro": float(y[:, curved].mean()) if curved.any() else None,
        **_of_answers(predicted, y, vocabulary, dataset),
    }


def _of_scores(x: Floats, y: Truth) -> dict[str, float | None]:
    return {metric.name: metric.value(x, y) for metric in RANKING}


def _of_answers(
    predicted: Truth, y: Truth, vocabulary: Vocabulary, dataset: str
) -> dict[str, float | None]:
    found = {metric.name: metric.value(predicted, y) for metric in ANSWERED}
    _, closure = hierarchy.closure(vocabulary, dataset)
    return found | hierarchy.hierarchical(predicted, y, closure)


def _learnt(learnt_truth: ArrayLike, y: Truth) -> Truth:
    _, learnt = checked(learnt_truth, learnt_truth)
    if learnt.shape[1] != y.shape[1]:
        raise DataError(f"the rows learnt from bear {learnt.shape[1]} labels, those judged "
                        f"{y.shape[1]}; give the truth of the same vocabulary.")
    return learnt


def _baselines(
    y: Truth, learnt_truth: Truth, vocabulary: Vocabulary, dataset: str
) -> dict[str, dict[str, Any]]:
    constant = baselines.constant_answers(learnt_truth, len(y))
    labels = [label for label, given in zip(vocabulary.labels, constant[0], strict=True) if given]
    return {
        "prevalence": _of_scores(baselines.prior_scores(learnt_truth, len(y)), y),
        "constant": {"labels": labels, **_of_answers(constant, y, vocabulary, dataset)},
    }


def _label_table(
    x: Floats, y: Truth, predicted: Truth, vocabulary: Vocabulary, decisions: Decisions,
    order: Floats,
) -> dict[str, dict[str, Any]]:
    figures: dict[str, Any] = answered.per_label(predicted, y)._asdict()
    figures |= {"roc_auc": ranking.roc_auc(order, y), "pr_auc": ranking.pr_auc(order, y)}
    figures["precision"] = np.where(predicted.any(axis=0), figures["precision"], np.nan)
    figures["recall"] = np.where(figures["support"] > 0, figures["recall"], np.nan)
    if vocabulary.task == "multi":
        figures |= _more_of_labels(x, y, predicted, decisions)
    return {
        label: {"group": vocabulary.group(label),
                **{name: _plain(values[i]) for name, values in figures.items()}}
        for i, label in enumerate(vocabulary.labels)
    }  # fmt: skip


def _more_of_labels(
    x: Floats, y: Truth, predicted: Truth, decisions: Decisions
) -> dict[str, Any]:
    """Return figures of each label that multi-label work has besides, [shape=(labels,)] each."""
    return {
        "answered": predicted.sum(axis=0, dtype=np.int64),
        "prevalence": y.mean(axis=0),
        "threshold": np.array(decisions.thresholds or [np.nan] * len(y[0])),
        "brier": brier(x, y),
        "ece": calibration_errors(x, y),
    }


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
