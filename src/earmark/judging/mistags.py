"""Tracks whose own label is likely wrong, told by scores of models that never heard them.

Confident learning, after Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
dataset labels", JAIR 70, 2021: a label's threshold is the mean score that tracks bearing it get
for it. Of the labels whose thresholds a track reaches, the one of the highest score is what it
counts as; where that is not the label it bears, it is a suspect. A label that models are never
sure of has a low threshold and one they are always sure of a high one, so that labels are not
held to one measure.

Nothing is taken away on the strength of it: these are files to listen to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging.curves import Truth

LEAST_TRACKS = 2
"""Of a label: the mean of fewer says nothing."""


class Mistag(NamedTuple):
    """One track to listen to.

    Attributes:
        track: its id.
        says: the label it bears. own_score: what it gets for it.
        sounds_like: the label it more likely is. score: what it gets for that.
    """

    track: str
    says: str
    own_score: float
    sounds_like: str
    score: float


def likely_mistags(
    ids: Sequence[str], scores: NDArray[np.floating], truth: Truth, labels: Sequence[str]
) -> list[Mistag]:
    """Return the tracks whose label is likely another, the likeliest first.

    Args:
        ids: of the tracks.
        scores: out-of-fold chances, each label's against the others' [shape=(tracks, labels)].
        truth: 0/1, one 1 a row [shape=(tracks, labels)].

    Raises:
        DataError: not one row of scores and of truth a track, or a track without exactly one label.
    """
    found = np.asarray(scores, dtype=np.float64)
    if found.shape != truth.shape or found.shape != (len(ids), len(labels)):
        raise DataError(f"scores of shape {found.shape} and truth of {np.shape(truth)} for "
                        f"{len(ids)} tracks and {len(labels)} labels; expected one row a track.")
    if (np.sum(truth, axis=1) != 1).any():
        raise DataError("a track bears no label or several; mistags are told where each bears one.")
    own = np.argmax(truth, axis=1)
    other = _confident(found, _thresholds(found, truth), own)
    mine, theirs = found[np.arange(len(ids)), own], found[np.arange(len(ids)), other]
    suspects = [int(i) for i in np.flatnonzero((other != own) & (theirs > mine))]
    suspects.sort(key=lambda i: (mine[i] - theirs[i], ids[i]))  # by the normalised margin
    return [Mistag(ids[i], labels[own[i]], float(mine[i]), labels[other[i]], float(theirs[i]))
            for i in suspects]


def _thresholds(scores: NDArray[np.float64], truth: Truth) -> NDArray[np.float64]:
    """Return each label's mean self-confidence [shape=(labels,)]; NaN for labels too rare."""
    count = np.sum(truth, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (scores * truth).sum(axis=0) / count
    return np.where(count >= LEAST_TRACKS, mean, np.nan)


def _confident(
    scores: NDArray[np.float64], thresholds: NDArray[np.float64], own: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the likeliest of the labels whose threshold a track reaches; its own for none."""
    reached = scores >= np.where(np.isnan(thresholds), np.inf, thresholds)
    best = np.where(reached, scores, -np.inf).argmax(axis=1)
    return np.where(reached.any(axis=1), best, own)
