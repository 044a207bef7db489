"""Three views of a sound as the channels of one picture: mel spectrum, cepstrum and chroma.

The layout is that of a published project on FMA and MagnaTagATune, with one fault mended: there
each coefficient was repeated a whole number of times and the rest cut off at the picture's height,
which lost the last three of forty cepstral coefficients and most of the twelfth pitch class. Here
the rows are spread over the whole height.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import descriptors, dsp, mel
from earmark.audio.chunks import Chunk, Passes, chunks
from earmark.audio.dsp import Floats
from earmark.audio.votes import Votes
from earmark.features._frames import over_time, refuse_count, refuse_frames
from earmark.features._png import png
from earmark.features.base import FrontEnd

_CEPSTRAL_BANDS = 128  # mel bands that the cepstrum is taken of, librosa's default
_PITCH_CLASSES = 12
_TOP_DB = np.float32(80)


@dataclass
class _Heard:
    """Pieces of a sound, one a chunk [shape=(frames, ...)], and its spectral peaks."""

    bands: list[Floats] = field(default_factory=list)
    cepstral: list[Floats] = field(default_factory=list)
    chroma: list[Floats] = field(default_factory=list)
    votes: Votes = field(default_factory=Votes)


@dataclass(frozen=True)
class Stacked(FrontEnd):
    """Mel decibels, MFCC and chroma [shape=(3, n_mels, 1 + samples // hop_length)] in [0, 1],
    row 0 the lowest.

    Each channel is scaled so that its lowest value is 0 and its highest 1; one that is the same
    everywhere is 0. Row ``i`` shows coefficient ``i * n_mfcc // n_mels`` and pitch class
    ``i * 12 // n_mels`` (from C). All are of one transform; decibels go 80 dB down.

    Attributes:
        sample_rate: in Hz.
        n_fft: frame length in samples.
        hop_length: in samples.
        n_mels: bands of the mel channel, and so the height of the picture.
        n_mfcc: cepstral coefficients, of 128 mel bands.
        padding: what lies beyond the sound's ends: ``zeros`` (librosa since 0.10) or ``reflect``.

    The cepstrum's first coefficient is the level, so a gain moves the MFCC channel; the other two
    it does not move.
    """

    name: ClassVar[str] = "stacked"
    axes: ClassVar[int] = 3
    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 256
    n_mfcc: int = 40
    padding: Literal["reflect", "zeros"] = "zeros"

    def __post_init__(self) -> None:
        refuse_frames(self.sample_rate, self.n_fft, self.hop_length)
        refuse_count("n_mels", self.n_mels, _PITCH_CLASSES, 512)
        refuse_count("n_mfcc", self.n_mfcc, 2, min(_CEPSTRAL_BANDS, self.n_mels))

    @property
    def columns(self) -> tuple[str, ...]:
        """The channels."""
        return ("mel", "mfcc", "chroma")

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the picture; a sound longer than a chunk is heard twice, since its pitch classes
        need its tuning first."""
        heard = _Heard()
        kept: Floats | None = None
        for chunk in self._chunks(passes):
            alone = chunk.is_first and chunk.is_last
            kept = self._hear(chunk, heard, keep=alone)
        tuning = heard.votes.semitones()
        weights = dsp.chroma_filters(self.sample_rate, self.n_fft, tuning).T
        if kept is not None:
            heard.chroma.append(kept @ weights)
        else:
            heard.chroma.extend(self._pitch_classes(chunk, weights)
                                for chunk in self._chunks(passes))
        return self._picture(heard)

    def png(self, picture: NDArray[np.float32]) -> bytes:
        """Return a picture as a PNG file: mel red, MFCC green, chroma blue; the lowest row on top,
        as in the array and in the published project's files."""
        return png(picture)

    def _chunks(self, passes: Passes) -> Iterator[Chunk]:
        return chunks(passes(), self.n_fft, self.hop_length, self.padding)

    def _power_blocks(
        self, chunk: Chunk, keep: Floats | None = None
    ) -> Iterator[tuple[slice, Floats]]:
        return mel.power_blocks(chunk.samples, self.n_fft, self.hop_length, keep, exact=False)

    def _hear(self, chunk: Chunk, heard: _Heard, *, keep: bool) -> Floats | None:
        """Take all but the chroma of a chunk; return its powers if they are to be kept."""
        bands = np.empty((chunk.frames, self.n_mels), np.float32)
        cepstral = np.empty((chunk.frames, _CEPSTRAL_BANDS), np.float32)
        kept = np.empty((chunk.frames, 1 + self.n_fft // 2), np.float32) if keep else None
        for block, powers in self._power_blocks(chunk, kept):
            mel.into_bands(powers, self.sample_rate, self.n_fft, bands[block])
            mel.into_bands(powers, self.sample_rate, self.n_fft, cepstral[block])
            heard.votes.add(*dsp.pitches(powers, self.sample_rate, self.n_fft))
        heard.bands.append(mel.to_decibels(bands))
        heard.cepstral.append(mel.to_decibels(cepstral))
        return kept

    def _pitch_classes(self, chunk: Chunk, weights: Floats) -> Floats:
        raw = np.empty((chunk.frames, _PITCH_CLASSES), np.float32)
        for block, powers in self._power_blocks(chunk):
            np.matmul(powers, weights, out=raw[block])
        return raw

    def _picture(self, heard: _Heard) -> Floats:
        frames = sum(map(len, heard.bands))
        picture = np.empty((3, self.n_mels, frames), np.float32)
        bands, cepstrum, chroma = picture
        over_time(heard.bands, out=bands)
        np.maximum(bands, bands.max() - _TOP_DB, out=bands)
        _stretch(bands)
        _spread(_stretch(self._cepstrum(heard.cepstral)), cepstrum)
        _spread(_stretch(_normed(over_time(heard.chroma))), chroma)
        return picture

    def _cepstrum(self, pieces: list[Floats]) -> Floats:
        floor = max(piece.max() for piece in pieces) - _TOP_DB
        coefficients = []
        while pieces:
            bands = pieces.pop(0)
            np.maximum(bands, floor, out=bands)
            coefficients.append(descriptors.mfcc(bands, self.n_mfcc))
        return over_time(coefficients)


def _normed(chroma: Floats) -> Floats:
    """Make the strongest pitch class of each frame 1, in place."""
    highest = chroma.max(axis=0)
    chroma /= np.where(highest < np.finfo(np.float32).tiny, 1, highest)
    return chroma


def _stretch(rows: Floats) -> Floats:
    """Bring the lowest value to 0 and the highest to 1, in place; what is the same everywhere to
    0."""
    lowest, highest = rows.min(), rows.max()
    rows -= lowest
    if highest > lowest:
        rows /= highest - lowest
    return rows


def _spread(rows: Floats, channel: Floats) -> None:
    """Show rows over the whole height of a channel, each in as many places as there are."""
    nearest = np.arange(len(channel)) * len(rows) // len(channel)
    np.take(rows, nearest, axis=0, out=channel, mode="clip")  # the default makes a copy first
