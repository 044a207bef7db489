"""The vote of spectral peaks on how far a sound is tuned from A440.

The stronger half of all peaks votes, each for the hundredth of a semitone it lies in, so the
outcome is known only when the whole sound has been heard. A peak is kept as its height and its
hundredth, five bytes. After two million peaks, some twenty minutes of music, they are counted by
the first seven bits of their heights' fraction instead, in 13 MB whatever comes: the median is then
known to a hundredth part of itself, which moves a tuning only where two hundredths of a semitone
have next to the same number of votes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_A0_HZ = np.float32(27.5)
_STEPS = 100
_EDGES = np.linspace(-0.5, 0.5, _STEPS + 1)  # of the hundredths voted for, in semitones
_MOST_PEAKS = 2_000_000
_KEYS = 1 << 15  # of a positive float32: its exponent and seven bits of its fraction


class Votes:
    """Gathers peaks, some at a time."""

    def __init__(self) -> None:
        self._heights: list[Floats] = []
        self._votes: list[NDArray[np.uint8]] = []
        self._held = 0
        self._counts: NDArray[np.int32] | None = None  # (keys, hundredths), of those not held

    def add(self, hz: Floats, heights: Floats) -> None:
        """Count peaks of positive frequencies and heights [shape=(peaks,) each]."""
        self._heights.append(heights)
        self._votes.append(_hundredths(hz))
        self._held += len(hz)
        if self._held > _MOST_PEAKS:
            self._count()

    def semitones(self) -> float:
        """Return the deviation from A440 in semitones, in [-0.5, 0.5); 0 where no peak was."""
        if self._counts is not None:
            self._count()
            below = np.cumsum(self._counts.sum(axis=1, dtype=np.int64))
            median = int(np.searchsorted(below, (below[-1] + 1) // 2))
            return float(_EDGES[np.argmax(self._counts[median:].sum(axis=0))])
        if not self._held:
            return 0.0
        heights, votes = np.concatenate(self._heights), np.concatenate(self._votes)
        counts = np.bincount(votes[heights >= np.median(heights)], minlength=_STEPS)
        return float(_EDGES[np.argmax(counts)])

    def _count(self) -> None:
        """Count what is held by key and hundredth, and let go of it."""
        if self._counts is None:
            self._counts = np.zeros((_KEYS, _STEPS), np.int32)
        for heights, votes in zip(self._heights, self._votes, strict=True):
            keys = heights.astype(np.float32).view(np.uint32) >> 16
            np.add.at(self._counts, (keys, votes), 1)
        self._heights, self._votes, self._held = [], [], 0


def _hundredths(hz: Floats) -> NDArray[np.uint8]:
    """Return which hundredth of a semitone each frequency lies in, 0 to 99 from -0.5 on."""
    semitones = 12 * np.log2(hz / _A0_HZ)
    residual = semitones - np.floor(semitones)
    residual[residual >= 0.5] -= 1
    exact = residual.astype(np.float64)
    guess = ((exact + 0.5) * _STEPS).astype(np.int64)  # rounding may have crossed an edge
    guess -= exact < _EDGES[guess]
    guess += exact >= _EDGES[guess + 1]
    votes: NDArray[np.uint8] = guess.astype(np.uint8)
    return votes
