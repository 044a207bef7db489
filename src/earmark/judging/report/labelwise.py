"""The labels of multi-label work, those in most need first.

*Need* is (1 - PR AUC) x the share of tracks that bear the label, per 1000 tracks: what a perfect
ranking of this label would gain, weighed by how many tracks it concerns. PR AUC alone would put
the rarest labels first, whose figure is low because they are rare and uncertain because they are
few; how frequent a label is alone would put those first that are known well already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from earmark.judging.report.scores import GroupScore, LabelScore, Scores
from earmark.labels.vocabulary import group_order

NEED = ("Need is (1 − PR AUC) × the share of tracks that bear the label, per 1 000 tracks: what a "
        "perfect ranking of the label would gain, weighed by how many tracks it concerns. The "
        "macro means weigh all labels alike: for them, the labels of the lowest PR AUC count "
        "most.")
MOST = 12


@dataclass(frozen=True)
class LabelRow:
    """One label of one part.

    Attributes:
        support: tracks that bear it; prevalence: their share.
        pr_auc, roc_auc: None where no track bears it, or all do.
        precision: None where it is never answered; recall: where no track bears it.
        threshold: None where it is not known.
        need: in tracks of 1000; None where PR AUC is.
    """

    name: str
    group: str
    support: int
    prevalence: float
    pr_auc: float | None
    roc_auc: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    threshold: float | None
    need: float | None


@dataclass(frozen=True)
class LabelGroup:
    """Labels of one group and their means, None where none of them has the figure."""

    name: str
    rows: tuple[LabelRow, ...]
    f1: float | None
    roc_auc: float | None
    pr_auc: float | None


def need(pr_auc: float | None, prevalence: float) -> float | None:
    """Return (1 - PR AUC) x prevalence x 1000.

    >>> need(0.75, 0.02)
    5.0
    """
    return None if pr_auc is None else 1000 * (1 - pr_auc) * prevalence


def label_rows(scores: Scores, thresholds: Mapping[str, float]) -> list[LabelRow]:
    """Return the labels of one part, those in most need first, those without need last.

    Args:
        thresholds: of labels; a label's own, where the part records it, comes before.
    """
    rows = [_row(label, scores.rows, thresholds.get(label.name)) for label in scores.labels]
    return sorted(rows, key=lambda r: (r.need is None, -(r.need or 0), r.name))


def label_groups(rows: Sequence[LabelRow], given: Sequence[GroupScore]) -> list[LabelGroup]:
    """Return the rows group by group, each in the order given, with the means that are recorded.

    A group without recorded means gets those of its rows.
    """
    known = {g.name: g for g in given}
    names = sorted({row.group for row in rows}, key=group_order)
    return [_group(name, tuple(r for r in rows if r.group == name), known.get(name))
            for name in names]


def _row(label: LabelScore, tracks: int, threshold: float | None) -> LabelRow:
    prevalence = label.support / tracks if tracks else 0.0
    own = label.threshold if label.threshold is not None else threshold
    return LabelRow(label.name, label.group or "labels", label.support, prevalence, label.pr_auc,
                    label.roc_auc, label.precision, label.recall, label.f1, own,
                    need(label.pr_auc, prevalence))


def _group(name: str, rows: tuple[LabelRow, ...], given: GroupScore | None) -> LabelGroup:
    if given is not None:
        return LabelGroup(name, rows, given.f1, given.roc_auc, given.pr_auc)
    return LabelGroup(name, rows, *(_mean([getattr(r, figure) for r in rows])
                                    for figure in ("f1", "roc_auc", "pr_auc")))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
