import numpy as np
import pytest
from tests.tagger.importers import networks

from earmark.errors import TaggerError
from earmark.graphs.session import Session
from earmark.tagger.importers._vgg_graph import vgg_graph

OUTPUTS = ("scores", "embedding")


@pytest.fixture(scope="module")
def given():
    return networks.tensors("vgg", np.random.default_rng(0))


@pytest.fixture(scope="module")
def content(given):
    return vgg_graph(given, networks.LABELS)


@pytest.fixture(scope="module")
def rows():
    return networks.rows(np.random.default_rng(1), 3)


def run(content, rows):
    return Session(content, "made up").run(rows, OUTPUTS)


def assert_close(found, expected):
    for name, f, e in zip(OUTPUTS, found, expected, strict=True):
        assert f.shape == e.shape, name
        np.testing.assert_allclose(f, e, rtol=0, atol=2e-5 * np.abs(e).max(), err_msg=name)


def test_equals_the_network_written_out(given, content, rows):
    expected = networks.vgg(given, rows)
    assert_close(run(content, rows), expected)
    assert np.ptp(expected[0], axis=0).max() > 0.01  # rows that look alike would prove little


def test_silence_and_the_loudest(given, content):
    rows = np.stack([np.zeros((187, 96)), np.full((187, 96), 8.816)]).astype(np.float32)
    assert_close(run(content, rows), networks.vgg(given, rows))


def test_each_place_in_time_and_band_counts_as_in_the_network(given, content):
    # The last but one and the last that are looked at, the first that are not, and corners.
    places = ((0, 0), (160, 93), (160, 0), (0, 93), (161, 50), (50, 94), (186, 95), (80, 47))
    rows = np.zeros((len(places), 187, 96), np.float32)
    for row, place in zip(rows, places, strict=True):
        row[place] = 8
    assert_close(run(content, rows), networks.vgg(given, rows))


def test_a_batch_equals_its_rows(content, rows):
    together = run(content, rows)
    for k in range(len(rows)):
        for t, alone in zip(together, run(content, rows[k : k + 1]), strict=True):
            np.testing.assert_allclose(t[k], alone[0], rtol=1e-5, atol=1e-5)


def test_same_tensors_same_bytes(given, content):
    assert vgg_graph(given, networks.LABELS) == content


def test_filters_that_died_are_constants(given, content, rows):
    dead = dict(given)
    for name, kept in (("1CNN", 40), ("2CNN", 70), ("3CNN", 0), ("4CNN", 127)):
        dead[f"{name}/kernel"] = given[f"{name}/kernel"].copy()
        dead[f"{name}/kernel"][..., kept:] = 0
    lean = vgg_graph(dead, networks.LABELS)
    assert len(lean) < 0.6 * len(content)
    assert_close(run(lean, rows), networks.vgg(dead, rows))


@pytest.mark.parametrize("name", [
    "batch_normalization/gamma", "3CNN/kernel", "5CNN/bias",
    "batch_normalization_2/moving_variance", "dense/bias",
])  # fmt: skip
def test_a_missing_tensor_is_named(given, name):
    rest = {key: values for key, values in given.items() if key != name}
    with pytest.raises(TaggerError, match=f"lacks tensor '{name}' of shape"):
        vgg_graph(rest, networks.LABELS)


def test_a_tensor_of_another_shape_is_named(given):
    odd = {**given, "1CNN/kernel": given["1CNN/kernel"].transpose(0, 3, 1, 2)}
    named = r"'1CNN/kernel' has shape \(3, 128, 3, 1\); expected .* of shape \(3, 3, 1, 128\)"
    with pytest.raises(TaggerError, match=named):
        vgg_graph(odd, networks.LABELS)
