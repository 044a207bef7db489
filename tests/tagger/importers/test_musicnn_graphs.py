import numpy as np
import pytest
from tests.tagger.importers import networks

from earmark.errors import TaggerError
from earmark.graphs.session import Session
from earmark.tagger.importers._musicnn_graphs import musicnn_graph

OUTPUTS = ("scores", "embedding", "pooled")


@pytest.fixture(scope="module")
def given():
    return networks.tensors("musicnn", np.random.default_rng(0))


@pytest.fixture(scope="module")
def content(given):
    return musicnn_graph(given, networks.LABELS)


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
    expected = networks.musicnn(given, rows)
    assert_close(run(content, rows), expected)
    assert np.ptp(expected[0], axis=0).max() > 0.01  # rows that look alike would prove little
    assert expected[0].min() < 0.5 < expected[0].max()


def test_silence_and_the_loudest(given, content):
    rows = np.stack([np.zeros((187, 96)), np.full((187, 96), 8.816)]).astype(np.float32)
    assert_close(run(content, rows), networks.musicnn(given, rows))


def test_each_place_in_time_and_band_counts_as_in_the_network(given, content):
    rows = np.zeros((4, 187, 96), np.float32)
    for row, place in zip(rows, ((0, 0), (186, 95), (0, 95), (101, 50)), strict=True):
        row[place] = 8
    assert_close(run(content, rows), networks.musicnn(given, rows))


def test_a_batch_equals_its_rows(content, rows):
    together = run(content, rows)
    for k in range(len(rows)):
        for t, alone in zip(together, run(content, rows[k : k + 1]), strict=True):
            np.testing.assert_allclose(t[k], alone[0], rtol=1e-5, atol=1e-5)


def test_same_tensors_same_bytes(given, content):
    assert musicnn_graph(given, networks.LABELS) == content


def test_filters_that_died_are_constants(given, content, rows):
    # What weight decay leaves of a filter that no gradient reaches: nearly nothing.
    dead = dict(given)
    for name, kept in (("conv2d", 20), ("conv2d_1", 0), ("conv2d_2", 3), ("conv2d_3", 7),
                       ("conv2d_4", 33)):  # fmt: skip
        dead[f"{name}/kernel"] = given[f"{name}/kernel"].copy()
        dead[f"{name}/kernel"][..., kept:] *= 1e-12
    lean = musicnn_graph(dead, networks.LABELS)
    assert len(lean) < 0.75 * len(content)
    assert_close(run(lean, rows), networks.musicnn(dead, rows))


def test_filters_that_cannot_be_told_from_constants_but_matter_stay(given, content):
    # One filter a thousandth of its size, but with a normalisation that makes up for it.
    small = {name: values.copy() for name, values in given.items()}
    small["conv2d/kernel"][..., 5] *= 1e-3
    small["conv2d/bias"][5] = 0
    small["batch_normalization_1/gamma"][5] = 1000
    rows = networks.rows(np.random.default_rng(2), 2)
    assert_close(run(musicnn_graph(small, networks.LABELS), rows), networks.musicnn(small, rows))


def test_no_filter_alive(given, rows):
    dead = {name: np.zeros_like(v) if name.endswith("/kernel") and name.startswith("conv") else v
            for name, v in given.items()}  # fmt: skip
    assert_close(run(musicnn_graph(dead, networks.LABELS), rows), networks.musicnn(dead, rows))


@pytest.mark.parametrize("name", [
    "batch_normalization/gamma", "conv2d_3/kernel", "conv2d_6/bias",
    "batch_normalization_9/moving_mean", "dense_1/kernel",
])  # fmt: skip
def test_a_missing_tensor_is_named(given, name):
    rest = {key: values for key, values in given.items() if key != name}
    with pytest.raises(TaggerError, match=f"lacks tensor '{name}' of shape"):
        musicnn_graph(rest, networks.LABELS)


def test_a_tensor_of_another_shape_is_named(given):
    odd = {**given, "conv2d/kernel": given["conv2d/kernel"][..., :200]}
    named = r"'conv2d/kernel' has shape \(7, 38, 1, 200\); expected .* of shape \(7, 38, 1, 204\)"
    with pytest.raises(TaggerError, match=named):
        musicnn_graph(odd, networks.LABELS)


def test_another_number_of_labels(given):
    with pytest.raises(TaggerError, match=r"'dense_1/kernel' has shape \(200, 5\)"):
        musicnn_graph(given, 50)
