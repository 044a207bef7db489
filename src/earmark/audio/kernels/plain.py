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
