"""What every change of a waveform is, and what it refuses."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import AudioError, EmptyAudioError

Floats = NDArray[np.float32]


class Change(ABC):
    """A change of mono samples; subclasses are frozen dataclasses that write ``changed``."""

    def __call__(self, samples: ArrayLike, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return changed samples [shape=(n,)], a copy, full scale being 1 and louder allowed.

        The length is kept by all but those whose name speaks of time.

        Args:
            samples: mono [shape=(n,)]. sample_rate: in Hz. rng: whose draws are all the chance.

        Raises:
            EmptyAudioError: no samples. AudioError: not mono, not finite, or a change that made
                them so.
        """
        given = np.array(samples, dtype=np.float32)  # a copy
        _refuse(given, "was given")
        found = np.ascontiguousarray(self.changed(given, sample_rate, rng), dtype=np.float32)
        _refuse(found, "made")
        return found

    @abstractmethod
    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the changed samples; those given are finite, at least one, and its own."""


def within(value: float, low: float, high: float, name: str) -> None:
    """Refuse a setting outside its range, NaN included.

    Raises:
        ValueError: it is not within; names it and the range.
    """
    if not low <= value <= high:
        raise ValueError(f"'{name}' is {value}; expected {low:g} to {high:g}.")


def fitted(samples: Floats, length: int) -> Floats:
    """Return the samples cut to a length, or with zeros behind them up to it."""
    return np.pad(samples[:length], (0, max(length - len(samples), 0)))


def resampled(samples: Floats, from_hz: float, to_hz: float) -> Floats:
    """Return the samples at another rate, by soxr."""
    if from_hz == to_hz:
        return samples
    import soxr

    found: Floats = soxr.resample(samples, from_hz, to_hz, quality="HQ")
    return found


def _refuse(samples: Floats, did: str) -> None:
    if samples.ndim != 1:
        raise AudioError(f"a change of sound {did} samples of shape {samples.shape}; expected mono "
                         "(n,): average the channels first.")
    if not len(samples):
        raise EmptyAudioError(f"a change of sound {did} no samples; expected at least one.")
    if not np.isfinite(samples).all():
        raise AudioError(f"a change of sound {did} samples that are no finite numbers; mend or "
                         "leave out the recording.")
