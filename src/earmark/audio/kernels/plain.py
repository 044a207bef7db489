"""The kernels on numpy alone."""

from __future__ import annotations

from typing import Any

import bottleneck
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels.memory import empty
from earmark.audio.kernels.network import Network, median_network

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex64]

BLOCK_FRAMES = 64  # frames worked on at a time: a block and what is made of it stay in the cache
_TINY = np.float32(np.finfo(np.float32).tiny)
_SHARED_GROUPS = 2  # more share more sorting and need more memory at once
_COLUMN_BLOCK = 512
_ROW = 1024
_SUMMED_BINS = 32
_DOUBT = np.float32(2e-5)  # of a frame's sum: nearer to the goal, rounding decides


def rfft(frames: Floats, window: Floats) -> Complexes:
    """Return the transforms of windowed frames [shape=(frames, 1 + n_fft // 2)].

    Args:
        frames: [shape=(frames, n_fft)], overlapping views allowed.
    """
    spectrum = empty((len(frames), 1 + len(window) // 2), np.complex64)  # (frames, bins)
    # Into arrays that are there: memory that is fresh for every block takes as long again.
    windowed = np.empty((min(BLOCK_FRAMES, len(frames)), len(window)), np.float32)
    for first in range(0, len(frames), BLOCK_FRAMES):
        block = slice(first, min(first + BLOCK_FRAMES, len(frames)))
        part = windowed[: block.stop - first]
        np.multiply(frames[block], window, out=part)
        np.fft.rfft(part, axis=1, out=spectrum[block])
    return spectrum


def powers(frames: Floats, window: Doubles, out: Floats, exact: bool) -> None:
    """Put the squared magnitudes of windowed frames' transforms into ``out``
    [shape=(frames, 1 + n_fft // 2)].

    Args:
        exact: in double precision, rounded at the end, so that of two bins a hundred decibels apart
            the lower is exact, too. Otherwise the kernel may use float32 where that is faster.
    """
    windowed = empty(frames.shape, np.float64)
    np.multiply(frames, window, out=windowed)
    spectrum = empty(out.shape, np.complex128)
    np.fft.rfft(windowed, axis=1, out=spectrum)
    parts = spectrum.view(np.float64)  # real and imaginary parts in turn
    np.multiply(parts, parts, out=parts)
    np.add(parts[:, ::2], parts[:, 1::2], out=out, casting="same_kind")


def magnitudes(frames: Floats, window: Doubles, out: Floats) -> None:
    """Put the magnitudes of windowed frames' transforms into ``out``
    [shape=(frames, 1 + n_fft // 2)].

    Transformed in double precision, then rounded, as librosa does: above the low-pass of an mp3
    there is little but rounding, which spectral contrast would otherwise make visible.
    """
    windowed = empty((min(BLOCK_FRAMES, len(frames)), len(window)), np.float64)
    exact = empty((len(windowed), out.shape[1]), np.complex128)
    rounded = empty(exact.shape, np.complex64)
    for first in range(0, len(frames), BLOCK_FRAMES):
        block = slice(first, min(first + BLOCK_FRAMES, len(frames)))
        count = block.stop - first
        np.multiply(frames[block], window, out=windowed[:count])
        np.fft.rfft(windowed[:count], axis=1, out=exact[:count])
        rounded[:count] = exact[:count]
        np.abs(rounded[:count], out=out[block])


def overlap_add(spectrum: Complexes, mask: Floats | None, window: Floats, hop: int) -> Floats:
    """Return the windowed inverse transforms added up [shape=((frames - 1) * hop + n_fft,)].

    Args:
        mask: factor of each bin, of the spectrum's shape; None for 1.
        hop: in samples; divides the frame length.
    """
    n_fft = len(window)
    overlap = n_fft // hop
    added = np.zeros((len(spectrum) + overlap - 1, hop), np.float32)  # (hops, hop)
    size = min(BLOCK_FRAMES, len(spectrum))
    masked = np.empty((size, spectrum.shape[1]), np.complex64)
    made = np.empty((size, n_fft), np.float32)
    for first in range(0, len(spectrum), BLOCK_FRAMES):
        block = spectrum[first : first + BLOCK_FRAMES]
        if mask is not None:
            part = mask[first : first + BLOCK_FRAMES]
            block = np.multiply(block, part, out=masked[: len(block)])
        there: Any = made[: len(block)]  # numpy's own types know no float32 here
        frames = np.fft.irfft(block, n=n_fft, axis=1, out=there)
        frames *= window
        shifted = frames.reshape(len(frames), overlap, hop)
        for shift in range(overlap):
            added[first + shift : first + shift + len(frames)] += shifted[:, shift]
    return added.reshape(-1)


def spectra(frames: Floats, window: Floats) -> tuple[Complexes, Floats, Floats]:
    """Return the transforms of windowed frames, their squared magnitudes and their magnitudes
    [shape=(frames, 1 + n_fft // 2) each].

    Args:
        frames: [shape=(frames, n_fft)], overlapping views allowed.
    """
    spectrum = rfft(frames, window)
    power, magnitude = empty(spectrum.shape), empty(spectrum.shape)
    squared = np.empty((min(BLOCK_FRAMES, len(frames)), spectrum.shape[1]), np.float32)
    for first in range(0, len(frames), BLOCK_FRAMES):
        made = spectrum[first : first + BLOCK_FRAMES]
        block, spare = slice(first, first + len(made)), squared[: len(made)]
        np.square(made.real, out=power[block])
        power[block] += np.square(made.imag, out=spare)
        np.sqrt(power[block], out=magnitude[block])
    return spectrum, power, magnitude


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
    its total.

    As if summed bin after bin in float32, as librosa and the published tables have it. Sums of
    groups of bins lead to the group, and within it to the bin; where rounding could decide, the
    frame's bins are added one after the other.
    """
    frames, bins = magnitudes.shape
    groups = bins // _SUMMED_BINS
    whole = magnitudes[:, : groups * _SUMMED_BINS].reshape(frames, groups, _SUMMED_BINS)
    sums = np.zeros((frames, groups + 1), np.float32)
    np.einsum("tgk->tg", whole, out=sums[:, 1:])
    below = np.cumsum(sums, axis=1)  # of all bins before each group
    total = below[:, -1:] + magnitudes[:, groups * _SUMMED_BINS :].sum(axis=1, keepdims=True)
    goal = np.float32(share) * total
    group = np.maximum((below < goal).sum(axis=1) - 1, 0)  # in which the goal is reached
    rows, first = np.arange(frames), group * _SUMMED_BINS
    places = np.minimum(first[:, None] + np.arange(_SUMMED_BINS), bins - 1)
    near = np.empty((frames, _SUMMED_BINS + 1), np.float32)
    near[:, 0] = below[rows, group]
    near[:, 1:] = magnitudes[rows[:, None], places]
    lacking = np.cumsum(near, axis=1) - goal
    reached: NDArray[np.intp] = np.minimum(first + (lacking[:, 1:] < 0).sum(axis=1), bins - 1)
    doubtful = np.flatnonzero((np.abs(lacking) <= _DOUBT * total).any(axis=1))
    one_by_one = np.cumsum(magnitudes[doubtful], axis=1)
    reached[doubtful] = (one_by_one < np.float32(share) * one_by_one[:, -1:]).sum(axis=1)
    return reached


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
    found = empty((rows + missing, columns))
    for first in range(0, columns, _COLUMN_BLOCK):
        block = slice(first, first + _COLUMN_BLOCK)
        _run(network, values[:, block], found[:, block])
    return found[:rows]


def _run(network: Network, values: Floats, found: Floats) -> None:
    """Fill ``found``, whose rows are a multiple of the network's outputs."""
    step = len(network.outputs)
    rows = len(found) // step
    end = (rows - 1) * step + 1
    spare = empty((network.places - network.inputs, rows, values.shape[1]))
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
    percussive = empty(magnitudes.shape)
    for first in range(0, len(magnitudes), 4 * BLOCK_FRAMES):
        block = slice(first, first + 4 * BLOCK_FRAMES)
        lines = _mirrored(np.ascontiguousarray(magnitudes[block].T), half)
        percussive[block] = running_median(lines, width).T
    for first in range(0, len(magnitudes), BLOCK_FRAMES):
        block = slice(first, first + BLOCK_FRAMES)
        _share(harmonic[block], percussive[block])
    return harmonic


def _share(harmonic: Floats, percussive: Floats) -> None:
    """Put the harmonic part's share of both squares in its place."""
    larger = np.maximum(harmonic, percussive)
    empty_bins = larger < _TINY
    larger[empty_bins] = 1  # dividing by the larger first keeps the squares from underflowing
    np.square(np.divide(harmonic, larger, out=harmonic), out=harmonic)
    np.square(np.divide(percussive, larger, out=percussive), out=percussive)
    percussive += harmonic
    percussive[empty_bins] = 1
    np.divide(harmonic, percussive, out=harmonic)
    harmonic[empty_bins] = 0.5


def _mirrored(rows: Floats, half: int) -> Floats:
    return np.pad(rows, ((half, half), (0, 0)), mode="symmetric")


def mean_and_squares(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Return the mean of a flat array and the summed squared distances from it, in float64."""
    mean = float(values.mean(dtype=np.float64))
    # The distances are as exact as the values; their squares are summed in rows.
    near = values.dtype.type(mean)
    distance = values - near
    whole = len(distance) // _ROW * _ROW
    rows = distance[:whole].reshape(-1, _ROW)
    squares = float(np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64))
    squares += float(np.square(distance[whole:], dtype=np.float64).sum())
    return mean, max(squares - len(values) * (mean - float(near)) ** 2, 0.0)


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
    frames = 1 + (len(samples) - frame_length) // hop
    changes = np.zeros((frames - 1) * hop + frame_length, bool)
    stop = min(stop, len(changes))
    negative = samples[start:stop] < -zero
    np.not_equal(negative[1:], negative[:-1], out=changes[start + 1 : max(stop, start + 1)])
    if hop % 8 or frame_length % hop:
        running = np.concatenate([[0], np.cumsum(changes)])
        counts = running[frame_length::hop] - running[: frames * hop : hop]
    else:
        bits = np.bitwise_count(np.packbits(changes).reshape(-1, hop // 8))
        running = np.concatenate([[0], np.cumsum(bits.sum(axis=1, dtype=np.int64))])
        counts = running[frame_length // hop :] - running[:frames]
    within: NDArray[np.int64] = counts - changes[: frames * hop : hop]  # no neighbour before it
    return within


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
    for first in range(0, len(frames), 4 * BLOCK_FRAMES):
        windowed = frames[first : first + 4 * BLOCK_FRAMES] * window
        # Lag 0 is the highest value (Cauchy and Schwarz); scaling the spectra by it leaves one
        # inverse transform for all places.
        energy = np.einsum("tn,tn->t", windowed, windowed)
        energy[energy < np.finfo(np.float64).tiny] = 1
        spectrum = np.fft.rfft(windowed, n=length, axis=1)
        total += (1 / energy) @ (np.square(spectrum.real) + np.square(spectrum.imag))
    mean: Doubles = np.fft.irfft(total, n=length)[:lags] / len(frames)
    return mean


def beat_links(
    score: Doubles, period: int, tightness: float
) -> tuple[NDArray[np.int64], Doubles]:
    """Return each frame's best beat before it (-1 for none), and the score of the chain of beats
    that ends there [shape=(frames,) each].

    A beat comes half a period to two periods after the one before it, at a cost of ``tightness``
    times the squared logarithm of its interval over the period.
    """
    nearest, farthest = round(period / 2), 2 * period
    intervals = np.arange(nearest, farthest + 1)
    intervals = intervals[intervals > 0]
    cost = tightness * np.square(np.log(intervals) - np.log(period))
    total = score.copy()
    links = np.full(len(score), -1, np.int64)
    least, begun = 0.01 * score.max(), False
    for frame in range(len(score)):
        there = min(len(intervals), max(0, frame - int(intervals[0]) + 1))
        best = -1
        if there:
            chains = total[frame - intervals[:there]] - cost[:there]
            at = int(chains.argmax())
            total[frame] += chains[at]
            best = frame - int(intervals[at])
        begun = begun or score[frame] >= least
        if begun:
            links[frame] = best
    return links, total
