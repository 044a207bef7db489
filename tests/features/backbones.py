"""A backbone small enough for tests: the means over time of eight mel bands, mixed at random."""

import numpy as np

from earmark.audio.segments import Segments
from earmark.features import _backbones
from earmark.features.base import describe
from earmark.features.embedding import About, Embedding
from earmark.features.logmel import LogMel
from earmark.graphs.writer import Graph

MELS = LogMel(sample_rate=8000, n_fft=512, hop_length=250, n_mels=8)
WINDOWS = Segments(seconds=1.0, hop_seconds=0.5)
FRAMES = 33  # of a second
WIDTH = 5
ABOUT = About(seen=("Made-up tunes: all of them",), licence="CC0", source="a test",
              citation="nobody", notice="keep this line")


def mixing(seed=0):
    """Return the weights [shape=(bands, 5)] of a tiny backbone."""
    return np.random.default_rng(seed).standard_normal((MELS.n_mels, WIDTH)) / 50


def tiny_graph(seed=0, labels=3, weights=None, turned=False):
    """Return ONNX bytes: mels [shape=(8, 33)], or their frames where it is turned, to
    ``embedding`` of 5, to twice that and to scores."""
    graph = Graph([FRAMES, MELS.n_mels] if turned else [MELS.n_mels, FRAMES])
    rows = graph.cast(graph.rows, np.float64)
    means = graph.add("ReduceMean", rows, graph.constant([1 if turned else 2], np.int64),
                      keepdims=0)  # fmt: skip
    mixed = graph.add("MatMul", means, graph.constant(mixing(seed) if weights is None else weights))
    head = np.random.default_rng(seed + 1).standard_normal((labels, WIDTH))
    scores = graph.probabilities(graph.linear(mixed, head, np.zeros(labels)), "multi")
    twice = graph.add("Mul", mixed, graph.constant(2.0))
    return graph.content(scores, labels, embedding=(mixed, WIDTH), doubled=(twice, WIDTH))


def tiny(**changes):
    """Return the embedding of a tiny backbone that is at hand."""
    graph = _backbones.provide(tiny_graph())
    values = {"sample_rate": 8000, "backbone": "tiny", "graph": graph, "front_end": describe(MELS),
              "windows": WINDOWS, "batch": 3, "dimensions": WIDTH, "about": ABOUT}
    return Embedding(**{**values, **changes})
