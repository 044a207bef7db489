"""Mean and variance of values that come in pieces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROW = 1024


class Tally:
    """Mean and population variance of all values given so far, in float64.

    Source: Chan et al., "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0  # summed squared distances from the mean

    def add(self, values: NDArray[Any]) -> None:
        """Count the values of an array of any shape."""
        if values.size:
            mean = float(values.mean(dtype=np.float64))
            # Rounded as the values are, or the difference would be twice as wide.
            near = values.dtype.type(mean)
            distance = np.subtract(values, near).ravel()
            squares = _sum_of_squares(distance) - values.size * (mean - float(near)) ** 2
            self._merge(values.size, mean, squares)

    def fill(self, count: int) -> None:
        """Count zeros until there are ``count`` values."""
        if count > self.count:
            self._merge(count - self.count, 0.0, 0.0)

    @property
    def variance(self) -> float:
        """The population variance of all values; 0 where there are none."""
        return max(self._squares, 0.0) / self.count if self.count else 0.0

    def _merge(self, count: int, mean: float, squares: float) -> None:
        total = self.count + count
        apart = mean - self.mean
        self._squares += squares + apart**2 * self.count * count / total
        self.mean += apart * count / total
        self.count = total


def _sum_of_squares(values: NDArray[Any]) -> float:
    """Sum rows of 1024 in their own precision, which is fast, and the rows' sums in float64."""
    whole = len(values) // _ROW * _ROW
    rows = values[:whole].reshape(-1, _ROW)
    sums = np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64)
    return float(sums) + float(np.square(values[whole:], dtype=np.float64).sum())
