"""Models whose logits are sums of weighted inputs, and their way into a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models.base import Fitted

_CERTAIN = 100.0  # a logit whose sigmoid is 1 in single precision


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
    return np.zeros(features), _CERTAIN if score else -_CERTAIN


def add(graph: Graph, x: str, fitted: Fitted, features: int) -> tuple[str, int]:
    """Add a linear classifier after the prepared rows ``x``."""
    logits = graph.linear(graph.cast(x, np.float64), *weights(fitted, features))
    return graph.probabilities(logits, fitted.task), fitted.labels
