"""Seven statistics of curves over time, on numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOMENTS = ("kurtosis", "max", "mean", "median", "min", "skew", "std")
_BLOCK_CURVES = 16  # so many curves of a segment stay in the cache
_BLOCK_VALUES = 1_000_000  # of a long sound fewer: each takes some 40 bytes meanwhile


def moments(curves: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the statistics of each curve [shape=(7, curves)], in the order of ``MOMENTS``.

    Deviation, skewness and kurtosis are those of a population; kurtosis is 0 for a normal
    distribution. A constant curve has skewness 0 and kurtosis -3, as in FMA's tables.

    Args:
        curves: [shape=(frames, curves)], at least one frame.
    """
    together = max(1, min(_BLOCK_CURVES, _BLOCK_VALUES // len(curves)))
    firsts = range(0, curves.shape[1], together)
    return np.concatenate([_of_few(curves[:, k : k + together]) for k in firsts], axis=1)


def _of_few(curves: NDArray[np.float32]) -> NDArray[np.float64]:
    lines = np.ascontiguousarray(curves.T)  # (curves, frames)
    count = lines.shape[1]
    ordered = np.sort(lines, axis=1)  # numpy's vectorised sort is faster than its partition
    median = ordered[:, (count - 1) // 2 : count // 2 + 1].mean(axis=1, dtype=np.float64)
    mean = lines.mean(axis=1, dtype=np.float64)
    deviation = lines - mean[:, None]
    squared = np.square(deviation)
    second = squared.mean(axis=1)
    third = np.einsum("ct,ct->c", squared, deviation) / count
    fourth = np.einsum("ct,ct->c", squared, squared) / count
    # Rounding of the mean alone makes a constant curve vary by this much.
    constant = second <= np.square(np.finfo(np.float64).eps * mean)
    variance = np.where(constant, 1, second)
    skew = np.where(constant, 0, third / variance**1.5)
    kurtosis = np.where(constant, 0, fourth / variance**2) - 3
    lowest, highest = ordered[:, 0], ordered[:, -1]
    return np.stack([kurtosis, highest, mean, median, lowest, skew, np.sqrt(second)])
