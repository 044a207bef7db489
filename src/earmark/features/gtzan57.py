"""The 57 features of GTZAN's Kaggle tables, equal to the published values.

Means and population variances of frame curves over the segment, and one tempo. The published
tables were made with reflected edges; ``padding="zeros"`` reproduces tables made with newer
librosa defaults, and the two must never be mixed: the setting travels in the tagger.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import descriptors, dsp
from earmark.audio.chunks import Passes
from earmark.audio.segments import Segments
from earmark.errors import suggestion
from earmark.features.base import FrontEnd, describe

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
_SHORTEST_SAMPLES = 2  # reflecting needs a neighbour


@dataclass(frozen=True)
class Gtzan57(FrontEnd):
    """Statistics of chroma, level, brightness, harmonic and percussive parts, tempo and MFCC.

    Attributes:
        sample_rate: in Hz; 22 050 in the published tables.
        n_fft: frame length in samples, a multiple of ``hop_length``.
        hop_length: in samples.
        separation: False leaves out the four columns of the harmonic and percussive parts,
            which cost two thirds of the time.
        without: further columns to leave out.
        padding: which convention the tables follow: ``reflect`` mirrors the sound beyond its
            ends (Kaggle's tables, librosa up to 0.8); ``zeros`` puts silence there and takes the
            separated parts to the last sample (tables made with newer librosa).

    Source: the feature tables of GTZAN's Kaggle edition; Tzanetakis & Cook, "Musical genre
    classification of audio signals", 2002.
    """

    name: ClassVar[str] = "gtzan57"
    any_length: ClassVar[bool] = True
    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    padding: Literal["reflect", "zeros"] = "reflect"
    separation: bool = True
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1000 <= self.sample_rate <= 192_000:
            raise ValueError(f"'sample_rate' is {self.sample_rate}; expected 1000 to 192000 Hz.")
        if not 256 <= self.n_fft <= 65_536 or self.n_fft % 2:
            raise ValueError(f"'n_fft' is {self.n_fft}; expected an even number, 256 to 65536.")
        if self.hop_length < 1 or self.n_fft % self.hop_length:
            raise ValueError(f"'hop_length' is {self.hop_length}; expected a divisor of 'n_fft', "
                             f"which is {self.n_fft}.")
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

    def segments(self, seconds: float | None) -> Segments:
        """Cut as the published tables do: the rest of the track is left out, and in the tables
        with reflected edges so is the last sample of each segment."""
        if seconds is None:
            return Segments(seconds=None)
        trim = 1 if self.padding == "reflect" else 0
        return Segments(seconds=seconds, trim_samples=trim, tail="drop")

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return one value for each of ``columns``, in their order."""
        samples = np.concatenate(list(passes()))
        if len(samples) < _SHORTEST_SAMPLES:
            samples = np.resize(samples, _SHORTEST_SAMPLES)
        values = self._values(np.ascontiguousarray(samples, dtype=np.float32))
        return np.asarray([values[column] for column in self.columns], dtype=np.float32)

    def _values(self, samples: NDArray[np.float32]) -> dict[str, float]:
        spectrum = dsp.stft(samples, self.n_fft, self.hop_length, self.padding)
        powers = dsp.power(spectrum)
        magnitudes = np.sqrt(powers)
        values = self._curves(samples, powers, magnitudes)
        if self.separation:
            values |= self._parts(samples, spectrum, magnitudes)
        return values | self._cepstrum_and_tempo(powers)

    def _parts(
        self, samples: NDArray[np.float32], spectrum: dsp.Complexes, magnitudes: dsp.Floats
    ) -> dict[str, float]:
        # The tables with reflected edges stop at the last frame's centre and count zeros after
        # it; those with zero edges go on to the last sample.
        length = None if self.padding == "reflect" else len(samples)
        parts = dsp.separate(samples, spectrum, magnitudes, self.hop_length, length)
        return {
            name: value
            for part_name, part in zip(("harmony", "perceptr"), parts, strict=True)
            for name, value in _padded_moments(part_name, part, len(samples)).items()
        }

    def _curves(
        self, samples: NDArray[np.float32], powers: dsp.Floats, magnitudes: dsp.Floats
    ) -> dict[str, float]:
        hz = dsp.frequencies(self.sample_rate, self.n_fft)
        centroid, bandwidth = descriptors.spread(magnitudes, hz)
        curves: dict[str, NDArray[Any]] = {
            "chroma_stft": descriptors.chroma(powers, self.sample_rate, self.n_fft),
            "rms": descriptors.rms(samples, self.padding, self.n_fft, self.hop_length),
            "spectral_centroid": centroid,
            "spectral_bandwidth": bandwidth,
            "rolloff": descriptors.rolloff(magnitudes, hz),
            "zero_crossing_rate": descriptors.zero_crossing_rate(
                samples, self.n_fft, self.hop_length
            ),
        }
        return {k: v for name, curve in curves.items() for k, v in _moments(name, curve).items()}

    def _cepstrum_and_tempo(self, powers: dsp.Floats) -> dict[str, float]:
        mel_db = dsp.power_to_db(powers @ dsp.mel_filters(self.sample_rate, self.n_fft).T)
        onsets = descriptors.onset_strength(mel_db, self.n_fft, self.hop_length)
        values = {"tempo": descriptors.tempo(onsets, self.sample_rate, self.hop_length)}
        for k, coefficient in enumerate(descriptors.mfcc(mel_db, _N_MFCC).T, 1):
            values |= _moments(f"mfcc{k}", coefficient)
        return values


def _moments(name: str, values: NDArray[Any]) -> dict[str, float]:
    return {
        f"{name}_mean": float(values.mean(dtype=np.float64)),
        f"{name}_var": float(values.var(dtype=np.float64)),
    }


def _padded_moments(name: str, signal: NDArray[np.float32], length: int) -> dict[str, float]:
    """Moments of the signal with zeros appended up to ``length``."""
    mean = float(signal.sum(dtype=np.float64)) / length
    square = float(np.square(signal, dtype=np.float64).sum()) / length
    return {f"{name}_mean": mean, f"{name}_var": max(square - mean * mean, 0.0)}
