"""How loud a recording is, and whether its waveform is damaged: clipping, an offset, silence.

A recording that was cut off at a level stays there for several samples, again and again, so its
waveform has flat tops, all of one height, that of its highest samples. A loud master that went
through a limiter comes as near to that level as often, but its tops are round. So what is counted
is not samples near full scale, but those at the end of a flat stretch that is as high as the
recording gets, wherever that is: music that was clipped and then made softer is found as well.
What was clipped before a lossy codec is not: the codec rounds the tops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio.segments import is_silent

Samples = NDArray[np.float32]

_FLAT = 1.1 / 32_768  # between neighbours: a step of 16 bits, which dither may add
_STRETCH = 3  # samples of which the last counts; a sine above 60 Hz stays level for two
_TOP = 0.99  # of the highest sample
_BINS, _BINS_A_UNIT = 16_384, 4096  # heights of flat stretches, up to four times full scale
_LEAST_HEIGHT = 0.02
_QUIET_DB = -300.0


@dataclass(frozen=True)
class Levels:
    """What a recording's samples are like.

    Attributes:
        frames: samples of each channel.
        low: the lowest sample of any channel, full scale 1.
        high: the highest.
        rms: over all channels, without their offsets.
        offset: the mean of the channel whose mean is farthest from 0.
        flat: share of all samples that end a flat stretch at the recording's highest level.
    """

    frames: int
    low: float
    high: float
    rms: float
    offset: float
    flat: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return is_silent(np.asarray([self.low, self.high], np.float32))

    @property
    def peak(self) -> float:
        """The highest level, whatever its sign."""
        return max(abs(self.low), abs(self.high))

    @property
    def rms_db(self) -> float:
        """The RMS in decibels, full scale 0; at least -300."""
        return 20 * float(np.log10(self.rms)) if self.rms > 1e-15 else _QUIET_DB


class LevelMeter:
    """Measures a recording while it streams, in bounded memory, whatever its blocks' sizes."""

    def __init__(self) -> None:
        self._frames, self._channels = 0, 0
        self._low, self._high = np.inf, -np.inf
        self._sums: NDArray[np.float64] = np.zeros(1)
        self._squares = self._sums
        self._tail: Samples | None = None
        self._heights = np.zeros(_BINS + 1, np.int64)

    def add(self, block: Samples) -> None:
        """Take the next samples [shape=(frames, channels)], finite."""
        if not block.size:
            return
        self._channels = block.shape[1]
        self._frames += len(block)
        self._low = min(self._low, float(block.min()))
        self._high = max(self._high, float(block.max()))
        self._sums = self._sums + block.sum(axis=0, dtype=np.float64)
        self._squares = self._squares + np.square(block, dtype=np.float64).sum(axis=0)
        joined = block if self._tail is None else np.concatenate([self._tail, block])
        self._tail = joined[-(_STRETCH - 1) :].copy()
        self._count_flat(joined)

    def end(self) -> Levels:
        """Return the levels of all that was taken; zeros of nothing."""
        if not self._frames:
            return Levels(0, 0.0, 0.0, 0.0, 0.0, 0.0)
        means = self._sums / self._frames
        variance = float(np.mean(self._squares / self._frames - means**2))
        peak = max(abs(self._low), abs(self._high))
        top = int(self._heights[min(_BINS, int(_TOP * peak * _BINS_A_UNIT)) :].sum())
        return Levels(
            self._frames, self._low, self._high, float(np.sqrt(max(variance, 0.0))),
            float(means[np.abs(means).argmax()]), top / (self._frames * self._channels),
        )  # fmt: skip

    def _count_flat(self, samples: Samples) -> None:
        level = np.abs(np.diff(samples, axis=0)) < _FLAT
        ends = level[1:] & level[:-1]  # _STRETCH samples on one level
        heights = np.abs(samples[_STRETCH - 1 :][ends])
        bins = np.minimum(heights[heights > _LEAST_HEIGHT] * _BINS_A_UNIT, _BINS)
        self._heights += np.bincount(bins.astype(np.int64), minlength=_BINS + 1)
