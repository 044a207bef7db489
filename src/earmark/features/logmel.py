"""Mel spectra, in decibels or under another logarithm: what most networks for music listen to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp, mel
from earmark.audio.chunks import Passes, chunks
from earmark.audio.dsp import Floats
from earmark.audio.melbands import MelShape, Norm, Scale
from earmark.errors import SettingsError
from earmark.features._bands import Bands
from earmark.features._compression import Compression, Rounding, compress, rounded
from earmark.features._frames import (
    FLOAT32_DB,
    Reference,
    over_time,
    refuse_count,
    refuse_frames,
    refuse_top_db,
    relate,
)
from earmark.features._mel_settings import refuse_compression, refuse_range, refuse_window
from earmark.features._streaming import stream
from earmark.features.base import Frames, FrontEnd


@dataclass(frozen=True)
class LogMel(Bands, FrontEnd):
    """Mel spectrum over time [shape=(n_mels, frames)] in decibels or under another logarithm, the
    lowest band first.

    By default equal to librosa 0.11's ``power_to_db(melspectrogram(...))``. There are
    ``1 + samples // hop_length`` frames, without padding ``1 + (samples - window) // hop_length``
    and at least one. Bands that are narrower than a bin (many bands, short frames) may be fed by
    none and stay at the value of silence, as librosa's do.

    Attributes:
        sample_rate: in Hz.
        n_fft: length of the transform in samples.
        hop_length: in samples.
        n_mels: number of bands.
        padding: what lies beyond the sound's ends: ``zeros`` (librosa since 0.10) or ``reflect``,
            frame t centred on sample ``t * hop_length``; or ``none``: frame t begins there, and
            a sound shorter than one is filled up with zeros.
        reference: what 0 dB is: ``one``, a power of 1, so that loudness is kept; or ``max``, the
            highest value of the segment.
        top_db: everything lower than this below the segment's highest value is raised to it; None
            to keep it. Of decibels alone.
        window_length: of the periodic Hann window in samples, None for ``n_fft``. A shorter one
            stands in the middle of a centred frame, as librosa's does, and at the beginning of one
            that is not.
        fmin_hz: where the lowest band begins.
        fmax_hz: where the highest band ends; None for half the sample rate.
        mel_scale: ``slaney``, ``htk``, or ``kaldi``: HTK's with triangles straight in mel.
        norm: ``slaney`` for bands of equal area over Hz, ``none`` for bands of height 1.
        spectrum: ``power``, or ``magnitude``, its square root, before the bands are summed.
        compression: of mel values x: ``decibels``, ``log10_1e4`` for log10(10000 x + 1), or
            ``log`` for ln(x + offset).
        offset: of ``log``.
        rounding: ``float16`` to round mel values so before they are compressed, as the musicnn
            package does.

    Powers below 1e-10 count as that in decibels.

    Source: Stevens, Volkmann & Newman, "A scale for the measurement of the psychological
    magnitude pitch", 1937; filters: Slaney, "Auditory Toolbox", 1998; ``log10_1e4``: Pons &
    Serra, "musicnn", 2019; ``log``: Hershey et al., "CNN architectures for large-scale audio
    classification", 2017.
    """

    name: ClassVar[str] = "logmel"
    axes: ClassVar[int] = 2
    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    padding: Literal["reflect", "zeros", "none"] = "zeros"
    reference: Reference = "one"
    top_db: float | None = 80.0
    window_length: int | None = None
    fmin_hz: float = 0.0
    fmax_hz: float | None = None
    mel_scale: Scale = "slaney"
    norm: Norm = "slaney"
    spectrum: Literal["power", "magnitude"] = "power"
    compression: Compression = "decibels"
    offset: float = 0.01
    rounding: Rounding = "none"

    def __post_init__(self) -> None:
        refuse_frames(self.sample_rate, self.n_fft, self.hop_length)
        refuse_count("n_mels", self.n_mels, 8, 512)
        refuse_top_db(self.top_db)
        refuse_window(self.window_length, self.n_fft)
        refuse_range(self.fmin_hz, self.fmax_hz, self.sample_rate)
        refuse_compression(self.compression, self.spectrum, self.offset, self.reference,
                           self.top_db)  # fmt: skip

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the values of a sound of any length [shape=(n_mels, frames)], in one pass."""
        values = over_time(list(self._pieces(passes())))
        if self.compression == "decibels":
            relate(values, self.reference, self.top_db)
        return values

    def frames(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[Frames]:
        """Yield the frames of a sound [shape=(frames, n_mels)], those of ``whole``.

        Raises:
            SettingsError: a value depends on the whole sound, by ``reference`` or ``top_db``.
        """
        if self.compression == "decibels":
            if self.reference == "max":
                raise SettingsError("'logmel' gives no frames one after another while 'reference' "
                                    "is 'max', the highest of the whole sound; set it to 'one'.")
            if self.top_db is not None:
                raise SettingsError("'logmel' gives no frames one after another while 'top_db' is "
                                    f"{self.top_db:g} below the highest of the whole sound; set "
                                    "it to 'none'.")
        return stream(blocks, self.hop_length, self._pieces)

    def _pieces(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """Yield compressed values of some frames [shape=(frames, n_mels)], for ``decibels`` not yet
        related to the highest."""
        centred, window_length = self.padding != "none", self.window_length or self.n_fft
        # A frame that is not centred ends with its window, the transform goes on in zeros.
        length = self.n_fft if centred else window_length
        window = dsp.framed_hann(window_length, self.n_fft, centred=centred)
        shape = MelShape(self.fmin_hz, self.fmax_hz, self.mel_scale, self.norm)
        for chunk in chunks(blocks, length, self.hop_length, self.padding):
            samples = chunk.samples
            if length < self.n_fft:
                samples = np.pad(samples, (0, self.n_fft - length))
            bands = mel.powers(samples, self.sample_rate, self.n_fft, self.hop_length, self.n_mels,
                               exact=self._exact, window=window, shape=shape,
                               magnitude=self.spectrum == "magnitude")  # fmt: skip
            yield compress(rounded(bands, self.rounding), self.compression, self.offset)

    @property
    def _exact(self) -> bool:
        """Whether float32 would show: deep below the highest value, in magnitudes, whose error is
        not squared away, or where it turns the rounding."""
        if self.compression == "decibels" and self.rounding == "none":
            return self.top_db is None or self.top_db > FLOAT32_DB
        return (self.compression, self.spectrum, self.rounding) != ("log10_1e4", "power", "none")
