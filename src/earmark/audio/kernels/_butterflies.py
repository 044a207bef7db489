"""The steps of a Fourier transform of many frames at once.

A vector holds one number of each of ``lanes`` frames, so that every step is plain arithmetic on
whole vectors. Only where frames are read and written they are turned: a tile of ``lanes`` numbers
of ``lanes`` frames is transposed.

Complex numbers lie as a vector of real parts followed by one of imaginary parts. Places, steps and
offsets are counted in elements, addresses in bytes.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from earmark.audio.kernels._vectors import LONG, Code, Pair, vectorised

_PLACE = types.intp


def _along(code: Code, first: Any, step: Any, i: int) -> Any:
    return code.builder.add(first, code.builder.mul(step, ir.Constant(LONG, i)))


def _offset(code: Code, offsets: Any, lane: int) -> Any:
    return code.builder.load(code.builder.gep(offsets, [ir.Constant(LONG, lane)]))


def _factor(code: Code, twiddles: Any, at: Any, i: int = 0) -> Pair:
    return code.everywhere(twiddles, at, 2 * i), code.everywhere(twiddles, at, 2 * i + 1)


def _butterfly(radix: int, twisted: bool) -> Any:
    @intrinsic
    def butterfly(
        typing: Any, source: Any, place: Any, step: Any, goal: Any, to: Any, to_step: Any,
        twiddles: Any, at: Any,
    ) -> Any:  # fmt: skip
        def write(
            code: Code, source: Any, place: Any, step: Any, goal: Any, to: Any, to_step: Any,
            twiddles: Any, at: Any,
        ) -> None:  # fmt: skip
            values = [code.load_pair(source, _along(code, place, step, i)) for i in range(radix)]
            for i, value in enumerate(code.transform(values)):
                if twisted and i:
                    value = code.times(value, _factor(code, twiddles, at, i))
                code.store_pair(value, goal, _along(code, to, to_step, i))

        kinds = (source, _PLACE, _PLACE, goal, _PLACE, _PLACE, twiddles, _PLACE)
        return vectorised(write, types.void(*kinds), source.dtype.bitwidth)

    return butterfly


# Each transforms ``radix`` complex vectors, ``step`` elements apart, and multiplies them by as
# many twiddles of (real, imaginary) part, but for the plain one.
twisted_4, twisted_8, twisted_16 = (_butterfly(radix, True) for radix in (4, 8, 16))
plain_8 = _butterfly(8, False)


@intrinsic
def read_samples(
    typing: Any, address: Any, offsets: Any, window: Any, first: Any, tile: Any, to: Any
) -> Any:
    """Transpose ``lanes`` samples of as many frames, windowed, into vectors one after another.

    Args:
        address: of the float32 samples in a frame whose offset is 0.
        offsets: of the frames, here in bytes.
        first: the samples' place in the window.
    """

    def write(
        code: Code, address: Any, offsets: Any, window: Any, first: Any, tile: Any, to: Any
    ) -> None:
        factor = code.load(code.place(window, first))
        rows = []
        for lane in range(code.lanes):
            begin = code.builder.add(address, _offset(code, offsets, lane))
            rows.append(code.mul(code.load_floats(begin), factor))
        for i, column in enumerate(code.transposed(rows)):
            code.store(column, code.place(tile, to, i))

    kinds = (_PLACE, offsets, window, _PLACE, tile, _PLACE)
    return vectorised(write, types.void(*kinds), window.dtype.bitwidth)


@intrinsic
def read_rows(typing: Any, rows: Any, first: Any, offsets: Any, tile: Any, to: Any) -> Any:
    """Transpose ``lanes`` numbers of as many rows into vectors one after another."""

    def write(code: Code, rows: Any, first: Any, offsets: Any, tile: Any, to: Any) -> None:
        begins = [
            code.builder.add(first, _offset(code, offsets, lane)) for lane in range(code.lanes)
        ]
        loaded = [code.load(code.place(rows, begin)) for begin in begins]
        for i, column in enumerate(code.transposed(loaded)):
            code.store(column, code.place(tile, to, i))

    kinds = (rows, _PLACE, offsets, tile, _PLACE)
    return vectorised(write, types.void(*kinds), rows.dtype.bitwidth)


@intrinsic
def write_rows(typing: Any, tile: Any, place: Any, rows: Any, first: Any, offsets: Any) -> Any:
    """Transpose ``lanes`` vectors into as many rows of float32."""

    def write(code: Code, tile: Any, place: Any, rows: Any, first: Any, offsets: Any) -> None:
        columns = [code.load(code.place(tile, place, i)) for i in range(code.lanes)]
        for lane, row in enumerate(code.transposed(columns)):
            begin = code.builder.add(first, _offset(code, offsets, lane))
            code.store_floats(row, code.place(rows, begin))

    kinds = (tile, _PLACE, rows, _PLACE, offsets)
    return vectorised(write, types.void(*kinds), tile.dtype.bitwidth)


@intrinsic
def add_samples(
    typing: Any, work: Any, places: Any, place: Any, window: Any, first: Any, added: Any,
    offsets: Any,
) -> Any:  # fmt: skip
    """Add ``lanes`` samples of as many frames, windowed, to a signal.

    They come from half as many complex vectors of (odd, even) samples, which lie in ``work``
    where ``places``, from ``place`` on, says.
    """

    def write(
        code: Code, work: Any, places: Any, place: Any, window: Any, first: Any, added: Any,
        offsets: Any,
    ) -> None:  # fmt: skip
        columns = []
        for i in range(code.lanes // 2):
            at = code.builder.add(place, ir.Constant(LONG, i))
            odd, even = code.load_pair(work, code.builder.load(code.builder.gep(places, [at])))
            columns += [even, odd]
        factor = code.load(code.place(window, first))
        for lane, row in enumerate(code.transposed(columns)):
            # One frame after another: they overlap, perhaps within one vector.
            goal = code.place(added, code.builder.add(first, _offset(code, offsets, lane)))
            code.store(code.add(code.load(goal), code.mul(row, factor)), goal)

    kinds = (work, places, _PLACE, window, _PLACE, added, offsets)
    return vectorised(write, types.void(*kinds), work.dtype.bitwidth)


def _unravelled(code: Code, work: Any, low: Any, high: Any, ends: Any, at: Any) -> list[Pair]:
    half = code.number(0.5)
    one, other = code.load_pair(work, low), code.load_pair(work, high)
    (a, b), (c, d) = ([code.mul(part, half) for part in pair] for pair in (one, other))
    even = code.add(a, c), code.sub(b, d)
    odd = code.times((code.add(b, d), code.sub(c, a)), _factor(code, ends, at))
    return [
        (code.add(even[0], odd[0]), code.add(even[1], odd[1])),
        (code.sub(even[0], odd[0]), code.sub(odd[1], even[1])),
    ]


@intrinsic
def unravel(
    typing: Any, work: Any, low: Any, high: Any, ends: Any, at: Any, tile: Any, to: Any,
    to_high: Any,
) -> Any:  # fmt: skip
    """Make bins k and n - k of 2n real numbers' transform from those of the n complex numbers
    whose parts are the even and the odd ones."""

    def write(
        code: Code, work: Any, low: Any, high: Any, ends: Any, at: Any, tile: Any, to: Any,
        to_high: Any,
    ) -> None:  # fmt: skip
        bins = _unravelled(code, work, low, high, ends, at)
        for value, goal in zip(bins, (to, to_high), strict=True):
            code.store_pair(value, tile, goal)

    kinds = (work, _PLACE, _PLACE, ends, _PLACE, tile, _PLACE, _PLACE)
    return vectorised(write, types.void(*kinds), work.dtype.bitwidth)


@intrinsic
def unravel_powers(
    typing: Any, work: Any, low: Any, high: Any, ends: Any, at: Any, tile: Any, to: Any,
    to_high: Any,
) -> Any:  # fmt: skip
    """Make the squared magnitudes of what ``unravel`` makes."""

    def write(
        code: Code, work: Any, low: Any, high: Any, ends: Any, at: Any, tile: Any, to: Any,
        to_high: Any,
    ) -> None:  # fmt: skip
        bins = _unravelled(code, work, low, high, ends, at)
        for (real, imaginary), goal in zip(bins, (to, to_high), strict=True):
            squared = code.add(code.mul(real, real), code.mul(imaginary, imaginary))
            code.store(squared, code.place(tile, goal))

    kinds = (work, _PLACE, _PLACE, ends, _PLACE, tile, _PLACE, _PLACE)
    return vectorised(write, types.void(*kinds), work.dtype.bitwidth)


@intrinsic
def ravel(
    typing: Any, tile: Any, low: Any, high: Any, ends: Any, at: Any, work: Any, to: Any,
    to_high: Any,
) -> Any:  # fmt: skip
    """Undo ``unravel``, with doubled values whose real and imaginary parts are exchanged: their
    transform is the inverse one, parts exchanged again."""

    def write(
        code: Code, tile: Any, low: Any, high: Any, ends: Any, at: Any, work: Any, to: Any,
        to_high: Any,
    ) -> None:  # fmt: skip
        (a, b), (c, d) = code.load_pair(tile, low), code.load_pair(tile, high)
        even = code.add(a, c), code.sub(b, d)
        # The twiddles, conjugate, of the difference.
        cosine, sine = _factor(code, ends, at)
        turned = code.times((code.add(b, d), code.sub(a, c)), (cosine, sine))
        odd = turned[1], turned[0]
        code.store_pair((code.add(even[1], odd[0]), code.sub(even[0], odd[1])), work, to)
        code.store_pair((code.sub(odd[0], even[1]), code.add(even[0], odd[1])), work, to_high)

    kinds = (tile, _PLACE, _PLACE, ends, _PLACE, work, _PLACE, _PLACE)
    return vectorised(write, types.void(*kinds), work.dtype.bitwidth)
