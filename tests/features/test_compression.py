"""Rounding beside numpy's own, and the logarithms by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.features._compression import compress, rounded

held = st.floats(0, 65504, width=32)


@given(arrays(np.float32, st.integers(1, 50), elements=held), st.floats(-9, 4))
def test_rounding_is_that_of_float16(values, power):
    for scaled in (values, np.minimum(values * np.float32(10**power), np.float32(65504))):
        expected = scaled.astype(np.float16).astype(np.float32)
        assert np.array_equal(rounded(scaled.copy(), "float16"), expected)


def test_every_value_of_float16_and_what_lies_between():
    steps = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    assert np.array_equal(rounded(steps.copy(), "float16"), steps)
    halves = (steps[1:] + steps[:-1]) / 2
    below, above = (np.nextafter(halves, np.float32(to)) for to in (0, 65504))
    for near in (halves, below, above):
        expected = near.astype(np.float16).astype(np.float32)
        assert np.array_equal(rounded(near.copy(), "float16"), expected)


def test_more_than_float16_holds_counts_as_its_highest():
    values = np.array([65_520, 1e9, 3e38], np.float32)
    assert rounded(values, "float16").tolist() == [65_504] * 3


def test_without_rounding_nothing_changes():
    values = np.array([0.1, 70_000], np.float32)
    assert rounded(values.copy(), "none").tolist() == values.tolist()


@pytest.mark.parametrize(("compression", "values", "expected"), [
    ("decibels", [1, 10, 0], [0, 10, -100]),
    ("log10_1e4", [0, 9e-4, 0.9999], [0, 1, 4]),
    ("log", [0, 0.99, 0.09], [np.log(0.01), 0, np.log(0.1)]),
])  # fmt: skip
def test_by_hand_and_in_place(compression, values, expected):
    given_values = np.array(values, np.float32)
    found = compress(given_values, compression, 0.01)
    assert found is given_values
    np.testing.assert_allclose(found, expected, atol=1e-5)
