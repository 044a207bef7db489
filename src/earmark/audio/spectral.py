"""The frames of a chunk as magnitudes, and curves of them that are made block by block.

The magnitudes are those of a transform in double precision, rounded at the end as librosa's are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from earmark.audio import descriptors, dsp, kernels
from earmark.audio.chunks import Chunk
from earmark.audio.dsp import Floats
from earmark.audio.kernels.memory import empty

_BLOCK_FRAMES = 256  # magnitudes of as many are a megabyte
_CONTRAST_BANDS = 6
_CONTRAST_LOW_HZ = 200.0
_CONTRAST_SHARE = 0.02  # of a band's bins that make its peak, and its valley
CONTRASTS = _CONTRAST_BANDS + 1


def magnitude_blocks(chunk: Chunk) -> Iterator[tuple[slice, Floats]]:
    """Yield which frames they are and their magnitudes [shape=(frames, 1 + n_fft // 2)].

    The array is overwritten by the next block.
    """
    frames = dsp.frame(chunk.samples, chunk.n_fft, chunk.hop_length)
    window = dsp.exact_hann(chunk.n_fft)
    reused = empty((_BLOCK_FRAMES, 1 + chunk.n_fft // 2))
    for first in range(0, chunk.frames, _BLOCK_FRAMES):
        block = slice(first, min(first + _BLOCK_FRAMES, chunk.frames))
        made = reused[: block.stop - first]
        kernels.active().magnitudes(frames[block], window, made)
        yield block, made


def level(powers: Floats) -> Floats:
    """Return the root mean square of each frame's samples under the window [shape=(frames,)]."""
    twice = 2 * powers.sum(axis=1) - powers[:, 0] - powers[:, -1]  # 0 Hz and Nyquist stand alone
    rms: Floats = np.sqrt(np.maximum(twice, 0)) / np.float32(2 * (powers.shape[1] - 1))
    return rms


def crossing_rates(chunk: Chunk) -> Floats:
    """Return the zero-crossing rate of each frame [shape=(frames,)]; beyond the sound's ends there
    are no crossings, whatever the padding is."""
    half, hop = chunk.n_fft // 2, chunk.hop_length
    start = half if chunk.first == chunk.before else 0
    stop = len(chunk.samples)
    if chunk.length is not None:
        stop = min(stop, half + chunk.length - (chunk.first - chunk.before) * hop)
    rates = descriptors.crossing_rate(chunk.samples, chunk.n_fft, hop, start, stop)
    found: Floats = rates.astype(np.float32)
    return found


class _Band(NamedTuple):
    bins: slice
    tail: int  # of bins that make the peak, and as many the valley


@lru_cache(maxsize=16)
def _contrast_bands(sample_rate: int, n_fft: int) -> tuple[_Band, ...]:
    hz = dsp.frequencies(sample_rate, n_fft)
    edges = [0.0, *(_CONTRAST_LOW_HZ * 2.0**k for k in range(_CONTRAST_BANDS + 1))]
    bands = []
    for k in range(CONTRASTS):
        low = int(np.searchsorted(hz, edges[k]))
        high = int(np.searchsorted(hz, edges[k + 1], side="right"))
        low -= k > 0  # librosa takes one bin more below, and all above in the highest band
        high = len(hz) if k == CONTRASTS - 1 else high
        tail = max(1, int(np.rint(_CONTRAST_SHARE * (high - low))))
        bands.append(_Band(slice(low, high - (k < CONTRASTS - 1)), tail))
    return tuple(bands)


def contrast_lowest_rate() -> int:
    """Return the sample rate in Hz that spectral contrast must exceed: its highest band must
    begin below half of it."""
    return int(2 * _CONTRAST_LOW_HZ * 2 ** (_CONTRAST_BANDS - 1))


def tails(magnitudes: Floats, sample_rate: int, n_fft: int) -> Floats:
    """Return the mean of the weakest bins of seven octave bands, then of their strongest
    [shape=(frames, 14)]: what ``contrast`` is made of.

    Source: Jiang et al., "Music type classification by spectral contrast feature", ICME 2002.
    """
    found = np.empty((len(magnitudes), 2 * CONTRASTS), np.float32)
    for k, (bins, tail) in enumerate(_contrast_bands(sample_rate, n_fft)):
        found[:, k], found[:, k + CONTRASTS] = tail_means(magnitudes[:, bins], tail)
    return found


def tail_means(values: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the mean of the ``count`` lowest and of the ``count`` highest values of each row.

    numpy's sort is vectorised: it is faster than its partition, and than compiled code that keeps
    the lowest and highest while it passes over a row.

    Args:
        values: [shape=(rows, columns)]; rows may lie apart in memory.
    """
    if count == 1:
        return np.minimum.reduce(values, axis=1), np.maximum.reduce(values, axis=1)
    ordered = np.sort(values, axis=1)
    sums = (np.add.reduce(part, axis=1) for part in (ordered[:, :count], ordered[:, -count:]))
    low, high = (total / np.float32(count) for total in sums)
    return low, high


def contrast(tails_of_all: Floats) -> Floats:
    """Return spectral contrast in decibels [shape=(frames, 7)]: how far each band's peaks stand
    above its valleys.

    Args:
        tails_of_all: what ``tails`` returned for all frames of a sound; peaks and valleys each
            go no lower than 80 dB below their highest.
    """
    valleys, peaks = tails_of_all[:, :CONTRASTS], tails_of_all[:, CONTRASTS:]
    return dsp.power_to_db(peaks) - dsp.power_to_db(valleys)
