"""A decision tree, and forests of them."""

from __future__ import annotations

import os
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.models import _tree_graph
from earmark.models._classic import Choice, Classic, ClassWeight, above_zero, weight_of
from earmark.models._preparation import Scaling
from earmark.models.base import Fitted, fit_matrix

Several = Literal["native", "one_vs_rest"]


@dataclass
class _Trees(Classic):
    """What trees have in common; scaling by columns does not change them, so there is none."""

    uses_chance: ClassVar[bool] = True
    scaling: Scaling = "none"
    criterion: Literal["gini", "entropy"] = "gini"
    max_depth: int | None = None
    min_samples_leaf: int = 1
    max_features: Literal["sqrt", "log2", "all"] | float = "sqrt"
    class_weight: ClassWeight = "none"
    several: Several = "native"

    def _check_settings(self) -> None:
        above_zero(self, "max_depth", "min_samples_leaf")
        share = self.max_features
        if not isinstance(share, str) and not 0 < share <= 1:
            raise ValueError(f"'max_features' is {share}; expected a share above 0 and at most 1, "
                             "or 'sqrt', 'log2' or 'all'.")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Fitted:
        settings = {
            "criterion": self.criterion,
            "max_depth": self.max_depth,
            "min_samples_leaf": self.min_samples_leaf,
            "max_features": None if self.max_features == "all" else self.max_features,
            "class_weight": weight_of(self.class_weight),
            "random_state": seed,
        }
        # A matrix of a single column is a class vector to scikit-learn.
        native = self.several == "native" and y.shape[1] > 1
        fitted = fit_matrix(lambda: self._estimator(settings), x, y, self.task, native=native)
        for estimator in fitted.estimators:
            if hasattr(estimator, "n_jobs"):  # threads would add up the trees in any order
                estimator.n_jobs = 1
        return fitted

    @abstractmethod
    def _estimator(self, settings: dict[str, Any]) -> Any:
        """Return the scikit-learn estimator, not yet fitted."""

    def _predict(self, fitted: Fitted, x: NDArray[np.float32]) -> NDArray[np.float64]:
        return fitted.scores(x)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        fitted: Fitted = self.fitted_
        trees = list(_tree_graph.of_scikit_learn(fitted))
        return _tree_graph.add(graph, x, trees, fitted.labels), fitted.labels


@dataclass
class DecisionTree(_Trees):
    """One decision tree.

    Attributes:
        criterion: what a split should make purer.
        max_depth: None for no limit.
        min_samples_leaf: rows in a leaf; its scores are the shares of their labels.
        max_features: columns looked at for a split: ``sqrt`` or ``log2`` of all, a share, all.
        class_weight: ``balanced`` to let every label weigh the same.
        several: how several labels a row are learnt: ``native``: by one tree (or forest) for all,
            ``one_vs_rest``: by one for each label, which takes several times longer.
    """

    name: ClassVar[str] = "classical:decision_tree"
    max_depth: int | None = 8
    min_samples_leaf: int = 15
    max_features: Literal["sqrt", "log2", "all"] | float = "all"

    def _estimator(self, settings: dict[str, Any]) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier(**settings)


@dataclass
class Forest(_Trees):
    """A random forest: the mean of trees grown on draws of the rows.

    Attributes:
        n_estimators: trees.
        max_depth: None for no limit; the rest as in ``DecisionTree``.
    """

    name: ClassVar[str] = "classical:forest"
    n_estimators: int = 500

    def _check_settings(self) -> None:
        super()._check_settings()
        above_zero(self, "n_estimators")

    def _estimator(self, settings: dict[str, Any]) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(self.n_estimators, n_jobs=os.cpu_count(), **settings)


@dataclass
class ExtraTrees(_Trees):
    """Extremely randomised trees (Geurts, Ernst & Wehenkel, 2006): thresholds drawn by chance.

    Attributes:
        n_estimators: trees.
        max_depth: None for no limit; the rest as in ``DecisionTree``.
    """

    name: ClassVar[str] = "classical:extra_trees"
    max_features: Literal["sqrt", "log2", "all"] | float = 0.3
    n_estimators: int = 500

    def _check_settings(self) -> None:
        super()._check_settings()
        above_zero(self, "n_estimators")

    def _estimator(self, settings: dict[str, Any]) -> Any:
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(self.n_estimators, n_jobs=os.cpu_count(), **settings)
