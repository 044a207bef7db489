"""Convolutions of 7 frames by some bands and their highest over the bands, by Winograd's way.

Along time 12 frames give 6 results for 12 products instead of 42; along the bands the sums stay as
they are: all windows of bands are laid out beside one another and multiplied by the filters.
"""

from __future__ import annotations

import numpy as np

from earmark.graphs.writer import Graph
from earmark.tagger.importers._layers import Array, reshaped, single
from earmark.tagger.importers._winograd import transforms

TAPS = 7
_NEAR, _FAR = 1.4, 2.65  # found by search; with 2 and 4/3 the error is a third larger
_POINTS = [0.0, *(s * p for p in (1.0, _NEAR, 1 / _NEAR, _FAR, 1 / _FAR) for s in (1, -1))]
_TRANSFORMS = transforms(_POINTS, TAPS)
_OUT, _TILE = len(_TRANSFORMS.results), len(_POINTS) + 1


def to_points(graph: Graph, sound: str, frames: int) -> str:
    """Add the tiles of 12 frames at their points [shape=(n, 12, bands, tiles)].

    Args:
        sound: [shape=(n, 1, bands, frames)]; zeros are put before and behind, so that there are as
            many results as frames.
    """
    behind = _OUT * (_tiles(frames) - 1) + _TILE - TAPS // 2 - frames
    weights = graph.constant(single(_TRANSFORMS.tile[:, None, None]), np.float32)
    return graph.add("Conv", sound, weights, strides=(1, _OUT), pads=(0, TAPS // 2, 0, behind))


def highest(graph: Graph, points: str, kernel: Array, bands: int, frames: int) -> str:
    """Add a convolution and its highest over the bands [shape=(n, outputs, 1, frames)].

    Args:
        points: of ``to_points``.
        kernel: [shape=(7, some bands, outputs)].
    """
    height, outputs = kernel.shape[1:]
    windows, tiles = bands - height + 1, _tiles(frames)
    places = np.arange(height)[:, None] + np.arange(windows)
    laid = graph.add("Gather", points, graph.constant(places.ravel(), np.int64), axis=2)
    laid = reshaped(graph, laid, (0, _TILE, height, windows * tiles))
    weights = np.einsum("pt,tbo->pob", _TRANSFORMS.kernel, kernel)
    found = graph.add("MatMul", graph.constant(single(weights), np.float32), laid)
    found = reshaped(graph, found, (0, _TILE, outputs * windows * tiles))
    back = graph.add("MatMul", graph.constant(single(_TRANSFORMS.results), np.float32), found)
    back = reshaped(graph, back, (-1, windows, tiles))
    top = graph.add("ReduceMax", back, graph.constant([1], np.int64), keepdims=0)
    top = reshaped(graph, top, (-1, _OUT, outputs, tiles))
    whole = reshaped(graph, graph.add("Transpose", top, perm=(0, 2, 3, 1)),
                     (0, outputs, 1, _OUT * tiles))  # fmt: skip
    ends = [graph.constant([place], np.int64) for place in (0, frames, 3)]
    return graph.add("Slice", whole, *ends)


def _tiles(frames: int) -> int:
    return -(-frames // _OUT)
