import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.tagger.importers._winograd import transforms


@given(st.integers(1, 7), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_equals_the_sums(taps, results, seed):
    rng = np.random.default_rng(seed)
    points = np.cos(np.pi * np.arange(taps + results - 2) / (taps + results - 2))  # any that differ
    tile, kernel, back = transforms(points, taps)
    weights, values = rng.standard_normal(taps), rng.standard_normal(taps + results - 1)
    found = back @ ((kernel @ weights) * (tile @ values))
    np.testing.assert_allclose(found, np.correlate(values, weights, "valid"), atol=1e-6)


def test_winograds_own_example():
    # F(2, 3) at 0, 1, -1 and infinity: 4 products for 2 results of 3 taps.
    tile, kernel, back = transforms([0, 1, -1], 3)
    assert (tile.shape, kernel.shape, back.shape) == ((4, 4), (4, 3), (2, 4))
    np.testing.assert_array_equal(kernel, [[1, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 1]])
    np.testing.assert_allclose(np.abs(tile).sum(axis=1), [2, 1, 1, 2])


def test_points_have_to_differ():
    with pytest.raises(np.linalg.LinAlgError):
        transforms([0, 1, 1], 3)
