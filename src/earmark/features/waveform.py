"""The sound itself, for networks that listen to samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.chunks import Passes
from earmark.audio.dsp import Floats
from earmark.errors import AudioError
from earmark.features.base import FrontEnd

_VARIANCE_OF_NOTHING = 1e-7


@dataclass(frozen=True)
class Waveform(FrontEnd):
    """Mono samples [shape=(1, samples)] in [-1, 1], or of mean 0 and variance 1.

    One row, as a picture of one channel is: a batch of segments is (segments, 1, samples).

    Attributes:
        sample_rate: in Hz.
        normalise: ``unit`` for (x - mean) / sqrt(variance + 1e-7) over the segment, as
            ``Wav2Vec2FeatureExtractor`` of transformers has it, which makes zeros of silence;
            ``none`` to leave samples as they are.
    """

    name: ClassVar[str] = "waveform"
    axes: ClassVar[int] = 2
    sample_rate: int = 16_000
    normalise: Literal["none", "unit"] = "none"

    def __post_init__(self) -> None:
        if not 1000 <= self.sample_rate <= 192_000:
            raise ValueError(f"'sample_rate' is {self.sample_rate}; expected 1000 to 192000 Hz.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The channel."""
        return ("samples",)

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the samples of a sound of any length, in one pass; they are the result, so memory
        grows with them."""
        blocks = list(passes())
        if not any(map(len, blocks)):
            raise AudioError("holds no audio samples.")
        samples = np.concatenate(blocks, dtype=np.float32)
        return (_unit(samples) if self.normalise == "unit" else samples)[None]


def _unit(samples: Floats) -> Floats:
    """Bring samples to mean 0 and variance 1, in place; the sums are in double precision."""
    samples -= np.float32(samples.mean(dtype=np.float64))
    variance = samples.var(dtype=np.float64)
    samples /= np.float32(np.sqrt(variance + _VARIANCE_OF_NOTHING))
    return samples
