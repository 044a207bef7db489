import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tagger.importers import networks

from earmark.errors import TaggerError
from earmark.tagger.importers._layers import BLOCK, Checkpoint, Layer, Span, blocks

BN = "batch_normalization_3"


def layer(rng, inputs=3, outputs=4, time=2, bands=2):
    size = (time, bands, inputs, outputs)
    return Layer(rng.standard_normal(size), *rng.standard_normal((3, outputs)))


def computed(layer, values):
    made = np.maximum(networks.convolved(values, layer.kernel) + layer.bias, 0)
    return layer.slope * made + layer.offset


def test_span_by_hand():
    # relu(2 x - y + 1) for x in [0, 3] and y in [-1, 1]: from 0 (x = 0, y = 1) to 8.
    kernel = np.array([2.0, -1.0]).reshape(1, 1, 2, 1)
    found = Layer(kernel, np.array([1.0]), np.array([-3.0]), np.array([5.0])).span(
        Span(np.array([0.0, -1.0]), np.array([3.0, 1.0])))  # fmt: skip
    assert (found.low[0], found.high[0]) == (5 - 24, 5)
    assert (found.middle[0], found.half[0]) == (-7, 12)


def test_span_knows_the_padding():
    # Inputs between 2 and 3, but 0 where the kernel reaches out of the picture.
    kernel = np.ones((1, 2, 1, 1))
    found = Layer(kernel, *np.array([[0.0], [1.0], [0.0]])).span(
        Span(np.array([2.0]), np.array([3.0])))  # fmt: skip
    assert (found.low[0], found.high[0]) == (0, 6)


@given(st.integers(0, 2**32 - 1))
def test_outputs_stay_in_their_span(seed):
    rng = np.random.default_rng(seed)
    made = layer(rng)
    ends = np.sort(rng.standard_normal((2, 3)), axis=0)
    span = made.span(Span(*ends))
    values = np.where(rng.random((5, 4, 4, 3)) < 0.5, *ends)  # extremes, one by one
    found = computed(made, values)
    assert (found >= span.low - 1e-9).all()
    assert (found <= span.high + 1e-9).all()


@given(st.integers(0, 2**32 - 1))
def test_outputs_move_no_further_than_the_reach(seed):
    rng = np.random.default_rng(seed)
    made = layer(rng)
    values, moves = rng.standard_normal((2, 1, 4, 4, 3))
    moved = computed(made, values + moves) - computed(made, values)
    most = np.abs(moves).max(axis=(0, 1, 2)) @ made.reach
    assert (np.abs(moved).max(axis=(0, 1, 2)) <= most + 1e-9).all()


def test_some_outputs_and_whole_blocks():
    made = layer(np.random.default_rng(0), outputs=5)
    some = made.outputs(np.array([True, False, True, True, False])).padded()
    assert some.kernel.shape[-1] == len(some.bias) == BLOCK
    np.testing.assert_array_equal(some.kernel[..., :3], made.kernel[..., [0, 2, 3]])
    np.testing.assert_array_equal(some.offset[:3], made.offset[[0, 2, 3]])
    assert not some.kernel[..., 3:].any()
    assert not some.slope[3:].any()
    assert blocks(np.ones((BLOCK, 3)), 0).shape == (BLOCK, 3)


def test_normalisation_by_hand():
    values = {"beta": 5.0, "gamma": 3.0, "moving_mean": 2.0, "moving_variance": 0.249}
    tensors = {f"{BN}/{part}": np.array([v], np.float32) for part, v in values.items()}
    slope, offset = Checkpoint(tensors).normal(3, 1)
    np.testing.assert_allclose([slope[0], offset[0]], [6, -7], rtol=1e-6)  # 3 / sqrt(.25)


def test_numbers_that_are_not_finite():
    with pytest.raises(TaggerError, match="'a' has numbers that are not finite"):
        Checkpoint({"a": np.array([1, np.nan], np.float32)}).take("a", 2)


def test_negative_variance():
    tensors = {f"{BN}/{part}": np.full(2, -0.5, np.float32)
               for part in ("beta", "gamma", "moving_mean", "moving_variance")}  # fmt: skip
    with pytest.raises(TaggerError, match=f"'{BN}/moving_variance'.*below 0"):
        Checkpoint(tensors).normal(3, 2)
