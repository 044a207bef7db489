"""What ``results.json`` says of one set of tracks, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from earmark.errors import DataError
from earmark.judging.intervals import Interval
from earmark.judging.report.metric_names import METRICS
from earmark.judging.report.plain import Node
from earmark.labels.vocabulary import group_order

# metric: (its baseline's key, the word for people)
_MAIN = {
    "accuracy": ("baseline_accuracy", "accuracy"),
    "pr_auc_macro": ("baseline_pr_auc_macro", "PR AUC (macro)"),
    "f1_macro": ("", "F1 (macro)"),
}
_NUMBERS = (*(metric.key for metric in METRICS), "baseline_accuracy", "baseline_pr_auc_macro")
_MARGINS = ("constant", "fixed")


@dataclass(frozen=True)
class LabelScore:
    """Figures of one label, each in [0, 1] or None where not defined; support in tracks.

    ``group`` is empty in runs from before it was recorded. The threshold is that of the answers,
    where there is one.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    group: str = ""
    roc_auc: float | None = None
    pr_auc: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class GroupScore:
    """Means over the labels of one group, None where not defined."""

    name: str
    labels: int
    f1: float | None
    roc_auc: float | None
    pr_auc: float | None


@dataclass(frozen=True)
class Baseline:
    """What something that listens to nothing scores.

    Attributes:
        numbers: metric to value, those that are defined.
        labels: what it always answers; empty where it gives scores instead.
    """

    numbers: Mapping[str, float]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Margin:
    """How far micro F1 is above something else's on the same tracks.

    ``by`` says what the interval is of draws of: ``track`` or ``artist``; empty where not known.
    """

    value: float
    interval: Interval | None
    by: str = ""


@dataclass(frozen=True)
class Scores:
    """How well one set of tracks was judged.

    Attributes:
        name: ``train``, ``valid``, ``test`` or ``cross-validated``.
        learnt_from: True when the model was fitted on these very tracks.
        rows: number of tracks.
        numbers: metric to value, those that are defined.
        intervals: (metric, ``track`` or ``artist``) to interval.
        labels: in the vocabulary's order.
        groups: of the labels, where there are several, in the order in which they are shown.
        confusion: counts, true label by answered label; empty for multi-label work.
        fold_accuracy: one a fold; empty but for ``cross-validated``.
        how: protocol of the cross-validation in words; empty for the others.
        undefined: metrics that were measured and are not defined on these tracks.
        baselines: ``prevalence`` (scores: how frequent each label is in what was learnt) and
            ``constant`` (answers: always the same labels), where they were measured.
        draws: of the intervals' bootstrap; None where it is not recorded.
        margins: of micro F1 over the ``constant`` baseline and over ``fixed`` thresholds of 0.5.
    """

    name: str
    learnt_from: bool
    rows: int
    numbers: Mapping[str, float]
    intervals: Mapping[tuple[str, str], Interval]
    labels: tuple[LabelScore, ...]
    confusion: tuple[tuple[int, ...], ...] = ()
    fold_accuracy: tuple[float, ...] = ()
    how: str = ""
    groups: tuple[GroupScore, ...] = ()
    undefined: tuple[str, ...] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    margins: Mapping[str, Margin] = field(default_factory=dict)
    draws: int | None = None

    @property
    def several(self) -> bool:
        """Whether tracks bear several labels: then no answer is the right one, no accuracy."""
        return "accuracy" not in self.numbers and "pr_auc_macro" in {*self.numbers,
                                                                     *self.undefined}

    @property
    def of_labels(self) -> str:
        """How many labels macro areas are the mean of, in words; empty where it is all of them."""
        have = sum(label.pr_auc is not None for label in self.labels)
        return f"areas of {have} of {len(self.labels)} labels" if (
            self.several and 0 < have < len(self.labels)) else ""

    @property
    def main(self) -> str:
        """The metric that stands for the whole: accuracy, or PR AUC for multi-label work."""
        return next((name for name in _MAIN if name in self.numbers), "accuracy")

    @property
    def metric(self) -> str:
        """The main metric's name for people."""
        return _MAIN[self.main][1]

    @property
    def value(self) -> float | None:
        """The main metric's value."""
        return self.numbers.get(self.main)

    @property
    def baseline(self) -> float | None:
        """What knowing only how frequent the labels are would score."""
        return self.numbers.get(_MAIN[self.main][0])

    @property
    def by_track(self) -> Interval | None:
        """Interval of the main metric, tracks drawn."""
        return self.intervals.get((self.main, "track"))

    @property
    def by_artist(self) -> Interval | None:
        """Interval of the main metric, whole artists drawn."""
        return self.intervals.get((self.main, "artist"))

    @property
    def by_need(self) -> tuple[LabelScore, ...]:
        """Labels with the lowest F1 first, group by group; those without any F1 come last."""
        return tuple(sorted(self.labels, key=lambda s: (
            group_order(s.group), s.f1 is None, s.f1 or 0, s.name)))


def read_scores(name: str, node: Node) -> Scores:
    """Read one part of ``results.json``.

    Raises:
        DataError: a value is missing or of the wrong kind.
    """
    numbers = {key: found.number() for key in _NUMBERS if (found := node.get(key))}
    labels = _labels(node.get("per_label"))
    learnt = node.get("learnt_from")
    return Scores(
        name=name,
        learnt_from=learnt.flag() if learnt else False,
        rows=node.need("rows").whole(),
        numbers=numbers,
        intervals=_intervals(node, numbers),
        labels=labels,
        confusion=_confusion(node.get("confusion"), len(labels)),
        fold_accuracy=read_numbers(node.get("fold_accuracy")),
        how=_how(node),
        groups=_groups(node.get("by_group")),
        undefined=tuple(key for key in _NUMBERS if node.is_null(key)),
        baselines=_baselines(node.get("baselines")),
        margins=_margins(node),
        draws=draws.whole() if (draws := node.get("draws")) else None,
    )


def read_interval(node: Node | None) -> Interval | None:
    """Read ``{low, high, level}``; the level is 0.95 unless given."""
    if node is None:
        return None
    level = node.get("level")
    found = Interval(node.need("low").number(), node.need("high").number(),
                     level.number() if level else 0.95)
    if not (found.low <= found.high and 0 < found.level < 1):
        raise DataError(f"{node.where} runs from {found.low:g} to {found.high:g} at level "
                        f"{found.level:g}; expected low <= high and a level in (0, 1).")
    return found


def read_numbers(node: Node | None) -> tuple[float, ...]:
    """Read a list of numbers; empty when absent."""
    return tuple(e.number() for e in node.elements()) if node else ()


def _intervals(node: Node, numbers: Mapping[str, float]) -> dict[tuple[str, str], Interval]:
    found = {}
    for metric in numbers:
        for unit in ("track", "artist"):
            if interval := read_interval(node.get(f"{metric}_interval_by_{unit}")):
                found[metric, unit] = interval
    return found


def _labels(node: Node | None) -> tuple[LabelScore, ...]:
    if node is None:
        return ()

    return tuple(
        LabelScore(name, its.maybe("precision"), its.maybe("recall"), its.maybe("f1"),
                   its.need("support").whole(), group.text() if (group := its.get("group")) else "",
                   its.maybe("roc_auc"), its.maybe("pr_auc"), its.maybe("threshold"))
        for name, its in node.items()
    )


def _groups(node: Node | None) -> tuple[GroupScore, ...]:
    if node is None:
        return ()
    found = [GroupScore(name, its.need("labels").whole(), its.maybe("f1_macro"),
                        its.maybe("roc_auc_macro"), its.maybe("pr_auc_macro"))
             for name, its in node.items()]
    return tuple(sorted(found, key=lambda g: group_order(g.name)))


def _baselines(node: Node | None) -> dict[str, Baseline]:
    return {name: _baseline(its) for name, its in node.items()} if node else {}


def _baseline(node: Node) -> Baseline:
    labels = node.get("labels")
    return Baseline({key: found.number() for key in _NUMBERS if (found := node.get(key))},
                    tuple(e.text() for e in labels.elements()) if labels else ())


def _margins(node: Node) -> dict[str, Margin]:
    found = {name: node.get(f"f1_micro_minus_{name}") for name in _MARGINS}
    return {name: Margin(its.need("value").number(),
                         read_interval(its) if its.get("low") else None,
                         by.text() if (by := its.get("by")) else "")
            for name, its in found.items() if its}


def _confusion(node: Node | None, labels: int) -> tuple[tuple[int, ...], ...]:
    if node is None:
        return ()
    counts = tuple(tuple(cell.whole() for cell in row.elements()) for row in node.elements())
    if len(counts) != labels or any(len(row) != labels for row in counts):
        raise DataError(f"{node.where} is not {labels} x {labels}, one row and column a label of "
                        "per_label; the run folder is damaged: run it again.")
    return counts


def _how(node: Node) -> str:
    folds, by, inside = (node.get(key) for key in ("folds", "grouped_by", "inside"))
    text = f"{folds.whole()} folds" if folds else ""
    if by:
        text += f" grouped by {by.text()}"
    if inside:
        text += f" inside {' + '.join(e.text() for e in inside.elements())}"
    return text.strip()
