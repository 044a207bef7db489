import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from earmark.audio.moments import MOMENTS, moments


def scipys(curves):
    lines = curves.astype(np.float64).T
    return np.stack([
        stats.kurtosis(lines, axis=1), lines.max(1), lines.mean(1), np.median(lines, axis=1),
        lines.min(1), stats.skew(lines, axis=1), lines.std(1),
    ])  # fmt: skip


@pytest.mark.parametrize("frames", [2, 3, 100, 2583])
@pytest.mark.parametrize("offset", [0, 1e3])
def test_values_are_scipys(rng, frames, offset):
    curves = (rng.gamma(2, size=(frames, 37)) + offset).astype(np.float32)
    np.testing.assert_allclose(moments(curves), scipys(curves), rtol=1e-9, atol=1e-9)


@given(value=st.floats(-(2.0**99), 2.0**99, width=32), frames=st.integers(1, 99))
def test_a_constant_is_as_in_fmas_tables(value, frames):
    found = dict(zip(MOMENTS, moments(np.full((frames, 1), value, np.float32))[:, 0], strict=True))
    assert found["skew"] == 0
    assert found["kurtosis"] == -3
    assert found["std"] <= 1e-15 * abs(value)
    assert found["min"] == found["median"] == found["max"] == pytest.approx(value)
    assert found["mean"] == pytest.approx(value)


def test_by_hand():
    found = moments(np.array([[0], [0], [0], [4]], np.float32))[:, 0]
    # mean 1, deviations -1 -1 -1 3: second 3, third 6, fourth 21
    np.testing.assert_allclose(found, [21 / 9 - 3, 4, 1, 0, 0, 6 / 3**1.5, 3**0.5])
