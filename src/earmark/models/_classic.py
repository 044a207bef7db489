"""What all classic models share: preparation inside ``fit``, choice of settings, and one graph."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, SettingsError, require
from earmark.graphs.writer import Graph
from earmark.models import _choice, _preparation
from earmark.models._preparation import Preparation, Scaling
from earmark.models.base import Model, Scores, check_fit
from earmark.models.pruning import Pruning

ClassWeight = Literal["none", "balanced"]
Choice = Mapping[str, Any]


@dataclass
class Classic(Model):
    """A model on feature rows that prepares them itself.

    A setting left at None whose class lists candidates is chosen in ``fit``: by the scores that
    each candidate gives to rows of groups (artists) it has not seen. What was chosen stands under
    the setting's name with ``_``.

    Attributes:
        scaling: ``standard``: mean 0, variance 1; ``quantile``: to a normal distribution by
            quantiles; ``power``: standard, Yeo-Johnson, standard again.
        pca: number of principal components, or the share of variance to keep (below 1).
        pruning: ``pairwise``: drop the later of each pair of columns with |r| at or above the
            threshold; ``twice``: drop a column that comes first in two or more such pairs.
        pruning_threshold: of |r|, Pearson's correlation on the rows to learn from.
    """

    scaling: Scaling = "standard"
    pca: int | float | None = None
    pruning: Pruning = "none"
    pruning_threshold: float = 0.95
    preparation_: Preparation | None = field(
        default=None, init=False, repr=False, compare=False
    )
    fitted_: Any = field(default=None, init=False, repr=False, compare=False)

    # setting that may be None -> what is tried for it
    candidates: ClassVar[Mapping[str, Sequence[Any]]] = {}
    uses_chance: ClassVar[bool] = False  # whether the estimator draws random numbers
    needs_folds: ClassVar[bool] = False  # also where nothing is left to choose
    loss: ClassVar[Any] = staticmethod(_choice.brier)

    def __post_init__(self) -> None:
        if self.task not in self.tasks:
            raise ValueError(f"'task' is '{self.task}', but {self.name} is made for "
                             f"'{self.tasks[0]}' alone; choose another model.")
        if not 0 < self.pruning_threshold <= 1:
            raise ValueError(f"'pruning_threshold' is {self.pruning_threshold}; expected above 0 "
                             "and at most 1.")
        whole = isinstance(self.pca, int) and self.pca >= 1
        if not (self.pca is None or whole or 0 < self.pca < 1):
            raise ValueError(f"'pca' is {self.pca}; expected a number of components from 1, or a "
                             "share of variance between 0 and 1.")
        self._check_settings()

    def fit(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int8],
        *,
        valid: tuple[NDArray[np.float32], NDArray[np.int8]] | None = None,
        groups: NDArray[Any] | None = None,
        rng: np.random.Generator,
    ) -> Classic:
        """Learn; see ``Model.fit``. ``valid`` is not used: nothing stops early."""
        require("sklearn", extra="train", purpose="training a classic model")
        x, y = check_fit(rows, labels, self.task)
        if isinstance(self.pca, int) and self.pca > min(x.shape):
            raise DataError(f"'pca' asks for {self.pca} components of {len(x)} rows with "
                            f"{x.shape[1]} features; expected at most {min(x.shape)}.")
        self._check_rows(len(x))
        choice, out_of_fold = self._choose(x, y, groups, rng)
        for name, value in choice.items():
            setattr(self, f"{name}_", value)
        seed = int(rng.integers(2**31)) if self.uses_chance else 0
        self.preparation_ = self._prepare(x)
        learnt = self._learn(self.preparation_(x), y, choice, seed)
        self.fitted_ = self._finish(learnt, y, out_of_fold)
        return self

    def scores(self, rows: NDArray[np.float32]) -> Scores:
        """Return scores in [0, 1] [shape=(rows, labels)].

        Raises:
            DataError: the model is not fitted, or rows that it was not fitted for.
        """
        scores = self._predict(self.fitted_, self._preparation(rows))
        return np.clip(scores, 0, 1).astype(np.float32)

    def to_onnx(self) -> bytes:
        """Return preparation and model as one graph: ``rows`` to ``scores``."""
        graph = Graph(self._preparation.columns)
        scores, labels = self._add_to(graph, self._preparation.add_to(graph))
        return graph.content(scores, labels)

    @abstractmethod
    def _learn(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choice: Choice, seed: int
    ) -> Any:
        """Fit on prepared rows; ``choice`` has a value for each setting with candidates."""

    def _learn_each(
        self, x: NDArray[np.float32], y: NDArray[np.int8], choices: Sequence[Choice], seed: int
    ) -> Iterable[Any]:
        """Fit each of several choices; a model overrides it where they have work in common."""
        return (self._learn(x, y, choice, seed) for choice in choices)

    @abstractmethod
    def _predict(self, fitted: Any, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return scores of prepared rows [shape=(rows, labels)]."""

    @abstractmethod
    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        """Add the model after the prepared rows ``x``; return its scores' name and labels."""

    def _held_out(self, fitted: Any, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what a choice is judged on, for prepared rows that the fit has not seen."""
        return self._predict(fitted, x)

    def _check_settings(self) -> None:
        """Raise ValueError for settings that cannot be."""

    def _check_rows(self, rows: int) -> None:
        """Raise DataError where so many rows are too few."""

    def _finish(self, fitted: Any, y: NDArray[np.int8], out_of_fold: Any) -> Any:
        """Return the model with what was learnt from out-of-fold scores, where it needs any."""
        return fitted

    @property
    def _preparation(self) -> Preparation:
        if self.preparation_ is None:
            raise SettingsError(f"this {self.name} has not been fitted; call fit first.")
        return self.preparation_

    def _prepare(self, x: NDArray[np.float32]) -> Preparation:
        return _preparation.learn(x, scaling=self.scaling, pca=self.pca, pruning=self.pruning,
                                  pruning_threshold=self.pruning_threshold)

    def _choices(self) -> list[dict[str, Any]]:
        """Return every combination of candidates for the settings that are None."""
        choices: list[dict[str, Any]] = [{}]
        for name, tried in self.candidates.items():
            given = getattr(self, name)
            values = tried if given is None else [given]
            choices = [{**choice, name: value} for choice in choices for value in values]
        return choices

    def _choose(
        self, x: NDArray[np.float32], y: NDArray[np.int8], groups: Any, rng: np.random.Generator
    ) -> tuple[Choice, Any]:
        """Return the best choice, and its out-of-fold scores where there are any."""
        choices = self._choices()
        if len(choices) == 1 and not self.needs_folds:
            return choices[0], None
        left = [f"'{name}'" for name in self.candidates if getattr(self, name) is None]
        folds = _choice.group_folds(y, groups, rng, f"choosing {' and '.join(left)}" if left
                                    else "calibration")
        seed = int(rng.integers(2**31)) if self.uses_chance else 0

        def score(train: NDArray[np.int64], held: NDArray[np.int64]) -> list[NDArray[np.float64]]:
            prepare = self._prepare(x[train])
            learn_from, judge_on = prepare(x[train]), prepare(x[held])
            return [self._held_out(fitted, judge_on)
                    for fitted in self._learn_each(learn_from, y[train], choices, seed)]

        scores = _choice.out_of_fold(folds, score)
        losses = [self._judge(y, given) for given in scores]
        best = int(np.argmin(losses))
        return choices[best], scores[best]

    def _judge(self, y: NDArray[np.int8], scores: NDArray[np.float64]) -> float:
        found: float = self.loss(y, scores, self.task)
        return found


def above_zero(model: Classic, *names: str) -> None:
    """Raise ValueError for a setting that is neither None nor above zero."""
    for name in names:
        value = getattr(model, name)
        if value is not None and not value > 0:
            raise ValueError(f"'{name}' is {value}; expected above 0.")


def weight_of(class_weight: ClassWeight) -> str | None:
    """Return scikit-learn's word for a class weight."""
    return None if class_weight == "none" else class_weight
