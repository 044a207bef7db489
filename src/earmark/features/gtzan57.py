"""The 57 features of GTZAN's Kaggle tables, equal to the published values.

Means and population variances of frame curves over the segment, and one tempo. The published
tables were made with reflected edges; ``padding="zeros"`` reproduces tables made with newer
librosa defaults, and the two must never be mixed: the setting travels in the tagger.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from earmark.audio import descriptors, dsp
from earmark.audio.spectra import Spectra, Survey, separation_halo
from earmark.errors import suggestion
from earmark.features._statistics import Curves, Statistics
from earmark.features.base import describe

_CURVES = (
    "chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff",
    "zero_crossing_rate", "harmony", "perceptr",
)  # fmt: skip
_N_MFCC = 20
COLUMNS = (
    *(f"{curve}_{moment}" for curve in _CURVES for moment in ("mean", "var")),
    "tempo",
    *(f"mfcc{k}_{moment}" for k in range(1, _N_MFCC + 1) for moment in ("mean", "var")),
)
_WITHOUT_SEPARATION = tuple(c for c in COLUMNS if not c.startswith(("harmony", "perceptr")))
_PARTS = ("harmony", "perceptr")
_MFCC = tuple(f"mfcc{k}" for k in range(1, _N_MFCC + 1))


@dataclass(frozen=True)
class Gtzan57(Statistics):
    """Statistics of chroma, level, brightness, harmonic and percussive parts, tempo and MFCC.

    Attributes:
        separation: False leaves out the four columns of the harmonic and percussive parts,
            which cost half of the time.
        without: further columns to leave out.

    Source: the feature tables of GTZAN's Kaggle edition; Tzanetakis & Cook, "Musical genre
    classification of audio signals", 2002.
    """

    name: ClassVar[str] = "gtzan57"
    separation: bool = True
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if unknown := set(self.without) - set(COLUMNS):
            name = min(unknown)
            raise ValueError(f"'without' names '{name}'.{suggestion(name, COLUMNS)}")

    @property
    def columns(self) -> tuple[str, ...]:
        left = COLUMNS if self.separation else _WITHOUT_SEPARATION
        return tuple(column for column in left if column not in self.without)

    def made_by(self, description: Mapping[str, Any]) -> bool:
        """A table of all columns also has those of a front end that leaves some out."""
        whole = dataclasses.replace(self, separation=True, without=())
        return super().made_by(description) or describe(whole) == description

    @classmethod
    def column_aliases(cls) -> Mapping[str, str]:
        """Other tables spell ``perceptr`` out."""
        return {f"percussive_{moment}": f"perceptr_{moment}" for moment in ("mean", "var")}

    @property
    def _halo(self) -> int:
        return separation_halo(self.n_fft, self.hop_length) if self.separation else 1

    @property
    def _filled(self) -> tuple[str, ...]:
        return _PARTS if self.separation else ()

    def _curves(self, piece: Spectra, survey: Survey) -> Curves:
        curves = frame_curves(piece, survey)
        if self.separation:
            # The tables with reflected edges stop at the last frame's centre and count zeros
            # after it; those with zero edges go on to the last sample.
            parts = piece.separated(to_the_end=self.padding == "zeros")
            curves |= dict(zip(_PARTS, parts, strict=True))
        return curves


def frame_curves(piece: Spectra, survey: Survey) -> dict[str, NDArray[Any]]:
    """Return the curves that need no separation, by name."""
    rate, n_fft = piece.sample_rate, piece.chunk.n_fft
    hz = dsp.frequencies(rate, n_fft)
    centroid, bandwidth = descriptors.spread(piece.magnitudes, hz)
    mfcc = descriptors.mfcc(piece.mel_db(survey), _N_MFCC)
    return {
        "chroma_stft": descriptors.chroma(piece.powers, rate, n_fft, survey.tuning),
        "rms": piece.rms(),
        "spectral_centroid": centroid,
        "spectral_bandwidth": bandwidth,
        "rolloff": descriptors.rolloff(piece.magnitudes, hz),
        "zero_crossing_rate": piece.zero_crossing_rate(),
        **dict(zip(_MFCC, mfcc.T, strict=True)),
    }
