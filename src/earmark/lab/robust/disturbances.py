"""What is done to music that a good tagger should not mind, each of one fixed strength."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from earmark.audio.augment import (
    Band,
    Change,
    Clipping,
    Codec,
    Excerpt,
    Floats,
    Gain,
    Noise,
    PitchShift,
    TimeStretch,
    resampled,
)

Family = Literal["codec", "gain", "clipping", "noise", "time-stretch", "pitch-shift", "band limit",
                 "excerpt", "sample rate"]  # fmt: skip


class Sound(NamedTuple):
    """Mono samples [shape=(n,)] and their rate in Hz."""

    samples: Floats
    sample_rate: int


@dataclass(frozen=True)
class Disturbance:
    """One change of the sound, or the same sound at another rate.

    Attributes:
        name: short. family: what it is one of.
        how: in words.
        change: what is done at the rate of the file; None for nothing.
        rate_hz: the sample rate at which the sound is handed over; None for its own.
    """

    name: str
    family: Family
    how: str
    change: Change | None = None
    rate_hz: int | None = None

    def __call__(self, sound: Sound, track: str, seed: int) -> Sound:
        """Return the disturbed sound; the same for the same track and seed, in any order.

        Raises:
            AudioError: it cannot be done to this sound.
        """
        samples, rate = sound
        if self.change is not None:
            own = [zlib.crc32(text.encode("utf-8", "replace")) for text in (self.name, track)]
            samples = self.change(samples, rate, np.random.default_rng([seed, *own]))
        to = self.rate_hz or rate
        return Sound(resampled(samples, rate, to), to)


def standard() -> tuple[Disturbance, ...]:
    """Return the disturbances of the bench, family by family."""
    return (
        Disturbance("mp3 64 kbit/s", "codec", "written as mp3 at a constant 64 kbit/s, mono, and "
                    "read again", Codec("mp3", 64)),
        Disturbance("opus 64 kbit/s", "codec", "written as Opus, aiming at 64 kbit/s, and read "
                    "again", Codec("opus", 64)),
        Disturbance("gain -20 dB", "gain", "a tenth as loud", Gain(-20)),
        Disturbance("gain +6 dB", "gain", "twice as loud, not clipped", Gain(6)),
        Disturbance("clipping 5 %", "clipping", "the loudest 5 % of samples cut to one level",
                    Clipping(0.05)),
        *(Disturbance(f"{colour} noise {db} dB", "noise",
                      f"{colour} noise {db} dB below the music", Noise(db, colour))
          for colour in ("white", "pink") for db in (20, 10)),
        *(Disturbance(f"tempo x{rate}", "time-stretch", f"{rate} times as fast, the pitch kept",
                      TimeStretch(rate)) for rate in (0.9, 1.1)),
        *(Disturbance(f"pitch {step:+d}", "pitch-shift", f"{step:+d} semitone, the tempo kept",
                      PitchShift(step)) for step in (-1, 1)),
        Disturbance("low-pass 4 kHz", "band limit", "nothing above 4 kHz", Band(0, 4000)),
        Disturbance("telephone", "band limit", "300 to 3400 Hz alone", Band(300, 3400)),
        Disturbance("first 10 s", "excerpt", "the first 10 s alone", Excerpt(10, "begin")),
        Disturbance("middle 10 s", "excerpt", "the middle 10 s alone", Excerpt(10)),
        Disturbance("last 10 s", "excerpt", "the last 10 s alone", Excerpt(10, "end")),
        Disturbance("middle 3 s", "excerpt", "the middle 3 s alone", Excerpt(3)),
        *(Disturbance(f"rate {hz / 1000:g} kHz", "sample rate", f"the same sound at {hz} Hz"
                      f"{', which holds nothing above 8 kHz' if hz == 16_000 else ''}", rate_hz=hz)
          for hz in (44_100, 48_000, 16_000)),
    )  # fmt: skip
