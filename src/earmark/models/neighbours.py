"""k nearest neighbours: the labels of the most similar rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require
from earmark.graphs.writer import Graph
from earmark.models._classic import Choice, Classic, above_zero

_BLOCK_VALUES = 20_000_000  # distances, or neighbours' labels, at once


class Memory(NamedTuple):
    """Rows and labels learnt by heart, and how many neighbours are asked."""

    rows: NDArray[np.float64]
    labels: NDArray[np.float64]
    k: int


@dataclass
class Neighbours(Classic):
    """The share of the k nearest rows that bear each label, for one label a row or several.

    Of rows at the same distance the earlier one is nearer, so that the answer does not depend on
    the machine.

    Attributes:
        n_neighbors: k; None to choose it by artist-grouped folds.
        p: 1 for the sum of differences (Manhattan), 2 for Euclid's distance.
        weights: ``distance``: a neighbour counts by the inverse of its distance, and rows at
            distance 0 count alone.
        n_neighbors_: what was chosen.
    """

    name: ClassVar[str] = "classical:knn"
    candidates: ClassVar = {"n_neighbors": (3, 5, 8, 11, 14, 20, 30)}
    search: ClassVar = {"n_neighbors": "1..50:log", "p": "1;2", "weights": "uniform;distance"}
    n_neighbors: int | None = None
    p: Literal[1, 2] = 1
    weights: Literal["uniform", "distance"] = "distance"
    n_neighbors_: int = field(default=0, init=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "n_neighbors")

    def _check_rows(self, rows: int) -> None:
        if self.n_neighbors is not None and self.n_neighbors > rows:
            raise DataError(f"'n_neighbors' is {self.n_neighbors} but there are {rows} rows to "
                            "learn from; set fewer or add tracks.")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Memory:
        # A fold, and a tiny collection, may have fewer rows than a candidate asks for.
        k = min(choice["n_neighbors"], len(x))
        return Memory(x.astype(np.float64), y.astype(np.float64), k)

    def _predict(self, fitted: Memory, x: NDArray[np.float32]) -> NDArray[np.float64]:
        size = max(1, _BLOCK_VALUES // max(len(fitted.rows), fitted.k * fitted.labels.shape[1]))
        blocks = [self._block(fitted, x[at : at + size]) for at in range(0, len(x), size)]
        return np.concatenate(blocks) if blocks else np.zeros((0, fitted.labels.shape[1]))

    def _block(self, fitted: Memory, x: NDArray[np.float32]) -> NDArray[np.float64]:
        cdist = require("scipy.spatial.distance", extra="train", purpose="a classic model").cdist
        measure = "cityblock" if self.p == 1 else "euclidean"
        distances = cdist(x.astype(np.float64), fitted.rows, measure)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : fitted.k]
        weights = self._weights(np.take_along_axis(distances, nearest, axis=1))
        labels = fitted.labels[nearest]  # [shape=(rows, k, labels)]
        shares: NDArray[np.float64] = np.einsum("rk,rkl->rl", weights, labels)
        found: NDArray[np.float64] = shares / weights.sum(axis=1, keepdims=True)
        return found

    def _weights(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.weights == "uniform":
            return np.ones_like(distances)
        # Against the nearest, so that no quotient overflows.
        nearest = distances[:, :1]
        safe = np.where(nearest > 0, distances, 1.0)
        return np.where(nearest > 0, nearest / safe, distances == 0)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        """Add the search as a loop over rows: all distances at once would not fit memory."""
        fitted: Memory = self.fitted_
        rows, labels = fitted.rows, fitted.labels.shape[1]
        body = Graph(rows.shape[1], prefix="each_")
        difference = body.add("Sub", body.rows, body.constant(rows))
        operator = "ReduceL1" if self.p == 1 else "ReduceL2"
        distances = body.add(operator, difference, body.constant([1], np.int64), keepdims=0)
        near, which = body.add_many("TopK", 2, distances, body.constant([fitted.k], np.int64),
                                    largest=0)  # fmt: skip
        borne = body.add("Gather", body.constant(fitted.labels), which, axis=0)
        weights = self._add_weights(body, near)
        shares = body.add("MatMul", weights, borne)
        total = body.add("ReduceSum", weights, body.constant([0], np.int64), keepdims=1)
        result = body.add("Div", shares, total)
        rows_in = graph.cast(x, np.float64)
        return graph.scan(rows_in, body, result, width=labels), labels

    def _add_weights(self, body: Graph, near: str) -> str:
        if self.weights == "uniform":
            return body.constant(np.ones(self.fitted_.k))
        zero = body.constant(0.0)
        nearest = body.add("ReduceMin", near, body.constant([0], np.int64), keepdims=1)
        apart = body.add("Greater", nearest, zero)
        safe = body.add("Where", apart, near, body.constant(1.0))
        alone = body.cast(body.add("Equal", near, zero), np.float64)
        return body.add("Where", apart, body.add("Div", nearest, safe), alone)
