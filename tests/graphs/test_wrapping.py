import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.graphs.wrapping import activated, fits


@given(st.lists(st.integers(2, 5), min_size=1, max_size=3), st.data())
def test_every_fit_has_the_shape_wanted(row, data):
    order = data.draw(st.permutations(range(len(row))))
    wanted = [row[axis] for axis in order]
    wanted.insert(data.draw(st.integers(0, len(wanted))), 1)
    rows = np.arange(np.prod(row)).reshape(row)
    found = list(fits(row, wanted))
    assert found
    for fit in found:
        assert rows.transpose(fit.order).reshape(fit.shape).shape == tuple(wanted)
    assert any(fit.order == tuple(order) for fit in found)


def test_an_axis_of_one_may_go(rng):
    (fit,) = fits((1, 500), (500,))
    assert fit.shape == (500,)
    assert list(fits((1, 500), (499,))) == []


def test_axes_of_one_are_put_in_front_first():
    first = next(fits((3, 4), (None, None, None)))
    assert first.shape == (1, 3, 4)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_activations_stay_within_0_and_1_far_out(activation):
    found = activated(np.asarray([[-1e30, 0, 1e30]], np.float32), activation)
    np.testing.assert_allclose(found, [[0, 0.5 if activation == "sigmoid" else 0, 1]])
