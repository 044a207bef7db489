"""From scores to labels: what a tagger does with a model's scores, in numpy alone.

The same code decides at service time and when a model is judged, so that the tags a user sees are
those that were measured. ``Decisions`` travels in the tagger file as plain values; ``fitting``
learns them.

The order is fixed: segment scores are combined into a track's (``audio.segments.combine``),
branches are averaged, the result is calibrated (``calibrate``), and the calibrated scores, which
are those the user sees, are decided on (``decide``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.calibration import Calibration
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent, backed_off
from earmark.labels.vocabulary import Task, Vocabulary

_ROUNDING = 1e-6  # means of float32 scores may be this far past 1


@dataclass(frozen=True)
class Unknown:
    """When to say of a track that none of the genres fits.

    Attributes:
        threshold: in [0, 1]; a track whose best calibrated score is below is unknown.
        columns: numbers of the labels looked at, rising from 0: the genres among tags of all
            kinds. All of them when empty.
        kept_known: share of tracks of the tagger's own genres that it leaves a label, measured
            out of fold.
        caught_strange: share of tracks of genres held out whole that it finds unknown.
    """

    threshold: float
    kept_known: float | None = None
    caught_strange: float | None = None
    columns: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if list(self.columns) != sorted({*self.columns}) or min(self.columns, default=0) < 0:
            raise ValueError(f"'columns' of unknown are {list(self.columns)}; expected numbers of "
                             "labels, rising from 0.")
        for name in ("threshold", "kept_known", "caught_strange"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"'{name}' of unknown is {value}; expected between 0 and 1.")


@dataclass(frozen=True)
class Decisions:
    """How scores become labels.

    Attributes:
        thresholds: in [0, 1], one a label in the vocabulary's order; empty for single-label work,
            where the highest score wins.
        calibration: of the track scores, before anything is decided on them.
        unknown: when no genre fits. A multi-label track then bears none of its ``columns``, but
            maybe other tags.
        most: multi-label: at most so many labels a track, the best of those that reach their
            thresholds; 0 for any number. With thresholds of 0 that is top-k.
        label_sets: which labels may well be there, as often as promised.
        parents: genres above the labels, named where no label below them is.
    """

    thresholds: tuple[float, ...] = ()
    calibration: Calibration | None = None
    unknown: Unknown | None = None
    most: int = 0
    label_sets: LabelSets | None = None
    parents: tuple[Parent, ...] = ()

    def __post_init__(self) -> None:
        for value in self.thresholds:
            if not 0 <= value <= 1:
                raise ValueError(f"a threshold is {value}; expected between 0 and 1.")
        if self.most < 0:
            raise ValueError(f"'most' is {self.most}; expected 0 or more labels a track.")

    def of(self, columns: Sequence[int]) -> Decisions:
        """Return the decisions on some of the labels alone, given by their numbers, rising.

        What speaks of fewer than two of them, a parent, is left out; and "unknown" where it looked
        at none of them.
        """
        place = {column: k for k, column in enumerate(columns)}

        def kept(values: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(values[column] for column in columns) if values else ()

        def moved(given: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(place[column] for column in given if column in place)

        rule, sets, unknown = self.calibration, self.label_sets, self.unknown
        if rule is not None and rule.labels is not None:
            rule = replace(rule, slopes=kept(rule.slopes), offsets=kept(rule.offsets),
                           stairs=kept(rule.stairs))
        if unknown is not None and unknown.columns:
            among = moved(unknown.columns)
            unknown = replace(unknown, columns=among) if among else None
        return replace(
            self, thresholds=kept(self.thresholds), calibration=rule, unknown=unknown,
            label_sets=sets and replace(sets, thresholds=kept(sets.thresholds)),
            parents=tuple(replace(parent, columns=moved(parent.columns))
                          for parent in self.parents if len(moved(parent.columns)) > 1),
        )

    @classmethod
    def usual(cls, vocabulary: Vocabulary) -> Decisions:
        """Return what is used before anything is learned: the top label, or those from 0.5 up."""
        return cls(() if vocabulary.task == "single" else (0.5,) * len(vocabulary))

    def misfit(self, task: Task, labels: int) -> str:
        """Return one line on why these decisions do not fit a vocabulary, or ``""``."""
        if self.most and task == "single":
            return "'most' is for multi-label work; a single-label track has one label."
        columns = [c for parent in self.parents for c in parent.columns]
        columns += self.unknown.columns if self.unknown else ()
        if max(columns, default=-1) >= labels:
            return f"they speak of label number {max(columns)}; there are {labels}, from 0."
        sets = self.label_sets
        if sets is not None and len(sets.thresholds) != labels:
            return f"{len(sets.thresholds)} thresholds of label sets for {labels} labels."
        if self.calibration is None:
            return ""
        if (self.calibration.temperature is None) != (task == "multi"):
            return f"a calibration by {self.calibration.form} does not fit {task}-label work."
        known = self.calibration.labels
        return f"{self.calibration.form} of {known} for {labels} labels." if known not in (
            None, labels) else ""


def calibrate(scores: ArrayLike, decisions: Decisions, vocabulary: Vocabulary) -> NDArray[Any]:
    """Return calibrated scores in [0, 1] [shape=(..., labels)], of the scores' precision.

    Args:
        scores: of tracks, combined over segments and averaged over branches.

    Single-label rows then sum to 1. Without a calibration the scores come back as they are.
    Scores below 1e-6 count as 1e-6.

    Raises:
        DataError: scores that are not one finite number in [0, 1] a label, or a calibration made
            for another vocabulary.

    >>> halved = Decisions(calibration=Calibration(temperature=0.5))
    >>> calibrate([0.5, 0.25, 0.25], halved, Vocabulary(("a", "b", "c"))).round(3).tolist()
    [0.667, 0.167, 0.167]
    """
    table = _checked(scores, vocabulary, decisions)
    if (calibration := decisions.calibration) is None:
        return table
    # In float64 and back: what is a float32 in a tagger is one after calibration, too.
    clipped = table.astype(np.float64).clip(0, 1)
    found = calibration(clipped)
    return found.astype(table.dtype if table.dtype.kind == "f" else np.float64)


def decide(scores: ArrayLike, vocabulary: Vocabulary, decisions: Decisions) -> tuple[str, ...]:
    """Return the labels of one track, best first, from its calibrated scores [shape=(labels,)].

    Single-label: the top label, or none when the track ``is_unknown``. Multi-label: those whose
    score is at or above their threshold, maybe none. Among equal scores the vocabulary's order
    decides.

    Raises:
        DataError: not one finite score, or not one threshold, a label.

    >>> decide([0.2, 0.9, 0.6], Vocabulary(("a", "b", "c"), "multi"), Decisions((0.5, 0.5, 0.5)))
    ('b', 'c')
    """
    row = np.asarray(scores)
    chosen = answers(row[None], vocabulary, decisions)[0]
    order = np.argsort(-row, kind="stable")
    return tuple(vocabulary.labels[i] for i in order if chosen[i])


def answers(
    scores: ArrayLike, vocabulary: Vocabulary, decisions: Decisions
) -> NDArray[np.int8]:
    """Return the 0/1 matrix of the labels decided on, of the scores' shape (rows, labels).

    Rows of unknown tracks are 0 for all labels that "unknown" looks at.

    Raises:
        DataError: as in ``decide``.
    """
    table = _checked(scores, vocabulary, decisions, dimensions=2)
    if vocabulary.task == "single":
        return top_label(table) * ~is_unknown(table, decisions)[:, None]
    if len(decisions.thresholds) != len(vocabulary):
        raise DataError(f"{len(decisions.thresholds)} thresholds for {len(vocabulary)} labels; "
                        "multi-label decisions need one each.")
    # Both sides as float32: a threshold of 0.7 is met by a float32 score of 0.7.
    at_least = np.asarray(decisions.thresholds, dtype=np.float32)
    chosen = (table.astype(np.float32) >= at_least).astype(np.int8)
    if decisions.unknown is not None:
        of = list(decisions.unknown.columns) or slice(None)
        chosen[:, of] *= ~is_unknown(table, decisions)[:, None]
    return _best_of(chosen, table, decisions.most)


def _best_of(chosen: NDArray[np.int8], table: NDArray[Any], most: int) -> NDArray[np.int8]:
    """Return the chosen labels less those beyond the ``most`` best of a row; the first of equals
    is the better."""
    if not 0 < most < table.shape[1]:
        return chosen
    order = np.argsort(np.where(chosen, -table, np.inf), axis=1, kind="stable")
    kept = np.zeros_like(chosen)
    np.put_along_axis(kept, order[:, :most], 1, axis=1)
    return kept * chosen


def label_sets(scores: ArrayLike, vocabulary: Vocabulary, decisions: Decisions) -> NDArray[np.int8]:
    """Return the 0/1 matrix of the label sets of calibrated scores (rows, labels).

    A label that is answered is in its set whatever its score: that can only hold more of the truth.

    Raises:
        DataError: as in ``decide``, or the decisions have no rule for label sets.
    """
    table = _checked(scores, vocabulary, decisions, dimensions=2)
    if decisions.label_sets is None:
        raise DataError("these decisions promise no label sets.")
    return decisions.label_sets(table) | answers(table, vocabulary, decisions)


def parents(
    scores: ArrayLike, vocabulary: Vocabulary, decisions: Decisions
) -> tuple[tuple[str, float], ...]:
    """Return the genres above the labels to name for one track, with their chances, surest first.

    A single-label track has some only where it is unknown. See ``parents.backed_off``.
    """
    row = np.asarray(scores)
    answered = answers(row[None], vocabulary, decisions)[0]
    if not decisions.parents or (vocabulary.task == "single" and answered.any()):
        return ()
    return backed_off(row, answered, decisions.parents, vocabulary.task)


def is_unknown(scores: ArrayLike, decisions: Decisions) -> NDArray[np.bool_]:
    """Tell of each row of calibrated scores [shape=(..., labels)] whether no genre fits.

    This is why ``decide`` returned no label in single-label work; never so without a rule.

    >>> rule = Decisions(unknown=Unknown(0.5))
    >>> is_unknown([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2]], rule).tolist()
    [True, False]
    """
    table = np.asarray(scores)
    if decisions.unknown is None:
        return np.zeros(table.shape[:-1], dtype=np.bool_)
    of = list(decisions.unknown.columns) or slice(None)
    best = table[..., of].max(axis=-1).astype(np.float32)
    below: NDArray[np.bool_] = np.asarray(best < np.float32(decisions.unknown.threshold))
    return below


def top_label(scores: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the 0/1 matrix with one 1 a row, at the highest score; the first among equals."""
    top = np.zeros(scores.shape, dtype=np.int8)
    top[np.arange(len(scores)), scores.argmax(axis=1)] = 1
    return top


def _checked(
    scores: ArrayLike, vocabulary: Vocabulary, decisions: Decisions, dimensions: int | None = None
) -> NDArray[Any]:
    table = np.asarray(scores)
    shaped = table.ndim == dimensions if dimensions else table.ndim > 0
    if not shaped or table.shape[-1] != len(vocabulary) or not np.isfinite(table).all():
        raise DataError(f"scores of shape {table.shape} for {len(vocabulary)} labels; expected "
                        "one finite score a label.")
    if ((table < -_ROUNDING) | (table > 1 + _ROUNDING)).any():
        raise DataError(f"scores from {table.min():g} to {table.max():g}; expected scores in "
                        "[0, 1], not logits.")
    if fault := decisions.misfit(vocabulary.task, len(vocabulary)):
        raise DataError(f"these decisions are of another vocabulary: {fault}")
    return table
