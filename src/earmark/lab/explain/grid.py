"""The cells a sound is taken apart into: windows of time by bands of frequency.

Bands are even on the mel scale, as hearing and most front ends are. Neighbouring cells fade into
each other, so that a cell can be taken away without a click, and the weights of all cells add up
to one everywhere: what all of them hold together is the sound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio.melbands import mel_frequencies, to_mel
from earmark.errors import SettingsError

Doubles = NDArray[np.float64]

_FADE_SECONDS = 0.06
_FADE_BANDS = 0.25  # of the narrower of two neighbours, on the mel scale
_LEAST_LAST = 0.5  # of a window: a shorter rest belongs to the window before
_MOST_WINDOWS = 2000


@dataclass(frozen=True)
class Grid:
    """Where the cells lie.

    Attributes:
        times: where windows begin and the last one ends, in seconds [shape=(windows + 1,)].
        hz: likewise of the bands, from 0 [shape=(bands + 1,)].
    """

    times: Doubles
    hz: Doubles

    @classmethod
    def over(cls, seconds: float, sample_rate: int, *, window: float, bands: int) -> Grid:
        """Return a grid over a sound.

        Args:
            window: length in seconds.
            bands: how many, even on the mel scale from 0 to half the sample rate.

        Raises:
            SettingsError: the sound has fewer than two windows, or far too many.
        """
        count = max(1, math.floor(seconds / window + _LEAST_LAST))
        if count < 2:
            raise SettingsError(f"{seconds:.2g} s of sound are one window of {window:g} s; "
                                "expected two windows at least: give a longer sound or a shorter "
                                "window.")
        if count > _MOST_WINDOWS:
            raise SettingsError(f"{seconds:.0f} s of sound are {count} windows of {window:g} s; "
                                f"expected at most {_MOST_WINDOWS}: give a longer window.")
        times = np.append(window * np.arange(count), seconds)
        return cls(times, _rounded(mel_frequencies(bands + 1, 0.0, sample_rate / 2)))

    @property
    def windows(self) -> int:
        """How many windows there are."""
        return len(self.times) - 1

    @property
    def bands(self) -> int:
        """How many bands there are."""
        return len(self.hz) - 1

    def time_weights(self, seconds: Doubles) -> Doubles:
        """Return what each window holds of each moment, in [0, 1] [shape=(moments, windows)]."""
        return _weights(seconds, self.times, np.full(self.windows - 1, _FADE_SECONDS))

    def band_weights(self, hz: Doubles) -> Doubles:
        """Return what each band holds of each frequency, in [0, 1] [shape=(frequencies, bands)]."""
        edges = to_mel(self.hz, "slaney")
        widths = np.diff(edges)
        return _weights(to_mel(hz, "slaney"), edges,
                        _FADE_BANDS * np.minimum(widths[:-1], widths[1:]))

    def time_masks(self, seconds: Doubles) -> NDArray[np.bool_]:
        """Return which window each moment is in, hard-edged [shape=(moments, windows)]."""
        return _masks(seconds, self.times)

    def band_masks(self, hz: Doubles) -> NDArray[np.bool_]:
        """Return which band each frequency is in [shape=(frequencies, bands)]; NaN is in none."""
        return _masks(hz, self.hz)


def _rounded(hz: Doubles) -> Doubles:
    """Round the inner edges to 10 Hz: they are read by people."""
    whole = hz.copy()
    whole[1:-1] = np.round(whole[1:-1], -1)
    # Many narrow bands may round to one edge.
    return whole if (np.diff(whole) > 0).all() else hz


def _weights(places: Doubles, edges: Doubles, fades: Doubles) -> Doubles:
    steps = np.clip((places[:, None] - edges[1:-1]) / fades + 0.5, 0, 1)
    ones, zeros = np.ones((len(places), 1)), np.zeros((len(places), 1))
    risen = np.concatenate([ones, steps, zeros], axis=1)
    weights: Doubles = risen[:, :-1] - risen[:, 1:]
    return weights


def _masks(places: Doubles, edges: Doubles) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (places[:, None] >= edges[:-1]) & (places[:, None] < edges[1:])
    inside[:, -1] |= places >= edges[-1]
    return inside
