"""Mean and variance of values that come in pieces."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from earmark.audio import kernels


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
            self._merge(values.size, *kernels.active().mean_and_squares(values.ravel()))

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

