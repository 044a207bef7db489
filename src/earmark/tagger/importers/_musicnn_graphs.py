"""The network ``musicnn`` as an ONNX graph, operator by operator.

Source: Pons et al., "End-to-end learning for music audio tagging at scale", ISMIR 2018; Pons &
Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph

Tensors = Mapping[str, NDArray[np.float32]]

_SHAPE = (187, 96)  # frames, bands
_EPSILON = 1e-3


def musicnn_graph(tensors: Tensors, labels: int) -> bytes:
    """Return the network ``musicnn`` from rows [shape=(n, 187, 96)].

    Outputs: ``scores`` [shape=(n, labels)], ``embedding`` [shape=(n, 200)], the dense layer before
    the last, and ``pooled`` [shape=(n, 1506)], the highest and the mean of each feature over time.
    """
    net = Net(tensors)
    sound = net.normal(net.sound(), "batch_normalization", 4)
    front = [
        net.highest(net.layer(sound, name, f"batch_normalization_{k + 1}", pads))
        for k, (name, pads) in enumerate((
            ("conv2d", (3, 0, 3, 0)), ("conv2d_1", (3, 0, 3, 0)), ("conv2d_2", (63, 0, 64, 0)),
            ("conv2d_3", (31, 0, 32, 0)), ("conv2d_4", (15, 0, 16, 0)),
        ))
    ]  # fmt: skip
    front_end = net.graph.add("Concat", *front, axis=1)  # (n, 561, 187, 1)
    middle = [front_end, net.over_features(front_end, 5)]
    for number in (6, 7):
        middle.append(net.graph.add("Add", net.over_features(middle[-1], number), middle[-1]))
    pooled = net.pooled(net.graph.add("Concat", *middle, axis=1))
    hidden = net.dense(net.normal(pooled, "batch_normalization_9", 2), "dense")
    embedding = net.normal(net.graph.add("Relu", hidden), "batch_normalization_10", 2)
    scores = net.graph.add("Sigmoid", net.dense(embedding, "dense_1"))
    return net.graph.content(scores, labels, embedding=(embedding, 200), pooled=(pooled, 1506))


class Net:
    """Layers with the checkpoint's tensors, channels before time before bands."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.graph = Graph(_SHAPE, extra="import")

    def sound(self) -> str:
        axis = self.graph.constant([1], np.int64)
        return self.graph.add("Unsqueeze", self.graph.rows, axis)

    def normal(self, name: str, of: str, dimensions: int) -> str:
        """Batch normalisation, as a product and a sum."""
        beta, gamma, mean, variance = (
            self.tensors[f"{of}/{part}"].astype(np.float64)
            for part in ("beta", "gamma", "moving_mean", "moving_variance")
        )
        slope = gamma / np.sqrt(variance + _EPSILON)
        shape = (1, -1, *(1,) * (dimensions - 2))
        scaled = self.graph.add("Mul", name, self._weights(slope.reshape(shape)))
        return self.graph.add("Add", scaled, self._weights((beta - slope * mean).reshape(shape)))

    def layer(self, name: str, convolution: str, of: str, pads: Sequence[int]) -> str:
        kernel = self.tensors[f"{convolution}/kernel"].transpose(3, 2, 0, 1)
        return self._convolved(name, kernel, convolution, of, pads)

    def over_features(self, name: str, number: int) -> str:
        """A layer of the middle, whose kernels take all features at once."""
        kernel = self.tensors[f"conv2d_{number}/kernel"].transpose(3, 1, 0, 2)
        return self._convolved(name, kernel, f"conv2d_{number}",
                               f"batch_normalization_{number + 1}", (3, 0, 3, 0))

    def highest(self, name: str) -> str:
        return self.graph.add("ReduceMax", name, self.graph.constant([3], np.int64))

    def pooled(self, name: str) -> str:
        """The highest and the mean over time, feature by feature [shape=(n, 2 * features)]."""
        time, last = (self.graph.constant([axis], np.int64) for axis in (2, 3))
        pools = [self.graph.add(operator, self.graph.add("Squeeze", name, last), time)
                 for operator in ("ReduceMax", "ReduceMean")]
        return self.graph.add("Flatten", self.graph.add("Concat", *pools, axis=2))

    def dense(self, name: str, layer: str) -> str:
        return self.graph.add("Gemm", name, self._weights(self.tensors[f"{layer}/kernel"]),
                              self._weights(self.tensors[f"{layer}/bias"]))

    def _convolved(
        self, name: str, kernel: NDArray[np.float32], convolution: str, of: str,
        pads: Sequence[int],
    ) -> str:  # fmt: skip
        made = self.graph.add("Conv", name, self._weights(kernel),
                              self._weights(self.tensors[f"{convolution}/bias"]), pads=pads)
        return self.normal(self.graph.add("Relu", made), of, 4)

    def _weights(self, values: NDArray[np.floating]) -> str:
        return self.graph.constant(values, np.float32)
