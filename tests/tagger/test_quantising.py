"""Graphs in eight bits: what they gain and lose, on made-up layers and on a small network."""

import itertools
import logging
import math
import subprocess
import sys

import numpy as np
import pytest

from earmark.errors import MissingExtraError, TaggerError
from earmark.graphs import guard
from earmark.graphs.session import Session
from earmark.graphs.writer import Graph
from earmark.tagger import quantising
from earmark.tagger.quantising import Quantised, judged, quantised, scores_of

onnx = pytest.importorskip("onnx")
WIDE = 64


def layers(rng, widths=(WIDE, WIDE, 3), scale=1.0):
    """Layers of float weights, one behind the other, and their probabilities."""
    helper = onnx.helper
    nodes, constants, last = [], [], "rows"
    for k, (into, out) in enumerate(itertools.pairwise(widths)):
        weights = (scale * rng.standard_normal((into, out)) / np.sqrt(into)).astype(np.float32)
        constants.append(onnx.numpy_helper.from_array(weights, f"w{k}"))
        nodes.append(helper.make_node("MatMul", [last, f"w{k}"], [f"m{k}"]))
        last = f"m{k}"
    nodes.append(helper.make_node("Softmax", [last], ["scores"], axis=1))
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("rows", kind, [None, widths[0]])],
        [helper.make_tensor_value_info("scores", kind, [None, widths[-1]])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture
def rows(rng):
    return rng.standard_normal((40, WIDE)).astype(np.float32)


def accuracy_beside(before):
    return lambda scores: float((scores.argmax(axis=1) == before.argmax(axis=1)).mean())


def test_it_is_smaller_and_says_nearly_the_same(rng, rows, caplog, capfd):
    content = layers(rng)
    with caplog.at_level(logging.DEBUG):
        made = quantised(content, rows, "it")
    assert not capfd.readouterr().err
    assert not [line for line in caplog.records if line.levelno >= logging.WARNING]
    assert len(made) < 0.6 * len(content)  # its large weights take a byte rather than four
    guard.check(made, "it")
    model = onnx.load_model_from_string(made)
    onnx.checker.check_model(model)
    assert {its.domain for its in model.opset_import} <= guard.STANDARD_DOMAINS
    before, after = (scores_of(Session(c, "it"), rows) for c in (content, made))
    assert before.shape == after.shape == (40, 3)
    assert 0 < np.abs(before - after).max() < 0.03
    assert np.allclose(after.sum(axis=1), 1, atol=1e-6), "scores are not of eight bits themselves"


def test_the_same_rows_give_the_same_bytes(rng, rows):
    content = layers(rng)
    assert quantised(content, rows, "it") == quantised(content, rows, "it")


def test_ranges_are_those_of_the_rows_given(rng, rows):
    content = layers(rng)
    narrow = quantised(content, rows / 100, "it")  # what lies beyond is cut off
    wrong, right = (scores_of(Session(c, "it"), rows) for c in (narrow, content))
    assert np.abs(wrong - right).max() > 0.1


def test_the_order_of_the_root_logger_is_as_before(rng, rows):
    before = logging.root.level
    quantised(layers(rng), rows, "it")
    assert logging.root.level == before


def test_the_metric_is_asked_of_both(rng, rows):
    content, asked = layers(rng), []
    before = scores_of(Session(content, "it"), rows)

    def metric(scores):
        asked.append(scores)
        return float(len(asked))  # 1 for the first, 2 for eight bits: it lost -1

    found = judged(content, rows, metric, "it")
    assert found.lost == -1
    assert np.array_equal(asked[0], before)
    assert np.array_equal(asked[1], scores_of(Session(found.content, "it"), rows))
    assert found.faster > 0
    assert found.told() == {"bytes": len(found.content), "faster": found.faster, "lost": -1.0,
                            "taken": found.worth_it}


@pytest.mark.parametrize(("faster", "lost", "taken"), [
    (1.2, 0.0, True), (1.2, 0.005, True), (1.2, -0.1, True),
    (1.0, 0.0, False), (0.9, -0.1, False), (1.2, 0.0051, False), (1.2, math.nan, False),
])  # fmt: skip
def test_what_is_worth_it(faster, lost, taken):
    found = Quantised(b"", faster, lost)
    assert found.worth_it is taken
    assert found.told()["taken"] is taken


def test_what_is_not_defined_is_told_as_nothing():
    assert Quantised(b"", 2.0, math.nan).told()["lost"] is None


@pytest.mark.parametrize("what", ["one layer", "no layers", "layers in 64 bits", "no graph",
                                  "rows of another width"])
def test_graphs_that_it_cannot_take_are_refused_in_a_line(rng, rows, what):
    plain = Graph(WIDE)
    odds = plain.linear(plain.cast(plain.rows, np.float64), np.zeros((3, WIDE)), np.zeros(3))
    deep = Graph(WIDE)
    once = deep.linear(deep.cast(deep.rows, np.float64), np.eye(WIDE), np.zeros(WIDE))
    twice = deep.linear(once, np.ones((3, WIDE)), np.zeros(3))
    content = {"one layer": layers(rng, (WIDE, 3)), "no graph": b"not a graph",
               "no layers": plain.content(plain.probabilities(odds, "multi"), 3),
               "layers in 64 bits": deep.content(deep.probabilities(twice, "multi"), 3),
               "rows of another width": layers(rng, (8, 8, 3))}[what]
    with pytest.raises(TaggerError, match=r"^it cannot be turned into eight bits: .") as error:
        quantised(content, rows, "it")
    assert "\n" not in str(error.value)


def test_no_rows_are_refused(rng, rows):
    with pytest.raises(TaggerError, match="no rows to see ranges on"):
        quantised(layers(rng), rows[:0], "it")


def test_the_package_that_it_needs_is_named(rng, rows, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"needs onnx.*\[deep\]"):
        quantised(b"", rows, "it")


def test_importing_it_loads_neither_onnx_nor_onnxruntime():
    code = ("import sys, earmark.tagger.quantising\n"
            "print(*{'onnx', 'onnxruntime', 'torch'} & set(sys.modules))")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not ran.stdout.strip()


def test_a_trained_network_in_eight_bits(rng):
    pytest.importorskip("torch")
    pytest.importorskip("skorch")
    from earmark.models.cnn import Vgg

    labels = np.eye(2, dtype=np.int8)[np.arange(24) % 2]
    pictures = rng.standard_normal((24, *Vgg.tried_on)).astype(np.float32)
    pictures += labels[:, :1, None] * 100  # far from 0, and yet of one range once standardised
    model = Vgg(channels=16, blocks=2).fit(pictures, labels, rng=rng)
    content = model.to_onnx()
    found = judged(content, pictures, accuracy_beside(model.scores(pictures)), "cnn:vgg")
    assert len(found.content) < len(content)
    assert found.lost == 0
    small = scores_of(Session(found.content, "it"), pictures)
    assert np.abs(small - model.scores(pictures)).max() < 0.02
    guard.check(found.content, "it")
    assert quantising.quantised(content, pictures, "it") == found.content
