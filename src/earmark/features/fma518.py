"""The 518 features of FMA's tables: seven statistics of 74 curves.

FMA's script calls chroma, centroid, bandwidth, contrast and rolloff without the sample rate, so
that librosa takes them for 22 050 Hz while the sound has 44 100: the published frequencies are
half the true ones and the published chroma is not that of the notes heard. Whoever learns from
the published table needs values made the same way; whoever makes a table of their own need not
repeat it. The variant says which, and travels in the tagger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio import cqt, descriptors, dsp, harmony, mel, spectral
from earmark.audio.chunks import Chunk, Passes, chunks
from earmark.audio.dsp import Floats
from earmark.audio.moments import MOMENTS, moments
from earmark.audio.tuning import TuningVote, count, search
from earmark.errors import AudioError
from earmark.features._tables.kept import read_kept
from earmark.features._tables.wide import is_wide, read_wide
from earmark.features.base import FeatureSet, FrontEnd, Place, describe, placed

N_FFT = 2048
HOP_LENGTH = 512
_N_MELS = 128
_ASSUMED_RATE = 22_050  # librosa's, where it is not told another
_SIZES = {
    "chroma_cens": 12, "chroma_cqt": 12, "chroma_stft": 12, "mfcc": 20, "rmse": 1,
    "spectral_bandwidth": 1, "spectral_centroid": 1, "spectral_contrast": 7,
    "spectral_rolloff": 1, "tonnetz": 6, "zcr": 1,
}  # fmt: skip
COLUMNS = tuple(
    f"{feature}_{moment}_{number:02d}"
    for feature, size in _SIZES.items()
    for moment in MOMENTS
    for number in range(1, size + 1)
)


@dataclass(frozen=True)
class Fma518(FrontEnd):
    """Statistics of chroma three ways, tonal centroid, MFCC, level and spectral shape.

    Attributes:
        sample_rate: in Hz; 44 100 for most of FMA.
        variant: ``as_published`` repeats FMA's script: 22 050 Hz assumed for chroma_stft,
            centroid, bandwidth, contrast and rolloff, and rmse as the root mean square of the
            magnitudes. ``correct`` takes the true rate everywhere, and rmse is the level of the
            sound under the window.
        padding: what lies beyond the sound's two ends: its mirror image (``reflect``, librosa up
            to 0.8 and hence FMA's tables) or silence (``zeros``, librosa since).

    Source: Defferrard et al., "FMA: a dataset for music analysis", ISMIR 2017, and its
    ``features.py``.
    """

    name: ClassVar[str] = "fma518"
    axes: ClassVar[int] = 1
    any_length: ClassVar[bool] = True
    sample_rate: int = 44_100
    variant: Literal["as_published", "correct"] = "as_published"
    padding: Literal["reflect", "zeros"] = "reflect"

    def __post_init__(self) -> None:
        lowest = 2 * int(np.ceil(cqt.highest_hz(tuning=0.5)))
        if self.variant == "correct":
            lowest = max(lowest, spectral.contrast_lowest_rate() + 1)
        if not lowest <= self.sample_rate <= 192_000:
            raise ValueError(f"'sample_rate' is {self.sample_rate}; expected {lowest} to 192000 Hz "
                             f"with variant '{self.variant}': its highest tones need as much.")

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS

    def read(self, path: Path, place: Place) -> FeatureSet:
        """Read FMA's ``features.csv``, or a table with a ``filename`` a row as other families do.

        FMA's takes some ten seconds once, and one from then on; see ``_tables.kept``. Tracks that
        lack a value are left out and named under ``left_out`` in ``source``.

        Raises:
            DataError: the file is not such a table; see ``read_wide`` and ``read_table``.
        """
        if not is_wide(path):
            return super().read(path, place)
        read, left_out = read_kept(path, self.columns, read_wide)
        return placed(read, place, {"table": path.name, "front_end": describe(self),
                                    "left_out": list(left_out)})

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return one value for each of ``columns``, in their order.

        Raises:
            AudioError: there are no samples.
        """
        known, parts = self._listen(passes)
        return _statistics(self._curves(parts, known))

    def _listen(self, passes: Passes) -> tuple[_Known, Iterator[tuple[Chunk, _Heard]]]:
        """Return what the whole sound has to tell, and its chunks, heard one after the other."""
        pieces = self._chunks(passes())
        chunk = next(pieces, None)
        if chunk is None:
            raise AudioError("holds no audio samples.")
        votes = _Votes(TuningVote(self.sample_rate, N_FFT, of_powers=False),
                       TuningVote(self._assumed_rate, N_FFT, of_powers=True))  # fmt: skip
        if chunk.is_last:
            heard = self._hear(chunk, votes)
            highest, parts = heard.mel.max(), iter([(chunk, heard)])
        else:
            # What is known only at the end, the tunings and the highest level, takes a pass of
            # its own: spectra of an hour would not fit into memory.
            highest = max(self._survey(piece, votes) for piece in chain([chunk], pieces))
            parts = ((piece, self._hear(piece)) for piece in self._chunks(passes()))
        return _Known(votes.tones.semitones(), votes.classes.semitones(), highest), parts

    @property
    def _assumed_rate(self) -> int:
        return _ASSUMED_RATE if self.variant == "as_published" else self.sample_rate

    def _chunks(self, blocks: Iterable[Floats]) -> Iterator[Chunk]:
        return chunks(blocks, N_FFT, HOP_LENGTH, self.padding)

    def _survey(self, chunk: Chunk, votes: _Votes) -> np.float32:
        """Give the peaks to the votes and return the highest mel power."""
        highest, peaks = np.float32(0), []
        for _, magnitudes in spectral.magnitude_blocks(chunk):
            peaks.append(search(votes, magnitudes))
            powers = np.square(magnitudes)
            highest = max(highest, mel.bands(powers, self.sample_rate, N_FFT).max())
        count(votes, peaks)
        return highest

    def _hear(self, chunk: Chunk, votes: _Votes | None = None) -> _Heard:
        """Return all of a chunk that needs no knowledge of the whole sound."""
        rate = self._assumed_rate
        hz = dsp.frequencies(rate, N_FFT)
        powers, peaks = [], []
        bands = np.empty((chunk.frames, _N_MELS), np.float32)
        shape = np.empty((chunk.frames, 4), np.float32)
        tails = np.empty((chunk.frames, 2 * spectral.CONTRASTS), np.float32)
        for block, magnitudes in spectral.magnitude_blocks(chunk):
            if votes:
                peaks.append(search(votes, magnitudes))
            powers.append(np.square(magnitudes))
            mel.into_bands(powers[-1], self.sample_rate, N_FFT, bands[block])
            shape[block, 0] = self._level(powers[-1])
            shape[block, 1], shape[block, 2] = descriptors.spread(magnitudes, hz)
            shape[block, 3] = descriptors.rolloff(magnitudes, hz)
            tails[block] = spectral.tails(magnitudes, rate, N_FFT)
        if votes:
            count(votes, peaks)
        return _Heard(powers, bands, shape, tails)

    def _curves(
        self, parts: Iterator[tuple[Chunk, _Heard]], known: _Known
    ) -> dict[str, Floats]:
        """Return the curves of each feature [shape=(frames, size)]. Those of the constant-Q
        transform may have a frame more than the others: halving a sound rounds its length up."""
        tones = cqt.ConstantQ(self.sample_rate, known.tuning, HOP_LENGTH, self.padding)
        kept: list[list[Floats]] = []
        folded = []
        for chunk, heard in parts:
            folded.append(harmony.fold(tones.push(_sounding(chunk))))
            kept.append([
                self._chroma(heard.powers, known.class_tuning),
                _cepstrum(heard.mel, known.highest),
                spectral.crossing_rates(chunk)[:, None],
                heard.shape,
                heard.tails,
            ])
        folded.append(harmony.fold(tones.finish()))
        classes = np.concatenate(folded)
        del folded
        chroma, mfcc, crossings, shape, tails = (_joined(kept, k) for k in range(5))
        cens = harmony.chroma_cens(classes)
        return {
            "chroma_cens": cens, "chroma_cqt": harmony.chroma_cqt(classes), "chroma_stft": chroma,
            "mfcc": mfcc, "rmse": shape[:, :1], "spectral_bandwidth": shape[:, 2:3],
            "spectral_centroid": shape[:, 1:2], "spectral_contrast": spectral.contrast(tails),
            "spectral_rolloff": shape[:, 3:], "tonnetz": harmony.tonnetz(cens), "zcr": crossings,
        }  # fmt: skip

    def _chroma(self, powers: list[Floats], tuning: float) -> Floats:
        rate = self._assumed_rate
        return np.concatenate([descriptors.chroma(p, rate, N_FFT, tuning) for p in powers])

    def _level(self, powers: Floats) -> Floats:
        if self.variant == "as_published":
            level: Floats = np.sqrt(powers.mean(axis=1))
            return level
        return spectral.level(powers)


class _Votes(NamedTuple):
    tones: TuningVote  # of the magnitudes at the true rate, for the constant-Q transform
    classes: TuningVote  # of the powers at the rate assumed for chroma_stft


class _Known(NamedTuple):
    """What is known when the whole sound has been heard."""

    tuning: float
    class_tuning: float
    highest: np.float32  # mel power


class _Heard(NamedTuple):
    powers: list[Floats]  # (frames, bins) of one block after the other: they lie where others lay
    mel: Floats  # powers (frames, mels)
    shape: Floats  # rmse; centroid, bandwidth and rolloff in Hz (frames, 4)
    tails: Floats  # (frames, 14)


def _statistics(curves: dict[str, Floats]) -> Floats:
    """Return the values of all columns, in their order; lets go of each curve once it is done."""
    return np.concatenate(
        [moments(curves.pop(name)).reshape(-1) for name in _SIZES]
    ).astype(np.float32)


def _joined(kept: list[list[Floats]], place: int) -> Floats:
    """Return one curve of all chunks, and let go of its pieces: of an hour they are many."""
    pieces = [curves[place] for curves in kept]
    for curves in kept:
        curves[place] = pieces[0][:0]
    return np.concatenate(pieces)


def _sounding(chunk: Chunk) -> Floats:
    """Return the samples from the first frame's centre on that no other chunk returns: all
    chunks of a sound together give the sound, without padding."""
    start = N_FFT // 2
    end = chunk.frames * HOP_LENGTH
    if chunk.length is not None:
        end = chunk.length - chunk.first * HOP_LENGTH
    return chunk.samples[start : start + end]


def _cepstrum(mel: Floats, highest: np.float32) -> Floats:
    """Return mel-frequency cepstral coefficients [shape=(frames, 20)] of decibels that go no
    lower than 80 below the highest of the whole sound."""
    nothing, most = dsp.power_to_db(np.asarray([0, highest], np.float32), None)
    floor = max(nothing, most - np.float32(80))
    above = np.maximum(dsp.power_to_db(mel, None) - floor, 0)
    # A constant shows in the first coefficient alone. Left out of the product, it leaves no
    # rounding in the others, which are exactly 0 where a frame is silent.
    coefficients = descriptors.mfcc(above, _SIZES["mfcc"])
    coefficients[:, 0] += floor * np.float32(np.sqrt(mel.shape[1]))
    return coefficients
