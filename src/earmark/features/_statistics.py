"""What families of means and variances over a sound have in common."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import descriptors
from earmark.audio.chunks import Passes, chunks
from earmark.audio.dsp import Floats
from earmark.audio.segments import Segments
from earmark.audio.spectra import Spectra, Survey
from earmark.errors import AudioError
from earmark.features._tally import Tally
from earmark.features.base import FrontEnd

Curves = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Statistics(FrontEnd):
    """Statistics of curves over the frames of a sound of any length.

    A sound of more than some 90 seconds takes two passes, since its tuning and its highest level
    are those of the whole; what is kept of it meanwhile are some kilobytes a second.

    Attributes:
        sample_rate: in Hz; 22 050 in the published tables.
        n_fft: frame length in samples, a multiple of ``hop_length``.
        hop_length: in samples.
        padding: which convention the tables follow: ``reflect`` mirrors the sound beyond its
            ends (Kaggle's tables, librosa up to 0.8); ``zeros`` puts silence there and takes the
            separated parts to the last sample (tables made with newer librosa).
    """

    any_length: ClassVar[bool] = True
    axes: ClassVar[int] = 1
    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    padding: Literal["reflect", "zeros"] = "reflect"

    def __post_init__(self) -> None:
        if not 1000 <= self.sample_rate <= 192_000:
            raise ValueError(f"'sample_rate' is {self.sample_rate}; expected 1000 to 192000 Hz.")
        if not 256 <= self.n_fft <= 65_536 or self.n_fft % 2:
            raise ValueError(f"'n_fft' is {self.n_fft}; expected an even number, 256 to 65536.")
        if self.hop_length < 1 or self.n_fft % self.hop_length:
            raise ValueError(f"'hop_length' is {self.hop_length}; expected a divisor of 'n_fft', "
                             f"which is {self.n_fft}.")

    def segments(self, seconds: float | None) -> Segments:
        """Cut as the published tables do: the rest of the track is left out, and in the tables
        with reflected edges so is the last sample of each segment."""
        if seconds is None:
            return Segments(seconds=None)
        trim = 1 if self.padding == "reflect" else 0
        return Segments(seconds=seconds, trim_samples=trim, tail="drop")

    @property
    @abstractmethod
    def _halo(self) -> int:
        """Neighbours' frames that a chunk needs; at least 1."""

    @abstractmethod
    def _curves(self, piece: Spectra, survey: Survey) -> Curves:
        """Return the curves of a chunk whose mean and variance are columns, by name."""

    def _kept(self, piece: Spectra, curves: Curves) -> Floats | None:
        """Return what of a chunk is to be kept for ``_of_all`` [shape=(own frames, values)]."""
        return None

    def _of_all(self, onsets: Floats, tempo: float, kept: Floats) -> Curves:
        """Return further curves, which need what was ``_kept`` of the whole sound."""
        return {}

    @property
    def _filled(self) -> tuple[str, ...]:
        """Signals that end before the sound does, whose missing rest counts as zeros."""
        return ()

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return one value for each of ``columns``, in their order."""
        pieces = self._pieces(passes)
        first = next(pieces, None)
        if first is None:
            raise AudioError("holds no audio samples.")
        if first.chunk.length == 1:  # reflecting needs a neighbour
            return self(np.resize(np.concatenate(list(passes())), 2))
        if first.chunk.is_last:
            values = self._values([first], Survey.of([first]))
        else:
            survey = Survey.of(itertools.chain([first], pieces))
            values = self._values(self._pieces(passes), survey)
        return np.asarray([values[column] for column in self.columns], dtype=np.float32)

    def _pieces(self, passes: Passes) -> Iterator[Spectra]:
        cut = chunks(passes(), self.n_fft, self.hop_length, self.padding, halo=self._halo)
        return (Spectra(chunk, self.sample_rate) for chunk in cut)

    def _values(self, pieces: Iterable[Spectra], survey: Survey) -> dict[str, float]:
        tallies: dict[str, Tally] = {}
        rises: list[Floats] = []
        kept_values: list[Floats] = []
        for piece in pieces:
            curves = self._curves(piece, survey)
            _count(curves, tallies)
            if (keep := self._kept(piece, curves)) is not None:
                kept_values.append(keep)
            rises.append(piece.rises(survey))
            if piece.chunk.length is not None:
                for name in self._filled:
                    tallies[name].fill(piece.chunk.length)
        onsets = descriptors.delayed_rises(np.concatenate(rises), self.n_fft, self.hop_length)
        tempo = descriptors.tempo(onsets, self.sample_rate, self.hop_length)
        if kept_values:
            _count(self._of_all(onsets, tempo, np.concatenate(kept_values)), tallies)
        values = {"tempo": tempo}
        for name, tally in tallies.items():
            values |= {f"{name}_mean": tally.mean, f"{name}_var": tally.variance}
        return values


def _count(curves: Curves, tallies: dict[str, Tally]) -> None:
    for name, curve in curves.items():
        tallies.setdefault(name, Tally()).add(curve)
