"""Rows picked from a larger array without being read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.picked import Picked, pick, row_blocks


@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_what_is_picked_is_what_an_array_would_give(keep):
    base = np.arange(6 * 2 * 3, dtype=np.float32).reshape(6, 2, 3)
    mask = np.array(keep)
    found, expected = pick(base, mask), base[mask]
    assert isinstance(found, Picked)
    assert found.shape == expected.shape
    assert (found.ndim, found.dtype, len(found)) == (3, np.float32, len(expected))
    np.testing.assert_array_equal(np.asarray(found), expected)
    np.testing.assert_array_equal(found[::-1], expected[::-1])
    if len(expected):
        np.testing.assert_array_equal(found[-1], expected[-1])
        np.testing.assert_array_equal(found[np.array([0, 0])], expected[[0, 0]])


def test_what_is_picked_can_be_picked_from():
    base = np.arange(40).reshape(5, 2, 4)
    once = pick(base, np.array([4, 2, 0]))
    np.testing.assert_array_equal(pick(once, np.array([False, True, True])), base[[2, 0]])


def test_nothing_is_read_before_it_is_asked_for():
    class Read(np.ndarray):
        seen = []  # noqa: RUF012 - what was asked for, of the one array

        def __getitem__(self, index):
            self.seen.append(index)
            return super().__getitem__(index)

    base = np.zeros((9, 2, 2)).view(Read)
    found = pick(base, np.array([3, 5, 7]))
    assert not Read.seen
    found[1]
    assert Read.seen == [5]


def test_rows_of_numbers_come_at_once():
    assert isinstance(pick(np.zeros((3, 2)), np.array([0])), np.ndarray)


def test_there_is_no_array_without_a_copy():
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(Picked(np.zeros((2, 2, 2)), np.array([0])), copy=False)


def test_blocks_hold_all_rows_once():
    rows = np.arange(10 * 3 * 2, dtype=np.int16).reshape(10, 3, 2)
    blocks = list(row_blocks(Picked(rows, np.arange(10))))
    assert blocks[0][1].dtype == np.float32
    np.testing.assert_array_equal(np.concatenate([b for _, b in blocks]), rows)
