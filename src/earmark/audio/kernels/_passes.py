"""Fourier transforms of many real frames of a power of two, a vector of frames at a time.

A real transform of 2n numbers is a complex one of n, the even numbers being the real parts, and
one pass that unravels it. The complex one goes through memory few times: a first pass of radix 4,
8 or 16 while the frames are read, further ones of radix 8, the last two of them over pieces that
stay in the first-level cache. Their result is in digit-reversed order, which costs nothing, for
whole vectors are read wherever they lie. The inverse runs the same passes with real and imaginary
parts exchanged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels import _butterflies as steps
from earmark.audio.kernels._vectors import BYTES
from earmark.audio.kernels.memory import empty

Reals = NDArray[np.floating[Any]]
Places = NDArray[np.intp]

SHORTEST, LONGEST = 64, 65536
_PIECE = 64  # complex vectors, whose passes are done while they are in the first-level cache
inlined: Any = numba.njit(nogil=True, error_model="numpy", inline="always")


class Plan(NamedTuple):
    """What a transform of one length and precision needs.

    Attributes:
        radix: of the first pass.
        twiddles: of all passes, one after another, as (real, imaginary).
        ends: those of the pass that unravels.
        padded: log2 of the complex vectors after which one is left out, so that those a power of
            two apart do not all compete for the same lines of the cache.
        places: where in the work array each bin of the complex transform lies, and the first one
            once more.
        elements: of the work array.
    """

    radix: int
    twiddles: Reals
    ends: Reals
    padded: int
    places: Places
    elements: int


def known(n_fft: int) -> bool:
    """Tell whether frames of this length can be transformed here."""
    return SHORTEST <= n_fft <= LONGEST and not n_fft & (n_fft - 1)


@lru_cache(maxsize=32)
def plan(n_fft: int, kind: np.dtype[Any]) -> Plan:
    """Return what transforms of frames of ``n_fft`` numbers need."""
    size = n_fft // 2
    radices = [(8, 16, 4)[(size.bit_length() - 1) % 3]]
    while size > np.prod(radices):
        radices.append(8)
    tables, rest = [], size
    for radix in radices[:-1]:
        tables.append(_circle(np.outer(np.arange(rest // radix), np.arange(radix)) / rest))
        rest //= radix
    padded = 6 if len(radices) > 2 else 62
    order = np.arange(size).reshape(radices[::-1]).T.reshape(-1)  # the bin at each place
    places = np.empty(size + 1, np.intp)
    places[order] = np.arange(size)
    places[size] = places[0]
    doubled = 2 * BYTES // kind.itemsize
    places = (places + (places >> padded)) * doubled
    elements = (size + (size >> padded)) * doubled
    ends = _circle(np.arange(size // 2) / n_fft)
    return Plan(radices[0], np.concatenate(tables).astype(kind), ends.astype(kind), padded, places,
                elements)  # fmt: skip


def _circle(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (cos, -sin) of fractions of a whole circle, one after another."""
    angles = 2 * np.pi * turns.reshape(-1)
    return np.stack([np.cos(angles), -np.sin(angles)], axis=1).reshape(-1)


def address(array: NDArray[Any]) -> int:
    """Return where an array's first element lies, for as long as the array is held."""
    return int(array.__array_interface__["data"][0])


def aligned(elements: int, kind: np.dtype[Any]) -> Reals:
    """Return an array whose first element begins a line of the cache."""
    size = kind.itemsize
    raw = empty((elements + BYTES // size,), kind)
    skipped = -address(raw) % BYTES // size
    return raw[skipped : skipped + elements]


def spare(chosen: Plan) -> tuple[Reals, Reals]:
    """Return a work array, and one for tiles."""
    kind = chosen.ends.dtype
    lanes = BYTES // chosen.ends.itemsize
    both = aligned(chosen.elements + 16 * lanes * lanes, kind)
    return both[: chosen.elements], both[chosen.elements :]


def rows_of_bins(n_fft: int) -> Reals:
    """Return an array for the bins of a vector of frames, each an odd number of lines apart."""
    lanes = BYTES // 4
    return aligned(lanes * (n_fft + lanes), np.dtype(np.float32))


@inlined
def first_pass(
    radix: int, source: Reals, place: int, step: int, goal: Reals, to: int, to_step: int,
    twiddles: Reals, turn: int,
) -> None:  # fmt: skip
    """Do one step of the first pass, the one that begins with element ``turn``."""
    at = 2 * radix * turn
    if radix == 16:
        steps.twisted_16(source, place, step, goal, to, to_step, twiddles, at)
    elif radix == 8:
        steps.twisted_8(source, place, step, goal, to, to_step, twiddles, at)
    else:
        steps.twisted_4(source, place, step, goal, to, to_step, twiddles, at)


@inlined
def further_passes(size: int, radix: int, twiddles: Reals, padded: int, work: Reals) -> None:
    """Do all passes but the first, those over large pieces one by one."""
    doubled = 2 * BYTES // work.itemsize
    piece, at = size // radix, 2 * size
    while piece > _PIECE:
        for first in range(0, size, piece):
            _pass(first, piece, padded, twiddles, at, work)
        at += 2 * piece
        piece //= 8
    for first in range(0, size, piece):
        if piece > 8:
            _pass(first, piece, padded, twiddles, at, work)
        for place in range(first, first + piece, 8):
            to = (place + (place >> padded)) * doubled
            steps.plain_8(work, to, doubled, work, to, doubled, twiddles, 0)


@inlined
def _pass(first: int, piece: int, padded: int, twiddles: Reals, at: int, work: Reals) -> None:
    doubled = 2 * BYTES // work.itemsize
    apart = piece // 8
    step = (apart + (apart >> padded)) * doubled
    for turn in range(apart):
        to = (first + turn + (first + turn >> padded)) * doubled
        steps.twisted_8(work, to, step, work, to, step, twiddles, at + 16 * turn)
