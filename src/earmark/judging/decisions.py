"""From scores to labels: what a tagger does with a model's scores, in numpy alone.

The same code decides at service time and when a model is judged, so that the tags a user sees are
those that were measured. ``Decisions`` travels in the tagger file as plain values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary


@dataclass(frozen=True)
class Decisions:
    """How scores become labels.

    Attributes:
        thresholds: in [0, 1], one a label in the vocabulary's order; empty for single-label work,
            where the highest score wins.
        calibration: none so far; a tagger that bears one is refused, not misread.
        unknown: likewise.
    """

    thresholds: tuple[float, ...] = ()
    calibration: None = None
    unknown: None = None

    def __post_init__(self) -> None:
        for value in self.thresholds:
            if not 0 <= value <= 1:
                raise ValueError(f"a threshold is {value}; expected between 0 and 1.")

    @classmethod
    def usual(cls, vocabulary: Vocabulary) -> Decisions:
        """Return what is used before anything is learned: the top label, or those from 0.5 up."""
        return cls(() if vocabulary.task == "single" else (0.5,) * len(vocabulary))


def decide(scores: ArrayLike, vocabulary: Vocabulary, decisions: Decisions) -> tuple[str, ...]:
    """Return the labels of one track, best first, from its scores [shape=(labels,)].

    Single-label: the top label. Multi-label: those whose score is at or above their threshold,
    maybe none. Among equal scores the vocabulary's order decides.

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

    Raises:
        DataError: as in ``decide``.
    """
    table = np.asarray(scores)
    if table.ndim != 2 or table.shape[1] != len(vocabulary) or not np.isfinite(table).all():
        raise DataError(f"scores of shape {table.shape} for {len(vocabulary)} labels; expected "
                        "one finite score a label.")
    if vocabulary.task == "single":
        return top_label(table)
    if len(decisions.thresholds) != len(vocabulary):
        raise DataError(f"{len(decisions.thresholds)} thresholds for {len(vocabulary)} labels; "
                        "multi-label decisions need one each.")
    # Both sides as float32: a threshold of 0.7 is met by a float32 score of 0.7.
    at_least = np.asarray(decisions.thresholds, dtype=np.float32)
    return (table.astype(np.float32) >= at_least).astype(np.int8)


def top_label(scores: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the 0/1 matrix with one 1 a row, at the highest score; the first among equals."""
    top = np.zeros(scores.shape, dtype=np.int8)
    top[np.arange(len(scores)), scores.argmax(axis=1)] = 1
    return top
