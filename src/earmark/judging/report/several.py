"""What a report says of multi-label work beyond its numbers, from the scores of single tracks.

Answers are those that a tagger would give: scores calibrated and decided on as ``results.json``
records it. They are looked at on one part: the cross-validated scores where there are any, else a
valid part that was not learnt from, else the test part, because whoever mends what went wrong on
the test part fits to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from earmark.errors import DataError
from earmark.judging.colabels import CoLabel, CoLabels, colabels
from earmark.judging.curves import Floats, Truth, quotient
from earmark.judging.decisions import Decisions, answers, calibrate
from earmark.judging.metrics.chances import ERROR_BINS, calibration_errors
from earmark.judging.report.labelwise import LabelRow, label_rows
from earmark.judging.report.learnt import Bin, Reliability
from earmark.judging.report.predictions import Predictions
from earmark.judging.report.read import RunFolder
from earmark.judging.report.scores import Scores
from earmark.judging.surprises import Surprises, surprises
from earmark.judging.threshold_curves import Curve, ThresholdCurves, threshold_curves
from earmark.labels.vocabulary import Vocabulary

PARTS = ("cross-validated", "valid", "test")
MOST_OPEN, MOST_OWN = 12, 6
"""Rows of a table that is not folded away, and labels of a track that are named."""
_MOST_PAIRS, _MOST_IN_MATRIX = 16, 14
_MOST_CURVES = 6
_MOST_ERRORS = 15


@dataclass(frozen=True)
class Panel:
    """One of the small threshold curves.

    Attributes:
        why: it is shown: ``commonest``, ``neediest``, or ``all labels``.
        chosen: the threshold of the answers; None where labels have different ones.
        f1: of the answers; None where not defined.
    """

    name: str
    why: str
    curve: Curve
    chosen: float | None
    f1: float | None


@dataclass(frozen=True)
class Examined:
    """Scores and answers of one part of a multi-label run.

    Attributes:
        part: which, of ``PARTS``.
        tracks: the part's predictions, the scores as the models gave them.
        scores: calibrated [shape=(tracks, labels)].
        answered: 0/1, likewise. truth: likewise.
        decisions: by which; the usual ones where the run records none.
        recorded: whether it does.
    """

    part: str
    tracks: Predictions
    scores: Floats
    answered: Truth
    truth: Truth
    decisions: Decisions
    recorded: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return self.tracks.labels

    @cached_property
    def curves(self) -> ThresholdCurves:
        """Precision, recall and F1 by threshold."""
        return threshold_curves(self.scores, self.truth)

    @cached_property
    def confused(self) -> CoLabels:
        """Which labels are wrongly answered where another is borne."""
        return colabels(self.answered, self.truth, self.labels)

    @cached_property
    def pairs(self) -> list[CoLabel]:
        """The strongest of them."""
        return self.confused.strongest(_MOST_PAIRS)

    @cached_property
    def surprising(self) -> Surprises:
        """The answers that surprise most."""
        return surprises(self.tracks.tracks, self.scores, self.answered, self.truth, self.labels)

    @cached_property
    def borne(self) -> dict[str, tuple[str, ...]]:
        """The labels of each track."""
        return dict(zip(self.tracks.tracks, self.tracks.borne, strict=True))

    @cached_property
    def reliability(self) -> dict[str, Reliability]:
        """All labels together: before calibration and, where there is one, after."""
        tables = {"before": self.tracks.scores}
        if self.decisions.calibration is not None:
            tables["after"] = self.scores
        return {when: _pooled(table, self.truth) for when, table in tables.items()}


def examine(run: RunFolder) -> Examined | None:
    """Return what can be looked at; None for single-label work, or without scores of tracks.

    Raises:
        DataError: decisions of another vocabulary, or scores out of range.
    """
    part = next((p for p in PARTS if _is_told(run, p)), None)
    if part is None or run.predictions is None or not run.several:
        return None
    tracks = run.predictions.of(part)
    vocabulary = Vocabulary(tracks.labels, "multi")
    decisions, usual = run.decisions or Decisions(), Decisions.usual(vocabulary)
    # The labels are all there is to be right about, so "unknown" is no answer.
    decisions = dataclasses.replace(decisions, unknown=None,
                                    thresholds=decisions.thresholds or usual.thresholds)
    try:
        scores = np.asarray(calibrate(tracks.scores, decisions, vocabulary), dtype=np.float64)
        answered = answers(scores, vocabulary, decisions)
    except DataError as error:
        raise DataError(f"{run.folder}: {error} The run folder is damaged: run it again.") \
            from error
    return Examined(part, tracks, scores, answered, tracks.truth, decisions,
                    run.decisions is not None)


def _is_told(run: RunFolder, part: str) -> bool:
    scores = run.validated if part == "cross-validated" else run.parts.get(part)
    return (scores is not None and not scores.learnt_from and run.predictions is not None
            and part in run.predictions.parts)


def rows_of(run: RunFolder, scores: Scores) -> list[LabelRow]:
    """Return the labels of one part, those in most need first."""
    names = [label.name for label in scores.labels]
    given = run.decisions.thresholds if run.decisions else ()
    if len(given) == len(names):
        return label_rows(scores, dict(zip(names, given, strict=True)))
    return label_rows(scores, dict.fromkeys(names, 0.5) if not given else {})


def per_cent_of(found: Examined, borne: int, answered: int) -> float:
    """Return the rate of wrong answers in a cell of the matrix, in per cent; 0 where undefined."""
    return float(np.nan_to_num(100 * found.confused.rate[borne, answered]))


def highest_rate(found: Examined, borne: Sequence[int], answered: Sequence[int]) -> float:
    """Return the highest rate in the matrix, in per cent, which is drawn darkest."""
    return max(per_cent_of(found, a, k) for a in borne for k in answered)


def panels_of(run: RunFolder, found: Examined) -> list[Panel]:
    """Return the threshold curves shown for a run."""
    scores = run.validated if found.part == "cross-validated" else run.parts[found.part]
    return list(panels(found, rows_of(run, scores) if scores else []))


def panels(found: Examined, rows: Sequence[LabelRow]) -> Iterator[Panel]:
    """Yield the threshold curves of all labels, of the commonest and of those in most need."""
    given = found.decisions.thresholds
    alike = given[0] if len(set(given)) == 1 else None
    right, wrong_or_missed = (found.answered & found.truth), (found.answered ^ found.truth)
    each = quotient(2.0 * right.sum(axis=0),
                    2.0 * right.sum(axis=0) + wrong_or_missed.sum(axis=0))
    of_all = quotient(2.0 * right.sum(), 2.0 * right.sum() + wrong_or_missed.sum())
    mean = each[np.isfinite(each)].mean() if np.isfinite(each).any() else np.nan
    yield Panel("all labels, micro", "all labels", found.curves.micro, alike, _defined(of_all))
    yield Panel("all labels, macro", "all labels", found.curves.macro, alike, _defined(mean))
    names = [row.name for row in rows if row.name in found.labels]
    common = sorted((row for row in rows if row.name in names and row.support),
                    key=lambda row: (-row.support, row.name))[:_MOST_CURVES]
    shown = {row.name: "commonest" for row in common}
    rest = [name for name in names if name not in shown]
    shown |= dict.fromkeys(rest[:_MOST_CURVES], "neediest")
    for name, why in shown.items():
        column = found.labels.index(name)
        yield Panel(name, why, found.curves.labels[column], given[column],
                    _defined(each[column]))


def _defined(value: float | Floats) -> float | None:
    return None if np.isnan(value) else float(value)


def lift(value: float | None, here: float) -> str:
    """Return how many times as often as elsewhere something is, given how often it is here.

    >>> lift(6.04, 0.5), lift(None, 0.5), lift(None, 0.0)
    ('×6.0', 'only here', 'never')
    """
    if value is None:
        return "only here" if here else "never"
    return f"×{value:.1f}" if value < 100 else f"×{value:.0f}"


def small(score: float) -> str:
    """Return a score with four decimals, ``0.0000`` only where it is none.

    >>> small(0.00002), small(0.0123)
    ('<0.0001', '0.0123')
    """
    return "<0.0001" if 0 < score < 0.00005 else f"{score:.4f}"


def own_labels(labels: Sequence[str]) -> str:
    """Return a track's labels, as many as a row can take."""
    more = len(labels) - MOST_OWN
    return (", ".join(labels[:MOST_OWN]) or "none") + (f" and {more} more" if more > 0 else "")


def matrix_labels(found: Examined) -> tuple[list[int], list[int]]:
    """Return the columns of the labels of the strongest pairs: borne, and answered."""
    sides = ([p.borne for p in found.pairs], [p.answered for p in found.pairs])
    borne, answered = ([found.labels.index(name) for name in dict.fromkeys(side)]
                       for side in sides)
    return borne[:_MOST_IN_MATRIX], answered[:_MOST_IN_MATRIX]


def worst_calibrated(run: RunFolder) -> list[tuple[str, float | None, float | None]]:
    """Return the labels of the largest calibration error, before and after calibration."""
    before, after = (its.by_label if (its := run.calibration.get(when)) else {}
                     for when in ("before", "after"))
    last = after or before
    names = sorted(last, key=lambda name: (-last[name], name))[:_MOST_ERRORS]
    return [(name, before.get(name), after.get(name)) for name in names]


def error_bins() -> int:
    """Return how many bins calibration errors are measured in."""
    return ERROR_BINS


def _pooled(scores: Floats, truth: Truth) -> Reliability:
    """Return the curve of all labels together and the mean of their expected errors.

    The bins are of equal width: nearly all scores of many labels are near 0, and bins of equal
    mass would show nothing else.
    """
    from earmark.judging.reliability import reliability

    table = np.asarray(scores, dtype=np.float64)
    curve = reliability(table.ravel(), truth.ravel(), by="width")
    return Reliability(float(calibration_errors(table, truth).mean()), None,
                       tuple(Bin(b.score, b.right, b.rows) for b in curve))
