"""The tuning of a sound of any length, heard a few frames at a time.

The votes are those of ``dsp.estimate_tuning``, which takes a whole spectrum at once; only the
peaks are kept, some tens a frame, as a height and a byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.audio.dsp import Floats

_LOW_HZ, _HIGH_HZ = 150.0, 4000.0
_LEAST_OF_HIGHEST = np.float32(0.1)  # what a peak must reach of its frame's highest power
_A0_HZ = np.float32(27.5)
_EDGES = np.linspace(-0.5, 0.5, 101)  # hundredths of a semitone


class Tuning:
    """Gathers spectral peaks and says by how much they deviate from A440.

    Args:
        sample_rate: in Hz.
        n_fft: frame length in samples.
    """

    def __init__(self, sample_rate: int, n_fft: int) -> None:
        bins = np.searchsorted(dsp.frequencies(sample_rate, n_fft),
                               [_LOW_HZ, min(_HIGH_HZ, sample_rate / 2)])
        self._low, self._high = max(int(bins[0]), 1), min(int(bins[1]), n_fft // 2)
        self._hz_a_bin = sample_rate / n_fft
        self._votes: list[NDArray[np.uint8]] = []
        self._heights: list[Floats] = []

    def hear(self, powers: Floats) -> None:
        """Take the peaks of some frames [shape=(frames, 1 + n_fft // 2)]."""
        low, high = self._low, self._high
        if high <= low:  # a sample rate so low that no bin lies there
            return
        middle = powers[:, low:high]
        rising = powers[:, low : high + 1] > powers[:, low - 1 : high]
        peaks = middle > _LEAST_OF_HIGHEST * powers.max(axis=1, keepdims=True)
        peaks &= rising[:, :-1]
        peaks &= ~rising[:, 1:]
        found = np.flatnonzero(peaks)
        if not len(found):
            return
        frames, bins = np.divmod(found, high - low)
        bins += low
        at, left, right = (powers[frames, bins + step] for step in (0, -1, 1))
        curve, slope = left + right - 2 * at, (right - left) / 2
        steep = np.abs(slope) >= np.abs(curve)
        shift = np.where(steep, 0, -slope / np.where(steep, 1, curve))
        self._votes.append(_votes(((bins + shift) * self._hz_a_bin).astype(np.float32)))
        self._heights.append(at + np.float32(0.5) * slope * shift)

    def estimate(self) -> float:
        """Return the deviation in semitones, in [-0.5, 0.5), a hundredth at a time; the stronger
        half of the peaks votes. 0 when there are none."""
        if not self._votes:
            return 0.0
        votes, heights = np.concatenate(self._votes), np.concatenate(self._heights)
        counts = np.bincount(votes[heights >= np.median(heights)], minlength=len(_EDGES) - 1)
        return float(_EDGES[np.argmax(counts)])


def _votes(hz: Floats) -> NDArray[np.uint8]:
    """Return which hundredth of a semitone each frequency deviates by, as a place in ``_EDGES``."""
    residual = np.mod(12 * np.log2(hz / _A0_HZ), 1.0)
    residual[residual >= 0.5] -= 1
    votes: NDArray[np.uint8] = (np.searchsorted(_EDGES, residual, side="right") - 1).astype("u1")
    return votes
