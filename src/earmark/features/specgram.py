"""Spectrogram pictures of whole segments in linear frequency, as published of the GTZAN clips.

The published pictures were drawn by plotting libraries, in two ways: those of ``jazz.00000`` to
``jazz.00037`` show a bin more and are lighter than all others, so that a network may know them by
how they were drawn. What a picture shows is therefore read back to the spectra it was drawn from,
and the same spectra are computed from audio here: 496 of a clip's 2953, one a column, of which the
others were hidden by their neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.chunks import Chunk, Passes, chunks
from earmark.errors import DataError
from earmark.features._colours import colours
from earmark.features._frames import refuse_count, refuse_frames
from earmark.features._png import png
from earmark.features._tables.pictures import BINS, SPECTRA, Pictures, read_pictures
from earmark.features.base import FeatureSet, FrontEnd, Place, describe

_TAPER = 0.25  # of the window, half of it at either end
_SILENT = 1e-20  # a bin of less power (a full sine has some 5000) holds nothing but rounding
_AT_ONCE = 256  # frames transformed
_PICTURES = 32  # read from a file
_FLAT = 1e-6  # a picture that varies less is all one shade

Exact = NDArray[np.float64]


@dataclass(frozen=True)
class Specgram(FrontEnd):
    """Spectrogram of the whole segment [shape=(height, width)], the lowest frequency first, time
    from left to right, whatever the segment's length.

    Of all frames but the last, ``spectra`` are taken at equal distances, each the last that begins
    within its part of the segment. Their power in decibels is brought to 0 for the lowest bin of
    all frames and 1 for the highest, and averaged over equal areas. The bin at half the sample
    rate is left out; bins without power are at 0 and do not count. Frames are freed of their mean
    and weighted by a window with a cosine taper over a quarter of it.

    Attributes:
        sample_rate: in Hz.
        n_fft: frame length in samples.
        hop_length: in samples.
        spectra: how many are shown.
        height: rows of the picture, at most ``n_fft // 2``, the bins that are averaged into them.
        width: columns of the picture, at most ``spectra``.
        levels: ``standard`` for a mean of 0 and a standard deviation of 1 in each picture, which
            sees neither loudness nor the one lowest bin; or ``range`` for [0, 1] as described.
            Where all is of one level, as in silence, ``standard`` gives 0.
        scale: ``linear`` for rows of equal width; ``mel`` for ``height`` triangles whose centres
            lie at equal distances in HTK's mel from 0 Hz to half the sample rate, none narrower
            than a bin: averages of the levels, unlike a mel spectrum's, which are of powers.

    Source: Tzanetakis & Cook's clips as published by others in pictures of
    ``scipy.signal.spectrogram`` with its defaults, drawn by ``matplotlib.pyplot.pcolormesh``.
    """

    name: ClassVar[str] = "specgram"
    axes: ClassVar[int] = 2
    sample_rate: int = 22_050
    n_fft: int = 256
    hop_length: int = 224
    spectra: int = SPECTRA
    height: int = 64
    width: int = 124
    levels: Literal["standard", "range"] = "standard"
    scale: Literal["linear", "mel"] = "linear"

    def __post_init__(self) -> None:
        refuse_frames(self.sample_rate, self.n_fft, self.hop_length)
        refuse_count("spectra", self.spectra, 8, 4096)
        refuse_count("height", self.height, 1, self.n_fft // 2)
        refuse_count("width", self.width, 1, self.spectra)

    @property
    def columns(self) -> tuple[str, ...]:
        """The rows of the picture, ``row1`` the lowest."""
        return tuple(f"row{row}" for row in range(1, self.height + 1))

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the picture; a sound is heard twice, since its length and its range come first."""
        heard = _Heard()
        for chunk in self._chunks(passes):
            heard.add(_powers(chunk, np.arange(chunk.frames)))
        wanted = _shown(heard.frames, self.spectra)
        cells = np.empty((self.n_fft // 2, self.spectra))  # (bins, spectra)
        for chunk in self._chunks(passes):
            here = (wanted >= chunk.first) & (wanted < chunk.first + chunk.frames)
            frames, again = np.unique(wanted[here] - chunk.first, return_inverse=True)
            if len(frames):
                cells[:, here] = _powers(chunk, frames)[again].T
        (picture,) = self._pictures(heard.levels(cells).astype(np.float32)[None])
        return np.asarray(picture)

    def read(self, path: Path, place: Place) -> FeatureSet:
        """Read the published pictures, as these settings have them.

        Args:
            place: from a picture's name to its track's id and the start of the segment in seconds.

        Raises:
            DataError: the file does not hold such pictures; see ``read_pictures``. Or these
                settings are not theirs.
        """
        if not self.made_by(describe(full_size())):
            raise DataError(f"{path}: holds pictures of {describe(full_size())}; expected a front "
                            "end that differs in 'height', 'width', 'levels' and 'scale' alone.")
        found = read_pictures(path)
        places = [place(name) for name in found.names]
        return FeatureSet(self._pooled(found),
                          np.asarray([track for track, _ in places], dtype=np.str_),
                          np.asarray([start for _, start in places], dtype=np.float64),
                          self.columns, {"table": path.name, "front_end": describe(self)})

    def made_by(self, description: Mapping[str, Any]) -> bool:
        """Tell whether described pictures are these, or such that these can be pooled from."""
        largest = replace(self, height=self.n_fft // 2, width=self.spectra, levels="range",
                          scale="linear")
        return dict(description) in (describe(self), describe(largest))

    def png(self, values: NDArray[np.float32]) -> bytes:
        """Return a picture as a coloured PNG file, the highest frequency on top and the highest
        value lightest."""
        lowest, highest = values.min(), values.max()
        return png(colours((values[::-1] - lowest) / max(highest - lowest, np.float32(_FLAT))))

    def _chunks(self, passes: Passes) -> Iterator[Chunk]:
        return chunks(passes(), self.n_fft, self.hop_length, "none")

    def _pooled(self, found: Pictures) -> NDArray[np.float32]:
        pictures = np.empty((len(found.names), self.height, self.width), np.float32)
        for start in range(0, len(pictures), _PICTURES):
            at_once = slice(start, start + _PICTURES)
            pictures[at_once] = self._pictures(found.cells(at_once))
        return pictures

    def _pictures(self, cells: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return pictures [shape=(pictures, height, width)] of levels in [0, 1]
        [shape=(pictures, bins, spectra)]."""
        rows = (areas if self.scale == "linear" else triangles)(self.n_fft // 2, self.height,
                                                                self.sample_rate)
        columns = areas(self.spectra, self.width)
        pooled: NDArray[np.float32] = rows @ (cells @ columns.T)
        return _standard(pooled) if self.levels == "standard" else np.clip(pooled, 0, 1)


def full_size() -> Specgram:
    """Return the front end of the published pictures, unpooled."""
    return Specgram(height=BINS, width=SPECTRA, levels="range")


class _Heard:
    """The lowest and highest power of all frames but the last, unless there is but one."""

    def __init__(self) -> None:
        self.frames = 0
        self._lowest, self._highest = np.inf, 0.0
        self._last: Exact | None = None

    def add(self, powers: Exact) -> None:
        if self._last is not None:
            self._widen(self._last)
        self._widen(powers[:-1])
        self._last = powers[-1:]
        self.frames += len(powers)

    def _widen(self, powers: Exact) -> None:
        self._lowest = powers.min(where=powers > _SILENT, initial=self._lowest)
        self._highest = powers.max(initial=self._highest)

    def levels(self, powers: Exact) -> Exact:
        """Turn powers into 0, the lowest, to 1, the highest."""
        if self.frames == 1 and self._last is not None:
            self._widen(self._last)
        if not self._lowest < self._highest:
            return np.zeros_like(powers)
        lowest, highest = np.log10([self._lowest, self._highest])
        raised = np.log10(np.maximum(powers, self._lowest))
        levels: Exact = np.minimum((raised - lowest) / (highest - lowest), 1)
        return levels


def _powers(chunk: Chunk, frames: NDArray[np.int64]) -> Exact:
    """Return the power of some of a chunk's frames in all bins but the highest
    [shape=(frames, n_fft // 2)]."""
    framed = np.lib.stride_tricks.sliding_window_view(chunk.samples, chunk.n_fft)
    powers = np.empty((len(frames), chunk.n_fft // 2))
    for start in range(0, len(frames), _AT_ONCE):
        at_once = slice(start, start + _AT_ONCE)
        block = framed[frames[at_once] * chunk.hop_length].astype(np.float64)
        block -= block.mean(axis=1, keepdims=True)
        block *= _window(chunk.n_fft)
        spectrum = np.fft.rfft(block)[:, :-1]
        np.add(np.square(spectrum.real), np.square(spectrum.imag), out=powers[at_once])
    powers[:, 1:] *= 2  # each stands for its negative frequency as well
    return powers


@lru_cache(maxsize=8)
def _window(length: int) -> Exact:
    """Return a periodic window with cosine tapers, rounded to float32 as the pictures' was: in the
    weakest bins of a clip, which its range begins with, that shows."""
    places = np.arange(length) / length  # (length,)
    from_end = np.minimum(places, 1 - places) * 2 / _TAPER
    tapered = 0.5 - 0.5 * np.cos(np.pi * np.minimum(from_end, 1))
    return tapered.astype(np.float32).astype(np.float64)


def _shown(frames: int, spectra: int) -> NDArray[np.int64]:
    """Return the frame that is shown in each column [shape=(spectra,)]."""
    cells = max(1, frames - 1)  # the plot ends where the last frame begins
    # The last cell that begins within a pixel covers it, cells' edges being drawn at the nearest
    # 256th of a pixel: one that begins less than half of that before the next is counted there.
    ends = (np.arange(1, spectra + 1, dtype=np.int64) * 512 - 1) * cells
    return (ends - 1) // (512 * spectra)


@lru_cache(maxsize=16)
def triangles(given: int, wanted: int, sample_rate: int) -> NDArray[np.float32]:
    """Return the weights that average bins into ``wanted`` triangles [shape=(wanted, given)], each
    from its neighbours' centres, in mel, but at least a bin, to its own; each row adds up to 1."""
    bins = (np.arange(given) + 0.5) * (sample_rate / 2 / given)  # Hz
    mel = np.linspace(0, 2595 * np.log10(1 + sample_rate / 2 / 700), wanted + 2)
    centres = 700 * (10 ** (mel / 2595) - 1)
    at_least = sample_rate / 2 / given
    below, above = (np.maximum(np.diff(centres)[side], at_least)[:, None]
                    for side in (slice(None, -1), slice(1, None)))
    apart = bins - centres[1:-1, None]
    near = np.maximum(0, 1 - np.where(apart < 0, -apart / below, apart / above))
    weights: NDArray[np.float32] = (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


@lru_cache(maxsize=16)
def areas(given: int, wanted: int, sample_rate: int = 0) -> NDArray[np.float32]:
    """Return the weights that average ``given`` places into ``wanted`` equal parts
    [shape=(wanted, given)], a place on a border shared out; each row adds up to 1."""
    borders = np.arange(wanted + 1) * (given / wanted)
    places = np.arange(given)
    begin, end = borders[:-1, None], borders[1:, None]
    overlap = np.minimum(places + 1, end) - np.maximum(places, begin)
    weights: NDArray[np.float32] = (np.maximum(overlap, 0) * wanted / given).astype(np.float32)
    return weights


def _standard(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring each picture to a mean of 0 and a standard deviation of 1, in place."""
    pictures -= pictures.mean(axis=(1, 2), keepdims=True)
    deviation = pictures.std(axis=(1, 2), keepdims=True)
    pictures /= np.where(deviation > _FLAT, deviation, np.inf)
    return pictures
