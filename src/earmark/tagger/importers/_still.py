"""Finds the channels of a network that hardly move, whatever is played.

The published networks were trained with much weight decay: most of their filters died, so that a
channel stays at one value to the last digit (of MSD_musicnn's 561 channels, 497). Such a channel
is a constant and need not be computed. How far a channel can move follows from its weights and
from where its inputs can be; how far that moves a score, from the weights after it (ReLU, the
highest and the mean never enlarge a difference, a sigmoid quarters it). Channels are left out, the
stillest first, as long as all of them together cannot move any score by more than ``BUDGET``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from earmark.tagger.importers._layers import Affine, Array, Span

BUDGET = 1e-5
STEEPEST = 0.25  # of a sigmoid
# Where rows can be: the package takes log10(10000 * mel + 1) of mel energies in half precision.
_HIGHEST = math.log10(10_000 * 65_504 + 1)


def sound(normal: Affine) -> Span:
    """Return where the normalised rows can be [shape=(1,)]."""
    ends = normal.offset, normal.slope * _HIGHEST + normal.offset
    return Span(np.minimum(*ends), np.maximum(*ends))


def moving(half: Array, reach: Array, budget: float = BUDGET) -> NDArray[np.bool_]:
    """Return which channels have to be computed [shape=(channels,)].

    Args:
        half: how far each can be from the constant in its place [shape=(channels,)].
        reach: how far each score can move when a channel does by 1 [shape=(channels, labels)].
        budget: the most that any score may move for the others.
    """
    moves = half[:, None] * reach
    stillest = np.argsort(moves.max(axis=1), kind="stable")
    total = np.cumsum(moves[stillest], axis=0).max(axis=1)
    kept = np.ones(len(half), dtype=np.bool_)
    kept[stillest[:-1][total[:-1] <= budget]] = False  # never all: there is no graph of nothing
    return kept
