"""Parts of a track: how much of it is heard, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from earmark.audio.augment._change import Change, Floats, within

Place = Literal["begin", "middle", "end"]
_SHARES = {"begin": 0.0, "middle": 0.5, "end": 1.0}  # of what is left out, before the excerpt


@dataclass(frozen=True)
class Excerpt(Change):
    """So many seconds of the track's time; all of a track that is no longer.

    Attributes:
        seconds: 0.1 to 3600. place: ``begin``, ``middle`` or ``end``.
    """

    seconds: float
    place: Place = "middle"

    def __post_init__(self) -> None:
        within(self.seconds, 0.1, 3600, "seconds")
        if self.place not in _SHARES:
            raise ValueError(f"'place' is {self.place!r}; expected begin, middle or end.")

    def changed(self, samples: Floats, sample_rate: int, rng: np.random.Generator) -> Floats:
        """Return the excerpt."""
        length = max(1, round(self.seconds * sample_rate))
        start = round(max(len(samples) - length, 0) * _SHARES[self.place])
        return samples[start : start + length]
