"""The kernels on numpy alone."""

from __future__ import annotations

import bottleneck
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def running_median(values: Floats, width: int) -> Floats:
    """Return the median of ``width`` neighbours along the rows [shape=(n - width + 1, columns)].

    Args:
        values: [shape=(n, columns)].
    """
    lines = np.ascontiguousarray(values.T)
    medians = bottleneck.move_median(lines, window=width, axis=-1)[:, width - 1 :]
    return np.ascontiguousarray(medians.T)


def tail_means(values: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the mean of the ``count`` lowest and of the ``count`` highest values of each row.

    Args:
        values: [shape=(rows, columns)]; rows may lie apart in memory.
    """
    if count == 1:
        return np.minimum.reduce(values, axis=1), np.maximum.reduce(values, axis=1)
    ordered = np.sort(values, axis=1)  # numpy's vectorised sort is faster than its partition
    sums = (np.add.reduce(part, axis=1) for part in (ordered[:, :count], ordered[:, -count:]))
    low, high = (total / np.float32(count) for total in sums)
    return low, high


def peak_places(values: Floats, floors: Floats, low: int, high: int) -> NDArray[np.int64]:
    """Return where rows have local maxima above their floor, as places in ``values.ravel()``.

    Args:
        values: [shape=(rows, columns)], in C order.
        floors: [shape=(rows,)].
        low: first column looked at, at least 1.
        high: end of the columns looked at, at most columns - 1.
    """
    left, middle, right = (values[:, low + k : high + k] for k in (-1, 0, 1))
    peaks = middle > floors[:, None]
    peaks &= middle > left
    peaks &= middle >= right
    found = np.flatnonzero(peaks)
    rows = found // (high - low)
    places: NDArray[np.int64] = found + rows * (values.shape[1] - (high - low)) + low
    return places
