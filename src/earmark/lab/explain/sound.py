"""A stretch of a file, and the same stretch with parts of it taken away."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.audio.load import stream
from earmark.audio.segments import is_silent
from earmark.errors import AudioError
from earmark.lab.explain.grid import Doubles, Grid

LEAST_SECONDS = 1.0
DEPTH_DB = 12.0
"""How far a part that is taken away is turned down. Turned down further, holes that no music has
change every score: with 40 dB every window of three clips in five spoke for the label, whatever it
held (docs/explain.md)."""

_FRAME_SECONDS = 0.07  # at least; the next power of two is taken


@dataclass(frozen=True)
class Sound:
    """Mono sound at the rate a tagger listens at.

    Attributes:
        samples: float32 [shape=(n,)].
        sample_rate: in Hz.
        start_seconds: where in its file it begins.
        notes: what was to be said while it was read.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    start_seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.sample_rate

    @cached_property
    def n_fft(self) -> int:
        """Length of the frames it is taken apart in, in samples: a power of two."""
        return 1 << int(np.ceil(np.log2(_FRAME_SECONDS * self.sample_rate)))

    @property
    def hop_length(self) -> int:
        """From one frame to the next, in samples."""
        return self.n_fft // 4

    @cached_property
    def _spectrum(self) -> dsp.Complexes:
        return dsp.stft(self.samples, self.n_fft, self.hop_length)

    @cached_property
    def moments(self) -> Doubles:
        """The centre of each frame in seconds [shape=(frames,)]."""
        frames: Doubles = np.arange(len(self._spectrum), dtype=np.float64)
        return frames * (self.hop_length / self.sample_rate)

    @cached_property
    def hz(self) -> Doubles:
        """The centre of each bin [shape=(bins,)]."""
        return dsp.frequencies(self.sample_rate, self.n_fft)

    def masked(self, gains: Doubles) -> NDArray[np.float32]:
        """Return the samples with the cells of a grid made quieter, as many as before.

        Args:
            gains: of frames and bins, in [0, 1] [shape=(frames, bins)].
        """
        return dsp.istft(self._spectrum, self.hop_length, len(self.samples),
                         gains.astype(np.float32))

    def spread(self, cells: Doubles, grid: Grid) -> Doubles:
        """Return values of cells [shape=(windows, bands)] for all frames and bins
        [shape=(frames, bins)], fading from one cell to the next."""
        spread: Doubles = (grid.time_weights(self.moments) @ cells
                           @ grid.band_weights(self.hz).T)
        return spread

    def without(
        self, cells: Doubles, grid: Grid, depth_db: float = DEPTH_DB
    ) -> NDArray[np.float32]:
        """Return the samples with cells turned down.

        Args:
            cells: 1 for what is taken away, 0 for what stays [shape=(windows, bands)].
        """
        least = 10 ** (-depth_db / 20)
        return self.masked(1 - (1 - least) * self.spread(cells, grid))


def excerpt(path: Path, sample_rate: int, *, start: float = 0.0, seconds: float = 30.0) -> Sound:
    """Read a stretch of a file.

    Args:
        start: in seconds.
        seconds: at most so many.

    Raises:
        AudioError: the file cannot be read, ends before ``start`` or less than a second after it,
            or nothing is to be heard in the stretch.
    """
    notes: list[str] = []
    first, last = round(start * sample_rate), round((start + seconds) * sample_rate)
    kept, heard = [], 0
    with closing(_blocks(path, sample_rate, notes)) as blocks:
        for block in blocks:
            kept.append(block[max(0, first - heard) : max(0, last - heard)])
            heard += len(block)
            if heard >= last:
                break
    samples = np.concatenate([np.empty(0, np.float32), *kept])
    if len(samples) < LEAST_SECONDS * sample_rate:
        raise AudioError(f"{path}: holds {len(samples) / sample_rate:.2g} s from {start:g} s on; "
                         f"expected {LEAST_SECONDS:g} s at least to take apart.")
    if is_silent(samples):
        end = start + len(samples) / sample_rate
        raise AudioError(f"{path}: silent from {start:g} s to {end:.4g} s; give a --start where "
                         "something is to be heard, or another file.")
    return Sound(samples, sample_rate, start, tuple(dict.fromkeys(notes)))


def _blocks(path: Path, rate: int, notes: list[str]) -> Generator[NDArray[np.float32]]:
    yield from stream(path, sample_rate=rate, notes=notes)
