"""Precision, recall and F1 of multi-label answers against the threshold they are given from.

For looking at, not for choosing: a threshold chosen where the curve is highest is chosen on the
tracks that the curve is of. ``fitting`` chooses, on tracks that are there for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.judging.curves import Floats, Truth, quotient
from earmark.judging.metrics import checked

STEPS = 100


@dataclass(frozen=True)
class Curve:
    """Figures at each threshold, NaN where not defined [shape=(thresholds,)].

    Precision is not defined where nothing is answered, recall where no track bears the label,
    F1 where neither is.
    """

    precision: Floats
    recall: Floats
    f1: Floats

    @property
    def best(self) -> int:
        """Where F1 is highest, the first of equals; 0 where it is never defined."""
        return int(np.nan_to_num(self.f1, nan=-1.0).argmax())


@dataclass(frozen=True)
class ThresholdCurves:
    """Curves of each label, and of one threshold for all.

    Attributes:
        thresholds: from 0 to 1 [shape=(thresholds,)]; an answer is a score at or above.
        labels: a curve a label, in the order of the columns.
        micro: over all answers of all labels together.
        macro: means over the labels that are answered or borne; of those, one that is not
            answered counts as precision 0 and one not borne as recall 0. As the metrics of these
            names, both are defined nowhere where no track bears any label.
    """

    thresholds: Floats
    labels: tuple[Curve, ...]
    micro: Curve
    macro: Curve


def threshold_curves(scores: ArrayLike, truth: ArrayLike, *, steps: int = STEPS) -> ThresholdCurves:
    """Return the curves of calibrated scores and 0/1 truth [shape=(rows, labels)].

    Scores are compared as float32, as ``decisions.answers`` does.

    Raises:
        DataError: what ``metrics.checked`` refuses.

    >>> found = threshold_curves([[0.2], [0.6], [0.8]], [[0], [1], [1]], steps=2)
    >>> found.thresholds.tolist(), found.labels[0].recall.tolist()
    ([0.0, 0.5, 1.0], [1.0, 1.0, 0.0])
    """
    x, y = checked(scores, truth)
    thresholds = np.linspace(0, 1, steps + 1)
    answered, right = _counts(x.astype(np.float32), y, thresholds.astype(np.float32))
    borne = np.broadcast_to(y.sum(axis=0, dtype=np.float64), answered.shape)
    labels = [_curve(right[:, k], answered[:, k], borne[:, k]) for k in range(x.shape[1])]
    micro = _curve(right.sum(axis=1), answered.sum(axis=1), borne.sum(axis=1))
    macro = _macro(right, answered, borne)
    if not y.any():
        micro = macro = Curve(*[np.full(len(thresholds), np.nan)] * 3)
    return ThresholdCurves(thresholds, tuple(labels), micro, macro)


def _counts(
    scores: NDArray[np.float32], truth: Truth, thresholds: NDArray[np.float32]
) -> tuple[Floats, Floats]:
    """Return how many are answered at each threshold, and rightly [shape=(thresholds, labels)]."""

    def at_least(values: NDArray[np.float32]) -> NDArray[np.intp]:
        return np.asarray(len(values) - np.searchsorted(np.sort(values), thresholds))

    columns = range(scores.shape[1])
    answered = [at_least(scores[:, k]) for k in columns]
    right = [at_least(scores[truth[:, k] == 1, k]) for k in columns]
    return np.array(answered, dtype=np.float64).T, np.array(right, dtype=np.float64).T


def _curve(right: Floats, answered: Floats, borne: Floats) -> Curve:
    return Curve(quotient(right, answered), quotient(right, borne),
                 quotient(2 * right, answered + borne))


def _macro(right: Floats, answered: Floats, borne: Floats) -> Curve:
    counted = (answered + borne) > 0
    each = _curve(right, answered, borne)
    return Curve(*(quotient((np.nan_to_num(v) * counted).sum(axis=1), counted.sum(axis=1))
                   for v in (each.precision, each.recall, each.f1)))
