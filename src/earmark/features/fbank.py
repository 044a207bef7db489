"""Kaldi's log mel filterbanks: what the Audio Spectrogram Transformer and its kin listen to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp, kernels, mel
from earmark.audio.chunks import Passes, chunks
from earmark.audio.dsp import Floats
from earmark.audio.melbands import Doubles, MelShape
from earmark.features._bands import Bands
from earmark.features._frames import (
    over_time,
    refuse_count,
    refuse_frames,
)
from earmark.features._mel_settings import refuse_window
from earmark.features._streaming import stream
from earmark.features.base import Frames, FrontEnd

Window = Literal["hann", "povey"]

_PRE_EMPHASIS = 0.97
_POVEY_POWER = 0.85
_FLOOR = np.finfo(np.float32).eps
_BANDS = MelShape(fmin_hz=20.0, scale="kaldi", norm="none")


@dataclass(frozen=True)
class Fbank(Bands, FrontEnd):
    """Log mel filterbank over time [shape=(n_mels, 1 + (samples - window_length) // hop_length)],
    the lowest band first.

    Frame t begins at sample ``t * hop_length``; a sound shorter than one is filled up with zeros.
    Each frame loses its mean, is pre-emphasised by 0.97 (its first sample counting as its own
    predecessor), windowed, and transformed among zeros. Powers are summed into triangles straight
    in mel from 20 Hz to half the sample rate; of each sum, at least 1.19e-7, the natural logarithm
    is taken. Samples are in [-1, 1] and are not dithered. Equal to ``ASTFeatureExtractor`` of
    transformers and to Kaldi's ``fbank``.

    Attributes:
        sample_rate: in Hz.
        window_length: in samples.
        hop_length: in samples.
        n_fft: length of the transform in samples.
        n_mels: number of bands.
        window: ``hann`` or ``povey``, Hann's to the power of 0.85; both symmetric.
        subtract: from each logarithm; a mean over training data.
        divide: the rest by this; for AST twice the deviation over training data.

    Source: Povey et al., "The Kaldi speech recognition toolkit", 2011; Gong, Chung & Glass, "AST:
    audio spectrogram transformer", 2021.
    """

    name: ClassVar[str] = "fbank"
    axes: ClassVar[int] = 2
    sample_rate: int = 16_000
    window_length: int = 400
    hop_length: int = 160
    n_fft: int = 512
    n_mels: int = 128
    window: Window = "hann"
    subtract: float = 0.0
    divide: float = 1.0

    def __post_init__(self) -> None:
        refuse_frames(self.sample_rate, self.n_fft, self.hop_length)
        refuse_window(self.window_length, self.n_fft)
        refuse_count("n_mels", self.n_mels, 8, 512)
        if not abs(self.subtract) <= 1000:
            raise ValueError(f"'subtract' is {self.subtract:g}; expected -1000 to 1000.")
        if not 1e-3 <= self.divide <= 1000:
            raise ValueError(f"'divide' is {self.divide:g}; expected 0.001 to 1000.")

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the values of a sound of any length [shape=(n_mels, frames)], in one pass."""
        return over_time(list(self._pieces(passes())))

    def frames(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[Frames]:
        """Yield the frames of a sound [shape=(frames, n_mels)], those of ``whole``."""
        return stream(blocks, self.hop_length, self._pieces)

    def _pieces(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        for chunk in chunks(blocks, self.window_length, self.hop_length, "none"):
            values = self._mel_powers(chunk.samples)
            np.log(np.maximum(values, _FLOOR, out=values), out=values)
            values -= np.float32(self.subtract)
            values /= np.float32(self.divide)
            yield values

    def _mel_powers(self, samples: Floats) -> Floats:
        """Return the mel powers of all whole frames [shape=(frames, n_mels)]."""
        frames = dsp.frame(samples, self.window_length, self.hop_length)
        made = np.empty((len(frames), self.n_mels), np.float32)
        window = _window(self.window, self.window_length, self.n_fft)
        powers = np.empty((mel.BLOCK_FRAMES, 1 + self.n_fft // 2), np.float32)
        for first in range(0, len(frames), mel.BLOCK_FRAMES):
            block = slice(first, min(first + mel.BLOCK_FRAMES, len(frames)))
            spectra = powers[: block.stop - first]
            kernels.active().powers(emphasised(frames[block], self.n_fft), window, spectra, True)
            mel.into_bands(spectra, self.sample_rate, self.n_fft, made[block], _BANDS)
        return made


def emphasised(frames: Floats, n_fft: int) -> Floats:
    """Return frames without their means, pre-emphasised, followed by zeros
    [shape=(frames, n_fft)]."""
    length = frames.shape[1]
    centred = frames - frames.mean(axis=1, dtype=np.float64, keepdims=True)
    made = np.zeros((len(frames), n_fft), np.float32)
    made[:, 1:length] = centred[:, 1:] - _PRE_EMPHASIS * centred[:, :-1]
    made[:, 0] = (1 - _PRE_EMPHASIS) * centred[:, 0]
    return made


@lru_cache(maxsize=16)
def _window(kind: Window, length: int, n_fft: int) -> Doubles:
    """Return a symmetric window followed by zeros [shape=(n_fft,)]."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    if kind == "povey":
        window **= _POVEY_POWER
    return np.pad(window, (0, n_fft - length))
