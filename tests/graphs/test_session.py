"""Graphs at work."""

import numpy as np
import pytest

from earmark.errors import TaggerError
from earmark.graphs.session import Session, single_threads
from earmark.graphs.writer import Graph


def doubled() -> bytes:
    graph = Graph([2, 3])
    rows = graph.cast(graph.rows, np.float64)
    total = graph.add("ReduceSum", rows, graph.constant([1], np.int64), keepdims=0)
    twice = graph.add("Mul", total, graph.constant(2.0))
    return graph.content(twice, 3, embedding=(total, 3))


@pytest.fixture
def rows(rng):
    return rng.standard_normal((4, 2, 3)).astype(np.float32)


@pytest.mark.parametrize("threads", ["all", "one"])
def test_named_outputs_come_in_the_order_asked_for(rows, threads):
    session = Session(doubled(), "a graph")
    if threads == "one":
        with single_threads():
            embedding, scores = session.run(rows, ("embedding", "scores"))
    else:
        embedding, scores = session.run(rows, ("embedding", "scores"))
    np.testing.assert_allclose(embedding, rows.sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(scores, 2 * rows.sum(axis=1), atol=1e-6)
    assert {name: shape[1:] for name, shape in session.outputs.items()} == {
        "scores": [3], "embedding": [3]}
    assert session.inputs["rows"][1:] == [2, 3]


def test_a_misfit_is_one_line_that_names_the_graph(rows):
    session = Session(doubled(), "a graph")
    for wrong, outputs in ((rows[:, :1], ("scores",)), (rows, ("chances",))):
        with pytest.raises(TaggerError, match=r"^a graph does not fit its front end: [^\n]+$"):
            session.run(wrong, outputs)


def test_what_is_no_graph_is_refused_at_once():
    with pytest.raises(TaggerError, match="a graph is not an ONNX model"):
        Session(b"no graph", "a graph")
