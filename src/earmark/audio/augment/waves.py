"""Random changes for training: another tempo, pitch, loudness and some noise, of the same length.

Time and pitch are audiomentations' (Signalsmith's stretching, made for music). What it is to do is
drawn here, from the generator given; it also draws from Python's and numpy's shared generators,
which are therefore seeded meanwhile and put back as they were. They are shared by all threads: call
this in processes of their own, as loaders' workers are, or in one thread at a time.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.audio.augment._change import Change, Floats, fitted, within
from earmark.audio.augment.levels import Gain, Noise
from earmark.errors import require


@dataclass(frozen=True)
class Draw:
    """How often something is changed and how much.

    Attributes:
        probability: 0 to 1. low, high: what is drawn lies evenly between.
    """

    probability: float
    low: float
    high: float

    def __post_init__(self) -> None:
        within(self.probability, 0, 1, "probability")
        if not self.low <= self.high:
            raise ValueError(f"'low' is {self.low} and 'high' {self.high}; expected the first not "
                             "to be higher.")

    def value(self, rng: np.random.Generator) -> float | None:
        """Return what is drawn, or None for no change; takes two draws whichever it is."""
        chance, share = rng.random(2)
        return self.low + share * (self.high - self.low) if chance < self.probability else None


@dataclass(frozen=True)
class Waves(Change):
    """Random changes of an excerpt, one after another; its length is kept.

    Attributes:
        time_stretch: rate, above 1 is faster; what is then missing at the end is filled from the
            beginning, what is too much is cut off.
        pitch_shift: in semitones.
        noise_snr_db: power of the sound over that of white noise.
        gain_db: of all.
    """

    time_stretch: Draw = Draw(0.3, 0.9, 1.1)
    pitch_shift: Draw = Draw(0.3, -1.0, 1.0)
    noise_snr_db: Draw = Draw(0.3, 15.0, 40.0)
    gain_db: Draw = Draw(0.5, -12.0, 6.0)

    def __post_init__(self) -> None:
        for name, low, high in (("time_stretch", 0.25, 4), ("pitch_shift", -12, 12),
                                ("noise_snr_db", -60, 120), ("gain_db", -120, 60)):
            its = getattr(self, name)
            within(its.low, low, high, f"{name}.low")
            within(its.high, low, high, f"{name}.high")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the changed excerpt.

        Raises:
            MissingExtraError: audiomentations is not installed, and time or pitch is to change.
        """
        rate, semitones = self.time_stretch.value(rng), self.pitch_shift.value(rng)
        snr, gain = self.noise_snr_db.value(rng), self.gain_db.value(rng)
        length = len(samples)
        if rate is not None or semitones is not None:
            with _shared_chance(int(rng.integers(2**32))):
                samples = _bent(samples, sample_rate, rate, semitones)
        samples = np.resize(samples, length)  # repeats what is too short
        if snr is not None:
            samples = Noise(snr).changed(samples, sample_rate, rng)
        return samples if gain is None else Gain(gain).changed(samples, sample_rate, rng)


def _bent(samples: Floats, sample_rate: int, rate: float | None, semitones: float | None) -> Floats:
    kinds: Any = require("audiomentations", extra="deep", purpose="changing time and pitch")
    if rate is not None:
        length = max(1, round(len(samples) / rate))
        stretch = kinds.TimeStretch(rate, rate, leave_length_unchanged=False, p=1.0)
        samples = fitted(stretch(samples, sample_rate), length)
    if semitones is not None:
        shift = kinds.PitchShift(semitones, semitones, p=1.0)
        samples = fitted(shift(samples, sample_rate), len(samples))
    return samples


@contextlib.contextmanager
def _shared_chance(seed: int) -> Iterator[None]:
    """Seed Python's and numpy's shared generators for a while."""
    # Those draws are what this guards, hence the calls that are warned of elsewhere.
    ours, theirs = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002
