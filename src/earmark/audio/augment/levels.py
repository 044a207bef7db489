"""Changes of level: gain, clipping, and noise added at a ratio to the sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from earmark.audio.augment._change import Change, Floats, within
from earmark.audio.augment.bands import filtered


@dataclass(frozen=True)
class Gain(Change):
    """Louder or softer by so many decibels; nothing is clipped."""

    db: float

    def __post_init__(self) -> None:
        within(self.db, -120, 60, "db")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return all samples times one factor."""
        return samples * np.float32(10 ** (self.db / 20))


@dataclass(frozen=True)
class Clipping(Change):
    """The loudest samples cut off.

    Attributes:
        share: of the samples that are cut to the level that so many reach, 0 to 0.5.
    """

    share: float

    def __post_init__(self) -> None:
        within(self.share, 0, 0.5, "share")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the samples within the level, which leaves silence and a square wave alone."""
        level = np.float32(np.quantile(np.abs(samples), 1 - self.share))
        return samples.clip(-level, level)


@dataclass(frozen=True)
class Noise(Change):
    """Noise added, its power measured against that of the whole sound.

    Attributes:
        snr_db: power of the sound over that of the noise, in decibels.
        colour: ``white``, or ``pink``: as strong in every octave, from 20 Hz on.
    """

    snr_db: float
    colour: Literal["white", "pink"] = "white"

    def __post_init__(self) -> None:
        within(self.snr_db, -60, 120, "snr_db")
        if self.colour not in ("white", "pink"):
            raise ValueError(f"'colour' is {self.colour!r}; expected white or pink.")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the sum; silence stays silent, since no noise is so far below it."""
        noise = rng.standard_normal(len(samples), np.float32)
        if self.colour == "pink":
            noise = filtered(noise, sample_rate, lambda hz: 1 / np.sqrt(np.maximum(hz, 20.0)))
        power, own = _power(samples), _power(noise)
        if not power or not own:  # a single sample of pink noise may be next to nothing
            return samples
        return samples + noise * np.float32(np.sqrt(power / own) * 10 ** (-self.snr_db / 20))


def _power(samples: Floats) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))
