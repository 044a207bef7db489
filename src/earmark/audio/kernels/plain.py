"""The kernels on numpy alone."""

from __future__ import annotations

import bottleneck
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels.network import Network, median_network

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex64]

BLOCK_FRAMES = 128  # frames worked on at a time: a block and what is made of it stay in the cache
_TINY = np.float32(np.finfo(np.float32).tiny)
_SHARED_GROUPS = 2  # more share more sorting and need more memory at once
_COLUMN_BLOCK = 512
_SUMMED_BINS = 32


def rfft(frames: Floats, window: Floats) -> Complexes:
    """Return the transforms of windowed frames [shape=(frames, 1 + n_fft // 2)].

    Args:
        frames: [shape=(frames, n_fft)], overlapping views allowed.
    """
    spectrum = np.empty((len(frames), 1 + len(window) // 2), np.complex64)  # (frames, bins)
    for first in range(0, len(frames), BLOCK_FRAMES):
        block = slice(first, first + BLOCK_FRAMES)
        spectrum[block] = np.fft.rfft(frames[block] * window, axis=1)
    return spectrum


def overlap_add(spectrum: Complexes, mask: Floats | None, window: Floats, hop: int) -> Floats:
    """Return the windowed inverse transforms added up [shape=((frames - 1) * hop + n_fft,)].

    Args:
        mask: factor of each bin, of the spectrum's shape; None for 1.
        hop: in samples; divides the frame length.
    """
    n_fft = len(window)
    overlap = n_fft // hop
    added = np.zeros((len(spectrum) + overlap - 1, hop), np.float32)  # (hops, hop)
    for first in range(0, len(spectrum), BLOCK_FRAMES):
        block = spectrum[first : first + BLOCK_FRAMES]
        if mask is not None:
            block = block * mask[first : first + BLOCK_FRAMES]
        frames = np.fft.irfft(block, n=n_fft, axis=1)
        frames = (frames * window).reshape(len(frames), overlap, hop)
        for part in range(overlap):
            added[first + part : first + part + len(frames)] += frames[:, part]
    return added.reshape(-1)


def magnitudes(spectrum: Complexes) -> tuple[Floats, Floats]:
    """Return squared magnitudes and magnitudes [shape as the spectrum's]."""
    power: Floats = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    return power, np.sqrt(power)


def moments(magnitudes: Floats) -> Doubles:
    """Return each frame's sums of magnitude, magnitude times bin, and magnitude times the bin
    squared [shape=(frames, 3)]."""
    bins = np.arange(magnitudes.shape[1], dtype=np.float64)
    powers = np.stack([np.ones_like(bins), bins, np.square(bins)], axis=1)  # (bins, 3)
    sums = np.empty((len(magnitudes), 3))
    for first in range(0, len(magnitudes), BLOCK_FRAMES):
        block = slice(first, first + BLOCK_FRAMES)
        np.matmul(magnitudes[block].astype(np.float64), powers, out=sums[block])
    return sums


def rolloff_bins(magnitudes: Floats, share: float) -> NDArray[np.intp]:
    """Return each frame's first bin at which the running sum of magnitudes reaches ``share`` of
    its total."""
    frames, bins = magnitudes.shape
    whole = bins // _SUMMED_BINS * _SUMMED_BINS
    blocks = magnitudes[:, :whole].reshape(frames, -1, _SUMMED_BINS).sum(axis=2)
    running = np.zeros((frames, blocks.shape[1] + 1))  # (frames, 1 + blocks)
    np.cumsum(blocks, axis=1, out=running[:, 1:])
    goal = share * (running[:, -1:] + magnitudes[:, whole:].sum(axis=1, keepdims=True))
    # The block in which the goal is reached, and the bin in that block.
    block = (running[:, 1:] < goal).sum(axis=1, keepdims=True)
    at = np.minimum(block * _SUMMED_BINS + np.arange(_SUMMED_BINS), bins - 1)
    inside = np.cumsum(np.take_along_axis(magnitudes, at, 1), axis=1, dtype=np.float64)
    inside += np.take_along_axis(running, block, 1)
    reached = block[:, 0] * _SUMMED_BINS + (inside < goal).sum(axis=1)
    least: NDArray[np.intp] = np.minimum(reached, bins - 1)
    return least


def peaks(powers: Floats, low: int, high: int, least: float) -> tuple[Floats, Floats]:
    """Return place, in bins, and height of the spectral peaks of all frames, refined by parabolas.

    A peak is above ``least`` times its frame's highest value, above its left neighbour and not
    below its right one.

    Args:
        low, high: bins to look at, from ``low`` to below ``high``; both have two neighbours.
    """
    middle, left, right = (powers[:, low + k : high + k] for k in (0, -1, 1))
    floor = np.float32(least) * powers.max(axis=1, keepdims=True)
    found = (middle > floor) & (middle > left) & (middle >= right)
    at = np.nonzero(found)
    left, middle, right = left[at], middle[at], right[at]
    curve, slope = left + right - 2 * middle, (right - left) / 2
    steep = np.abs(slope) >= np.abs(curve)
    shift = np.where(steep, 0, -slope / np.where(steep, 1, curve)).astype(np.float32)
    places: Floats = (at[1] + low).astype(np.float32) + shift
    heights: Floats = (middle + np.float32(0.5) * slope * shift).astype(np.float32)
    return places, heights


def running_median(values: Floats, width: int) -> Floats:
    """Return the medians of ``width`` neighbours down the rows [shape=(n - width + 1, columns)].

    Args:
        values: [shape=(n, columns)].
        width: odd; one less than a power of two is many times faster.
    """
    rows, columns = len(values) - width + 1, values.shape[1]
    if width < 3 or (width + 1) & width:
        lines = np.ascontiguousarray(values.T)
        medians = bottleneck.move_median(lines, window=width, axis=-1)[:, width - 1 :]
        return np.ascontiguousarray(medians.T)
    network = median_network(width, _SHARED_GROUPS if rows > 16 * width else 1)
    step = len(network.outputs)
    missing = -rows % step
    if missing:
        values = np.concatenate([values, np.broadcast_to(values[-1:], (missing, columns))])
    found = np.empty((rows + missing, columns), np.float32)
    for first in range(0, columns, _COLUMN_BLOCK):
        block = slice(first, first + _COLUMN_BLOCK)
        _run(network, values[:, block], found[:, block])
    return found[:rows]


def _run(network: Network, values: Floats, found: Floats) -> None:
    """Fill ``found``, whose rows are a multiple of the network's outputs."""
    step = len(network.outputs)
    rows = len(found) // step
    end = (rows - 1) * step + 1
    spare = np.empty((network.places - network.inputs, rows, values.shape[1]), np.float32)
    places = [*(values[i : i + end : step] for i in range(network.inputs)), *spare]
    for larger, result, left, right in network.steps:
        (np.maximum if larger else np.minimum)(places[left], places[right], out=places[result])
    for i, place in enumerate(network.outputs):
        found[i::step] = places[place]


def harmonic_mask(magnitudes: Floats, width: int) -> Floats:
    """Return the share of each bin that is harmonic, in [0, 1] [shape as the magnitudes'].

    The ratio of squares of the medians along time and along frequency, one half where both are
    nothing. Beyond the edges the values are mirrored, the edge value twice.
    """
    half = width // 2
    harmonic = running_median(_mirrored(magnitudes, half), width)
    percussive = np.empty_like(harmonic)
    for first in range(0, len(magnitudes), 2 * BLOCK_FRAMES):
        block = slice(first, first + 2 * BLOCK_FRAMES)
        lines = _mirrored(np.ascontiguousarray(magnitudes[block].T), half)
        percussive[block] = running_median(lines, width).T
    larger = np.maximum(harmonic, percussive)
    empty = larger < _TINY
    larger[empty] = 1  # dividing by the larger first keeps the squares from underflowing
    harmonic = np.square(np.divide(harmonic, larger, out=harmonic), out=harmonic)
    percussive = np.square(np.divide(percussive, larger, out=percussive), out=percussive)
    percussive += harmonic
    percussive[empty] = 1
    mask: Floats = np.divide(harmonic, percussive, out=harmonic)
    mask[empty] = 0.5
    return mask


def _mirrored(rows: Floats, half: int) -> Floats:
    return np.pad(rows, ((half, half), (0, 0)), mode="symmetric")


def median_rise(levels: Floats) -> Floats:
    """Return the median over bands of how much each frame is above the one before, falls counting
    as 0 [shape=(frames - 1,)]."""
    rises = np.maximum(np.diff(levels, axis=0), 0)
    median: Floats = bottleneck.median(rises, axis=1).astype(np.float32)
    return median


def frame_energies(samples: Floats, frame_length: int, hop: int) -> Doubles:
    """Return the sum of squares of each frame [shape=(frames,)]; frame t begins at ``t * hop``."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame_length)[::hop]
    energies: Doubles = np.einsum("tn,tn->t", frames, frames).astype(np.float64)
    return energies


def sign_changes(
    samples: Floats, frame_length: int, hop: int, zero: float, start: int, stop: int
) -> NDArray[np.int64]:
    """Return how often neighbours inside each frame differ in being below ``-zero``
    [shape=(frames,)], counted among ``samples[start:stop]`` alone."""
    changes = np.zeros(len(samples) + 1, np.int64)
    negative = samples[start:stop] < -zero
    np.cumsum(negative[1:] != negative[:-1], out=changes[start + 2 : stop + 1])
    changes[stop + 1 :] = changes[stop]
    # changes[i] counts those up to the pair that ends at sample i - 1.
    frames = 1 + (len(samples) - frame_length) // hop
    first = changes[1 : 1 + frames * hop : hop]
    last = changes[frame_length : frame_length + (frames - 1) * hop + 1 : hop]
    counts: NDArray[np.int64] = last - first
    return counts


def mean_autocorrelation(values: Doubles, window: Doubles, length: int) -> Doubles:
    """Return the mean over all places of the windowed autocorrelations, each scaled to 1 at lag 0
    [shape=(len(window),)].

    Args:
        values: ``len(window) - 1`` longer than there are places.
        length: of the transforms, at least twice the window's less one.
    """
    lags = len(window)
    frames = np.lib.stride_tricks.sliding_window_view(values, lags)
    total = np.zeros(length // 2 + 1)
    for first in range(0, len(frames), 2 * BLOCK_FRAMES):
        windowed = frames[first : first + 2 * BLOCK_FRAMES] * window
        # Lag 0 is the highest value (Cauchy and Schwarz); scaling the spectra by it leaves one
        # inverse transform for all places.
        energy = np.einsum("tn,tn->t", windowed, windowed)
        energy[energy < np.finfo(np.float64).tiny] = 1
        spectrum = np.fft.rfft(windowed, n=length, axis=1)
        total += (1 / energy) @ (np.square(spectrum.real) + np.square(spectrum.imag))
    mean: Doubles = np.fft.irfft(total, n=length)[:lags] / len(frames)
    return mean
