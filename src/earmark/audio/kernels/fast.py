"""The kernels compiled by numba, with Fourier transforms of their own.

Importing this module takes half a second and compiling it some ten, once: the compiled code is
kept in the cache folder, see ``kernels``. Loops release Python's lock.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels import _spectra, plain
from earmark.audio.kernels._lanes import LANES, NETWORK, medians_of_31
from earmark.audio.kernels.memory import empty

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex64]

_ABREAST = 8
# Sums may be reordered, so that they run in several lanes; the samples are known to be numbers.
_jit: Any = numba.njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nnan", "nsz"}
)
# Where a small difference of large numbers decides, every step is rounded as numpy rounds it.
_exact_jit: Any = numba.njit(nogil=True, cache=True, error_model="numpy")
rfft, spectra, powers = _spectra.rfft, _spectra.spectra, _spectra.powers
magnitudes, overlap_add = _spectra.magnitudes, _spectra.overlap_add
_TINY = np.float32(np.finfo(np.float32).tiny)


def moments(magnitudes: Floats) -> Doubles:
    sums = np.empty((len(magnitudes), 3))
    _moments(magnitudes, sums)
    return sums


@_jit
def _moments(magnitudes: Floats, sums: Doubles) -> None:
    for t in range(magnitudes.shape[0]):
        total, first, second = 0.0, 0.0, 0.0
        for k in range(magnitudes.shape[1]):
            value = np.float64(magnitudes[t, k])
            moment = value * np.float64(k)
            total += value
            first += moment
            second += moment * np.float64(k)
        sums[t, 0], sums[t, 1], sums[t, 2] = total, first, second


def rolloff_bins(magnitudes: Floats, share: float) -> NDArray[np.intp]:
    reached = np.empty(len(magnitudes), np.intp)
    _rolloff_bins(magnitudes, share, reached)
    return reached


@_exact_jit
def _rolloff_bins(magnitudes: Floats, share: float, reached: NDArray[np.intp]) -> None:
    frames, bins = magnitudes.shape
    running = np.empty(_ABREAST, np.float32)
    goal = np.empty(_ABREAST, np.float32)
    for first in range(0, frames, _ABREAST):
        # Several frames abreast: each sum has to wait for the one before it.
        count = min(_ABREAST, frames - first)
        running[:] = 0
        for k in range(bins):
            for j in range(_ABREAST):
                running[j] += magnitudes[first + min(j, count - 1), k]
        for j in range(count):
            goal[j] = np.float32(share) * running[j]
            total, k = magnitudes[first + j, 0], 0
            while total < goal[j] and k < bins - 1:
                k += 1
                total += magnitudes[first + j, k]
            reached[first + j] = k


def peaks(powers: Floats, low: int, high: int, least: float) -> tuple[Floats, Floats]:
    # Two neighbours are never both peaks.
    most = len(powers) * ((high - low + 1) // 2 + 1)
    places, heights = np.empty(most, np.float32), np.empty(most, np.float32)
    count = _peaks(powers, low, high, np.float32(least), places, heights)
    return places[:count].copy(), heights[:count].copy()


@_exact_jit
def _peaks(
    powers: Floats, low: int, high: int, least: float, places: Floats, heights: Floats
) -> int:
    count = 0
    for t in range(powers.shape[0]):
        highest = np.float32(0)
        for k in range(powers.shape[1]):
            highest = max(highest, powers[t, k])
        floor = least * highest
        for k in range(low, high):
            middle = powers[t, k]
            if middle > floor and middle > powers[t, k - 1] and middle >= powers[t, k + 1]:
                left, right = powers[t, k - 1], powers[t, k + 1]
                curve = left + right - np.float32(2) * middle
                slope = (right - left) / np.float32(2)
                shift = np.float32(0)
                if abs(slope) < abs(curve):
                    shift = -slope / curve
                places[count] = np.float32(k) + shift
                heights[count] = middle + np.float32(0.5) * slope * shift
                count += 1
    return count


def running_median(values: Floats, width: int) -> Floats:
    rows, columns = len(values) - width + 1, values.shape[1]
    if width != 31 or columns < LANES:
        return plain.running_median(values, width)
    found = empty((rows, columns))
    _down(np.ascontiguousarray(values).reshape(-1), rows, columns, 0, found.reshape(-1))
    return found


def harmonic_mask(magnitudes: Floats, width: int) -> Floats:
    frames, bins = magnitudes.shape
    if width != 31 or bins < LANES:
        return plain.harmonic_mask(magnitudes, width)
    magnitudes = np.ascontiguousarray(magnitudes)
    harmonic = empty((frames, bins))
    _down(magnitudes.reshape(-1), frames, bins, 15, harmonic.reshape(-1))
    _masks(magnitudes, harmonic)
    return harmonic


@_jit
def _down(values: Floats, rows: int, columns: int, half: int, found: Floats) -> None:
    """Take running medians down the rows of flattened tables.

    With ``half`` 15 the values are ``rows`` rows, mirrored at both ends; with 0 they are 30 more.
    """
    inputs, outputs = NETWORK
    there = rows if half else rows + 30
    from_row, to_row = np.empty(inputs, np.intp), np.empty(outputs, np.intp)
    for first in range(0, rows, outputs):
        for i in range(inputs):
            row = (first + i - half) % (2 * there)
            row = min(row, 2 * there - 1 - row) if half else min(first + i, there - 1)
            from_row[i] = row * columns
        for i in range(outputs):
            # Rows past the end fall on the last one, which is written after them.
            to_row[i] = min(first + i, rows - 1) * columns
        for column in range(0, columns - LANES + 1, LANES):
            medians_of_31(values, from_row, column, found, to_row)
        if columns % LANES:
            medians_of_31(values, from_row, columns - LANES, found, to_row)


@_jit
def _masks(magnitudes: Floats, harmonic: Floats) -> None:
    """Turn the harmonic medians into masks, with the medians along frequency."""
    frames, bins = magnitudes.shape
    tile = np.empty(bins * LANES, np.float32)  # (bins, frames), transposed
    medians = np.empty(bins * LANES, np.float32)
    for first in range(0, frames, LANES):
        count = min(LANES, frames - first)
        for j in range(LANES):
            line = magnitudes[first + min(j, count - 1)]
            for k in range(bins):
                tile[k * LANES + j] = line[k]
        _down(tile, bins, LANES, 15, medians)
        for j in range(count):
            percussive = tile[j * bins : (j + 1) * bins]  # the tile has served
            for k in range(bins):
                percussive[k] = medians[k * LANES + j]
            _share(harmonic[first + j], percussive)


@_jit
def _share(harmonic: Floats, percussive: Floats) -> None:
    """Put the harmonic part's share of both squares in its place."""
    one = np.float32(1)
    for k in range(len(harmonic)):
        h, p = harmonic[k], percussive[k]
        larger = max(h, p)
        ratio = min(h, p) / max(larger, _TINY)
        small = ratio * ratio / (one + ratio * ratio)  # of the smaller part
        share = small if h < p else one - small
        harmonic[k] = share if larger >= _TINY else np.float32(0.5)


def mean_and_squares(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    mean, squares = _mean_and_squares(np.ascontiguousarray(values))
    return mean, squares


@_jit
def _mean_and_squares(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    total = 0.0
    for n in range(len(values)):
        total += np.float64(values[n])
    mean, squares = total / len(values), 0.0
    for n in range(len(values)):
        distance = np.float64(values[n]) - mean
        squares += distance * distance
    return mean, squares


def median_rise(levels: Floats) -> Floats:
    rises = np.empty(len(levels) - 1, np.float32)
    _median_rise(np.ascontiguousarray(levels), rises)
    return rises


@_jit
def _median_rise(levels: Floats, rises: Floats) -> None:
    bands = levels.shape[1]
    risen = np.empty(bands, np.float32)
    for t in range(len(rises)):
        count = 0
        for k in range(bands):
            rise = levels[t + 1, k] - levels[t, k]
            risen[count] = rise
            count += rise > 0
        fallen = bands - count  # these count as zeros, below all others
        if bands // 2 < fallen:
            rises[t] = 0
            continue
        upper = _ranked(risen[:count], bands // 2 - fallen)
        lower = upper
        if bands % 2 == 0:
            lower = np.float32(0)
            for k in range(bands // 2 - fallen):  # the ranks below are in front now
                lower = max(lower, risen[k])
        rises[t] = (lower + upper) / np.float32(2)


@_jit
def _ranked(values: Floats, rank: int) -> float:
    """Return the value of a rank, having put the lower ones in front of it.

    Source: Hoare, "Algorithm 65: find", 1961.
    """
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]


def frame_energies(samples: Floats, frame_length: int, hop: int) -> Doubles:
    energies = np.empty(1 + (len(samples) - frame_length) // hop)
    _frame_energies(np.ascontiguousarray(samples), frame_length, hop, energies)
    return energies


@_jit
def _frame_energies(samples: Floats, frame_length: int, hop: int, energies: Doubles) -> None:
    for t in range(len(energies)):
        frame = samples[t * hop : t * hop + frame_length]
        energy = 0.0
        for n in range(frame_length):
            energy += np.float64(frame[n]) * np.float64(frame[n])
        energies[t] = energy


def sign_changes(
    samples: Floats, frame_length: int, hop: int, zero: float, start: int, stop: int
) -> NDArray[np.int64]:
    counts = np.empty(1 + (len(samples) - frame_length) // hop, np.int64)
    _sign_changes(np.ascontiguousarray(samples), frame_length, hop, -zero, start, stop, counts)
    return counts


@_jit
def _sign_changes(
    samples: Floats, frame_length: int, hop: int, below: float, start: int, stop: int,
    counts: NDArray[np.int64],
) -> None:  # fmt: skip
    for t in range(len(counts)):
        first = max(t * hop, start)
        sound = samples[first : max(first, min(t * hop + frame_length, stop))]
        count = 0
        for n in range(1, len(sound)):
            count += (sound[n] < below) != (sound[n - 1] < below)
        counts[t] = count


def mean_autocorrelation(values: Doubles, window: Doubles, length: int) -> Doubles:
    lags, places = len(window), len(values) - len(window) + 1
    length = max(64, 1 << (length - 1).bit_length())  # the transforms here are powers of two
    # A window that is zero beyond its length makes zero-padded frames of longer ones.
    long_window = np.zeros(length)
    long_window[:lags] = window
    padded = np.zeros(places + length - 1, np.float32)
    padded[: len(values)] = values
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)
    energies = np.empty(places)
    _energies(padded, window, energies)
    total = np.zeros(length // 2 + 1)
    spectrum: Floats = empty((plain.BLOCK_FRAMES, length // 2 + 1))
    for first in range(0, places, plain.BLOCK_FRAMES):
        block = slice(first, min(first + plain.BLOCK_FRAMES, places))
        part = spectrum[: block.stop - first]
        powers(frames[block], long_window, part, exact=True)
        _add_powers(part, energies[block], total)
    mean: Doubles = np.fft.irfft(total, n=length)[:lags] / places
    return mean


@_jit
def _energies(values: Floats, window: Doubles, energies: Doubles) -> None:
    for t in range(len(energies)):
        frame = values[t : t + len(window)]
        energy = 0.0
        for n in range(len(window)):
            windowed = np.float64(frame[n]) * window[n]
            energy += windowed * windowed
        energies[t] = energy


@_jit
def _add_powers(spectrum: Floats, energies: Doubles, total: Doubles) -> None:
    for t in range(spectrum.shape[0]):
        scale = 0.0
        if energies[t] > 0.0:
            scale = 1.0 / energies[t]
        for k in range(spectrum.shape[1]):
            total[k] += np.float64(spectrum[t, k]) * scale


def beat_links(
    score: Doubles, period: int, tightness: float
) -> tuple[NDArray[np.int64], Doubles]:
    total, links = score.copy(), np.full(len(score), -1, np.int64)
    nearest = max(1, round(period / 2))
    intervals = np.arange(nearest, 2 * period + 1)
    cost = tightness * np.square(np.log(intervals) - np.log(period))
    _beat_links(score, nearest, cost, 0.01 * float(score.max()), links, total)
    return links, total


@_exact_jit
def _beat_links(
    score: Doubles, nearest: int, cost: Doubles, least: float, links: NDArray[np.int64],
    total: Doubles,
) -> None:  # fmt: skip
    begun = False
    for frame in range(len(score)):
        best, highest = -1, -np.inf
        for i in range(min(len(cost), max(0, frame - nearest + 1))):
            chain = total[frame - nearest - i] - cost[i]
            if chain > highest:
                highest, best = chain, frame - nearest - i
        if best >= 0:
            total[frame] += highest
        begun = begun or score[frame] >= least
        if begun:
            links[frame] = best


def warm() -> None:
    """Run every kernel once, so that all of them are compiled and kept."""
    samples = np.sin(np.arange(4096, dtype=np.float32))
    _spectra.warm()
    frames = np.lib.stride_tricks.sliding_window_view(samples, 64)[::16]
    _, power, magnitude = spectra(frames, np.ones(64, np.float32))
    harmonic_mask(magnitude, 31)
    moments(magnitude)
    rolloff_bins(magnitude, 0.85)
    peaks(power, 1, 31, 0.1)
    running_median(magnitude, 31)
    median_rise(magnitude)
    frame_energies(samples, 64, 16)
    sign_changes(samples, 64, 16, 0.0, 0, len(samples))
    for kind in (np.float32, np.float64):
        mean_and_squares(samples.astype(kind))
    mean_autocorrelation(samples.astype(np.float64), np.ones(32), 64)
    beat_links(np.ones(64), 8, 100.0)
