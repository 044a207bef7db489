"""The median network as vector instructions.

LLVM does not see that a straight line of minima and maxima over many rows can run in lanes: the
rows might overlap with what is written. So the instructions are written down as vectors here.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from earmark.audio.kernels.network import median_network

LANES = 16  # floats worked on at once; processors with narrower registers take several
_NETWORK = median_network(31, groups=2)
NETWORK = (_NETWORK.inputs, len(_NETWORK.outputs))


@intrinsic
def medians_of_31(
    typing: Any, values: Any, from_row: Any, column: Any, found: Any, to_row: Any
) -> Any:
    """Write neighbouring running medians of 31 for ``LANES`` columns.

    Args:
        values, found: flattened float32 tables.
        from_row, to_row: where the rows of the inputs and outputs begin in them.
        column: the first of the columns.
    """
    signature = types.void(values, from_row, types.intp, found, to_row)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [
            context.make_array(kind)(context, builder, given).data if i in (0, 1, 3, 4) else given
            for i, (kind, given) in enumerate(zip(signature.args, args, strict=True))
        ]
        lanes = ir.VectorType(ir.FloatType(), LANES)

        def address(table: Any, rows: Any, i: int) -> Any:
            row = builder.load(builder.gep(rows, [ir.Constant(ir.IntType(64), i)]))
            first = builder.gep(table, [builder.add(row, data[2])])
            return builder.bitcast(first, lanes.as_pointer())

        places: list[Any] = [None] * _NETWORK.places
        for i in range(_NETWORK.inputs):
            places[i] = builder.load(address(data[0], data[1], i), align=4)
        for larger, result, left, right in _NETWORK.steps:
            one, other = places[left], places[right]
            first = builder.fcmp_ordered(">" if larger else "<", one, other)
            places[result] = builder.select(first, one, other)
        # From the last to the first: outputs past the end are sent to the last row.
        for i in reversed(range(len(_NETWORK.outputs))):
            builder.store(places[_NETWORK.outputs[i]], address(data[3], data[4], i), align=4)
        return context.get_dummy_value()

    return signature, codegen
