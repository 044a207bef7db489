"""Support vector machine with a radial kernel, its decisions turned into probabilities.

scikit-learn's own ``probability=True`` is on its way out and calibrates on folds that ignore
groups. Here each label's machine is calibrated (Platt, 1999) on decisions about rows whose group
(artist) it had not seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import require
from earmark.graphs.writer import Graph
from earmark.models import _choice
from earmark.models._classic import Choice, Classic, ClassWeight, above_zero, weight_of
from earmark.models._linear import CERTAIN
from earmark.models.base import Doubles

_BLOCK_VALUES = 20_000_000  # kernel values computed at once
# Rows whose kernel all labels and penalties share, 650 MB, and how many must to repay it. On 8836
# rows of 128 columns it takes as long as ten machines; then each takes a fifth.
_MOST_SHARED, _LEAST_SHARING = 9000, 20


class Machines(NamedTuple):
    """One machine a label against the rest, over common support vectors.

    Attributes:
        vectors: [shape=(vectors, columns)].
        weights: of the kernel values [shape=(labels, vectors)]; offsets [shape=(labels,)].
        gamma: of the kernel ``exp(-gamma * distance ** 2)``.
        slopes: decision to logit [shape=(labels,)]; ``intercepts`` likewise.
    """

    vectors: Doubles
    weights: Doubles
    offsets: Doubles
    gamma: float
    slopes: Doubles
    intercepts: Doubles


@dataclass
class SupportVectors(Classic):
    """Support vector machine, a label against the rest, with a radial kernel.

    Attributes:
        inverse_penalty: scikit-learn's ``C``; None to choose it by artist-grouped folds.
        gamma: of the kernel; None for 1 / (columns * variance), scikit-learn's ``scale``.
        class_weight: ``balanced`` to let every label weigh the same.
        inverse_penalty_: what was chosen.
    """

    name: ClassVar[str] = "classical:svm"
    candidates: ClassVar = {"inverse_penalty": (0.3, 1.0, 3.0, 10.0)}
    search: ClassVar = {"inverse_penalty": "0.1..100:log", "gamma": "0.0003..0.1:log"}
    loss: ClassVar[Any] = staticmethod(_choice.log_loss)
    needs_folds: ClassVar[bool] = True  # for calibration
    inverse_penalty: float | None = None
    gamma: float | None = None
    class_weight: ClassWeight = "none"
    inverse_penalty_: float = field(default=0.0, init=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "inverse_penalty", "gamma")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Machines:
        return next(iter(self._learn_each(x, y, [choice], seed)))

    def _learn_each(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choices: Sequence[Choice], seed: int
    ) -> Iterator[Machines]:
        rows: Doubles = x.astype(np.float64)
        gamma = self.gamma or 1.0 / (rows.shape[1] * float(rows.var()) or 1.0)
        worth = len(rows) <= _MOST_SHARED and y.shape[1] * len(choices) >= _LEAST_SHARING
        shared = kernel(rows, gamma) if worth else None
        for choice in choices:
            yield self._machines(rows, y, gamma, shared, choice["inverse_penalty"])

    def _machines(
        self, rows: Doubles, y: NDArray[np.int8], gamma: float, shared: Doubles | None, c: float
    ) -> Machines:
        """Fit a machine a label; ``shared`` is the kernel of all rows, where there is room."""
        from sklearn import config_context
        from sklearn.svm import SVC

        weights, offsets = np.zeros((y.shape[1], len(rows))), np.full(y.shape[1], np.nan)

        def fit(label: int) -> None:
            column = y[:, label].astype(np.int64)
            if (column == column[0]).all():
                return  # nothing to tell apart; its decisions stay NaN
            kind = {"gamma": gamma} if shared is None else {"kernel": "precomputed"}
            machine = SVC(C=c, class_weight=weight_of(self.class_weight), **kind)
            with config_context(assume_finite=True):  # looking takes longer than the fit
                machine.fit(rows if shared is None else shared, column)
            weights[label, machine.support_] = machine.dual_coef_[0]
            offsets[label] = machine.intercept_[0]

        with ThreadPoolExecutor(os.cpu_count()) as pool:  # each label's by itself, in any order
            list(pool.map(fit, range(y.shape[1])))
        used = np.flatnonzero(weights.any(axis=0))
        unknown = np.full(y.shape[1], np.nan)
        return Machines(rows[used], weights[:, used], offsets, gamma, unknown, unknown)

    def _held_out(self, fitted: Machines, x: NDArray[np.float32]) -> Doubles:
        return decisions(fitted, x.astype(np.float64))

    def _judge(self, y: NDArray[np.int8], scores: Doubles) -> float:
        slopes, intercepts = calibrate(scores, y)
        return super()._judge(y, self._scores(scores, slopes, intercepts))

    def _finish(self, fitted: Machines, y: NDArray[np.int8], out_of_fold: Doubles) -> Machines:
        slopes, intercepts = calibrate(out_of_fold, y)
        everywhere = np.isnan(fitted.offsets)  # of several labels, one that every row bears
        return fitted._replace(
            offsets=np.where(everywhere, 0.0, fitted.offsets),
            slopes=np.where(everywhere, 0.0, slopes),
            intercepts=np.where(everywhere, CERTAIN, intercepts),
        )

    def _predict(self, fitted: Machines, x: NDArray[np.float32]) -> Doubles:
        return self._scores(decisions(fitted, x.astype(np.float64)), fitted.slopes,
                            fitted.intercepts)  # fmt: skip

    def _scores(self, given: Doubles, slopes: Doubles, intercepts: Doubles) -> Doubles:
        """Return probabilities; where a label must be one of several, their shares of the sum."""
        logits = np.nan_to_num(given) * slopes + intercepts
        scores: Doubles = 1 / (1 + np.exp(-logits))
        return scores / scores.sum(axis=1, keepdims=True) if self.task == "single" else scores

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        fitted: Machines = self.fitted_
        x = graph.cast(x, np.float64)
        squares = graph.add("ReduceSumSquare", x, graph.constant([1], np.int64), keepdims=1)
        distances = graph.linear(x, -2 * fitted.vectors, (fitted.vectors**2).sum(axis=1))
        distances = graph.add("Add", distances, squares)
        kernel = graph.add("Exp", graph.add("Mul", distances, graph.constant(-fitted.gamma)))
        logits = graph.linear(kernel, fitted.weights * fitted.slopes[:, None],
                              fitted.offsets * fitted.slopes + fitted.intercepts)
        scores = graph.add("Sigmoid", logits)
        if self.task == "single":
            axis = graph.constant([1], np.int64)
            scores = graph.add("Div", scores, graph.add("ReduceSum", scores, axis, keepdims=1))
        return scores, len(fitted.offsets)


def kernel(rows: Doubles, gamma: float) -> Doubles:
    """Return ``exp(-gamma * distance ** 2)`` between all rows [shape=(rows, rows)]."""
    squares = np.einsum("rc,rc->r", rows, rows)
    found = rows @ rows.T
    found *= -2
    found += squares[:, None]
    found += squares
    np.maximum(found, 0, out=found)
    found *= -gamma
    return np.exp(found, out=found)


def decisions(fitted: Machines, x: Doubles) -> Doubles:
    """Return signed distances from each label's border [shape=(rows, labels)]."""
    cdist = require("scipy.spatial.distance", extra="train", purpose="a classic model").cdist
    size = max(1, _BLOCK_VALUES // max(1, len(fitted.vectors)))
    found = np.empty((len(x), len(fitted.offsets)))
    for at in range(0, len(x), size):
        distances = cdist(x[at : at + size], fitted.vectors, "sqeuclidean")
        found[at : at + size] = np.exp(-fitted.gamma * distances) @ fitted.weights.T
    return found + fitted.offsets


def calibrate(given: Doubles, y: NDArray[np.int8]) -> tuple[Doubles, Doubles]:
    """Return slope and intercept of each label that turn decisions into logits.

    Args:
        given: decisions about unseen rows [shape=(rows, labels)]; NaN where there was none.
    """
    pairs = [platt(given[:, label], y[:, label]) for label in range(y.shape[1])]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])


def platt(decided: Doubles, truth: NDArray[np.int8]) -> tuple[float, float]:
    """Return Platt's slope and intercept, with his targets that allow for few rows.

    Decisions that do not rise with the truth tell nothing: the slope is then 0 and the intercept
    that of the label's share. With no decision about a row that bears the label, as when all of
    them are of one artist, decisions are taken as logits.
    """
    from sklearn.linear_model import LogisticRegression

    known = np.isfinite(decided)
    positive, negative = int((truth[known] == 1).sum()), int((truth[known] == 0).sum())
    if not positive or not negative:
        return 1.0, 0.0
    target = np.where(truth[known] == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    # Soft targets: each row once as 1 and once as 0, weighted.
    rows = np.tile(decided[known], 2)[:, None]
    sides = np.repeat([1, 0], known.sum())
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(
        rows, sides, sample_weight=np.concatenate([target, 1 - target])
    )
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    if slope <= 0:
        share = (positive + 1) / (positive + negative + 2)
        return 0.0, float(np.log(share / (1 - share)))
    return slope, intercept
