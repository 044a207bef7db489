import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tagger.importers import networks

from earmark.tagger.importers._front_end import FEATURES, front_end
from earmark.tagger.importers._layers import Checkpoint

STARTS = {"conv2d": 0, "conv2d_1": 204, "conv2d_2": 408, "conv2d_3": 459, "conv2d_4": 510}


@pytest.fixture(scope="module")
def tensors():
    return networks.tensors("musicnn", np.random.default_rng(0))


def front(tensors, alive):
    """The front end where of each layer only so many filters can move."""
    reach = np.zeros((FEATURES, 1))
    for start, count in zip(STARTS.values(), alive, strict=True):
        reach[start : start + count] = 1e3
    checkpoint = Checkpoint(tensors)
    return front_end(checkpoint, checkpoint.normal(0, 1), reach)


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.integers(1, most) for most in (204, 204, 51, 51, 51)]))
def test_each_feature_that_moves_is_computed_once_by_its_own_filter(tensors, alive):
    found = front(tensors, alive)
    places = found.places
    assert sorted(places[places >= 0]) == np.flatnonzero(found.moving).tolist()
    assert sum(len(group.layer.bias) for group in found.groups) == len(places)
    for layer, features in found.groups:
        for column, feature in enumerate(features):
            name = max((n for n in STARTS if STARTS[n] <= feature), key=STARTS.get)
            filter_ = tensors[f"{name}/kernel"][..., feature - STARTS[name]]
            around = (len(layer.kernel) - len(filter_)) // 2
            padded = np.pad(filter_, [(around, around), (0, 0), (0, 0)])
            np.testing.assert_array_equal(layer.kernel[..., column], padded)


@pytest.mark.parametrize(("alive", "sizes"), [
    ((37, 36, 47), [41, 32, 47]),  # four of the second find room, fifteen of the third do not
    ((3, 7, 17), [27]),  # all in one
    ((51, 51, 51), [57, 48, 48]),
    ((32, 1, 16), [32, 17]),
])  # fmt: skip
def test_longer_filters_take_in_shorter_ones(tensors, alive, sizes):
    found = front(tensors, (204, 204, *alive)).groups
    assert [len(group.features) for group in found[2:]] == sizes
    assert all(len(group.layer.bias) % 16 == 0 for group in found)


def test_constants_are_the_middle_of_where_a_still_feature_can_be(tensors):
    still = dict(tensors)
    still["conv2d/kernel"] = np.zeros_like(tensors["conv2d/kernel"])
    still["conv2d/bias"] = np.full(204, 2, np.float32)
    found = front(still, (0, 204, 51, 51, 51))
    slope, offset = Checkpoint(still).normal(1, 204)
    np.testing.assert_allclose(found.constants[:204], 2 * slope + offset)
    assert not found.constants[204:].any()
