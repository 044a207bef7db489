"""The layers of musicnn's networks, from their checkpoint's tensors, in double precision.

Each is a convolution, a ReLU and a batch normalisation of what comes of it (the networks have no
other order), and each is followed by the highest over some of its places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.graphs.writer import Graph

Tensors = Mapping[str, NDArray[np.float32]]
Array = NDArray[np.float64]

BLOCK = 16  # channels that onnxruntime keeps side by side; others are put in order again and again
_EPSILON = 1e-3  # of tf.compat.v1.layers.batch_normalization


class Affine(NamedTuple):
    """What a batch normalisation does: ``slope * x + offset`` [shape=(channels,)]."""

    slope: Array
    offset: Array


class Span(NamedTuple):
    """The lowest and the highest a channel can be [shape=(channels,)]."""

    low: Array
    high: Array

    @property
    def middle(self) -> Array:
        return (self.low + self.high) / 2

    @property
    def half(self) -> Array:
        """How far from the middle it can be."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, eq=False)
class Layer:
    """``slope * relu(convolution(kernel) + bias) + offset``.

    Attributes:
        kernel: [shape=(time, bands, inputs, outputs)].
        bias: [shape=(outputs,)], as are ``slope`` and ``offset``.
    """

    kernel: Array
    bias: Array
    slope: Array
    offset: Array

    @property
    def sign(self) -> Array:
        """-1 where the normalisation turns the highest into the lowest, otherwise 1."""
        return np.where(self.slope < 0, -1.0, 1.0)

    @property
    def reach(self) -> Array:
        """How far outputs can move when an input does by 1 [shape=(inputs, outputs)]."""
        sums: Array = np.abs(self.kernel).sum(axis=(0, 1)) * np.abs(self.slope)
        return sums

    def span(self, inputs: Span) -> Span:
        """Return where outputs can be, for inputs in their spans or 0, the padding."""
        low, high = np.minimum(inputs.low, 0), np.maximum(inputs.high, 0)
        up, down = (np.maximum(s * self.kernel, 0).sum(axis=(0, 1)) for s in (1, -1))
        most = np.maximum(high @ up - low @ down + self.bias, 0)
        least = np.maximum(low @ up - high @ down + self.bias, 0)
        ends = self.slope * least + self.offset, self.slope * most + self.offset
        return Span(np.minimum(*ends), np.maximum(*ends))

    def outputs(self, kept: NDArray[Any]) -> Layer:
        """Return the layer with some of its outputs, by mask or number."""
        return Layer(self.kernel[..., kept], self.bias[kept], self.slope[kept], self.offset[kept])

    def padded(self) -> Layer:
        """Return the layer with outputs of zeros up to a whole block."""
        parts = self.kernel, self.bias, self.slope, self.offset
        return Layer(*(blocks(part, -1) for part in parts))


@dataclass(frozen=True)
class Checkpoint:
    """A network's tensors by name, each looked at when it is taken."""

    tensors: Tensors

    def take(self, name: str, *shape: int) -> Array:
        """Return a tensor in double precision.

        Raises:
            TaggerError: it is missing, of another shape, or not all finite.
        """
        if name not in self.tensors:
            raise TaggerError(f"the checkpoint lacks tensor '{name}' of shape {shape}; import a "
                              "whole checkpoint of this network.")
        found = np.asarray(self.tensors[name])
        if found.shape != shape or not np.isfinite(found).all():
            odd = f"shape {found.shape}" if found.shape != shape else "numbers that are not finite"
            raise TaggerError(f"tensor '{name}' has {odd}; expected finite numbers of shape "
                              f"{shape}: import a checkpoint of this network.")
        return found.astype(np.float64)

    def normal(self, number: int, width: int) -> Affine:
        """Return the batch normalisation of that number in the checkpoint."""
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        beta, gamma, mean, variance = (
            self.take(f"{name}/{part}", width)
            for part in ("beta", "gamma", "moving_mean", "moving_variance")
        )
        if variance.min() < 0:
            raise TaggerError(f"tensor '{name}/moving_variance' of shape ({width},) has a variance "
                              "below 0; import a whole checkpoint.")
        slope = gamma / np.sqrt(variance + _EPSILON)
        return Affine(slope, beta - slope * mean)

    def layer(self, name: str, normal: int, shape: tuple[int, int, int, int]) -> Layer:
        """Return a convolution with the batch normalisation after it."""
        kernel = self.take(f"{name}/kernel", *shape)
        return Layer(kernel, self.take(f"{name}/bias", shape[3]), *self.normal(normal, shape[3]))

    def dense(self, name: str, inputs: int, outputs: int) -> tuple[Array, Array]:
        """Return a dense layer's kernel [shape=(inputs, outputs)] and bias [shape=(outputs,)]."""
        return self.take(f"{name}/kernel", inputs, outputs), self.take(f"{name}/bias", outputs)


def blocks(values: Array, axis: int) -> Array:
    """Put zeros behind, up to a whole block."""
    widths = [(0, 0)] * values.ndim
    widths[axis] = (0, -values.shape[axis] % BLOCK)
    return np.pad(values, widths)


def single(values: Array) -> NDArray[Any]:
    """Return weights as the graph keeps them."""
    return values.astype(np.float32)


def dense(graph: Graph, name: str, weights: Array, bias: Array) -> str:
    """Add a dense layer with weights [shape=(inputs, outputs)]."""
    return graph.add("Gemm", name, graph.constant(single(weights), np.float32),
                     graph.constant(single(bias), np.float32))  # fmt: skip


def affine(graph: Graph, name: str, by: Affine) -> str:
    """Add slope and offset by channel, in whatever order onnxruntime keeps its channels."""
    nothing = np.zeros(len(by.slope))
    parts = [*by, nothing, nothing + 1]  # a normalisation of mean 0 and variance 1
    constants = [graph.constant(single(part), np.float32) for part in parts]
    return graph.add("BatchNormalization", name, *constants, epsilon=0.0)


def reshaped(graph: Graph, name: str, shape: tuple[int, ...]) -> str:
    """Add a change of shape; 0 keeps a size, -1 takes what is left."""
    return graph.add("Reshape", name, graph.constant(shape, np.int64))
