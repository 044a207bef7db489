"""Logistic regression of each label against the rest, many labels at once.

One label after another is a chain of products of a matrix and a vector, which wait for memory;
labels side by side make them products of matrices. Columns are turned to their principal axes
first, which changes neither the fit nor the penalty: there the curvature of a model that knows a
label's rate alone is diagonal, and L-BFGS begins with it. Penalties are taken from the strongest
on, each begun where the last one ended.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.models._lbfgs import Curvature
from earmark.models._linear import CERTAIN, Linear
from earmark.models.base import Doubles

_LABELS_AT_ONCE = 32  # on any number of cores, so that sums are taken in the same order
_ROWS_AT_ONCE = 1024  # what is done value by value stays in the processor's cache
_MANY = 10**6  # rows times labels: from here on in single precision, and in threads
# A label is done when its log loss, summed over rows, can fall by no more than this.
_NEAR, _NEAR_IN_SINGLE = 1e-9, 1e-5
_ARMIJO, _HALVINGS = 1e-4, 40


@dataclass(frozen=True)
class _Turned:
    """Rows turned to their principal axes, and the way back.

    Attributes:
        rows: [shape=(rows, axes + 1)]; the last column is 1, for the offset.
        mean: of each column.
        axes: [shape=(columns, axes)].
        squares: the mean square of each turned column [shape=(axes + 1,)].
    """

    rows: NDArray[Any]
    mean: Doubles
    axes: Doubles
    squares: Doubles

    @property
    def patience(self) -> int:
        """Return how many steps cost about as much as all second derivatives."""
        return max(12, len(self.squares) // 8)

    @property
    def near(self) -> float:
        """Return by how much a settled loss, summed over rows, may yet fall."""
        return _NEAR if self.rows.dtype == np.float64 else _NEAR_IN_SINGLE

    @property
    def rounding(self) -> float:
        """Return the error of a loss, as a share of it."""
        return 1e-12 if self.rows.dtype == np.float64 else 1e-7

    def linear(self, found: Doubles) -> Linear:
        """Return weights of columns as they were for weights [shape=(labels, axes + 1)]."""
        weights = found[:, :-1] @ self.axes.T
        return Linear(weights, found[:, -1] - weights @ self.mean)


def fit(
    x: NDArray[np.float32], y: NDArray[np.int8], inverse_penalties: Sequence[float], *,
    balanced: bool, max_iterations: int,
) -> list[Linear]:
    """Return a fit for each penalty, in the order given.

    Args:
        x: [shape=(rows, columns)].
        y: 0/1 [shape=(rows, labels)].
        inverse_penalties: scikit-learn's ``C``.
        balanced: whether rows with and without a label weigh the same in sum.
        max_iterations: for each penalty; scikit-learn's warning is given where they end first.
    """
    borne = y.sum(axis=0, dtype=np.int64)
    varied = np.flatnonzero((borne > 0) & (borne < len(y)))
    many = len(y) * len(varied) >= _MANY
    turned = _turn(x.astype(np.float64), np.float32 if many else np.float64)
    order = np.argsort(inverse_penalties, kind="stable")

    def path(labels: NDArray[np.intp]) -> list[_Solved]:
        problem = _Problem.of(turned, y[:, labels], balanced=balanced)
        solved = [_Solved(problem.start(), True)]
        for place in order:
            penalty = 1 / inverse_penalties[place]
            solved.append(problem.solve(solved[-1].weights, penalty, max_iterations))
        return solved[1:]

    pieces = [varied[at : at + _LABELS_AT_ONCE] for at in range(0, len(varied), _LABELS_AT_ONCE)]
    paths = _each(path, pieces, threads=many)
    _warn(paths, max_iterations)
    found = [Linear(np.zeros((len(borne), x.shape[1])), np.where(borne > 0, CERTAIN, -CERTAIN))
             for _ in order]
    for labels, solved in zip(pieces, paths, strict=True):
        for place, one in zip(order, solved, strict=True):
            weights, offsets = turned.linear(one.weights)
            found[place].weights[labels], found[place].offsets[labels] = weights, offsets
    return found


@dataclass(frozen=True)
class _Solved:
    """Weights [shape=(labels, axes + 1)], and whether they have settled."""

    weights: Doubles
    settled: bool


class _Point(NamedTuple):
    """Where labels stand: each array's first axis is theirs.

    Attributes:
        labels: which of the problem's.
        weights: [shape=(labels, axes + 1)]; ``gradient`` of the loss likewise.
        loss: log loss and penalty, summed over rows [shape=(labels,)].
        curvature: what the rows add to the offset's second derivative [shape=(labels,)].
    """

    labels: NDArray[np.intp]
    weights: Doubles
    gradient: Doubles
    loss: Doubles
    curvature: Doubles

    def of(self, which: NDArray[Any]) -> _Point:
        """Return the point of some of them."""
        return _Point(*(each[which] for each in self))


@dataclass(frozen=True)
class _Problem:
    """The log loss of some labels against the rest.

    Attributes:
        truth: 0/1 [shape=(rows, labels)].
        heavy: what a row with the label weighs [shape=(labels,)]; ``light``: one without.
    """

    turned: _Turned
    truth: NDArray[np.int8]
    heavy: NDArray[Any]
    light: NDArray[Any]

    @classmethod
    def of(cls, turned: _Turned, truth: NDArray[np.int8], *, balanced: bool) -> _Problem:
        """Return the problem; balanced rows with and without a label weigh the same in sum."""
        share = truth.mean(axis=0) if balanced else np.full(truth.shape[1], 0.5)
        kind = turned.rows.dtype
        return cls(turned, truth, (0.5 / share).astype(kind), (0.5 / (1 - share)).astype(kind))

    def start(self) -> Doubles:
        """Return the weights that know each label's rate alone."""
        rate = self.truth.mean(axis=0)
        weights = np.zeros((len(rate), len(self.turned.squares)))
        weights[:, -1] = np.log(self.heavy * rate / (self.light * (1 - rate)))
        return weights

    def solve(self, start: Doubles, penalty: float, most: int) -> _Solved:
        """Return the weights of least loss, begun at ``start``."""
        ridge = np.append(np.full(start.shape[1] - 1, penalty), 0.0)
        found = start.copy()
        at = self._point(np.arange(len(start)), start, ridge)
        curvature = Curvature(at.curvature[:, None] * self.turned.squares + ridge)
        for number in range(1, most + 1):
            direction = -curvature.solve(at.gradient)
            slope = np.einsum("lw,lw->l", direction, at.gradient)
            if not (going := slope < -2 * self.turned.near).all():
                found[at.labels] = at.weights
                at, direction, slope = at.of(going), direction[going], slope[going]
                curvature.keep(going)
            if not len(slope):
                return _Solved(found, True)
            there = self._walk(at, direction, slope, ridge)
            if number % self.turned.patience:
                curvature.learn(there.weights - at.weights, there.gradient - at.gradient)
            else:
                curvature = Curvature(self._hessians(there, ridge))
            at = there
        found[at.labels] = at.weights
        return _Solved(found, False)

    def _walk(self, at: _Point, direction: Doubles, slope: Doubles, ridge: Doubles) -> _Point:
        """Return the point a step on: 1, or halved until the loss falls as it should (Armijo)."""
        step = np.ones((len(slope), 1))
        there = self._point(at.labels, at.weights + direction, ridge)
        for _ in range(_HALVINGS):
            most = at.loss + _ARMIJO * step[:, 0] * slope + self.turned.rounding * at.loss
            far = np.flatnonzero(~(there.loss <= most))
            if not len(far):
                break
            step[far] /= 2
            nearer = at.weights[far] + step[far] * direction[far]
            for whole, part in zip(there, self._point(at.labels[far], nearer, ridge), strict=True):
                whole[far] = part
        return there

    def _point(self, labels: NDArray[np.intp], weights: Doubles, ridge: Doubles) -> _Point:
        loss = 0.5 * (ridge * weights**2).sum(axis=1)
        gradient, curvature = ridge * weights, np.zeros(len(weights))
        for rows, truth, weight in self._blocks(labels):
            z = rows @ weights.T.astype(rows.dtype)
            falling = np.exp(-abs(z))
            score = np.where(z < 0, falling, 1) / (1 + falling)
            lost = np.maximum(z, 0) - truth * z + np.log(1 + falling)
            loss += (weight * lost).sum(axis=0, dtype=np.float64)
            gradient += (weight * (score - truth)).T @ rows
            curvature += (weight * score * (1 - score)).sum(axis=0, dtype=np.float64)
        return _Point(labels.copy(), weights, gradient, loss, curvature)

    def _hessians(self, at: _Point, ridge: Doubles) -> Doubles:
        """Return all second derivatives [shape=(labels, axes + 1, axes + 1)]."""
        found = np.tile(np.diag(ridge), (len(at.labels), 1, 1))
        for rows, _, weight in self._blocks(at.labels):
            falling = np.exp(-abs(rows @ at.weights.T.astype(rows.dtype)))
            root = np.sqrt(weight * falling) / (1 + falling)
            for label, one in enumerate(np.broadcast_to(root, (len(rows), len(found))).T):
                bent = one[:, None] * rows
                found[label] += bent.T @ bent
        return found

    def _blocks(
        self, labels: NDArray[np.intp]
    ) -> Iterator[tuple[NDArray[Any], NDArray[np.int8], NDArray[Any]]]:
        """Yield rows, and truth and weights of the labels [shape=(rows, labels)]."""
        heavy, light = self.heavy[labels], self.light[labels]
        for begin in range(0, len(self.truth), _ROWS_AT_ONCE):
            truth = self.truth[begin : begin + _ROWS_AT_ONCE, labels]
            weight = np.where(truth, heavy, light)
            yield self.turned.rows[begin : begin + _ROWS_AT_ONCE], truth, weight


def _turn(x: Doubles, kind: Any) -> _Turned:
    mean = x.mean(axis=0)
    rows, axes = x - mean, np.eye(x.shape[1])
    if len(x) < x.shape[1]:  # the weights lie in the space that the rows span
        axes, rest = np.linalg.qr(rows.T)
        rows = np.ascontiguousarray(rest.T)
    _, vectors = np.linalg.eigh(rows.T @ rows)
    rows = np.hstack([rows @ vectors, np.ones((len(x), 1))])
    return _Turned(rows.astype(kind), mean, axes @ vectors, (rows**2).mean(axis=0))


def _each(
    work: Callable[[NDArray[np.intp]], list[_Solved]], pieces: list[NDArray[np.intp]],
    threads: bool,
) -> list[list[_Solved]]:
    """Return what is made of each piece, several at a time where that is worth while."""
    if not threads or len(pieces) < 2:
        return [work(piece) for piece in pieces]
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, pieces))


def _warn(paths: list[list[_Solved]], max_iterations: int) -> None:
    if all(one.settled for path in paths for one in path):
        return
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(f"logistic regression has not settled in {max_iterations} iterations; scale the "
                  "features or allow more.", ConvergenceWarning, stacklevel=3)
