"""Changes of time and pitch by a phase vocoder: fixed strengths, without any extra.

Each output frame has the magnitudes between the two frames around its time and goes on in phase as
they do (Flanagan and Golden, "Phase vocoder", 1966; the plain form, as librosa has it), which
smears what is struck. For training, ``waves`` uses another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.audio.augment._change import Change, Floats, fitted, resampled, within

_N_FFT, _HOP = 2048, 512
_BINS = 128  # worked on at once, so that memory stays small


@dataclass(frozen=True)
class TimeStretch(Change):
    """Another tempo at the same pitch.

    Attributes:
        rate: above 1 is faster and shorter, 0.25 to 4.
    """

    rate: float

    def __post_init__(self) -> None:
        within(self.rate, 0.25, 4, "rate")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the samples in ``n / rate`` of their time."""
        return _stretched(samples, self.rate)


@dataclass(frozen=True)
class PitchShift(Change):
    """Another pitch at the same tempo, by stretching and resampling.

    Attributes:
        semitones: up, or below 0 down, by at most 12.
    """

    semitones: float

    def __post_init__(self) -> None:
        within(self.semitones, -12, 12, "semitones")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the shifted samples, as long as they were."""
        ratio = 2 ** (self.semitones / 12)
        longer = _stretched(samples, 1 / ratio)
        return fitted(resampled(longer, sample_rate * ratio, sample_rate), len(samples))


def _stretched(samples: Floats, rate: float) -> Floats:
    spectrum = dsp.stft(samples, _N_FFT, _HOP, padding="zeros")  # (frames, bins)
    times = np.arange(0, len(spectrum), rate)
    found = np.empty((len(times), spectrum.shape[1]), np.complex64)
    for low in range(0, spectrum.shape[1], _BINS):
        bins = slice(low, low + _BINS)
        found[:, bins] = _at(spectrum[:, bins], times, low)
    return dsp.istft(found, _HOP, max(1, round(len(samples) / rate)))


def _at(spectrum: dsp.Complexes, times: NDArray[np.float64], low: int) -> dsp.Complexes:
    """Return the spectrum at times in frames; its first column is bin ``low``."""
    padded = np.pad(spectrum, ((0, 2), (0, 0)))  # nothing comes after the last frame
    before = times.astype(np.intp)
    share = (times - before)[:, None].astype(np.float32)
    heights = np.abs(padded)
    magnitudes = (1 - share) * heights[before] + share * heights[before + 1]
    angles = np.angle(padded).astype(np.float64)
    own = 2 * np.pi * _HOP / _N_FFT * np.arange(low, low + spectrum.shape[1])
    steps = np.diff(angles, axis=0) - own
    steps += own - 2 * np.pi * np.round(steps / (2 * np.pi))
    phases = angles[0] + np.pad(np.cumsum(steps[before[:-1]], axis=0), ((1, 0), (0, 0)))
    found: dsp.Complexes = (magnitudes * np.exp(1j * phases)).astype(np.complex64)
    return found
