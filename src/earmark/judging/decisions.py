"""From scores to labels: what a tagger does with a model's scores, in numpy alone.

The same code decides at service time and when a model is judged, so that the tags a user sees are
those that were measured. ``Decisions`` travels in the tagger file as plain values; ``fitting``
learns them.

The order is fixed: segment scores are combined into a track's (``audio.segments.combine``),
branches are averaged, the result is calibrated (``calibrate``), and the calibrated scores, which
are those the user sees, are decided on (``decide``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.labels.vocabulary import Task, Vocabulary

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.05, 20.0
MOST_SLOPE = 100.0
# Scores below this count as this before the logarithm. float32 scores are right to about 1e-7:
# without a floor, arithmetic that differs between processors would show in calibrated scores.
LEAST_SCORE = 1e-6
_ROUNDING = 1e-6  # means of float32 scores may be this far past 1


@dataclass(frozen=True)
class Calibration:
    """How track scores become chances; either a temperature, or slopes and offsets.

    Attributes:
        temperature: single-label: softmax(log(scores) / temperature), in [0.05, 20]. Above 1 it
            flattens, below 1 it sharpens; the order of a row's labels stays (Guo et al. 2017).
        slopes: multi-label, one a label in [0, 100]: sigmoid(slope * logit(score) + offset)
            (Platt 1999).
        offsets: likewise, one a label.
    """

    temperature: float | None = None
    slopes: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if (self.temperature is None) == (not self.slopes):
            raise ValueError("a calibration is either a 'temperature' or 'slopes' and 'offsets'.")
        if len(self.slopes) != len(self.offsets):
            raise ValueError(f"{len(self.slopes)} slopes and {len(self.offsets)} offsets; "
                             "expected one of each a label.")
        given = self.temperature
        if given is not None and not LEAST_TEMPERATURE <= given <= MOST_TEMPERATURE:
            raise ValueError(f"the temperature is {given}; expected between "
                             f"{LEAST_TEMPERATURE:g} and {MOST_TEMPERATURE:g}.")
        for slope, offset in zip(self.slopes, self.offsets, strict=True):
            if not (0 <= slope <= MOST_SLOPE and np.isfinite(offset)):
                raise ValueError(f"a slope of {slope} and an offset of {offset}; expected a slope "
                                 f"between 0 and {MOST_SLOPE:g} and a finite offset.")


@dataclass(frozen=True)
class Unknown:
    """When to say of a single-label track that none of the genres fits.

    Attributes:
        threshold: in [0, 1]; a track whose best calibrated score is below is unknown.
        kept_known: share of tracks of the tagger's own genres that it leaves a label, measured
            out of fold.
        caught_strange: share of tracks of genres held out whole that it finds unknown.
    """

    threshold: float
    kept_known: float | None = None
    caught_strange: float | None = None

    def __post_init__(self) -> None:
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
        unknown: when no genre fits; single-label only.
    """

    thresholds: tuple[float, ...] = ()
    calibration: Calibration | None = None
    unknown: Unknown | None = None

    def __post_init__(self) -> None:
        for value in self.thresholds:
            if not 0 <= value <= 1:
                raise ValueError(f"a threshold is {value}; expected between 0 and 1.")

    @classmethod
    def usual(cls, vocabulary: Vocabulary) -> Decisions:
        """Return what is used before anything is learned: the top label, or those from 0.5 up."""
        return cls(() if vocabulary.task == "single" else (0.5,) * len(vocabulary))

    def misfit(self, task: Task, labels: int) -> str:
        """Return one line on why these decisions do not fit a vocabulary, or ``""``."""
        if self.unknown is not None and task == "multi":
            return "'unknown' is for single-label work; a multi-label track may have no tag anyway."
        if self.calibration is None:
            return ""
        if (self.calibration.temperature is None) != (task == "multi"):
            return f"a calibration by {_form(self.calibration)} does not fit {task}-label work."
        slopes = len(self.calibration.slopes)
        return f"{slopes} slopes for {labels} labels." if slopes not in (0, labels) else ""


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
    if calibration.temperature is not None:
        found = softened(clipped, calibration.temperature)
    else:
        slopes, offsets = np.asarray(calibration.slopes), np.asarray(calibration.offsets)
        found = sigmoid(slopes * log_odds(clipped) + offsets)
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

    Rows of unknown tracks are all 0.

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
    return (table.astype(np.float32) >= at_least).astype(np.int8)


def is_unknown(scores: ArrayLike, decisions: Decisions) -> NDArray[np.bool_]:
    """Tell of each row of calibrated scores [shape=(..., labels)] whether no genre fits.

    This is why ``decide`` returned no label in single-label work; never so without a rule.

    >>> rule = Decisions(unknown=Unknown(0.5))
    >>> is_unknown([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2]], rule).tolist()
    [True, False]
    """
    best = np.asarray(scores).max(axis=-1)
    if decisions.unknown is None:
        return np.zeros(best.shape, dtype=np.bool_)
    below: NDArray[np.bool_] = np.asarray(
        best.astype(np.float32) < np.float32(decisions.unknown.threshold)
    )
    return below


def top_label(scores: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the 0/1 matrix with one 1 a row, at the highest score; the first among equals."""
    top = np.zeros(scores.shape, dtype=np.int8)
    top[np.arange(len(scores)), scores.argmax(axis=1)] = 1
    return top


def softened(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return softmax(log(scores) / temperature) along the last axis."""
    warmed = np.log(scores.clip(LEAST_SCORE)) / temperature
    powers = np.exp(warmed - warmed.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def log_odds(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ln(s / (1 - s)), scores being kept 1e-6 away from 0 and 1."""
    kept = scores.clip(LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-values)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))


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


def _form(calibration: Calibration) -> str:
    return "slopes and offsets" if calibration.temperature is None else "temperature"
