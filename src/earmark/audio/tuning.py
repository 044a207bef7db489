"""How far a sound is tuned from A440: one search for spectral peaks, several opinions on them.

Whoever needs the tuning at two assumed rates, or from magnitudes and from powers, lets
several ``TuningVote`` look at the same peaks: powers have their peaks where magnitudes have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.audio.dsp import Floats
from earmark.audio.votes import Votes

_LOW_HZ, _HIGH_HZ = 150.0, 4000.0
_SHARE = np.float32(0.1)  # of the frame's highest value that a peak must exceed


class Peaks(NamedTuple):
    """Local maxima along frequency, one a value in each array."""

    bins: NDArray[np.int64]
    left: Floats
    middle: Floats
    right: Floats
    highest: Floats  # of the peak's whole frame


class TuningVote:
    """Gathers peaks, block after block, into one tuning, equal to librosa's.

    Args:
        sample_rate: in Hz, the true or an assumed one.
        n_fft: frame length in samples.
        of_powers: True to judge heights by squared magnitudes: fewer peaks reach a tenth of the
            highest, and the parabola through each is narrower.
    """

    def __init__(self, sample_rate: int, n_fft: int, *, of_powers: bool) -> None:
        self._hz_per_bin = sample_rate / n_fft
        self._of_powers = of_powers
        hz = dsp.frequencies(sample_rate, n_fft)
        low, high = np.searchsorted(hz, [_LOW_HZ, min(_HIGH_HZ, sample_rate / 2)])
        self.low, self.high = max(int(low), 1), min(int(high), n_fft // 2)
        self._votes = Votes()

    def add(self, peaks: Peaks) -> None:
        """Count peaks; those out of range or too low are passed over."""
        values = [np.square(v) for v in peaks[1:]] if self._of_powers else peaks[1:]
        heard = values[1] > _SHARE * values[3]
        heard &= (peaks.bins >= self.low) & (peaks.bins < self.high)
        which = np.flatnonzero(heard)
        bins = peaks.bins[which]
        left, middle, right = (value[which] for value in values[:3])
        half = np.float32(0.5)
        slope, curve = half * (right - left), left + right - middle / half
        curve[curve >= 0] = -np.inf  # level but for rounding: no shift
        shift = -slope / curve
        heights: Floats = middle + half * slope * shift
        self._votes.add(((bins + shift) * self._hz_per_bin).astype(np.float32), heights)

    def semitones(self) -> float:
        """Return the deviation from A440 in semitones, in [-0.5, 0.5); 0 where no peak was."""
        return self._votes.semitones()


def search(votes: Sequence[TuningVote], magnitudes: Floats) -> Peaks:
    """Return the peaks that some of the votes will count.

    Args:
        magnitudes: [shape=(frames, bins)].
    """
    low, high = min(vote.low for vote in votes), max(vote.high for vote in votes)
    highest = magnitudes.max(axis=1)
    places = peak_places(magnitudes, _SHARE * highest, low, max(low, high))
    rows = places // magnitudes.shape[1]
    flat = magnitudes.reshape(-1)
    return Peaks(places - rows * magnitudes.shape[1], flat[places - 1], flat[places],
                 flat[places + 1], highest[rows])  # fmt: skip


def peak_places(values: Floats, floors: Floats, low: int, high: int) -> NDArray[np.int64]:
    """Return where rows have local maxima above their floor, as places in ``values.ravel()``.

    Args:
        values: [shape=(rows, columns)], in C order.
        floors: [shape=(rows,)].
        low: first column looked at, at least 1.
        high: end of the columns looked at, at most columns - 1.
    """
    left, middle, right = (values[:, low + k : high + k] for k in (-1, 0, 1))
    peaks = middle > floors[:, None]
    peaks &= middle > left
    peaks &= middle >= right
    found = np.flatnonzero(peaks)
    rows = found // max(1, high - low)
    places: NDArray[np.int64] = found + rows * (values.shape[1] - (high - low)) + low
    return places


def count(votes: Sequence[TuningVote], found: Sequence[Peaks]) -> None:
    """Give the peaks of several searches to all votes."""
    peaks = Peaks(*(np.concatenate(values) for values in zip(*found, strict=True)))
    for vote in votes:
        vote.add(peaks)
