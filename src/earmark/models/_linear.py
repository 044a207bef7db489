"""Models whose logits are sums of weighted inputs, and their way into a graph."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models.base import Doubles, Fitted

CERTAIN = 100.0  # a logit whose sigmoid is 1 in single precision


class Linear(NamedTuple):
    """Each label's own sigmoid over weighted columns.

    Attributes:
        weights: [shape=(labels, columns)].
        offsets: [shape=(labels,)].
    """

    weights: Doubles
    offsets: Doubles

    def scores(self, x: NDArray[np.floating]) -> Doubles:
        """Return scores in [0, 1] [shape=(rows, labels)]."""
        return sigmoid(x.astype(np.float64) @ self.weights.T + self.offsets)


def sigmoid(logits: Doubles) -> Doubles:
    """Return ``1 / (1 + exp(-logits))`` without overflow."""
    falling = np.exp(-abs(logits))
    found: Doubles = np.where(logits < 0, falling, 1.0) / (1 + falling)
    return found


def weights(fitted: Fitted, features: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return weights [shape=(labels, features)] and offsets of classifiers with ``coef_``."""
    if fitted.task == "single":
        estimator = fitted.estimators[0]
        return both_of_two(estimator.coef_, estimator.intercept_)
    rows = [constant(e, features) if isinstance(e, float) else (e.coef_[0], e.intercept_[0])
            for e in fitted.estimators]
    return np.array([w for w, _ in rows]), np.array([b for _, b in rows])


def both_of_two(
    weights: NDArray[Any], offsets: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a row a label where scikit-learn keeps one for two: softmax(0, z) is sigmoid(z)."""
    if len(weights) > 1:
        return weights, offsets
    return np.vstack([0 * weights, weights]), np.concatenate([0 * offsets, offsets])


def constant(score: float, features: int) -> tuple[NDArray[Any], float]:
    """Return weights and offset of a score that is always 0 or always 1."""
    return np.zeros(features), CERTAIN if score else -CERTAIN


def add(graph: Graph, x: str, fitted: Fitted | Linear, features: int) -> tuple[str, int]:
    """Add a linear classifier after the prepared rows ``x``."""
    w, b = fitted if isinstance(fitted, Linear) else weights(fitted, features)
    logits = graph.linear(graph.cast(x, np.float64), w, b)
    task = "multi" if isinstance(fitted, Linear) else fitted.task
    return graph.probabilities(logits, task), len(b)
