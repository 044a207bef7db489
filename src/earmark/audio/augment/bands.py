"""Changes of the spectrum: what a telephone, a radio or a low sample rate leaves of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio.augment._change import Change, Floats, fitted, resampled, within

_SLOPE = 0.1  # share of a cut's frequency over which the gain falls to nothing
_TAIL = 8192  # zeros behind the sound, into which the filter rings instead of its beginning


@dataclass(frozen=True)
class Band(Change):
    """Only what lies between two frequencies.

    Attributes:
        low_hz: nothing below is left; 0 for no lower cut.
        high_hz: nothing above is left. Over the last tenth before either the gain falls off.
    """

    low_hz: float = 0.0
    high_hz: float = 4000.0

    def __post_init__(self) -> None:
        within(self.low_hz, 0, 20_000, "low_hz")
        within(self.high_hz, 1, 400_000, "high_hz")
        if self.low_hz >= self.high_hz:
            raise ValueError(f"'low_hz' is {self.low_hz} and 'high_hz' {self.high_hz}; expected "
                             "the first to be lower.")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the band, its phases as they were."""
        return filtered(samples, sample_rate, self._gains)

    def _gains(self, hz: NDArray[np.float64]) -> NDArray[np.float64]:
        gains = _rise((self.high_hz - hz) / (_SLOPE * self.high_hz))
        if self.low_hz:
            gains *= _rise((hz - self.low_hz) / (_SLOPE * self.low_hz))
        return gains


@dataclass(frozen=True)
class ByRate(Change):
    """Resampled to a rate in Hz and back: of a lower one, what it cannot hold is lost."""

    hz: int

    def __post_init__(self) -> None:
        within(self.hz, 1000, 768_000, "hz")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the sound that has been at the rate, as long as it was."""
        there = resampled(samples, sample_rate, self.hz)
        return fitted(resampled(there, self.hz, sample_rate), len(samples))


def filtered(
    samples: Floats, sample_rate: int,
    gains: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Floats:
    """Return the samples with each frequency in Hz times its gain, phases as they were."""
    size = 1 << (len(samples) + _TAIL - 1).bit_length()  # odd sizes take the transform long
    spectrum = np.fft.rfft(samples, size)
    spectrum *= gains(np.fft.rfftfreq(size, 1 / sample_rate).astype(np.float64)).astype(np.float32)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def _rise(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 0 up to place 0 and 1 from place 1 on, a raised cosine between."""
    risen: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * places.clip(0, 1))
    return risen
