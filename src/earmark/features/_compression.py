"""From mel values to what a network is shown: decibels or another logarithm, in place."""

from __future__ import annotations

from typing import Literal

import numpy as np

from earmark.audio import mel
from earmark.audio.dsp import Floats

Compression = Literal["decibels", "log10_1e4", "log"]
Rounding = Literal["none", "float16"]

_FLOAT16_MOST = np.float32(np.finfo(np.float16).max)
_FLOAT16_FAINT = np.float32(np.finfo(np.float16).tiny)  # 2 ** -14
_DROPPED_BITS = 23 - 10  # of float32's fraction
_HALF = np.float32(0.5)
_STEEPNESS = np.float32(1e4)


def compress(values: Floats, compression: Compression, offset: float) -> Floats:
    """Turn mel values into decibels (reference 1, floor 1e-10), log10(10000 x + 1) or
    ln(x + offset), in place, and return them."""
    if compression == "decibels":
        return mel.to_decibels(values)
    if compression == "log10_1e4":
        values *= _STEEPNESS
        values += np.float32(1)
        return np.log10(values, out=values)
    values += np.float32(offset)
    return np.log(values, out=values)


def rounded(values: Floats, rounding: Rounding) -> Floats:
    """Round mel values to the nearest that float16 holds, in place, and return them; more than its
    65504 counts as that.

    By arithmetic: numpy's own conversion takes many times as long where values are faint.
    """
    if rounding == "none":
        return values
    np.minimum(values, _FLOAT16_MOST, out=values)
    faint = values + _HALF  # float32 has there the steps that float16 has below 2 ** -14
    faint -= _HALF
    bits = values.view(np.uint32)
    odd = bits >> _DROPPED_BITS
    odd &= np.uint32(1)
    bits += odd  # halves go to the even neighbour
    bits += np.uint32((1 << _DROPPED_BITS - 1) - 1)
    bits &= np.uint32(-(1 << _DROPPED_BITS) & 0xFFFF_FFFF)
    np.copyto(values, faint, where=values < _FLOAT16_FAINT)
    return values
