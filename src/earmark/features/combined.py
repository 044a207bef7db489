"""The 57 features of GTZAN's tables and what they leave out: contrast, harmony, parts and beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.audio import beats, descriptors, dsp, harmony, spectral
from earmark.audio.dsp import Floats
from earmark.audio.spectra import Spectra, Survey, separation_halo
from earmark.features import gtzan57
from earmark.features._statistics import Curves, Statistics

_PARTS = ("harmonic", "percussive")
_OF_PARTS = ("rms", "centroid", "bandwidth", "rolloff")
_CONTRASTS = tuple(f"spectral_contrast{k}" for k in range(1, spectral.CONTRASTS + 1))
_TONNETZ = tuple(f"tonnetz{k}" for k in range(1, 7))
_BEAT_CHROMA = tuple(f"beat_chroma{k}" for k in range(1, 13))
_ADDED = (
    *_CONTRASTS, *_TONNETZ,
    *(f"{part}_{curve}" for part in _PARTS for curve in _OF_PARTS), *_BEAT_CHROMA,
)  # fmt: skip
COLUMNS = (
    *gtzan57.COLUMNS,
    *(f"{curve}_{moment}" for curve in _ADDED for moment in ("mean", "var")),
)


@dataclass(frozen=True)
class Combined(Statistics):
    """The 57 features of ``gtzan57`` and 66 more, all of one transform.

    Mean and variance of: spectral contrast of seven octave bands (dB); the tonal centroid's six
    coordinates; level, centroid, bandwidth and rolloff (Hz) of the harmonic and of the percussive
    part's spectrum; and the twelve pitch classes' medians from beat to beat, which no passing tone
    moves.

    Source: as for ``gtzan57``; Jiang et al., "Music type classification by spectral contrast
    feature", 2002; Harte et al., "Detecting harmonic change in musical audio", 2006; Ellis, "Beat
    tracking by dynamic programming", 2007.
    """

    name: ClassVar[str] = "combined"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sample_rate <= (least := spectral.contrast_lowest_rate()):
            raise ValueError(f"'sample_rate' is {self.sample_rate}; expected more than {least} Hz: "
                             "spectral contrast has bands up to half of that.")

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS

    @property
    def _halo(self) -> int:
        return separation_halo(self.n_fft, self.hop_length)

    @property
    def _filled(self) -> tuple[str, ...]:
        return gtzan57.PARTS

    def _curves(self, piece: Spectra, survey: Survey) -> Curves:
        curves = gtzan57.frame_curves(piece, survey)
        parts = piece.separated(to_the_end=self.padding == "zeros")
        curves |= dict(zip(gtzan57.PARTS, parts, strict=True))
        curves |= dict(zip(_TONNETZ, harmony.tonnetz(curves["chroma_stft"]).T, strict=True))
        for part, magnitudes in zip(_PARTS, piece.separated_magnitudes(), strict=True):
            curves |= {f"{part}_{k}": v for k, v in self._of_part(magnitudes).items()}
        return curves

    def _of_part(self, magnitudes: Floats) -> dict[str, NDArray[Any]]:
        hz = dsp.frequencies(self.sample_rate, self.n_fft)
        centroid, bandwidth = descriptors.spread(magnitudes, hz)
        return {
            "rms": spectral.level(np.square(magnitudes)),
            "centroid": centroid,
            "bandwidth": bandwidth,
            "rolloff": descriptors.rolloff(magnitudes, hz),
        }

    def _kept(self, piece: Spectra, curves: Curves) -> Floats:
        # Contrast goes 80 dB down from the highest of all frames; beats need all onsets.
        return np.concatenate([self._tails(piece), curves["chroma_stft"]], axis=1)

    def _tails(self, piece: Spectra) -> Floats:
        # Of magnitudes transformed in double precision: the weakest bins of a band, which count
        # here, are in float32 often no more than the rounding of the strongest.
        tails = np.empty((piece.chunk.frames, 2 * spectral.CONTRASTS), np.float32)
        for block, magnitudes in spectral.magnitude_blocks(piece.chunk):
            tails[block] = spectral.tails(magnitudes, self.sample_rate, self.n_fft)
        return tails[piece.chunk.own]

    def _of_all(self, onsets: Floats, tempo: float, kept: Floats) -> Curves:
        contrast = spectral.contrast(kept[:, : 2 * spectral.CONTRASTS])
        found = beats.track_beats(onsets, tempo, self.sample_rate, self.hop_length)
        chroma = beats.beat_medians(kept[:, 2 * spectral.CONTRASTS :], found)
        return {
            **dict(zip(_CONTRASTS, contrast.T, strict=True)),
            **dict(zip(_BEAT_CHROMA, chroma.T, strict=True)),
        }
