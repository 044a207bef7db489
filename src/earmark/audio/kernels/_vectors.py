"""Vector instructions written down as such: LLVM finds them in loops only where it can prove that
nothing overlaps.

A vector is 64 bytes, 16 float32 or 8 float64; processors with narrower registers take several.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba.core import types

BYTES = 64  # of a vector
LONG, _INT, _FLOAT = ir.IntType(64), ir.IntType(32), ir.FloatType()
_FUSED = ("contract",)  # a product and a sum may become one instruction
Pair = tuple[Any, Any]
"""The vectors of the real and the imaginary parts."""


class Code:
    """Writes vector instructions for one kind of float, in lanes."""

    def __init__(self, builder: Any, bits: int) -> None:
        self.builder = builder
        self.element = _FLOAT if bits == 32 else ir.DoubleType()
        self.lanes = 8 * BYTES // bits
        self.vector = ir.VectorType(self.element, self.lanes)
        self._align = bits // 8

    def number(self, value: float) -> Any:
        return ir.Constant(self.vector, [value] * self.lanes)

    def place(self, array: Any, place: Any, shift: int = 0) -> Any:
        """Return the pointer to an element; ``shift`` counts vectors."""
        if shift:
            place = self.builder.add(place, ir.Constant(LONG, shift * self.lanes))
        return self.builder.gep(array, [place])

    def load(self, pointer: Any) -> Any:
        return self.builder.load(
            self.builder.bitcast(pointer, self.vector.as_pointer()), align=self._align
        )

    def store(self, value: Any, pointer: Any) -> None:
        goal = self.builder.bitcast(pointer, value.type.as_pointer())
        self.builder.store(value, goal, align=4)

    def load_floats(self, address: Any) -> Any:
        """Load as many float32 as there are lanes from an address, widened to this kind."""
        narrow = ir.VectorType(_FLOAT, self.lanes)
        loaded = self.builder.load(self.builder.inttoptr(address, narrow.as_pointer()), align=4)
        return loaded if self.element == _FLOAT else self.builder.fpext(loaded, self.vector)

    def store_floats(self, value: Any, pointer: Any) -> None:
        """Store as float32."""
        if self.element != _FLOAT:
            value = self.builder.fptrunc(value, ir.VectorType(_FLOAT, self.lanes))
        self.store(value, pointer)

    def everywhere(self, array: Any, place: Any, shift: int = 0) -> Any:
        """Load one element into all lanes."""
        if shift:
            place = self.builder.add(place, ir.Constant(LONG, shift))
        one = self.builder.load(self.builder.gep(array, [place]))
        first = self.builder.insert_element(
            ir.Constant(self.vector, ir.Undefined), one, ir.Constant(_INT, 0)
        )
        return self.pick(first, first, [0] * self.lanes)

    def pick(self, left: Any, right: Any, which: list[int]) -> Any:
        """Return elements of two vectors, the right one's counted on from the left one's."""
        mask = ir.Constant(ir.VectorType(_INT, len(which)), which)
        return self.builder.shuffle_vector(left, right, mask)

    def add(self, left: Any, right: Any) -> Any:
        return self.builder.fadd(left, right, flags=_FUSED)

    def sub(self, left: Any, right: Any) -> Any:
        return self.builder.fsub(left, right, flags=_FUSED)

    def mul(self, left: Any, right: Any) -> Any:
        return self.builder.fmul(left, right, flags=_FUSED)

    def times(self, value: Pair, factor: Pair) -> Pair:
        """Return a complex product."""
        (a, b), (c, d) = value, factor
        return (
            self.sub(self.mul(a, c), self.mul(b, d)),
            self.add(self.mul(a, d), self.mul(b, c)),
        )

    def load_pair(self, array: Any, place: Any) -> Pair:
        return self.load(self.place(array, place)), self.load(self.place(array, place, 1))

    def store_pair(self, value: Pair, array: Any, place: Any) -> None:
        self.store(value[0], self.place(array, place))
        self.store(value[1], self.place(array, place, 1))

    def transform(self, values: list[Pair]) -> list[Pair]:
        """Return the Fourier transform of 1, 2, 4, 8 or 16 complex numbers, in order.

        By halves, decimated in frequency (Gentleman and Sande, 1966).
        """
        half = len(values) // 2
        if not half:
            return values
        sums, differences = [], []
        for i in range(half):
            (a, b), (c, d) = values[i], values[i + half]
            sums.append((self.add(a, c), self.add(b, d)))
            differences.append(self._turned((a, b), (c, d), i, half))
        even, odd = self.transform(sums), self.transform(differences)
        return [value for both in zip(even, odd, strict=True) for value in both]

    def _turned(self, one: Pair, other: Pair, i: int, half: int) -> Pair:
        """Return the difference of two complex numbers, turned by i/half of half a circle."""
        (a, b), (c, d) = one, other
        if 2 * i == half:  # a quarter circle exchanges the parts
            return self.sub(b, d), self.sub(c, a)
        real, imaginary = self.sub(a, c), self.sub(b, d)
        if i == 0:
            return real, imaginary
        eighth = self.number(math.sqrt(0.5))
        if 4 * i == half:
            return (
                self.mul(self.add(imaginary, real), eighth),
                self.mul(self.sub(imaginary, real), eighth),
            )
        if 4 * i == 3 * half:
            return (
                self.mul(self.sub(imaginary, real), eighth),
                self.mul(self.add(imaginary, real), self.number(-math.sqrt(0.5))),
            )
        angle = -math.pi * i / half
        factor = self.number(math.cos(angle)), self.number(math.sin(angle))
        return self.times((real, imaginary), factor)

    def transposed(self, rows: list[Any]) -> list[Any]:
        """Return the columns of as many rows as there are lanes.

        First inside each 128 bits, then these parts among each other: of four parts, registers of
        any width exchange two with one instruction.
        """
        width, n = self.lanes // 4, self.lanes
        parts = [rows[i : i + width] for i in range(0, n, width)]
        step = 1
        while step < width:
            parts = [self._exchanged(part, width, step) for part in parts]
            step *= 2
        even = [2 * width * i + j for i in range(n // width) for j in range(width)]
        odd = [i + width for i in even]
        columns: list[Any] = [None] * n
        for j in range(width):
            a, b, c, d = (part[j] for part in parts)
            for side, which in ((0, even), (1, odd)):
                left, right = self.pick(a, b, which), self.pick(c, d, which)
                columns[side * width + j] = self.pick(left, right, even)
                columns[(side + 2) * width + j] = self.pick(left, right, odd)
        return columns

    def _exchanged(self, rows: list[Any], width: int, step: int) -> list[Any]:
        """Interleave rows in runs of ``step`` inside each 128 bits."""
        low = [
            first + side * self.lanes + i
            for first in range(0, self.lanes, width)
            for i0 in range(0, width // 2, step)
            for side in (0, 1)
            for i in range(i0, i0 + step)
        ]
        high = [i + width // 2 for i in low]
        made: list[Any] = [None] * width
        if step == 1:  # neighbouring rows; the next step takes rows two apart
            for i in range(0, width, 2):
                made[i] = self.pick(rows[i], rows[i + 1], low)
                made[i + 1] = self.pick(rows[i], rows[i + 1], high)
            return made
        for i in range(width // 2):
            made[2 * i] = self.pick(rows[i], rows[i + 2], low)
            made[2 * i + 1] = self.pick(rows[i], rows[i + 2], high)
        return made


def vectorised(write: Any, signature: Any, bits: int) -> Any:
    """Return what an intrinsic returns; ``write`` gets a ``Code`` and the arguments, arrays as
    pointers to their data."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [
            context.make_array(kind)(context, builder, given).data
            if isinstance(kind, types.Array)
            else given
            for kind, given in zip(signature.args, args, strict=True)
        ]
        write(Code(builder, bits), *data)
        return context.get_dummy_value()

    return signature, codegen
