"""A mel spectrum as a picture of a fixed size, such as the 432 x 288 ones published with GTZAN.

The published pictures were drawn by a plotting library and saved as files, so a tagger that learns
from them depends on that library's colours, margins and resampling. Here all of it is a few lines
of arithmetic: decibels, an antialiased resize as two matrix products, and a colour table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.audio.chunks import Chunk, Passes
from earmark.audio.dsp import Floats
from earmark.features._colours import colours
from earmark.features._frames import (
    Reference,
    mel_decibels,
    refuse_count,
    refuse_frames,
    refuse_top_db,
)
from earmark.features._png import png
from earmark.features.base import FrontEnd

_BLOCK_FRAMES = 256  # of a long sound, resized at a time
_SILENCE_DB = np.float32(-99.999)  # no band of the sound is above the floor of 1e-10


@dataclass(frozen=True)
class Image(FrontEnd):
    """Picture of a mel spectrum [shape=(3 or 1, height, width)] in [0, 1]: time from left to
    right, the highest band in row 0.

    Decibels are resized by an antialiased linear filter, then coloured from dark to light. 0 dB
    of range is the lightest; what lies ``top_db`` lower is the darkest. Silence is all dark.

    Attributes:
        sample_rate: in Hz.
        n_fft: frame length in samples.
        hop_length: in samples.
        n_mels: number of mel bands before the picture is resized.
        padding: what lies beyond the sound's ends: ``zeros`` or ``reflect``.
        width: in pixels; the whole segment, whatever its length.
        height: in pixels; 0 Hz to half the sample rate.
        colour: ``colour`` for red, green and blue, or ``grey`` for one channel.
        reference: what is lightest: ``max``, the segment's highest value; or ``one``, what a sine
            at full scale reaches in the band where it reaches most, so that loudness shows.
        top_db: the range shown.
    """

    name: ClassVar[str] = "image"
    axes: ClassVar[int] = 3
    sample_rate: int = 22_050
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    padding: Literal["reflect", "zeros"] = "zeros"
    width: int = 432
    height: int = 288
    colour: Literal["colour", "grey"] = "colour"
    reference: Reference = "max"
    top_db: float = 80.0

    def __post_init__(self) -> None:
        refuse_frames(self.sample_rate, self.n_fft, self.hop_length)
        refuse_count("n_mels", self.n_mels, 8, 512)
        refuse_count("width", self.width, 8, 4096)
        refuse_count("height", self.height, 8, 4096)
        refuse_top_db(self.top_db)

    @property
    def columns(self) -> tuple[str, ...]:
        """The channels."""
        return ("red", "green", "blue") if self.colour == "colour" else ("grey",)

    def whole(self, passes: Passes) -> NDArray[np.float32]:
        """Return the picture; a sound longer than a chunk is heard twice, since its highest value
        and its length come first."""
        highest, frames = np.float32(-np.inf), 0
        kept: Floats | None = None
        for chunk, bands in self._decibels(passes):
            highest, frames = np.maximum(highest, bands.max()), frames + len(bands)
            kept = bands if chunk.is_first and chunk.is_last else None
        pieces = ((0, kept),) if kept is not None else (
            (chunk.first, bands) for chunk, bands in self._decibels(passes))
        top = highest if self.reference == "max" else self._full_scale_db()
        narrow = np.zeros((self.width, self.n_mels), np.float32)
        for first, bands in pieces:
            shades = self._shades(bands, highest, top)
            if len(bands) == frames:
                narrow = resizing(frames, self.width) @ shades
            else:
                self._narrow(shades, first, frames, narrow)
        rows = resizing(self.n_mels, self.height)[::-1]  # high bands on top
        shades = np.clip(rows @ narrow.T, 0, 1)
        return shades[None] if self.colour == "grey" else colours(shades)

    def png(self, picture: NDArray[np.float32]) -> bytes:
        """Return a picture as a PNG file."""
        return png(picture)

    def _decibels(self, passes: Passes) -> Iterator[tuple[Chunk, Floats]]:
        return mel_decibels(passes, self.sample_rate, self.n_fft, self.hop_length, self.n_mels,
                            self.padding, self.top_db)

    def _narrow(self, shades: Floats, first: int, frames: int, narrow: Floats) -> None:
        """Add what some of the frames give to the columns."""
        for start in range(0, len(shades), _BLOCK_FRAMES):
            block = shades[start : start + _BLOCK_FRAMES]
            at, end = first + start, first + start + len(block)
            # The columns whose triangles reach the block, and one more on either side.
            scale = frames / self.width
            reach = max(scale, 1.0) + scale
            columns = slice(max(0, int((at - reach) / scale)), int((end + reach) / scale) + 1)
            narrow[columns] += shares(frames, self.width, at, end, columns) @ block

    def _shades(self, bands: Floats, highest: np.float32, top: np.float32) -> Floats:
        """Turn decibels into 0 (dark) to 1 (light), in place."""
        if highest <= _SILENCE_DB:
            return np.zeros_like(bands)
        bands -= top - np.float32(self.top_db)
        bands /= np.float32(self.top_db)
        return np.clip(bands, 0, 1, out=bands)

    def _full_scale_db(self) -> np.float32:
        weight = dsp.mel_filters(self.sample_rate, self.n_fft, self.n_mels).max()
        return np.float32(10 * np.log10(weight * (self.n_fft / 4) ** 2))


@lru_cache(maxsize=16)
def resizing(given: int, wanted: int) -> Floats:
    """Return the weights that turn ``given`` places into ``wanted`` [shape=(wanted, given)]: a
    triangle as wide as two places of the coarser grid, each row adding up to 1.
    """
    return shares(given, wanted, 0, given)


def shares(
    given: int, wanted: int, first: int, stop: int, rows: slice = slice(None)
) -> Floats:
    """Return the columns ``first`` to ``stop`` of some rows of ``resizing``
    [shape=(rows, stop - first)]."""
    near = _near(given, wanted, np.arange(first, stop), rows)
    return (near / _sums(given, wanted)[rows]).astype(np.float32)


def _near(
    given: int, wanted: int, places: NDArray[np.int64], rows: slice = slice(None)
) -> NDArray[np.float64]:
    scale = given / wanted
    centres = (np.arange(wanted)[rows, None] + 0.5) * scale - 0.5
    near: NDArray[np.float64] = np.maximum(0, 1 - np.abs(places - centres) / max(scale, 1.0))
    return near


@lru_cache(maxsize=16)
def _sums(given: int, wanted: int) -> NDArray[np.float64]:
    """Return what the weights of each wanted place add up to [shape=(wanted, 1)]."""
    scale = max(given / wanted, 1.0)
    nearest = np.floor((np.arange(wanted)[:, None] + 0.5) * given / wanted).astype(np.int64)
    around = nearest + np.arange(-int(scale) - 2, int(scale) + 3)
    inside = (around >= 0) & (around < given)
    sums: NDArray[np.float64] = (_near(given, wanted, around) * inside).sum(axis=1, keepdims=True)
    return sums
