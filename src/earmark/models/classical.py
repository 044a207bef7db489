"""Logistic regression: the classic model to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models import _against_rest, _choice, _linear
from earmark.models._classic import Choice, Classic, ClassWeight, above_zero, weight_of
from earmark.models._linear import Linear
from earmark.models.base import Fitted, fit_matrix


@dataclass
class Logistic(Classic):
    """Logistic regression on standardised rows: one softmax, or one sigmoid a label.

    Attributes:
        inverse_penalty: scikit-learn's ``C``; None to choose it by the log loss of folds that
            keep each group (artist) on one side, inside the rows given to ``fit``.
        max_iterations: of the solver.
        class_weight: ``balanced`` to let every label weigh the same.
        inverse_penalty_: what was chosen.
    """

    name: ClassVar[str] = "classical:logistic"
    candidates: ClassVar = {"inverse_penalty": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}
    search: ClassVar = {"inverse_penalty": "0.0003..30:log", "class_weight": "none;balanced"}
    loss: ClassVar[Any] = staticmethod(_choice.log_loss)
    inverse_penalty: float | None = None
    max_iterations: int = 2000
    class_weight: ClassWeight = "none"
    inverse_penalty_: float = field(default=0.0, init=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "inverse_penalty", "max_iterations")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Fitted | Linear:
        fitted: Fitted | Linear = self._learn_each(x, y, [choice], seed)[0]
        return fitted

    def _learn_each(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choices: Sequence[Choice], seed: int
    ) -> list[Any]:
        penalties = [choice["inverse_penalty"] for choice in choices]
        if self.task == "single":
            return [fit_matrix(partial(self._softmax, c), x, y, self.task) for c in penalties]
        return list(_against_rest.fit(x, y, penalties, max_iterations=self.max_iterations,
                                      balanced=self.class_weight == "balanced"))

    def _softmax(self, inverse_penalty: float) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=inverse_penalty, max_iter=self.max_iterations,
                                  class_weight=weight_of(self.class_weight))

    def _predict(self, fitted: Fitted | Linear, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return fitted.scores(x)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        return _linear.add(graph, x, self.fitted_, self._preparation.width)
