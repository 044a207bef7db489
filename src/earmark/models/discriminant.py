"""Models that describe each label by normal distributions: LDA and Gaussian naive Bayes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models import _linear
from earmark.models._classic import Choice, Classic, above_zero
from earmark.models._preparation import Scaling
from earmark.models.base import Fitted, fit_matrix


@dataclass
class LinearDiscriminant(Classic):
    """Linear discriminant analysis: one covariance for all labels.

    Attributes:
        shrinkage: of the covariance towards a multiple of the identity, 0 to 1, or ``auto`` for
            Ledoit and Wolf's formula.
    """

    name: ClassVar[str] = "classical:lda"
    scaling: Scaling = "power"
    shrinkage: Literal["auto"] | float = "auto"

    def _check_settings(self) -> None:
        if self.shrinkage != "auto" and not 0 <= self.shrinkage <= 1:
            raise ValueError(f"'shrinkage' is {self.shrinkage}; expected 0 to 1 or 'auto'.")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Fitted:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        def make() -> Any:
            return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=self.shrinkage)

        with warnings.catch_warnings():  # a label of one row adds nothing to the covariance
            warnings.filterwarnings("ignore", "Only one sample available")
            return fit_matrix(make, x, y, self.task)

    def _predict(self, fitted: Fitted, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return fitted.scores(x)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        return _linear.add(graph, x, self.fitted_, self._preparation.width)


@dataclass
class GaussianNaiveBayes(Classic):
    """Gaussian naive Bayes: each column for itself, a mean and a variance a label.

    Attributes:
        var_smoothing: share of the largest column variance that is added to all variances.
    """

    name: ClassVar[str] = "classical:gaussian_nb"
    var_smoothing: float = 1e-9

    def _check_settings(self) -> None:
        above_zero(self, "var_smoothing")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Fitted:
        from sklearn.naive_bayes import GaussianNB

        fitted = fit_matrix(lambda: GaussianNB(var_smoothing=self.var_smoothing),
                            x.astype(np.float64), y, self.task)
        for estimator in fitted.estimators:
            # Of rows that are all equal no share of the largest variance is above 0: with any
            # variance they tell nothing, and scores are the labels' shares.
            if hasattr(estimator, "var_") and not estimator.var_.any():
                estimator.var_ = np.ones_like(estimator.var_)
        return fitted

    def _predict(self, fitted: Fitted, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return fitted.scores(x.astype(np.float64))

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        """Add the logarithm of the densities, which is linear in x and its square."""
        x = graph.cast(x, np.float64)
        both = graph.add("Concat", x, graph.add("Mul", x, x), axis=1)
        fitted: Fitted = self.fitted_
        logits = graph.linear(both, *_quadratic(fitted, 2 * self._preparation.width))
        return graph.probabilities(logits, fitted.task), fitted.labels


def _quadratic(fitted: Fitted, width: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return weights [shape=(labels, 2 * columns)] of x and its square, and offsets."""
    if fitted.task == "single":
        return _log_densities(fitted.estimators[0])
    rows = [_linear.constant(e, width) if isinstance(e, float) else _log_ratio(e)
            for e in fitted.estimators]
    return np.array([w for w, _ in rows]), np.array([b for _, b in rows])


def _log_densities(estimator: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    mean, variance = estimator.theta_, estimator.var_
    weights = np.hstack([mean / variance, -0.5 / variance])
    offsets = np.log(estimator.class_prior_) - 0.5 * (
        np.log(2 * np.pi * variance) + mean**2 / variance
    ).sum(axis=1)
    return weights, offsets


def _log_ratio(estimator: Any) -> tuple[NDArray[Any], float]:
    """Return what makes the logarithm of the odds that a label is there."""
    weights, offsets = _log_densities(estimator)
    return weights[1] - weights[0], float(offsets[1] - offsets[0])
