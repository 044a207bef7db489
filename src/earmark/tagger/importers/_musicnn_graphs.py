"""The network ``musicnn`` as an ONNX graph that gives the same scores for less work.

Source: Pons et al., "End-to-end learning for music audio tagging at scale", ISMIR 2018, section 3;
Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019.

What makes it fast:

- features that hardly move are constants (``_still``), filters are computed in whole blocks
  (``_front_end``);
- those of 7 frames are convolved by Winograd's way (``_winograd_time``);
- of each filter of the front end only the highest over the bands is used: bias, ReLU and batch
  normalisation come after it. Where the normalisation has a negative slope it asks for the
  lowest: the filter is turned round;
- time lies last, where onnxruntime's convolutions are fastest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.tagger.importers import _still, _winograd_time
from earmark.tagger.importers._front_end import FEATURES, FrontEnd, front_end
from earmark.tagger.importers._layers import (
    Affine,
    Array,
    Checkpoint,
    Layer,
    affine,
    dense,
    single,
)

FRAMES, BANDS = 187, 96
_MIDDLE, _HIDDEN = 64, 200


class _Back(NamedTuple):
    """The dense layers, with the batch normalisations before each."""

    pooled: Affine
    hidden: tuple[Array, Array]
    normal: Affine
    scores: tuple[Array, Array]


def musicnn_graph(tensors: Mapping[str, NDArray[np.float32]], labels: int) -> bytes:
    """Return the network ``musicnn`` as an ONNX graph.

    Its input is ``rows`` [shape=(n, 187, 96)], ``log10(10000 * mel + 1)``, time by bands, from 0
    to 8.9. Its outputs are ``scores`` [shape=(n, labels)] in [0, 1]; ``embedding``
    [shape=(n, 200)], the dense layer before the last, normalised; ``pooled`` [shape=(n, 1506)],
    the highest and the mean over time of one feature after the other. One row a run is fastest.

    Args:
        tensors: the checkpoint's variables by name.

    Raises:
        TaggerError: a tensor is missing, of another shape, or not all finite.
    """
    checkpoint = Checkpoint(tensors)
    normal = checkpoint.normal(0, 1)
    middle = [_middle_layer(checkpoint, number) for number in (5, 6, 7)]
    back = _back(checkpoint, labels)
    front = front_end(checkpoint, normal, _reach(middle, back))
    graph = Graph((FRAMES, BANDS), extra="import")
    features = _features(graph, _sound(graph, normal), front)
    pooled = _pooled(graph, _middle_end(graph, features, middle, front), front)
    return _scores(graph, pooled, back)


def _middle_layer(checkpoint: Checkpoint, number: int) -> Layer:
    """A layer whose kernels take all features at once: features are channels for us."""
    inputs = FEATURES if number == 5 else _MIDDLE
    found = checkpoint.layer(f"conv2d_{number}", number + 1, (7, inputs, 1, _MIDDLE))
    return Layer(found.kernel.transpose(0, 2, 1, 3), found.bias, found.slope, found.offset)


def _back(checkpoint: Checkpoint, labels: int) -> _Back:
    width = 2 * (FEATURES + 3 * _MIDDLE)
    return _Back(checkpoint.normal(9, width), checkpoint.dense("dense", width, _HIDDEN),
                 checkpoint.normal(10, _HIDDEN), checkpoint.dense("dense_1", _HIDDEN, labels))


def _reach(middle: list[Layer], back: _Back) -> Array:
    """How far scores move at most when a feature does by 1 [shape=(features, labels)]."""
    hidden = np.abs(back.normal.slope[:, None] * back.scores[0]) * _still.STEEPEST
    pooled = np.abs(back.pooled.slope[:, None] * back.hidden[0]) @ hidden
    pooled = pooled[::2] + pooled[1::2]  # the highest, the mean
    parts = np.split(pooled, np.cumsum([FEATURES, _MIDDLE, _MIDDLE]))
    last = parts[3]
    for layer, part in zip(middle[:0:-1], parts[2:0:-1], strict=True):
        last = part + last + layer.reach @ last  # each goes on beside what is made of it
    reach: Array = parts[0] + middle[0].reach @ last
    return reach


def _sound(graph: Graph, normal: Affine) -> str:
    """The normalised rows [shape=(n, 1, bands, time)]."""
    turned = graph.add("Transpose", graph.rows, perm=(0, 2, 1))
    turned = graph.add("Unsqueeze", turned, graph.constant([1], np.int64))
    return affine(graph, turned, normal)


def _features(graph: Graph, sound: str, front: FrontEnd) -> str:
    """The features that are computed [shape=(n, some, 1, time)]."""
    points = _winograd_time.to_points(graph, sound, FRAMES)
    found = []
    for layer, _ in front.groups:
        kernel = layer.kernel * layer.sign
        if len(kernel) == _winograd_time.TAPS:
            top = _winograd_time.highest(graph, points, kernel[:, :, 0], BANDS, FRAMES)
        else:
            top = _highest(graph, sound, kernel)
        cut = graph.add("Relu", affine(graph, top, Affine(layer.sign, layer.bias)))
        found.append(affine(graph, cut, Affine(layer.slope, layer.offset)))
    return graph.add("Concat", *found, axis=1)


def _highest(graph: Graph, sound: str, kernel: Array) -> str:
    """The highest over the bands of filters of one band and an even number of frames."""
    half = len(kernel) // 2
    weights = graph.constant(single(kernel.transpose(3, 2, 1, 0)), np.float32)
    found = graph.add("Conv", sound, weights, pads=(0, half - 1, 0, half))
    return graph.add("MaxPool", found, kernel_shape=(BANDS, 1))


def _middle_end(graph: Graph, features: str, middle: list[Layer], front: FrontEnd) -> str:
    """All channels that move, one residual layer after another [shape=(n, some, 1, time)]."""
    kernel = np.where(front.places[:, None] < 0, 0, middle[0].kernel[:, :, front.places])
    constants = _over_time(front.constants, middle[0].kernel) + middle[0].bias[:, None]
    last = _convolved(graph, features, middle[0], kernel, constants)
    found = [features, last]
    for layer in middle[1:]:
        made = _convolved(graph, last, layer, layer.kernel, layer.bias[:, None])
        last = graph.add("Add", made, last)
        found.append(last)
    return graph.add("Concat", *found, axis=1)


def _over_time(values: Array, kernel: Array) -> Array:
    """What constant inputs give at each time, the padding being 0 [shape=(outputs, time)]."""
    taps = np.einsum("tbio,i->to", kernel, values)
    inside = np.pad(np.ones(FRAMES), 3)
    return np.stack([np.correlate(inside, taps[:, o], "valid") for o in range(taps.shape[1])])


def _convolved(graph: Graph, name: str, layer: Layer, kernel: Array, bias: Array) -> str:
    weights = graph.constant(single(kernel.transpose(3, 2, 1, 0)), np.float32)
    found = graph.add("Conv", name, weights, pads=(0, 3, 0, 3))
    found = graph.add("Add", found, graph.constant(single(bias[None, :, None]), np.float32))
    return affine(graph, graph.add("Relu", found), Affine(layer.slope, layer.offset))


def _pooled(graph: Graph, channels: str, front: FrontEnd) -> str:
    """The highest and the mean of each feature over time, side by side [shape=(n, 1506)]."""
    axes = graph.constant([2, 3], np.int64)
    found = [graph.add(how, channels, axes, keepdims=0) for how in ("ReduceMax", "ReduceMean")]
    middle = FEATURES + np.arange(3 * _MIDDLE)
    places = np.concatenate([front.places, middle])
    # A column of zeros behind the others is where the constants are added.
    columns = np.full(len(front.moving) + len(middle), 2 * len(places))
    columns[places[places >= 0]] = np.flatnonzero(places >= 0)
    second = np.where(columns < len(places), columns + len(places), columns)
    padded = graph.add("Pad", graph.add("Concat", *found, axis=1),
                       graph.constant([0, 0, 0, 1], np.int64))  # fmt: skip
    both = np.stack([columns, second], axis=1).ravel()
    spread = graph.add("Gather", padded, graph.constant(both, np.int64), axis=1)
    constants = np.pad(front.constants, (0, len(middle))).repeat(2)
    return graph.add("Add", spread, graph.constant(single(constants), np.float32))


def _scores(graph: Graph, pooled: str, back: _Back) -> bytes:
    weights, bias = back.hidden
    weights, bias = weights * back.pooled.slope[:, None], bias + back.pooled.offset @ weights
    hidden = graph.add("Relu", dense(graph, pooled, weights, bias))
    slope, offset = (graph.constant(single(part), np.float32) for part in back.normal)
    embedding = graph.add("Add", graph.add("Mul", hidden, slope), offset)
    scores = graph.add("Sigmoid", dense(graph, embedding, *back.scores))
    return graph.content(scores, len(back.scores[1]), embedding=(embedding, len(bias)),
                         pooled=(pooled, len(weights)))  # fmt: skip
