"""Gradient-boosted trees by LightGBM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import require
from earmark.graphs.writer import Graph
from earmark.models import _tree_graph
from earmark.models._classic import Choice, Classic, ClassWeight, above_zero
from earmark.models._preparation import Scaling
from earmark.models._tree_graph import Tree
from earmark.models.base import class_vector


class Boosters(NamedTuple):
    """One booster for all labels, or one a label; a constant score where nothing was to learn.

    ``rounds`` is how many of theirs count: those of few rounds are the first of many.
    """

    boosters: tuple[Any, ...]
    labels: int
    rounds: int


@dataclass
class Boosting(Classic):
    """Gradient-boosted trees; scaling by columns does not change them, so there is none.

    Attributes:
        n_estimators: rounds; each grows a tree a label. None to stop where grouped folds of the
            rows given are best.
        learning_rate: how much of a tree is taken.
        num_leaves: of a tree, at most.
        min_child_samples: rows in a leaf, at least.
        colsample_bytree: share of columns that a tree may ask.
        subsample: share of rows drawn for each round.
        reg_lambda: penalty on squared leaf values.
        class_weight: ``balanced`` to let every label weigh the same.
    """

    name: ClassVar[str] = "classical:boosting"
    uses_chance: ClassVar[bool] = True
    scaling: Scaling = "none"
    candidates: ClassVar = {"n_estimators": (25, 50, 100, 200, 400)}
    search: ClassVar = {"n_estimators": "25..400:log", "learning_rate": "0.02..0.3:log",
                        "num_leaves": "2..31:log", "min_child_samples": "2..40:log",
                        "colsample_bytree": "0.1..1.0", "reg_lambda": "0.01..30:log"}
    n_estimators: int | None = 100
    learning_rate: float = 0.1
    num_leaves: int = 4
    min_child_samples: int = 10
    colsample_bytree: float = 0.2
    subsample: float = 0.8
    reg_lambda: float = 1.0
    class_weight: ClassWeight = "none"
    n_estimators_: int = field(default=0, init=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "n_estimators", "learning_rate", "min_child_samples", "colsample_bytree",
                   "subsample")
        if self.num_leaves < 2:
            raise ValueError(f"'num_leaves' is {self.num_leaves}; expected at least 2.")
        for name in ("colsample_bytree", "subsample"):
            if getattr(self, name) > 1:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected at most 1.")
        if self.reg_lambda < 0:
            raise ValueError(f"'reg_lambda' is {self.reg_lambda}; expected 0 or above.")

    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Boosters:
        return self._learn_each(x, y, [choice], seed)[0]

    def _learn_each(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choices: Sequence[Choice], seed: int
    ) -> list[Boosters]:
        lightgbm: Any = require("lightgbm", extra="train", purpose="gradient boosting")
        count, rounds = y.shape[1], [choice["n_estimators"] for choice in choices]
        rows = lightgbm.Dataset(x, params={"verbose": -1})  # sorted into bins once, for all labels

        def train(target: NDArray[np.int64], kind: dict[str, Any]) -> Any:
            rows.set_label(target).set_weight(self._weight(target))
            return lightgbm.train(self._parameters(kind, seed), rows, num_boost_round=max(rounds))

        boosters: tuple[Any, ...]
        if self.task == "single":
            kind = {"objective": "multiclass", "num_class": count}
            boosters = (train(class_vector(y), kind),)
        else:
            boosters = tuple(
                float(column[0]) if (column == column[0]).all()
                else train(column.astype(np.int64), {"objective": "binary"})
                for column in y.T
            )  # fmt: skip
        return [Boosters(boosters, count, each) for each in rounds]

    def _parameters(self, kind: dict[str, Any], seed: int) -> dict[str, Any]:
        return {
            **kind, "learning_rate": self.learning_rate, "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_child_samples, "lambda_l2": self.reg_lambda,
            "feature_fraction": self.colsample_bytree, "bagging_fraction": self.subsample,
            "bagging_freq": 1, "seed": seed, "deterministic": True, "force_row_wise": True,
            "verbose": -1,
        }  # fmt: skip

    def _weight(self, target: NDArray[np.int64]) -> NDArray[np.float64] | None:
        from sklearn.utils.class_weight import compute_sample_weight

        if self.class_weight == "none":
            return None
        weight: NDArray[np.float64] = compute_sample_weight("balanced", target)
        return weight

    def _predict(self, fitted: Boosters, x: NDArray[np.float32]) -> NDArray[np.float64]:
        if not len(x):
            return np.zeros((0, fitted.labels))
        columns = [np.full(len(x), booster) if isinstance(booster, float)
                   else booster.predict(x, num_iteration=fitted.rounds)
                   for booster in fitted.boosters]  # fmt: skip
        return np.column_stack(columns)

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        fitted: Boosters = self.fitted_
        trees = [tree for label, booster in enumerate(fitted.boosters)
                 for tree in _trees(booster, label, fitted, self.task == "single")]
        logits = _tree_graph.add(graph, x, trees, fitted.labels)
        return graph.probabilities(graph.cast(logits, np.float64), self.task), fitted.labels


def _trees(booster: Any, label: int, fitted: Boosters, all_labels: bool) -> list[Tree]:
    if isinstance(booster, float):
        leaf = {"leaf_value": 100.0 if booster else -100.0}  # sigmoid gives 1 and 0
        return [_tree_graph.of_lightgbm({"tree_structure": leaf}, label)]
    dumped = booster.dump_model(num_iteration=fitted.rounds)["tree_info"]
    return [_tree_graph.of_lightgbm(tree, k % fitted.labels if all_labels else label)
            for k, tree in enumerate(dumped)]
