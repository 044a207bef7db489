"""What is answered from each score up: of each label, and of all together at one threshold.

A threshold lies midway between the lowest score answered and the next one below. Scores are
compared in float32, as ``decisions.answers`` does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.judging.curves import Floats, Truth, quotient


class Ladder(NamedTuple):
    """The distinct scores of one label, ascending; the last, 1, may be above them all.

    Attributes:
        levels: the scores. answered: how many scores are there and above. right: how many of them
            are of tracks that bear the label [shape=(levels,)].
        borne: how many tracks bear it.
    """

    levels: Floats
    answered: Floats
    right: Floats
    borne: int

    @property
    def f1(self) -> Floats:
        """F1 at each level; 0 where nothing is answered or borne."""
        return np.nan_to_num(quotient(2 * self.right, self.answered + self.borne))

    def at(self, cuts: Floats) -> tuple[Floats, Floats]:
        """Return how many are answered from each cut up, and how many of them rightly."""
        place = np.searchsorted(self.levels.astype(np.float32), cuts.astype(np.float32))
        return np.append(self.answered, 0)[place], np.append(self.right, 0)[place]


class Pooled(NamedTuple):
    """What one threshold for all labels gives, from the lowest up [shape=(thresholds,)].

    Attributes:
        cuts: the thresholds. answered, right: of all labels together. f1_macro: as ``metrics``
            has it.
    """

    cuts: Floats
    answered: Floats
    right: Floats
    f1_macro: Floats


def ladders_of(scores: Floats, truth: Truth) -> list[Ladder]:
    """Return the ladder of each label; scores count as float32."""
    single = scores.astype(np.float32).astype(np.float64)
    return [_ladder(single[:, k], truth[:, k]) for k in range(scores.shape[1])]


def _ladder(scores: Floats, truth: Truth) -> Ladder:
    levels, level, tracks = np.unique(scores, return_inverse=True, return_counts=True)
    right = np.bincount(level, weights=truth, minlength=len(levels))
    above = [] if levels[-1] >= 1 else [1.0]  # so that to answer nothing is a choice
    answered, rightly = (np.append(v[::-1].cumsum()[::-1].astype(np.float64), np.zeros(len(above)))
                         for v in (tracks, right))
    return Ladder(np.append(levels, above), answered, rightly, int(truth.sum()))


def cuts_below(levels: Floats) -> Floats:
    """Return a cut below each of the ascending levels, midway to the one before (or to 0).

    Of levels that are neighbours in float32 the upper is the cut: nothing lies between.
    """
    before = np.concatenate([[0.0], levels[:-1]])
    cuts = (levels + before) / 2
    between = cuts.astype(np.float32) > before.astype(np.float32)
    between[0] = True
    return np.where(between, cuts, levels)


def pooled(ladders: list[Ladder], grid: Floats | None = None) -> Pooled:
    """Return what thresholds for all labels give: those of a grid, or all that make a difference.

    Each label changes the sums at its own scores only, so that adding up the changes from above
    gives the sums everywhere.
    """
    if grid is not None:
        return _at(ladders, grid)
    levels = np.concatenate([ladder.levels for ladder in ladders])
    order = np.argsort(-levels, kind="stable")
    ends = np.flatnonzero(np.diff(levels[order], append=-1.0))  # the last of equal levels

    def summed(columns: list[Floats]) -> Floats:
        return np.concatenate([_steps(c) for c in columns])[order].cumsum()[ends][::-1]

    counted = summed([_counted(a) for a in ladders])
    return Pooled(cuts_below(levels[order][ends][::-1]), summed([a.answered for a in ladders]),
                  summed([a.right for a in ladders]),
                  np.nan_to_num(quotient(summed([a.f1 for a in ladders]), counted)))


def _counted(ladder: Ladder) -> Floats:
    """Return whether a label counts in macro F1 at each level: it is borne, or answered."""
    return ((ladder.answered > 0) | bool(ladder.borne)).astype(np.float64)


def _steps(values: NDArray[np.float64]) -> Floats:
    """Return what each level adds to the one above it; the uppermost, to nothing."""
    return -np.diff(values, append=0.0)


def _at(ladders: list[Ladder], cuts: Floats) -> Pooled:
    answered, right = np.array([ladder.at(cuts) for ladder in ladders]).transpose(1, 0, 2)
    borne = np.array([ladder.borne for ladder in ladders])[:, None]
    f1 = np.nan_to_num(quotient(2 * right, answered + borne)).sum(axis=0)
    macro = np.nan_to_num(quotient(f1, ((answered + borne) > 0).sum(axis=0).astype(np.float64)))
    return Pooled(cuts, answered.sum(axis=0), right.sum(axis=0), macro)
