"""A multilayer perceptron: a few dense layers, without a deep-learning library."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models import _linear
from earmark.models._classic import Choice, Classic, above_zero
from earmark.models.base import Fitted, fit_matrix

_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}


@dataclass
class Perceptron(Classic):
    """Dense layers with a softmax over labels, or a sigmoid for each.

    Attributes:
        hidden_layer_sizes: units of each hidden layer.
        solver: ``adam`` or ``sgd`` (with Nesterov's momentum of 0.9).
        learning_rate: of the first step.
        max_iterations: most passes over the rows; ending there is no fault. None to stop where
            grouped folds of the rows given are best.
        batch_size: rows a step.
        alpha: penalty on squared weights.
    """

    name: ClassVar[str] = "classical:mlp"
    uses_chance: ClassVar[bool] = True
    candidates: ClassVar = {"max_iterations": (10, 25, 50, 100, 200)}
    search: ClassVar = {"hidden_layer_sizes": "[50];[100];[200];[100,50];[200,100]",
                        "alpha": "0.01..30:log", "learning_rate": "0.0003..0.01:log",
                        "max_iterations": "20..200:log"}
    hidden_layer_sizes: tuple[int, ...] = (100,)
    activation: Literal["relu", "tanh", "logistic"] = "relu"
    solver: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 0.001
    max_iterations: int | None = 100
    batch_size: int = 200
    alpha: float = 1.0
    max_iterations_: int = field(default=0, init=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "learning_rate", "max_iterations", "batch_size")
        if self.alpha < 0:
            raise ValueError(f"'alpha' is {self.alpha}; expected 0 or above.")
        if not self.hidden_layer_sizes or min(self.hidden_layer_sizes) < 1:
            raise ValueError(f"'hidden_layer_sizes' is {list(self.hidden_layer_sizes)}; expected "
                             "at least one layer of at least one unit.")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Fitted:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        def make() -> Any:
            return MLPClassifier(
                tuple(self.hidden_layer_sizes), activation=self.activation, solver=self.solver,
                learning_rate_init=self.learning_rate, max_iter=choice["max_iterations"],
                batch_size=min(self.batch_size, len(x)), alpha=self.alpha, random_state=seed,
            )  # fmt: skip

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            # With a single label a row of several is one of two classes to scikit-learn.
            native = y.shape[1] > 1
            return fit_matrix(make, x, y, self.task, native=native)

    def _predict(self, fitted: Fitted, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return fitted.scores(x)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        fitted: Fitted = self.fitted_
        if isinstance(fitted.estimators[0], float):
            return _linear.add(graph, x, fitted, self._preparation.width)
        estimator = fitted.estimators[0]
        *hidden, (weights, offsets) = [
            (w.T, b) for w, b in zip(estimator.coefs_, estimator.intercepts_, strict=True)
        ]
        x = graph.cast(x, np.float64)
        for w, b in hidden:
            x = graph.add(_ACTIVATIONS[self.activation], graph.linear(x, w, b))
        if fitted.task == "single":
            weights, offsets = _linear.both_of_two(weights, offsets)
        return graph.probabilities(graph.linear(x, weights, offsets), fitted.task), fitted.labels
