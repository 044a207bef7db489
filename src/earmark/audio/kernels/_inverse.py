"""Bins back to a signal, ``lanes`` frames at a time; see ``_passes``."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels import _butterflies as steps
from earmark.audio.kernels import _passes
from earmark.audio.kernels._passes import Places, first_pass, further_passes, inlined
from earmark.audio.kernels._vectors import BYTES

Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]

_NOTHING: Floats = np.empty(0, np.float32)
_jit: Any = numba.njit(nogil=True, cache=True, error_model="numpy")
_loose_jit: Any = numba.njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"}
)


def fits(spectrum: Complexes, mask: Floats | None, window: Floats) -> bool:
    """Tell whether such spectra can be transformed back here."""
    masked = mask is None or (mask.dtype == np.float32 and mask.shape == spectrum.shape)
    whole = spectrum.dtype == np.complex64 and spectrum.shape[1] == 1 + len(window) // 2
    return masked and whole and len(spectrum) > 0 and _passes.known(len(window))


def overlap_add(
    spectrum: Complexes, mask: Floats | None, window: Floats, hop: int, added: Floats
) -> None:
    """Add the windowed inverse transforms to ``added`` [shape=((frames - 1) * hop + n_fft,)]."""
    chosen = _passes.plan(len(window), np.dtype(np.float32))
    _overlap_add(
        np.ascontiguousarray(spectrum).view(np.float32).reshape(-1),
        _NOTHING if mask is None else np.ascontiguousarray(mask).reshape(-1),
        window.astype(np.float32) / np.float32(len(window)), hop,
        chosen.radix, chosen.twiddles, chosen.ends, chosen.padded, chosen.places,
        *_passes.spare(chosen), _passes.rows_of_bins(len(window)), added,
    )  # fmt: skip


@_jit
def _overlap_add(
    spectrum: Floats, mask: Floats, window: Floats, hop: int, radix: int, twiddles: Floats,
    ends: Floats, padded: int, places: Places, work: Floats, tile: Floats, rows: Floats,
    added: Floats,
) -> None:  # fmt: skip
    lanes, bins = BYTES // work.itemsize, len(places)
    count, length = len(spectrum) // (2 * bins), len(rows) // lanes
    offsets = np.empty(lanes, np.intp)
    for first in range(0, count, lanes):
        for lane in range(lanes):
            offsets[lane] = lane * length
            row, at = rows[lane * length : lane * length + 2 * bins], (first + lane) * bins
            if first + lane < count:
                factors = mask[at : at + bins] if len(mask) else mask
                _masked(spectrum[2 * at : 2 * (at + bins)], factors, row)
            else:
                for i in range(2 * bins):
                    row[i] = 0
        _ravel(rows, offsets, ends, padded, tile, work)
        _first_in_place(bins - 1, radix, twiddles, padded, work)
        further_passes(bins - 1, radix, twiddles, padded, work)
        for lane in range(lanes):
            # Lanes past the end hold zeros, which may be added anywhere.
            offsets[lane] = min(first + lane, count - 1) * hop
        for n in range(0, 2 * (bins - 1), lanes):
            steps.add_samples(work, places, n // 2, window, n, added, offsets)


@_loose_jit
def _masked(given: Floats, mask: Floats, row: Floats) -> None:
    if len(mask):
        for k in range(len(mask)):
            row[2 * k], row[2 * k + 1] = given[2 * k] * mask[k], given[2 * k + 1] * mask[k]
    else:
        for i in range(len(row)):  # assigning slices takes seconds to compile
            row[i] = given[i]
    row[1] = row[len(row) - 1] = 0  # as every inverse real transform has it


@inlined
def _ravel(
    rows: Floats, offsets: Places, ends: Floats, padded: int, tile: Floats, work: Floats
) -> None:
    """Read bins, ``lanes`` from either end at a time, and make them those of a complex
    transform."""
    lanes, size = len(offsets), len(ends)
    area = lanes * lanes
    for first in range(0, size // 2, lanes):
        upper = 2 * (size - first - lanes + 1)
        for half in range(2):
            steps.read_rows(rows, 2 * first + half * lanes, offsets, tile, half * area)
            steps.read_rows(rows, upper + half * lanes, offsets, tile, (2 + half) * area)
        for j in range(lanes):
            low, high = first + j, (size - first - j) % size
            steps.ravel(
                tile, j * 2 * lanes, (2 * lanes - 1 - j) * 2 * lanes, ends, 2 * low,
                work, (low + (low >> padded)) * 2 * lanes, (high + (high >> padded)) * 2 * lanes,
            )  # fmt: skip
    middle = size // 2
    to = (middle + (middle >> padded)) * 2 * lanes
    for lane in range(lanes):
        at = offsets[lane] + size
        work[to + lane], work[to + lanes + lane] = -2 * rows[at + 1], 2 * rows[at]


@inlined
def _first_in_place(size: int, radix: int, twiddles: Floats, padded: int, work: Floats) -> None:
    doubled = 2 * BYTES // work.itemsize
    apart = size // radix
    step = (apart + (apart >> padded)) * doubled
    for place in range(apart):
        to = (place + (place >> padded)) * doubled
        first_pass(radix, work, to, step, work, to, step, twiddles, place)
