"""What a tagger's decisions are, in words."""

from __future__ import annotations

from collections.abc import Sequence

from earmark.judging.calibration import Calibration
from earmark.judging.decisions import Decisions, Unknown
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent
from earmark.labels.vocabulary import Vocabulary, group_order

_RATES = (("kept_known", "of tracks of its own genres keep a label"),
          ("caught_strange", "of tracks of genres it did not learn are found unknown"))


def decision_lines(decisions: Decisions, vocabulary: Vocabulary) -> list[str]:
    """Say how scores become tags, a line a rule."""
    many = vocabulary.task == "multi"
    lines = [_calibration_line(decisions.calibration)]
    if decisions.thresholds:
        lines.append(_threshold_line(decisions))
    if decisions.unknown is not None:
        lines.append(_unknown_line(decisions.unknown, vocabulary))
    elif not many:
        lines.append("unknown: never said; the best label is given")
    if decisions.label_sets is not None:
        lines.append(label_sets_line(decisions.label_sets))
    if decisions.parents:
        lines.append(_parents_line(decisions.parents))
    return lines


def label_sets_line(sets: LabelSets) -> str:
    """Say what label sets promise and what was measured of it."""
    sure = percent(1 - sets.error)
    promise = (f"for {sure} of tracks none of their labels is missing" if sets.promise == "all"
               else f"{sure} of a track's labels are among them, in the mean")
    measured = []
    if sets.coverage is not None:
        measured.append(f"{percent(sets.coverage)} on tracks that its models had not heard")
    if sets.size is not None:
        measured.append(f"{sets.size:.1f} of {len(sets.thresholds)} labels a set")
    said = f"; so measured, {', '.join(measured)}" if measured else ""
    learnt = f"the {sets.tracks} tracks it was learnt from" if sets.tracks else "those learnt from"
    return (f"label sets: {promise}{said}; a promise for music like {learnt}, and for no other")


def percent(share: float) -> str:
    """Return a share as people write it, with the decimals it needs up to one.

    >>> percent(0.9), percent(0.8962), percent(1 - 0.001)
    ('90%', '89.6%', '99.9%')
    """
    return f"{round(100 * share, 1):g}%"


def _calibration_line(calibration: Calibration | None) -> str:
    if calibration is None:
        return "calibration: none; a score of 0.8 need not be right 8 times in 10"
    if calibration.temperature is not None:
        effect = "less" if calibration.temperature >= 1 else "more"
        return (f"calibration: temperature {calibration.temperature:.3g}, which makes scores "
                f"{effect} sure than the model's own")
    if calibration.slopes and not any(calibration.offsets):
        return "calibration: a temperature a label makes its scores less sure, or more"
    how = "Platt" if calibration.slopes else "isotonic"
    return f"calibration: each label's scores are drawn to its measured chances ({how})"


def _threshold_line(decisions: Decisions) -> str:
    low, high, most = min(decisions.thresholds), max(decisions.thresholds), decisions.most
    if most and high == 0:
        return "tags: the best label" if most == 1 else f"tags: the {most} best labels"
    span = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
    limit = f", the {most} best at most" if most else ""
    return f"tags: labels from their threshold up ({span}){limit}"


def _unknown_line(unknown: Unknown, vocabulary: Vocabulary) -> str:
    of, whose = "", "no label's score"
    if unknown.columns:
        groups = {vocabulary.group(vocabulary.labels[k]) for k in unknown.columns}
        of = f" of the {' and '.join(sorted(groups, key=group_order))}"
        whose = f"none of {len(unknown.columns)} labels' scores"
    rates = [f"{getattr(unknown, name):.0%} {words}" for name, words in _RATES
             if getattr(unknown, name) is not None]
    measured = f"; so measured, {' and '.join(rates)}" if rates else ""
    return f"unknown: said{of} when {whose} reaches {unknown.threshold:.2f}{measured}"


def _parents_line(parents: Sequence[Parent]) -> str:
    named = ", ".join(_parent(parent) for parent in parents)
    return f"parents, named where none of their kinds is sure: {named}"


def _parent(parent: Parent) -> str:
    right = "" if parent.precision is None else f", right for {parent.precision:.0%} of tracks"
    return f"{parent.name} (from {parent.threshold:.2f}{right})"
