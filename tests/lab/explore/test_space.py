"""Scaling and components, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies
from hypothesis.extra.numpy import arrays

from earmark.errors import DataError
from earmark.lab.explore.space import principal, standardised, tempo_and_direction


def test_columns_are_standardised_and_a_constant_one_is_zero() -> None:
    rows = np.array([[1.0, 0.1, 5.0], [3.0, 0.1, 5.0]], dtype=np.float32)
    np.testing.assert_allclose(standardised(rows), [[-1, 0, 0], [1, 0, 0]])


def test_tempo_goes_to_zero_to_one_and_rows_to_length_one() -> None:
    rows = np.array([[0.6, 60.0], [0.3, 100.0], [0.0, 140.0]])
    # tempo becomes 0, .5, 1; then rows are divided by .6, sqrt(.09 + .25) and 1
    long = np.sqrt(0.34)
    expected = [[1, 0], [0.3 / long, 0.5 / long], [0, 1]]
    np.testing.assert_allclose(tempo_and_direction(rows, ("energy", "tempo")), expected)


def test_a_row_of_zeros_and_one_tempo_stay_numbers() -> None:
    scaled = tempo_and_direction(np.array([[0.0, 90.0], [1.0, 90.0]]), ("energy", "tempo"))
    np.testing.assert_array_equal(scaled, [[0, 0], [1, 0]])


def test_tempo_that_is_not_there_is_refused() -> None:
    with pytest.raises(DataError, match=r"no column is called 'tempo'.*Did you mean 'tempos'"):
        tempo_and_direction(np.ones((2, 1)), ("tempos",))


def test_components_are_those_of_scikit_learn(rng: np.random.Generator) -> None:
    from sklearn.decomposition import PCA

    rows = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5))
    found, known = principal(rows), PCA(svd_solver="full").fit(rows)
    np.testing.assert_allclose(found.shares, known.explained_variance_ratio_, atol=1e-12)
    np.testing.assert_allclose(np.abs(found.axes), np.abs(known.components_), atol=1e-9)
    np.testing.assert_allclose(np.abs(found.scores), np.abs(known.transform(rows)), atol=1e-9)
    assert (found.axes[np.arange(5), np.abs(found.axes).argmax(axis=1)] > 0).all()


def test_components_needed_by_hand() -> None:
    # two directions of variance 9 and 1: shares .9 and .1
    rows = np.array([[3.0, 0, 0], [-3, 0, 0], [0, 1, 0], [0, -1, 0]])
    found = principal(rows)
    np.testing.assert_allclose(found.shares, [0.9, 0.1, 0], atol=1e-15)
    assert [found.needed(s) for s in (0.5, 0.9, 0.91, 1.0)] == [1, 1, 2, 2]


def test_equal_rows_have_no_components() -> None:
    found = principal(np.ones((3, 2)))
    assert found.needed(0.9) == 0
    np.testing.assert_array_equal(found.shares, 0)


@given(arrays(np.float32, (6, 4), elements=strategies.floats(-1e6, 1e6, width=32)))
def test_components_give_the_rows_back(rows: np.ndarray) -> None:
    found = principal(rows)
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(found.scores @ found.axes, centred, atol=1e-6 * 1e4)
    assert (np.diff(found.shares) <= 1e-12).all()
