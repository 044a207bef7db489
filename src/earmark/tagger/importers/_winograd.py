"""Winograd's way to convolve with fewer products, in one direction.

A polynomial of ``k`` coefficients is known by its values at ``k`` points. Values and taps are each
evaluated at the points (sums with constants, for the taps beforehand), multiplied point by point,
and brought back: ``out`` results of ``taps`` taps cost ``out + taps - 1`` products, not their
product. The sums are no longer small where the result is, so digits are lost: points near 1 and
their reciprocals with both signs lose fewest.

Source: Winograd, "Arithmetic complexity of computations", 1980; Lavin & Gray, "Fast algorithms for
convolutional neural networks", CVPR 2016, section 4. The matrices follow from the points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from earmark.tagger.importers._layers import Array


class Transforms(NamedTuple):
    """To the points and back: ``results @ ((kernel @ taps) * (tile @ values))``."""

    tile: Array  # [shape=(points, points)]
    kernel: Array  # [shape=(points, taps)]
    results: Array  # [shape=(results, points)]


def transforms(points: Sequence[float], taps: int) -> Transforms:
    """Return the matrices for these points and infinity.

    Their count gives the number of results, ``len(points) + 2 - taps``.

    >>> tile, kernel, results = transforms([0.0, 1.0, -1.0], 3)  # 2 results for 4 products
    >>> results @ ((kernel @ [3, 2, 1]) * (tile @ [1, 0, 0, 5]))
    array([3., 5.])
    """
    count = len(points) + 1

    def values(degree: int) -> Array:
        found = np.vander(points, degree, increasing=True)
        return np.concatenate([found, np.eye(1, degree, degree - 1)])

    # The transpose of a product of polynomials, found by its values, is a convolution.
    tile = np.asarray(np.linalg.inv(values(count)).T, dtype=np.float64)
    return Transforms(tile, values(taps), values(count + 1 - taps).T)
