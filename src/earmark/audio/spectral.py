"""The frames of a chunk as magnitudes, and curves of them that are made block by block.

The Fourier transform runs in double precision and is then rounded, as librosa's: numpy's takes the
same time in both, and above the low-pass of an mp3 there is little but rounding, which spectral
contrast would otherwise make visible.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.audio.chunks import Chunk
from earmark.audio.dsp import Floats

_BLOCK_FRAMES = 256  # magnitudes of as many are a megabyte
_TRANSFORMED_FRAMES = 64  # a megabyte in double precision, before and after
_SILENT_SAMPLE = np.float32(1e-10)
_CONTRAST_BANDS = 6
_CONTRAST_LOW_HZ = 200.0
_CONTRAST_SHARE = 0.02  # of a band's bins that make its peak, and its valley
_ROLLOFF_GROUP = 32  # bins summed at once in the search for the rolloff
_ROLLOFF_DOUBT = np.float32(2e-5)  # of a frame's sum: nearer to the threshold, rounding decides
CONTRASTS = _CONTRAST_BANDS + 1
N_MELS = 128
_MEL_GROUP = 16  # bands multiplied at once: together they span few bins


def magnitude_blocks(chunk: Chunk) -> Iterator[tuple[slice, Floats]]:
    """Yield which frames they are and their magnitudes [shape=(frames, 1 + n_fft // 2)].

    The array is overwritten by the next block.
    """
    n_fft = chunk.n_fft
    frames = dsp.frame(chunk.samples, n_fft, chunk.hop_length)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    windowed = np.empty((_TRANSFORMED_FRAMES, n_fft))
    exact = np.empty((_TRANSFORMED_FRAMES, 1 + n_fft // 2), np.complex128)
    rounded = np.empty(exact.shape, np.complex64)
    magnitudes = np.empty((_BLOCK_FRAMES, 1 + n_fft // 2), np.float32)
    for first in range(0, chunk.frames, _BLOCK_FRAMES):
        block = slice(first, min(first + _BLOCK_FRAMES, chunk.frames))
        made = magnitudes[: block.stop - first]
        for part in range(0, len(made), _TRANSFORMED_FRAMES):
            n = min(_TRANSFORMED_FRAMES, len(made) - part)
            np.multiply(frames[first + part : first + part + n], window, out=windowed[:n])
            np.fft.rfft(windowed[:n], axis=1, out=exact[:n])  # a fresh array costs a third more
            rounded[:n] = exact[:n]
            np.abs(rounded[:n], out=made[part : part + n])
        yield block, made


def mel_powers(powers: Floats, sample_rate: int, n_fft: int) -> Floats:
    """Return the powers of 128 mel bands [shape=(frames, 128)], as ``dsp.mel_filters`` weighs
    them; most of its weights are 0, and are not multiplied."""
    mel = np.empty((len(powers), N_MELS), np.float32)
    for bins, bands, weights in _mel_groups(sample_rate, n_fft):
        np.matmul(powers[:, bins], weights, out=mel[:, bands])
    return mel


@lru_cache(maxsize=16)
def _mel_groups(sample_rate: int, n_fft: int) -> tuple[tuple[slice, slice, Floats], ...]:
    filters = dsp.mel_filters(sample_rate, n_fft, N_MELS)
    groups = []
    for first in range(0, N_MELS, _MEL_GROUP):
        bands = slice(first, first + _MEL_GROUP)
        used = np.flatnonzero(filters[bands].any(axis=0))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        groups.append((bins, bands, np.ascontiguousarray(filters[bands, bins].T)))
    return tuple(groups)


def level(powers: Floats) -> Floats:
    """Return the root mean square of each frame's samples under the window [shape=(frames,)]."""
    twice = 2 * powers.sum(axis=1) - powers[:, 0] - powers[:, -1]  # 0 Hz and Nyquist stand alone
    rms: Floats = np.sqrt(np.maximum(twice, 0)) / np.float32(2 * (powers.shape[1] - 1))
    return rms


def crossing_rates(chunk: Chunk) -> NDArray[np.float32]:
    """Return the share of neighbouring samples that differ in sign, in [0, 1], of each frame
    [shape=(frames,)]; beyond the sound's ends there are none. The hop must be a multiple of 8 that
    divides the frame length."""
    hop = chunk.hop_length
    negative = chunk.samples < -_SILENT_SAMPLE
    changes = np.zeros((chunk.frames - 1) * hop + chunk.n_fft, bool)
    np.not_equal(negative[1:], negative[:-1], out=changes[1:])
    # Whatever the padding was, the edge value goes on in it.
    start = (chunk.first - chunk.before) * hop - chunk.n_fft // 2
    changes[: max(0, 1 - start)] = False
    if chunk.length is not None:
        changes[chunk.length - start :] = False
    each = np.bitwise_count(np.packbits(changes).reshape(-1, hop // 8)).sum(axis=1, dtype=np.int64)
    running = np.concatenate([[0], np.cumsum(each)])
    within = running[chunk.n_fft // hop :] - running[: chunk.frames]
    within -= changes[: chunk.frames * hop : hop]  # a frame's first sample has no neighbour
    rates: Floats = (within / chunk.n_fft).astype(np.float32)
    return rates


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


def rolloff(magnitudes: Floats, hz: NDArray[np.float64], share: float = 0.85) -> Floats:
    """Return the frequency in Hz below which ``share`` of each frame's magnitude lies.

    Sums of groups of bins lead to the group, and within it to the bin. Where rounding could
    decide, the frame's bins are added one after the other, as ``descriptors.rolloff`` does.
    """
    frames, bins = magnitudes.shape
    groups = bins // _ROLLOFF_GROUP
    sums = np.zeros((frames, groups + 1), np.float32)
    whole = magnitudes[:, : groups * _ROLLOFF_GROUP].reshape(frames, groups, _ROLLOFF_GROUP)
    np.einsum("tgk->tg", whole, out=sums[:, 1:])
    below = np.cumsum(sums, axis=1)  # of all bins before each group
    total = below[:, -1:] + magnitudes[:, groups * _ROLLOFF_GROUP :].sum(axis=1, keepdims=True)
    threshold = np.float32(share) * total
    group = np.maximum((below < threshold).sum(axis=1) - 1, 0)
    rows, first = np.arange(frames), group * _ROLLOFF_GROUP
    near = np.empty((frames, _ROLLOFF_GROUP + 1), np.float32)
    near[:, 0] = below[rows, group]
    places = np.minimum(first[:, None] + np.arange(_ROLLOFF_GROUP), bins - 1)
    near[:, 1:] = magnitudes.reshape(-1).take(places + (rows * bins)[:, None])
    running = np.cumsum(near, axis=1) - threshold
    found = np.minimum(first + (running[:, 1:] < 0).sum(axis=1), bins - 1)
    doubtful = np.flatnonzero((np.abs(running) <= _ROLLOFF_DOUBT * total).any(axis=1))
    one_by_one = np.cumsum(magnitudes[doubtful], axis=1)
    found[doubtful] = (one_by_one < np.float32(share) * one_by_one[:, -1:]).sum(axis=1)
    found_hz: Floats = hz[found].astype(np.float32)
    return found_hz
