"""Seven statistics of curves over time, on numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOMENTS = ("kurtosis", "max", "mean", "median", "min", "skew", "std")


def moments(curves: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the statistics of each curve [shape=(7, curves)], in the order of ``MOMENTS``.

    Deviation, skewness and kurtosis are those of a population; kurtosis is 0 for a normal
    distribution. A constant curve has skewness 0 and kurtosis -3, as in FMA's tables.

    Args:
        curves: [shape=(frames, curves)], at least one frame.
    """
    lines = np.ascontiguousarray(curves.T, dtype=np.float64)  # (curves, frames)
    count = lines.shape[1]
    mean = lines.mean(axis=1)
    deviation = lines - mean[:, None]
    squared = np.square(deviation)
    second = squared.mean(axis=1)
    third = np.einsum("ct,ct->c", squared, deviation) / count
    fourth = np.einsum("ct,ct->c", squared, squared) / count
    # Rounding of the mean alone makes a constant curve vary by this much.
    constant = second <= np.square(np.finfo(np.float64).eps * mean) + np.finfo(np.float64).tiny
    variance = np.where(constant, 1, second)
    skew = np.where(constant, 0, third / variance**1.5)
    kurtosis = np.where(constant, 0, fourth / variance**2) - 3
    return np.stack([kurtosis, lines.max(axis=1), mean, np.median(lines, axis=1),
                     lines.min(axis=1), skew, np.sqrt(second)])  # fmt: skip
