"""The 57 features of GTZAN's Kaggle tables, equal to the published values.

Means and population variances of frame curves over the segment, and one tempo. The published
tables were made with reflected edges; ``padding="zeros"`` reproduces tables made with newer
librosa defaults, and the two must never be mixed: the setting travels in the tagger.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import descriptors, dsp
from earmark.audio.chunks import Passes, chunks, kept
from earmark.audio.segments import Segments
from earmark.audio.spectra import Spectra, Survey, separation_halo
from earmark.errors import AudioError, suggestion
from earmark.features._tally import Tally
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
_PARTS = ("harmony", "perceptr")
_MFCC = tuple(f"mfcc{k}" for k in range(1, _N_MFCC + 1))


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
        """Return one value for each of ``columns``, in their order.

        A sound of more than some 90 seconds takes two passes: the tuning and the highest level
        are those of the whole sound.
        """
        passes = kept(passes)
        pieces = self._pieces(passes)
        first = next(pieces, None)
        if first is None:
            raise AudioError("holds no audio samples.")
        if not first.chunk.is_last:
            survey = Survey.of(itertools.chain([first], pieces))
            pieces = self._pieces(passes)
        elif first.chunk.length == 1:  # reflecting needs a neighbour
            return self(np.resize(np.concatenate(list(passes())), 2))
        else:
            survey = Survey.of([first])
            pieces = iter([first])
        values = self._values(pieces, survey)
        return np.asarray([values[column] for column in self.columns], dtype=np.float32)

    def _pieces(self, passes: Passes) -> Iterator[Spectra]:
        halo = separation_halo(self.n_fft, self.hop_length) if self.separation else 1
        cut = chunks(passes(), self.n_fft, self.hop_length, self.padding, halo=halo)
        return (Spectra(chunk, self.sample_rate) for chunk in cut)

    def _values(self, pieces: Iterable[Spectra], survey: Survey) -> dict[str, float]:
        tallies = {curve: Tally() for curve in (*_CURVES, *_MFCC)}
        rises: list[dsp.Floats] = []
        length = None
        for piece in pieces:
            for name, curve in self._curves(piece, survey).items():
                tallies[name].add(curve)
            if self.separation:
                # The tables with reflected edges stop at the last frame's centre and count
                # zeros after it; those with zero edges go on to the last sample.
                parts = piece.separated(to_the_end=self.padding == "zeros")
                for name, part in zip(_PARTS, parts, strict=True):
                    tallies[name].add(part)
            rises.append(piece.rises(survey))
            length = piece.chunk.length
        for name in _PARTS if self.separation else ():
            tallies[name].fill(length or 0)
        onsets = descriptors.delayed_rises(np.concatenate(rises), self.n_fft, self.hop_length)
        values = {"tempo": descriptors.tempo(onsets, self.sample_rate, self.hop_length)}
        for name, tally in tallies.items():
            values |= {f"{name}_mean": tally.mean, f"{name}_var": tally.variance}
        return values

    def _curves(self, piece: Spectra, survey: Survey) -> dict[str, NDArray[Any]]:
        hz = dsp.frequencies(self.sample_rate, self.n_fft)
        centroid, bandwidth = descriptors.spread(piece.magnitudes, hz)
        mfcc = descriptors.mfcc(piece.mel_db(survey), _N_MFCC)
        chroma = descriptors.chroma(piece.powers, self.sample_rate, self.n_fft, survey.tuning)
        return {
            "chroma_stft": chroma,
            "rms": piece.rms(),
            "spectral_centroid": centroid,
            "spectral_bandwidth": bandwidth,
            "rolloff": descriptors.rolloff(piece.magnitudes, hz),
            "zero_crossing_rate": piece.zero_crossing_rate(),
            **dict(zip(_MFCC, mfcc.T, strict=True)),
        }
