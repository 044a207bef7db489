"""Convolutions of 3 by 3 and the highest of each 2 by 2 of their results, by Winograd's way.

A tile of 6 by 6 values gives 4 by 4 results for 36 products instead of 144. The products are those
of matrices over the channels, one for each of the 36 points.
"""

from __future__ import annotations

import numpy as np

from earmark.graphs.writer import Graph
from earmark.tagger.importers._layers import Array, reshaped, single
from earmark.tagger.importers._winograd import transforms

_TRANSFORMS = transforms((0.0, 1.0, -1.0, 0.5, -2.0), 3)
_OUT, _TILE = _TRANSFORMS.results.shape
_POOL = 2


def highest(graph: Graph, name: str, kernel: Array, size: tuple[int, int]) -> str:
    """Add a convolution and the highest of each 2 by 2 of its results.

    Args:
        name: values [shape=(n, inputs, *size)]; zeros are put before them in both directions.
        kernel: [shape=(3, 3, inputs, outputs)].

    Returns:
        The name of what it gives [shape=(n, outputs, time // 2, bands // 2)], where time and bands
        are one less than ``size``.
    """
    results = [extent - 1 for extent in size]
    tiles = [-(-extent // _OUT) for extent in results]
    points = _to_points(graph, name, kernel.shape[2], size, tiles)
    weights = graph.constant(single(_kernel_points(kernel)), np.float32)
    found = graph.add("MatMul", weights, points)
    sizes = [extent // _POOL for extent in results]
    return _from_points(graph, found, kernel.shape[3], tiles, sizes)


def _to_points(
    graph: Graph, name: str, channels: int, size: tuple[int, int], tiles: list[int]
) -> str:
    """The tiles at their points [shape=(n, 36, channels, tiles)]."""
    tile = _TRANSFORMS.tile
    weights = np.einsum("ai,bj->abij", tile, tile).reshape(-1, 1, _TILE, _TILE)
    behind = [_OUT * (count - 1) + _TILE - 1 - extent
              for count, extent in zip(tiles, size, strict=True)]  # fmt: skip
    alone = reshaped(graph, name, (-1, 1, *size))
    found = graph.add("Conv", alone, graph.constant(single(weights), np.float32),
                      strides=(_OUT, _OUT), pads=(1, 1, *behind))  # fmt: skip
    grouped = reshaped(graph, found, (-1, channels, _TILE**2, tiles[0] * tiles[1]))
    return graph.add("Transpose", grouped, perm=(0, 2, 1, 3))


def _kernel_points(kernel: Array) -> Array:
    """The kernel at the points [shape=(36, outputs, inputs)]."""
    side = _TRANSFORMS.kernel
    points: Array = np.einsum("at,bu,tuio->aboi", side, side, kernel)
    return points.reshape(_TILE**2, *points.shape[2:])


def _from_points(
    graph: Graph, name: str, channels: int, tiles: list[int], sizes: list[int]
) -> str:
    """Results of each tile, the highest of each 2 by 2, and the tiles put together."""
    half = _OUT // _POOL
    back = _TRANSFORMS.results.reshape(half, _POOL, _TILE)
    # What is pooled lies side by side: its highest is taken while it is near.
    weights = np.einsum("ypa,xqb->yxpqab", back, back).reshape(_OUT**2, _TILE**2)
    each = channels * tiles[0] * tiles[1]
    flat = reshaped(graph, name, (0, _TILE**2, each))
    found = graph.add("MatMul", graph.constant(single(weights), np.float32), flat)
    squares = reshaped(graph, found, (-1, _POOL**2, each))
    top = graph.add("ReduceMax", squares, graph.constant([1], np.int64), keepdims=0)
    apart = reshaped(graph, top, (-1, half**2 * channels, *tiles))
    whole = graph.add("DepthToSpace", apart, blocksize=half)
    starts, ends, axes = ([0, 0], sizes, [2, 3])
    return graph.add("Slice", whole, *(graph.constant(c, np.int64) for c in (starts, ends, axes)))
