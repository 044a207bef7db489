"""Power and mel spectra straight from samples, a few frames at a time.

The complex spectrum of a whole sound is never built: a block of frames is transformed, squared and
summed into bands while it lies in the cache. That takes half the time of an STFT followed by one
product. A mel filter is zero outside its triangle, so the bands are taken in groups of
neighbours, each from the few bins that it needs.

The transform is in double precision, as librosa's is before it rounds: numpy's costs next to
nothing more that way, and quiet bands beside loud ones stay exact at any depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp, kernels
from earmark.audio.dsp import Floats
from earmark.audio.kernels.memory import empty
from earmark.audio.melbands import SLANEY, MelShape, mel_filters

BLOCK_FRAMES = 128  # measured: fewer spend more time between calls, more leave the cache
_GROUP_BANDS = 16  # measured: fewer bands make small products, more multiply zeros

_FLOOR = np.float32(1e-10)


class Group(NamedTuple):
    """Neighbouring mel bands and the bins that feed them.

    Attributes:
        bands: which bands.
        bins: which bins.
        weights: of the bins in the bands [shape=(bins, bands)].
    """

    bands: slice
    bins: slice
    weights: Floats


@lru_cache(maxsize=16)
def groups(
    sample_rate: int, n_fft: int, n_mels: int, shape: MelShape = SLANEY
) -> tuple[Group, ...]:
    """Return ``mel_filters`` as groups of bands that cover all of them, in order."""
    filters = mel_filters(sample_rate, n_fft, n_mels, shape)
    found = []
    for first in range(0, n_mels, _GROUP_BANDS):
        bands = slice(first, min(first + _GROUP_BANDS, n_mels))
        fed = np.flatnonzero(filters[bands].any(axis=0))
        bins = slice(int(fed[0]), int(fed[-1]) + 1) if len(fed) else slice(0, 1)
        found.append(Group(bands, bins, np.ascontiguousarray(filters[bands, bins].T)))
    return tuple(found)


def power_blocks(
    padded: Floats,
    n_fft: int,
    hop_length: int,
    keep: Floats | None = None,
    *,
    exact: bool = True,
    window: NDArray[np.float64] | None = None,
) -> Iterator[tuple[slice, Floats]]:
    """Yield, block after block, which frames and their squared magnitudes
    [shape=(frames, 1 + n_fft // 2)]; the array is overwritten by the next block.

    Args:
        padded: samples [shape=(n,)] with half a frame of padding at each end, such as those of a
            ``Chunk``; frame ``i`` begins at ``i * hop_length``.
        keep: takes the squared magnitudes of all frames.
        exact: False where nothing more than 80 dB below the highest value counts: there float32
            is off by less than 0.001 dB in music, and the fast kernels use it.
        window: [shape=(n_fft,)], zero where it is shorter; None for a periodic Hann window.
    """
    frames = dsp.frame(padded, n_fft, hop_length)
    count = min(BLOCK_FRAMES, len(frames))
    squared = kernels.active().powers
    if window is None:
        window = dsp.exact_hann(n_fft)
    reused = empty((count, 1 + n_fft // 2))
    for first in range(0, len(frames), count):
        block = slice(first, min(first + count, len(frames)))
        made = reused[: block.stop - first] if keep is None else keep[block]
        squared(frames[block], window, made, exact)
        yield block, made


def bands(powers: Floats, sample_rate: int, n_fft: int, n_mels: int = 128) -> Floats:
    """Return the mel power spectrum [shape=(frames, n_mels)] of a power spectrum."""
    made = np.empty((len(powers), n_mels), np.float32)
    into_bands(powers, sample_rate, n_fft, made)
    return made


def into_bands(
    powers: Floats, sample_rate: int, n_fft: int, out: Floats, shape: MelShape = SLANEY
) -> None:
    """Sum spectra [shape=(frames, bins)] into mel bands ``out`` [shape=(frames, n_mels)]."""
    for group in groups(sample_rate, n_fft, out.shape[1], shape):
        np.matmul(powers[:, group.bins], group.weights, out=out[:, group.bands])


def powers(
    padded: Floats,
    sample_rate: int,
    n_fft: int,
    hop_length: int,
    n_mels: int,
    *,
    exact: bool = True,
    window: NDArray[np.float64] | None = None,
    shape: MelShape = SLANEY,
    magnitude: bool = False,
) -> Floats:
    """Return the mel spectrum [shape=(frames, n_mels)] of samples padded as for ``power_blocks``,
    which see for ``exact`` and ``window``; equal to
    ``dsp.power(dsp.stft(...)) @ dsp.mel_filters(...).T``.

    Args:
        shape: of the bands.
        magnitude: sum magnitudes instead of their squares.
    """
    count = 1 + (len(padded) - n_fft) // hop_length
    made = np.empty((count, n_mels), np.float32)
    for block, spectra in power_blocks(padded, n_fft, hop_length, exact=exact, window=window):
        if magnitude:
            np.sqrt(spectra, out=spectra)
        into_bands(spectra, sample_rate, n_fft, made[block], shape)
    return made


def to_decibels(powers: Floats) -> Floats:
    """Turn powers into decibels (reference 1, floor 1e-10) in place, and return them."""
    np.maximum(powers, _FLOOR, out=powers)
    np.log10(powers, out=powers)
    powers *= np.float32(10)
    return powers
