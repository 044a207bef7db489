"""What is done to feature rows before a classic model sees them: pruning, scaling, projection.

All of it is learnt on the rows given to ``fit`` and nowhere else, is computed in double precision
(some features are a million times larger than others), and writes itself into the model's ONNX
graph, so that preparation and model cannot part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.graphs.writer import Graph
from earmark.models import _scaling
from earmark.models._scaling import Doubles, Step
from earmark.models.pruning import RULES, Pruning, correlations, products_of_columns

Scaling = Literal["none", "standard", "quantile", "power"]
# Values of scaled columns stay within this many standard deviations. No row to learn from lies
# there (of n rows none is further out than sqrt(n - 1)); a hostile one must not end as NaN.
_FURTHEST = 1e4
_MANY_ROWS = 10  # a column


@dataclass(frozen=True)
class Projection:
    """Principal components: ``(rows - mean) @ axes.T``.

    Attributes:
        axes: [shape=(components, columns)].
    """

    mean: Doubles
    axes: Doubles

    def __call__(self, x: Doubles) -> Doubles:
        return (x - self.mean) @ self.axes.T

    def add_to(self, graph: Graph, x: str) -> str:
        """Add the projection to a graph."""
        centred = graph.add("Sub", x, graph.constant(self.mean))
        return graph.add("MatMul", centred, graph.constant(self.axes.T))


@dataclass(frozen=True)
class Preparation:
    """Learnt steps, applied in order to the columns kept.

    Attributes:
        columns: how many columns rows have.
        kept: numbers of the columns that pruning left.
        steps: scaling, then projection.
        width: how many columns prepared rows have.
    """

    columns: int
    kept: NDArray[np.int64]
    steps: tuple[Step, ...]
    width: int

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return prepared rows [shape=(rows, columns kept or components)].

        Raises:
            DataError: another number of columns than was learnt, or values that are not finite.
        """
        x = np.asarray(rows, dtype=np.float32)
        if x.ndim != 2 or x.shape[1] != self.columns:
            raise DataError(f"rows of shape {x.shape}; this model was fitted on "
                            f"{self.columns} features, so expected (rows, {self.columns}).")
        if not np.isfinite(x).all():
            row, column = np.argwhere(~np.isfinite(x))[0]
            raise DataError(f"feature {column} of row {row} is {x[row, column]}; expected numbers.")
        x = x[:, self.kept]
        return self._steps(x.astype(np.float64)).astype(np.float32) if self.steps else x

    def _steps(self, x: Doubles) -> Doubles:
        for step in self.steps:
            x = step(x)
        return x

    def add_to(self, graph: Graph) -> str:
        """Add all steps to a graph; return the name of the prepared rows, in single precision."""
        x = graph.rows
        if len(self.kept) < self.columns:
            x = graph.add("Gather", x, graph.constant(self.kept, np.int64), axis=1)
        if not self.steps:
            return x
        x = graph.cast(x, np.float64)
        for step in self.steps:
            x = step.add_to(graph, x)
        return graph.cast(x, np.float32)


def learn(
    rows: NDArray[np.float32],
    *,
    scaling: Scaling,
    pca: int | float | None,
    pruning: Pruning,
    pruning_threshold: float,
) -> Preparation:
    """Learn the preparation from rows [shape=(rows, features)].

    ``pca`` is a number of components (fewer where the rows do not bear so many) or, below 1, the
    share of variance to keep.
    """
    kept = np.arange(rows.shape[1])
    if pruning != "none":
        kept = RULES[pruning](abs(correlations(rows)), pruning_threshold)
    x = rows[:, kept].astype(np.float64)
    steps = list(_SCALING[scaling](x))
    for step in steps:
        x = step(x)
    if pca is not None:
        projection = _projection(x, pca)
        return Preparation(rows.shape[1], kept, (*steps, projection), len(projection.axes))
    return Preparation(rows.shape[1], kept, tuple(steps), len(kept))


def _projection(x: Doubles, pca: int | float) -> Projection:
    """Return the axes of most variance, each turned so that its largest entry is above 0."""
    mean, axes, variances = _axes(x)
    if isinstance(pca, int):
        count = min(pca, len(axes))
    else:
        shares = np.cumsum(variances) / (variances.sum() or 1.0)
        count = min(int(np.searchsorted(shares, pca, side="right")) + 1, len(axes))
    axes = axes[:count]
    largest = np.take_along_axis(axes, abs(axes).argmax(axis=1)[:, None], axis=1)
    return Projection(mean, axes * np.where(largest < 0, -1.0, 1.0))


def _axes(x: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Return the mean, the principal axes [shape=(axes, columns)] and their sums of squares.

    Many rows are told by the products of their columns: 40 000 rows of 518 in a ninth of the time
    that their singular values take (0.34 s). Squaring loses axes whose spread is a 1e-8th of the
    widest, so few rows are left as they are.
    """
    if len(x) >= _MANY_ROWS * x.shape[1]:
        products, mean = products_of_columns(x)
        squares, vectors = np.linalg.eigh(products)
        return mean, vectors.T[::-1], np.maximum(squares[::-1], 0)
    mean = x.mean(axis=0)
    _, lengths, axes = np.linalg.svd(x - mean, full_matrices=False)
    return mean, axes, lengths**2


def _standard(x: Doubles) -> tuple[Step, ...]:
    return (_scaling.standard(x, np.float32), _scaling.Clip(_FURTHEST))


def _power(x: Doubles) -> tuple[Step, ...]:
    first, clip = _standard(x)
    x = clip(first(x))
    power = _scaling.power(x)
    return (first, clip, power, _scaling.standard(power(x)), clip)


def _nothing(x: Doubles) -> tuple[Step, ...]:
    return ()


def _quantile(x: Doubles) -> tuple[Step, ...]:
    return (_scaling.quantile(x),)


_SCALING: dict[str, Callable[[Doubles], tuple[Step, ...]]] = {
    "none": _nothing, "standard": _standard, "quantile": _quantile, "power": _power
}
