"""Logistic regression: the classic model to beat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models import _choice, _linear
from earmark.models._classic import Choice, Classic, ClassWeight, above_zero, weight_of
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
    loss: ClassVar[Any] = staticmethod(_choice.log_loss)
    inverse_penalty: float | None = None
    max_iterations: int = 2000
    class_weight: ClassWeight = "none"
    inverse_penalty_: float = field(default=0.0, init=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "inverse_penalty", "max_iterations")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Fitted:
        from sklearn.linear_model import LogisticRegression

        def make() -> Any:
            return LogisticRegression(C=choice["inverse_penalty"], max_iter=self.max_iterations,
                                      class_weight=weight_of(self.class_weight))

        return fit_matrix(make, x, y, self.task)

    def _predict(self, fitted: Fitted, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return fitted.scores(x)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        return _linear.add(graph, x, self.fitted_, self._preparation.width)
