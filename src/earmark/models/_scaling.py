"""Scaling of columns, each kind as a step that computes itself and writes itself as ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from earmark.errors import require
from earmark.graphs.writer import Graph

Doubles = NDArray[np.float64]
_MOST_KNOTS = 100
_NEAR_ZERO = 1e-9  # exponents nearer to zero are logarithms


class Step(Protocol):
    """A learnt change of rows [shape=(rows, columns)]."""

    def __call__(self, x: Doubles) -> Doubles: ...

    def add_to(self, graph: Graph, x: str) -> str:
        """Add the change to a graph; return the name of its result."""
        ...


@dataclass(frozen=True)
class Affine:
    """``(x - mean) / scale`` by column.

    Attributes:
        dtype: the precision it is computed in; single is what scikit-learn uses for rows in single
            precision.
    """

    mean: Doubles
    scale: Doubles
    dtype: Any = np.float64

    def __call__(self, x: Doubles) -> Doubles:
        with np.errstate(over="ignore"):  # what overflows is clipped after this
            moved = x.astype(self.dtype) - self.mean.astype(self.dtype)
            scaled: Doubles = (moved / self.scale.astype(self.dtype)).astype(np.float64)
        return scaled

    def add_to(self, graph: Graph, x: str) -> str:
        """Add it to a graph."""
        x = graph.cast(x, self.dtype)
        centred = graph.add("Sub", x, graph.constant(self.mean, self.dtype))
        scaled = graph.add("Div", centred, graph.constant(self.scale, self.dtype))
        return graph.cast(scaled, np.float64)


@dataclass(frozen=True)
class Clip:
    """Values held between ``-most`` and ``most``."""

    most: float

    def __call__(self, x: Doubles) -> Doubles:
        return np.clip(x, -self.most, self.most)

    def add_to(self, graph: Graph, x: str) -> str:
        """Add it to a graph."""
        return graph.add("Clip", x, graph.constant(-self.most), graph.constant(self.most))


@dataclass(frozen=True)
class YeoJohnson:
    """The power transform of Yeo & Johnson (Biometrika 87, 2000), without scaling.

    Attributes:
        exponents: lambda of each column.
    """

    exponents: Doubles

    def __call__(self, x: Doubles) -> Doubles:
        above, below = np.maximum(x, 0), np.maximum(-x, 0)
        return _raised(above, self.exponents) - _raised(below, 2 - self.exponents)

    def add_to(self, graph: Graph, x: str) -> str:
        """Add it to a graph."""
        zero = graph.constant(0.0)
        above = graph.add("Max", x, zero)
        below = graph.add("Max", graph.add("Neg", x), zero)
        return graph.add("Sub", _add_raised(graph, above, self.exponents),
                         _add_raised(graph, below, 2 - self.exponents))


@dataclass(frozen=True)
class Quantiles:
    """Straight lines between knots: a quantile of a column to that of the normal distribution.

    Attributes:
        knots: rising by column [shape=(columns, knots)]; the last is repeated where a column has
            fewer.
        values: of the normal distribution at the knots, of the same shape.
    """

    knots: Doubles
    values: Doubles

    def __call__(self, x: Doubles) -> Doubles:
        columns = [np.interp(x[:, k], self.knots[k], self.values[k]) for k in range(x.shape[1])]
        return np.stack(columns, axis=1)

    def add_to(self, graph: Graph, x: str) -> str:
        """Add it as the sum of what each line between two knots adds."""
        width = np.diff(self.knots, axis=1)
        rise = np.diff(self.values, axis=1)
        slope = np.divide(rise, width, out=np.zeros_like(rise), where=width > 0)
        each = graph.add("Unsqueeze", x, graph.constant([2], np.int64))
        passed = graph.add("Sub", each, graph.constant(self.knots[:, :-1]))
        passed = graph.add("Max", passed, graph.constant(0.0))
        passed = graph.add("Min", passed, graph.constant(width))
        added = graph.add("Mul", passed, graph.constant(slope))
        total = graph.add("ReduceSum", added, graph.constant([2], np.int64), keepdims=0)
        return graph.add("Add", total, graph.constant(self.values[:, 0]))


def standard(x: Doubles, dtype: Any = np.float64) -> Affine:
    """Learn mean 0 and variance 1; a constant column is only centred."""
    from sklearn.preprocessing import StandardScaler

    fitted = StandardScaler().fit(x)
    return Affine(fitted.mean_, fitted.scale_, dtype)


def power(x: Doubles) -> YeoJohnson:
    """Learn the exponents that make each column most like a normal distribution."""
    from sklearn.preprocessing import PowerTransformer

    exponents = np.ones(x.shape[1])
    varied = np.ptp(x, axis=0) > 0
    if varied.any():
        exponents[varied] = PowerTransformer(standardize=False).fit(x[:, varied]).lambdas_
    return YeoJohnson(exponents)


def quantile(x: Doubles) -> Quantiles:
    """Learn up to 100 quantiles a column; equal ones share the middle of their places.

    The lowest and highest knots lie half a step inside 0 and 1, at about 2.6 standard deviations,
    and what is beyond stays there. A constant column becomes 0.
    """
    ndtri = require("scipy.special", extra="train", purpose="scaling by quantiles").ndtri
    count = max(1, min(_MOST_KNOTS, len(x)))
    shares = (np.arange(count) + 0.5) / count
    knots = np.empty((x.shape[1], count))
    values = np.empty((x.shape[1], count))
    for k, column in enumerate(np.quantile(x, np.linspace(0, 1, count), axis=0).T):
        distinct, first, repeats = np.unique(column, return_index=True, return_counts=True)
        middle = (shares[first] + shares[first + repeats - 1]) / 2
        missing = (0, count - len(distinct))
        knots[k] = np.pad(distinct, missing, mode="edge")
        values[k] = np.pad(ndtri(middle), missing, mode="edge")
    return Quantiles(knots, values)


def _raised(x: Doubles, exponents: Doubles) -> Doubles:
    """Return ``((x + 1) ** exponent - 1) / exponent`` for x >= 0, its limit near exponent 0."""
    zero = np.abs(exponents) < _NEAR_ZERO
    safe = np.where(zero, 1.0, exponents)
    with np.errstate(over="ignore"):  # what overflows is clipped after scaling
        found: Doubles = np.where(zero, np.log(x + 1), ((x + 1) ** safe - 1) / safe)
    return found


def _add_raised(graph: Graph, x: str, exponents: Doubles) -> str:
    zero = np.abs(exponents) < _NEAR_ZERO
    safe = graph.constant(np.where(zero, 1.0, exponents))
    base = graph.add("Add", x, graph.constant(1.0))
    lifted = graph.add("Sub", graph.add("Pow", base, safe), graph.constant(1.0))
    return graph.add("Where", graph.constant(zero, np.bool_), graph.add("Log", base),
                     graph.add("Div", lifted, safe))
