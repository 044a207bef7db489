"""Mel spectra in decibels: what most networks for music listen to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.chunks import Passes
from earmark.features._colours import colours
from earmark.features._frames import (
    Reference,
    mel_decibels,
    over_time,
    refuse_count,
    refuse_frames,
    refuse_top_db,
    relate,
)
from earmark.features._png import png
from earmark.features.base import FrontEnd


@dataclass(frozen=True)
class LogMel(FrontEnd):
    """Mel spectrum in decibels over time [shape=(n_mels, 1 + samples // hop_length)], the lowest
    band first.

    Equal to librosa 0.11's ``power_to_db(melspectrogram(...))``. Bands that are narrower than a
    bin (many bands, short frames) may be fed by none and stay at -100 dB, as librosa's do.

    Attributes:
        sample_rate: in Hz.
        n_fft: frame length in samples.
        hop_length: in samples.
        n_mels: number of bands, on Slaney's scale from 0 Hz to half the sample rate.
        padding: what lies beyond the sound's ends: ``zeros`` (librosa since 0.10) or ``reflect``.
        reference: what 0 dB is: ``one``, a power of 1, so that loudness is kept; or ``max``, the
            highest value of the segment.
        top_db: everything lower than this below the segment's highest value is raised to it; None
            to keep it.

    Powers below 1e-10 count as that.

    Source: Stevens, Volkmann & Newman, "A scale for the measurement of the psychological
    magnitude pitch", 1937; filters: Slaney, "Auditory Toolbox", 1998.
    """

    name: ClassVar[str] = "logmel"
    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    padding: Literal["reflect", "zeros"] = "zeros"
    reference: Reference = "one"
    top_db: float | None = 80.0

    def __post_init__(self) -> None:
        refuse_frames(self.sample_rate, self.n_fft, self.hop_length)
        refuse_count("n_mels", self.n_mels, 8, 512)
        refuse_top_db(self.top_db)

    @property
    def columns(self) -> tuple[str, ...]:
        """The bands, ``mel1`` the lowest."""
        return tuple(f"mel{band}" for band in range(1, self.n_mels + 1))

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the decibels of a sound of any length [shape=(n_mels, frames)], in one pass."""
        heard = mel_decibels(passes, self.sample_rate, self.n_fft, self.hop_length, self.n_mels,
                             self.padding, self.top_db)
        return relate(over_time([bands for _, bands in heard]), self.reference, self.top_db)

    def png(self, decibels: NDArray[np.float32]) -> bytes:
        """Return decibels as a coloured PNG file, the highest band on top and the highest value
        lightest."""
        lowest, highest = decibels.min(), decibels.max()
        shades = (decibels[::-1] - lowest) / max(highest - lowest, np.float32(1))
        return png(colours(shades))
