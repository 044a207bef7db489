import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import SettingsError
from earmark.lab.explain.grid import Grid


def test_windows_and_bands_lie_where_they_should():
    # HTK and Slaney differ; of Slaney's scale 4 kHz is 15 + log(4) / (log(6.4) / 27) mel.
    grid = Grid.over(3.4, 8000, window=1.0, bands=2)
    assert grid.times.tolist() == [0, 1, 2, 3.4]
    half = (15 + np.log(4) / (np.log(6.4) / 27)) / 2
    middle = 1000 * np.exp((half - 15) * np.log(6.4) / 27)
    assert grid.hz == pytest.approx([0, round(middle, -1), 4000])


@given(st.floats(1, 40), st.floats(0.1, 0.5), st.integers(2, 64), st.integers(4000, 48_000))
def test_cells_hold_all_of_the_sound(seconds, window, bands, rate):
    grid = Grid.over(seconds, rate, window=window, bands=bands)
    assert (np.diff(grid.times) > 0).all()
    assert (np.diff(grid.hz) > 0).all()
    moments, hz = np.linspace(0, seconds, 50), np.linspace(0, rate / 2, 50)
    for weights in (grid.time_weights(moments), grid.band_weights(hz)):
        assert weights.sum(axis=1) == pytest.approx(np.ones(50))
        assert weights.min() >= 0
    assert (grid.time_masks(moments).sum(axis=1) == 1).all()
    assert (grid.band_masks(hz).sum(axis=1) == 1).all()


def test_a_window_fades_in_and_out():
    grid = Grid.over(3.0, 8000, window=1.0, bands=2)
    assert grid.time_weights(np.array([0.9, 1.0, 1.5, 2.0]))[:, 1] == pytest.approx([0, .5, 1, .5])


def test_what_is_no_frequency_is_in_no_band():
    grid = Grid.over(3.0, 8000, window=1.0, bands=2)
    assert not grid.band_masks(np.array([np.nan])).any()


def test_a_single_window_says_nothing():
    with pytest.raises(SettingsError, match="one window of 1 s; expected two windows at least"):
        Grid.over(1.4, 8000, window=1.0, bands=2)


def test_far_too_many_windows_are_refused():
    with pytest.raises(SettingsError, match=r"6000 windows of 0\.1 s; expected at most 2000"):
        Grid.over(600.0, 8000, window=0.1, bands=2)
