"""A tagger small enough to take apart: logistic regression on made-up rows of the 57 features."""

import numpy as np
import pytest

from earmark.audio.segments import Segments
from earmark.features import base
from earmark.features.gtzan57 import Gtzan57
from earmark.graphs.writer import Graph
from earmark.judging.decisions import Decisions
from earmark.models.classical import Logistic
from earmark.tagger.checks import with_check
from earmark.tagger.export import export
from earmark.tagger.format import FORMAT, Branch, Card, Contents, Manifest

LABELS = ("calm", "loud", "odd")


@pytest.fixture(scope="session")
def fitted():
    """A fitted model and the rows it learnt from."""
    rng = np.random.default_rng(1)
    noise = [0.2 * rng.standard_normal(22_050) * level for level in (0.1, 1, 3) for _ in range(8)]
    rows = np.stack([Gtzan57()(samples.astype(np.float32)) for samples in noise])
    labels = np.eye(3, dtype=np.int8)[np.repeat([0, 1, 2], 8)]
    return Logistic(inverse_penalty=1.0).fit(rows, labels, rng=rng), rows


def manifest(**changes):
    values = {
        "format": FORMAT, "name": "small", "task": "single", "labels": LABELS,
        "groups": dict.fromkeys(LABELS, "mood"), "decisions": Decisions(),
        "branches": (Branch(base.describe(Gtzan57()), Segments(1.0), "branch0.onnx"),),
        "card": Card(title="A test", licence="MIT", limits="knows nothing"),
    }
    return Manifest(**{**values, **changes})


@pytest.fixture(scope="session")
def contents(fitted) -> Contents:
    model, rows = fitted
    return with_check(manifest(), {"branch0.onnx": export(model, rows)[0]})


@pytest.fixture
def small(contents, tmp_path):
    """The tagger as a file."""
    from earmark.tagger import format as tagger_format

    path = tmp_path / "small.earmark"
    tagger_format.write(contents, path)
    return path


def hearing(scores, labels, **changes) -> Contents:
    """Return a multi-label tagger that hears these scores in everything."""
    graph = Graph(57)
    odds = np.log(scores) - np.log1p(-np.array(scores))
    rows = graph.cast(graph.rows, np.float64)
    heard = graph.probabilities(graph.linear(rows, np.zeros((len(labels), 57)), odds), "multi")
    values = {"task": "multi", "labels": labels, "groups": {},
              "decisions": Decisions((0.5,) * len(labels))} | changes
    return with_check(manifest(**values), {"branch0.onnx": graph.content(heard, len(labels))})
