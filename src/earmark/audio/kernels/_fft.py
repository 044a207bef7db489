"""Real frames to bins or powers, ``lanes`` frames at a time; see ``_passes``."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels import _butterflies as steps
from earmark.audio.kernels import _passes
from earmark.audio.kernels._passes import Places, Reals, first_pass, further_passes, inlined
from earmark.audio.kernels._vectors import BYTES

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]

_NOTHING: Floats = np.empty(0, np.float32)
_jit: Any = numba.njit(nogil=True, cache=True, error_model="numpy")
_loose_jit: Any = numba.njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"}
)


def fits(frames: Floats, window: Reals) -> bool:
    """Tell whether such frames can be transformed here: float32 side by side, a power of two."""
    side_by_side = frames.dtype == np.float32 and frames.strides[1] == frames.itemsize
    return side_by_side and frames.shape[1] == len(window) and _passes.known(len(window))


def takes(out: Floats, frames: int, n_fft: int) -> bool:
    """Tell whether the powers of such frames can be written straight into ``out``."""
    as_made = out.dtype == np.float32 and out.flags.c_contiguous
    return as_made and out.shape == (frames, 1 + n_fft // 2)


def forward(
    frames: Floats,
    window: Reals,
    spectrum: Complexes,
    power: Floats | None = None,
    magnitude: Floats | None = None,
) -> None:
    """Fill the transforms of windowed frames, and their squared magnitudes and magnitudes
    [shape=(frames, 1 + n_fft // 2) each, C order], made in the precision of the window and then
    rounded to float32."""
    rows = _passes.rows_of_bins(len(window))
    flat = [_NOTHING if made is None else made.reshape(-1) for made in (power, magnitude)]
    given = _arguments(frames, window)
    _forward(*given, rows, spectrum.view(np.float32).reshape(-1), *flat)


def forward_powers(frames: Floats, window: Reals, out: Floats) -> None:
    """Fill the squared magnitudes of the transforms of windowed frames [shape=(frames,
    1 + n_fft // 2), C order], made in the precision of the window, which is the caller's own."""
    _forward_powers(*_arguments(frames, window), out.reshape(-1))


def _arguments(frames: Floats, window: Reals) -> tuple[Any, ...]:
    """Return what both ways forward begin with; the frames, which may be read-only, by address."""
    chosen = _passes.plan(len(window), window.dtype)
    return (
        _passes.address(frames), frames.strides[0], len(frames), window,
        chosen.radix, chosen.twiddles, chosen.ends, chosen.padded, chosen.places,
        *_passes.spare(chosen),
    )  # fmt: skip


@_jit
def _forward(
    samples: int, stride: int, count: int, window: Floats, radix: int, twiddles: Floats,
    ends: Floats, padded: int, places: Places, work: Floats, tile: Floats, rows: Floats,
    spectrum: Floats, power: Floats, magnitude: Floats,
) -> None:  # fmt: skip
    lanes, bins = BYTES // work.itemsize, len(places)
    length = len(rows) // lanes
    offsets = np.empty(lanes, np.intp)
    for first in range(0, count, lanes):
        for lane in range(lanes):
            offsets[lane] = min(first + lane, count - 1) * stride  # the last one again
        _read(samples, offsets, window, radix, twiddles, padded, tile, work)
        further_passes(bins - 1, radix, twiddles, padded, work)
        for lane in range(lanes):
            offsets[lane] = lane * length
        _unravel(work, ends, places, tile, rows, offsets)
        # Row after row: memory is written many times faster so than in columns of tiles.
        for lane in range(min(lanes, count - first)):
            row, at = rows[lane * length : lane * length + 2 * bins], (first + lane) * bins
            _copied(row, spectrum[2 * at : 2 * (at + bins)])
            if len(power):
                _squared(row, power[at : at + bins], magnitude[at : at + bins])


@_loose_jit
def _copied(row: Floats, goal: Floats) -> None:
    for i in range(len(goal)):  # assigning slices takes seconds to compile
        goal[i] = row[i]


@_loose_jit
def _squared(row: Floats, power: Floats, magnitude: Floats) -> None:
    for k in range(len(power)):
        power[k] = row[2 * k] * row[2 * k] + row[2 * k + 1] * row[2 * k + 1]
    for k in range(len(power)):
        magnitude[k] = np.sqrt(power[k])


@_jit
def _forward_powers(
    samples: int, stride: int, count: int, window: Reals, radix: int, twiddles: Reals,
    ends: Reals, padded: int, places: Places, work: Reals, tile: Reals, power: Floats,
) -> None:  # fmt: skip
    lanes, bins = BYTES // work.itemsize, len(places)
    offsets = np.empty(lanes, np.intp)
    for first in range(0, count, lanes):
        for lane in range(lanes):
            offsets[lane] = min(first + lane, count - 1) * stride  # the last one again
        _read(samples, offsets, window, radix, twiddles, padded, tile, work)
        further_passes(bins - 1, radix, twiddles, padded, work)
        for lane in range(lanes):
            offsets[lane] = min(first + lane, count - 1) * bins
        _unravel_powers(work, ends, places, tile, power, offsets)


@inlined
def _read(
    samples: int, offsets: Places, window: Reals, radix: int, twiddles: Reals, padded: int,
    tile: Reals, work: Reals,
) -> None:  # fmt: skip
    """Read frames and do the first pass."""
    lanes = len(offsets)
    apart, area = len(window) // 2 // radix, lanes * lanes
    step = (apart + (apart >> padded)) * 2 * lanes
    for first in range(0, apart, lanes // 2):
        for i in range(radix):
            n = 2 * (first + i * apart)
            steps.read_samples(samples + 4 * n, offsets, window, n, tile, i * area)
        for j in range(lanes // 2):
            place = first + j
            to = (place + (place >> padded)) * 2 * lanes
            first_pass(radix, tile, j * 2 * lanes, area, work, to, step, twiddles, place)


@inlined
def _unravel(
    work: Floats, ends: Floats, places: Places, tile: Floats, rows: Floats, offsets: Places
) -> None:
    """Unravel ``lanes`` bins from either end at a time and write them."""
    lanes, size = len(offsets), len(places) - 1
    area = lanes * lanes
    for first in range(0, size // 2, lanes):
        for j in range(lanes):
            low, high = j, 2 * lanes - 1 - j
            steps.unravel(
                work, places[first + j], places[size - first - j], ends, 2 * (first + j),
                tile, low * 2 * lanes, high * 2 * lanes,
            )  # fmt: skip
        upper = 2 * (size - first - lanes + 1)
        for half in range(2):
            steps.write_rows(tile, half * area, rows, 2 * first + half * lanes, offsets)
            steps.write_rows(tile, (2 + half) * area, rows, upper + half * lanes, offsets)
    for lane in range(lanes):  # the bin that is its own mate
        place, at = places[size // 2] + lane, offsets[lane] + size
        rows[at], rows[at + 1] = work[place], -work[place + lanes]


@inlined
def _unravel_powers(
    work: Reals, ends: Reals, places: Places, tile: Reals, power: Floats, offsets: Places
) -> None:
    """The same for squared magnitudes."""
    lanes, size = len(offsets), len(places) - 1
    for first in range(0, size // 2, lanes):
        for j in range(lanes):
            steps.unravel_powers(
                work, places[first + j], places[size - first - j], ends, 2 * (first + j),
                tile, j * lanes, (2 * lanes - 1 - j) * lanes,
            )  # fmt: skip
        steps.write_rows(tile, 0, power, first, offsets)
        steps.write_rows(tile, lanes * lanes, power, size - first - lanes + 1, offsets)
    for lane in range(lanes):
        place = places[size // 2] + lane
        real, imaginary = work[place], work[place + lanes]
        power[offsets[lane] + size // 2] = real * real + imaginary * imaginary
