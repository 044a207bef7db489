"""The network ``vgg`` of the musicnn package as an ONNX graph that gives the same for less work.

Source: Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging",
2019; five layers of 3 by 3 as in Choi et al., "Automatic tagging using deep convolutional neural
networks", ISMIR 2016.

What makes it fast:

- the poolings leave frames and bands over that no score ever sees (the last takes 8 by 4 of 11 by
  6): backwards from there, only what is looked at is computed, 161 of 187 frames;
- channels that never move are constants (``_still``);
- ReLU and batch normalisation come after the pooling, the slope and offset of the normalisation go
  into the next kernel. As that pads with zeros, the offsets come from a channel that is 1 inside;
- the second and third layer, most of the work, by Winograd's way (``_winograd_square``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.tagger.importers import _still, _winograd_square
from earmark.tagger.importers._layers import (
    Affine,
    Array,
    Checkpoint,
    Layer,
    Span,
    affine,
    blocks,
    dense,
    single,
)

FRAMES, BANDS = 187, 96
_CHANNELS, _LAYERS = 128, 5
# What each layer is given and its pooling, backwards from the 8 by 4 that the last one takes.
_SIZES = ((161, 94), (79, 47), (39, 23), (19, 11), (9, 5))
_POOLS = (((4, 1), (2, 2)), *[((2, 2), (2, 2))] * 3, ((4, 4), (4, 4)))
_BY_WINOGRAD = frozenset({1, 2})


def vgg_graph(tensors: Mapping[str, NDArray[np.float32]], labels: int) -> bytes:
    """Return the network ``vgg`` as an ONNX graph.

    Its input is ``rows`` [shape=(n, 187, 96)], ``log10(10000 * mel + 1)``, time by bands, from 0
    to 8.9. Its outputs are ``scores`` [shape=(n, labels)] in [0, 1] and ``embedding``
    [shape=(n, 256)], the last pooling: its two times, 128 channels each. One row a run is
    fastest.

    Args:
        tensors: the checkpoint's variables by name.

    Raises:
        TaggerError: a tensor is missing, of another shape, or not all finite.
    """
    checkpoint = Checkpoint(tensors)
    normal = checkpoint.normal(0, 1)
    layers = [
        checkpoint.layer(f"{k}CNN", k, (3, 3, 1 if k == 1 else _CHANNELS, _CHANNELS))
        for k in range(1, _LAYERS + 1)
    ]
    last = checkpoint.dense("dense", 2 * _CHANNELS, labels)
    graph = Graph((FRAMES, BANDS), extra="import")
    found = _sound(graph, normal)
    for number, layer in enumerate(_lean(layers, _still.sound(normal), last[0])):
        found = _pooled(graph, found, layer, number)
    found = affine(graph, found, Affine(layers[-1].slope, layers[-1].offset))
    embedding = graph.add("Flatten", graph.add("Transpose", found, perm=(0, 2, 3, 1)))
    scores = graph.add("Sigmoid", dense(graph, embedding, *last))
    return graph.content(scores, labels, embedding=(embedding, 2 * _CHANNELS))


class _Lean(NamedTuple):
    """A layer as it is computed: ``relu(after(highest(convolution(kernel))))``."""

    kernel: Array
    after: Affine


def _lean(layers: list[Layer], sound: Span, last: Array) -> list[_Lean]:
    """The layers without still channels; each takes what the one before gives."""
    spans: list[Span] = []
    for layer in layers[:-1]:
        sound = layer.span(sound)
        spans.append(sound)
    moving = [
        _still.moving(span.half, reach, _still.BUDGET / len(spans))
        for span, reach in zip(spans, _reaches(layers, last), strict=True)
    ]
    taken = [layers[0]]
    for (before, layer), span, kept in zip(pairwise(layers), spans, moving, strict=True):
        taken.append(_taking(layer, before, span, kept))
    given = [_giving(layer, kept) for layer, kept in zip(taken[:-1], moving, strict=True)]
    final = taken[-1]
    return [*given, _Lean(final.kernel * final.sign, Affine(final.sign, final.bias))]


def _reaches(layers: list[Layer], last: Array) -> list[Array]:
    """How far scores move at most when a channel of each layer but the last does by 1."""
    reaches = [_still.STEEPEST * np.abs(last).reshape(2, _CHANNELS, -1).sum(axis=0)]
    for layer in layers[:0:-1]:
        reaches.append(layer.reach @ reaches[-1])
    return reaches[:0:-1]


def _taking(layer: Layer, before: Layer, span: Span, moving: NDArray[np.bool_]) -> Layer:
    """The layer for the moving channels of the one before and the channel of ones."""
    scaled = layer.kernel[:, :, moving] * before.slope[moving, None]
    constants = np.where(moving, before.offset, span.middle)
    one = np.einsum("tbio,i->tbo", layer.kernel, constants)[:, :, None]
    return replace(layer, kernel=blocks(np.concatenate([scaled, one], axis=2), 2))


def _giving(layer: Layer, moving: NDArray[np.bool_]) -> _Lean:
    """The layer's moving channels, and behind them the channel of ones."""
    kernel = np.pad((layer.kernel * layer.sign)[..., moving], [(0, 0)] * 3 + [(0, 1)])
    sign, bias = np.append(layer.sign[moving], 0), np.append(layer.bias[moving], 1)
    return _Lean(blocks(kernel, 3), Affine(blocks(sign, 0), blocks(bias, 0)))


def _sound(graph: Graph, normal: Affine) -> str:
    """The normalised rows as far as they are looked at [shape=(n, 1, time, bands)]."""
    ends = [graph.constant(part, np.int64) for part in ([0, 0], _SIZES[0], [1, 2])]
    seen = graph.add("Slice", graph.rows, *ends)
    return affine(graph, graph.add("Unsqueeze", seen, graph.constant([1], np.int64)), normal)


def _pooled(graph: Graph, name: str, layer: _Lean, number: int) -> str:
    if number in _BY_WINOGRAD:
        top = _winograd_square.highest(graph, name, layer.kernel, _SIZES[number])
    else:
        top = _highest(graph, name, layer.kernel, number)
    return graph.add("Relu", affine(graph, top, layer.after))


def _highest(graph: Graph, name: str, kernel: Array, number: int) -> str:
    (size, step), every = _POOLS[number], 1
    if size[1] == 1:  # the pooling leaves out every other band
        every, step = step[1], (step[0], 1)
    weights = graph.constant(single(kernel.transpose(3, 2, 0, 1)), np.float32)
    found = graph.add("Conv", name, weights, strides=(1, every), pads=(1, 1, 0, 0))
    return graph.add("MaxPool", found, kernel_shape=size, strides=step)
