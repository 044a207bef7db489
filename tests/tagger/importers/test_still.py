import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.tagger.importers import _still
from earmark.tagger.importers._layers import Affine


def test_the_stillest_go_first_until_the_budget_is_spent():
    half = np.array([1.0, 4.0, 2.0, 3.0])
    reach = np.array([[1.0], [1.0], [1.0], [0.1]])  # moves: 1, 4, 2, 0.3
    assert _still.moving(half, reach, 1.29).tolist() == [True, True, True, False]
    assert _still.moving(half, reach, 1.3).tolist() == [False, True, True, False]
    assert _still.moving(half, reach, 3.3).tolist() == [False, True, False, False]


def test_each_label_has_its_own_budget():
    half = np.ones(3)
    reach = np.array([[0.6, 0.0], [0.0, 0.6], [9.0, 9.0]])
    assert _still.moving(half, reach, 0.6).tolist() == [False, False, True]
    assert _still.moving(half, reach[:, [0, 0]], 0.6).tolist() == [False, False, True]
    assert _still.moving(half, np.array([[0.6], [0.6], [9.0]]), 0.6).tolist() == [False, True, True]


def test_one_channel_always_stays():
    assert _still.moving(np.zeros(3), np.ones((3, 2)), 1.0).sum() == 1


def test_channels_of_no_bound_stay():
    half = np.array([0.0, np.inf, np.nan])
    assert _still.moving(half, np.ones((3, 1))).tolist() == [False, True, True]


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 5))
def test_what_is_left_out_never_moves_a_score_by_more(seed, channels, labels):
    rng = np.random.default_rng(seed)
    half, reach = rng.exponential(size=channels) ** 4, rng.exponential(size=(channels, labels)) ** 4
    kept = _still.moving(half, reach, 0.5)
    assert (half[~kept] @ reach[~kept]).max() <= 0.5
    assert kept.any()


@pytest.mark.parametrize("slope", [2.0, -2.0])
def test_where_the_sound_can_be(slope):
    span = _still.sound(Affine(np.array([slope]), np.array([1.0])))
    # log10(10000 * 65504 + 1), 65504 being the greatest number of half precision
    ends = sorted([1.0, 1.0 + slope * 8.816268])
    np.testing.assert_allclose([span.low[0], span.high[0]], ends, rtol=1e-6)
