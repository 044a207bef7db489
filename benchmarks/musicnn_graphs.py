"""The graphs of musicnn's networks beside the plain ones, layer by layer as they are published.

    python -m benchmarks.musicnn_graphs [--tensors NETWORK FILE] [--batches 1 4 16]

Both kinds take turns on one thread; the numbers are medians of CPU milliseconds a row (3 s of
sound) and the largest difference of each output. The weights are made up, as are the rows; with
``--tensors musicnn FILE`` or ``--tensors vgg FILE`` they are those in an npz file, by their names
in the checkpoint. Of made-up weights all filters are alive, so that none is left out: with the
published ones the ratio is larger. Writes ``benchmarks/results/musicnn_graphs.json`` for made-up
weights.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.tagger.importers import networks

from earmark.graphs.session import Session, single_threads
from earmark.graphs.writer import Graph
from earmark.store import write_text
from earmark.tagger.importers._layers import (
    Affine,
    Checkpoint,
    Layer,
    affine,
    dense,
    reshaped,
    single,
)
from earmark.tagger.importers._musicnn_graphs import musicnn_graph
from earmark.tagger.importers._vgg_graph import vgg_graph

RESULTS = Path(__file__).parent / "results" / "musicnn_graphs.json"
OUTPUTS = {"musicnn": ("scores", "embedding", "pooled"), "vgg": ("scores", "embedding")}
_ROUNDS = 15
_PADS = ((3, 3), (3, 3), (63, 64), (31, 32), (15, 16))
_SHAPES = ((7, 38, 1, 204), (7, 67, 1, 204), (128, 1, 1, 51), (64, 1, 1, 51), (32, 1, 1, 51))

Tensors = Mapping[str, NDArray[np.float32]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensors", nargs=2, metavar=("NETWORK", "FILE"))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 2, 4, 8, 16])
    given = parser.parse_args()
    if given.tensors:
        network, file = given.tensors
        with np.load(file) as found:
            measured = {network: compared(network, dict(found), given.batches)}
    else:
        made = {n: networks.tensors(n, np.random.default_rng(0)) for n in OUTPUTS}
        measured = {n: compared(n, tensors, given.batches) for n, tensors in made.items()}
        write_text(RESULTS, json.dumps(measured, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


def compared(network: str, tensors: Tensors, batches: list[int]) -> dict[str, Any]:
    """CPU milliseconds a row by batch size of both graphs, and how far apart their outputs are."""
    labels = len(tensors["dense_1/bias" if network == "musicnn" else "dense/bias"])
    fast, plain = (musicnn_graph, plain_musicnn) if network == "musicnn" else (vgg_graph, plain_vgg)
    contents = {"plain": plain(tensors, labels), "fast": fast(tensors, labels)}
    rows = networks.rows(np.random.default_rng(1), max(batches))
    with single_threads():
        sessions = {kind: Session(content, kind) for kind, content in contents.items()}
        outputs = OUTPUTS[network]
        one, other = (session.run(rows[:4], outputs) for session in sessions.values())
        return {
            "ms": {str(n): _milliseconds(sessions, rows[:n]) for n in batches},
            "kilobytes": {kind: len(content) // 1024 for kind, content in contents.items()},
            "largest_difference": {name: float(np.abs(a - b).max())
                                   for name, a, b in zip(outputs, one, other, strict=True)},
        }  # fmt: skip


def _milliseconds(
    sessions: Mapping[str, Session], rows: NDArray[np.float32]
) -> dict[str, float]:
    times: dict[str, list[float]] = {kind: [] for kind in sessions}
    for number in range(_ROUNDS + 2):
        for kind, session in sessions.items():
            begun = time.process_time()
            session.run(rows)
            if number >= 2:
                times[kind].append((time.process_time() - begun) * 1000 / len(rows))
    return {kind: round(statistics.median(found), 2) for kind, found in times.items()}


def plain_musicnn(tensors: Tensors, labels: int) -> bytes:
    """The network ``musicnn`` with every layer as published."""
    checkpoint, graph = Checkpoint(tensors), Graph((187, 96), extra="import")
    sound = _sound(graph, checkpoint)
    front = []
    for k, (shape, pads) in enumerate(zip(_SHAPES, _PADS, strict=True)):
        layer = checkpoint.layer(f"conv2d_{k}" if k else "conv2d", k + 1, shape)
        made = _layer(graph, sound, layer, (pads[0], 0, pads[1], 0))
        front.append(graph.add("MaxPool", made, kernel_shape=(1, 97 - shape[1])))
    features = [graph.add("Concat", *front, axis=1)]
    for k, inputs in ((5, 561), (6, 64), (7, 64)):
        flat = checkpoint.layer(f"conv2d_{k}", k + 1, (7, inputs, 1, 64))
        layer = Layer(flat.kernel.transpose(0, 2, 1, 3), flat.bias, flat.slope, flat.offset)
        made = _layer(graph, features[-1], layer, (3, 0, 3, 0))
        features.append(graph.add("Add", made, features[-1]) if k > 5 else made)
    every, axes = graph.add("Concat", *features, axis=1), graph.constant([2], np.int64)
    pools = [graph.add(how, every, axes) for how in ("ReduceMax", "ReduceMean")]
    pooled = graph.add("Flatten", graph.add("Concat", *pools, axis=3))
    hidden = affine(graph, pooled, checkpoint.normal(9, 1506))
    hidden = graph.add("Relu", dense(graph, hidden, *checkpoint.dense("dense", 1506, 200)))
    embedding = affine(graph, hidden, checkpoint.normal(10, 200))
    scores = dense(graph, embedding, *checkpoint.dense("dense_1", 200, labels))
    return graph.content(graph.add("Sigmoid", scores), labels, embedding=(embedding, 200),
                         pooled=(pooled, 1506))  # fmt: skip


def plain_vgg(tensors: Tensors, labels: int) -> bytes:
    """The network ``vgg`` with every layer as published."""
    checkpoint, graph = Checkpoint(tensors), Graph((187, 96), extra="import")
    found = _sound(graph, checkpoint)
    for k, (size, step) in enumerate([((4, 1), 2), *[((2, 2), 2)] * 3, ((4, 4), 4)], 1):
        layer = checkpoint.layer(f"{k}CNN", k, (3, 3, 1 if k == 1 else 128, 128))
        made = _layer(graph, found, layer, (1, 1, 1, 1))
        found = graph.add("MaxPool", made, kernel_shape=size, strides=(step, step))
    embedding = reshaped(graph, graph.add("Transpose", found, perm=(0, 2, 3, 1)), (-1, 256))
    scores = dense(graph, embedding, *checkpoint.dense("dense", 256, labels))
    return graph.content(graph.add("Sigmoid", scores), labels, embedding=(embedding, 256))


def _sound(graph: Graph, checkpoint: Checkpoint) -> str:
    sound = graph.add("Unsqueeze", graph.rows, graph.constant([1], np.int64))
    return affine(graph, sound, checkpoint.normal(0, 1))


def _layer(graph: Graph, name: str, layer: Layer, pads: tuple[int, ...]) -> str:
    kernel = graph.constant(single(layer.kernel.transpose(3, 2, 0, 1)), np.float32)
    bias = graph.constant(single(layer.bias), np.float32)
    made = graph.add("Relu", graph.add("Conv", name, kernel, bias, pads=pads))
    return affine(graph, made, Affine(layer.slope, layer.offset))


if __name__ == "__main__":
    main()
