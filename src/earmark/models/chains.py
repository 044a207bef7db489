"""Classifier chains: each label is told from the features and from the labels before it.

Read, Pfahringer, Holmes & Frank, Classifier chains for multi-label classification (ECML 2009;
Machine Learning 85, 2011). Several chains in orders drawn by chance are averaged. A chain that
learns from true labels meets its own errors only in service; by default it learns from the scores
that its earlier links give to rows they have not seen (Senge, del Coz & Hüllermeier, Rectifying
classifier chains for multi-label classification, 2013), by folds that keep groups (artists) whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.labels.vocabulary import Task
from earmark.models import _choice
from earmark.models._classic import Choice, Classic, above_zero
from earmark.models._preparation import Preparation
from earmark.models.base import Doubles
from earmark.models.boosting import Boosting
from earmark.models.classical import Logistic
from earmark.models.trees import Forest

Singles = NDArray[np.float32]
# Added to scores on their way to the next link in service: a tree's threshold may be a score that
# comes up again, and the last digit, which differs between a graph and numpy, would decide.
_ABOVE_TIES = 2**-15


class Link(NamedTuple):
    """One label's model: it takes the prepared rows and what the links before it give."""

    label: int
    model: Classic


@dataclass
class Chain(Classic):
    """The mean of classifier chains, for several labels a row.

    Attributes:
        base: what each link is: ``logistic`` regression, gradient ``boosting`` or a ``forest``.
        chains: how many are averaged.
        order: of the labels: ``random``, another for each chain, or by ``frequency``, the most
            frequent first, which makes one chain.
        given: what a link learns of the labels before it: ``out_of_fold`` scores or the ``truth``.
        inverse_penalty: of logistic links; None to choose it as without chains, by grouped folds.
        n_estimators: rounds of boosting, or trees of a forest.
        fold_of_row_: the fold in which each row was held out [shape=(rows,)]; empty where links
            learn from the truth.
    """

    name: ClassVar[str] = "classical:chain"
    tasks: ClassVar[tuple[Task, ...]] = ("multi",)
    uses_chance: ClassVar[bool] = True
    task: Task = "multi"
    base: Literal["logistic", "boosting", "forest"] = "logistic"
    chains: int = 5
    order: Literal["random", "frequency"] = "random"
    given: Literal["out_of_fold", "truth"] = "out_of_fold"
    inverse_penalty: float | None = None
    n_estimators: int = 50
    inverse_penalty_: float = field(default=0.0, init=False, compare=False)
    fold_of_row_: Any = field(default=None, init=False, repr=False, compare=False)

    def _check_settings(self) -> None:
        above_zero(self, "chains", "inverse_penalty", "n_estimators")
        if self.order == "frequency" and self.chains != 1:
            raise ValueError(f"'chains' is {self.chains}, but in order of frequency all would be "
                             "alike; expected 1.")

    def _choose(
        self, x: Singles, y: NDArray[np.int8], groups: Any, rng: np.random.Generator
    ) -> tuple[Choice, Any]:
        penalty = self.inverse_penalty
        if self.base == "logistic" and penalty is None:
            alone = Logistic(task="multi", scaling=self.scaling, pca=self.pca,
                             pruning=self.pruning, pruning_threshold=self.pruning_threshold)
            penalty = alone._choose(x, y, groups, rng)[0]["inverse_penalty"]
        fold_of_row = np.zeros(0, np.int8)
        if self.given == "out_of_fold":
            fold_of_row = np.zeros(len(y), np.int8)
            folds = _choice.group_folds(y, groups, rng, "a chain's scores of unseen rows")
            for number, (_, held) in enumerate(folds):
                fold_of_row[held] = number
        return {"inverse_penalty": penalty or 0.0, "fold_of_row": fold_of_row}, None

    def _learn(
        self, x: Singles, y: NDArray[np.int8], choice: Choice, seed: int
    ) -> list[list[Link]]:
        make = partial(self._link, choice["inverse_penalty"], seed)
        orders = self._orders(y, np.random.default_rng(seed))

        def link(order: NDArray[np.int64]) -> list[Link]:
            return list(_linked(make, x, y, order, choice["fold_of_row"]))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(link, orders))

    def _orders(self, y: NDArray[np.int8], rng: np.random.Generator) -> list[NDArray[np.int64]]:
        if self.order == "frequency":
            return [np.argsort(-y.sum(axis=0, dtype=np.int64), kind="stable")]
        return [rng.permutation(y.shape[1]) for _ in range(self.chains)]

    def _link(
        self, inverse_penalty: float, seed: int, x: Singles, truth: NDArray[np.int8]
    ) -> Classic:
        """Return one link, fitted; rows come to it prepared."""
        model = self._base(inverse_penalty)
        width = x.shape[1]
        model.preparation_ = Preparation(width, np.arange(width), (), width)
        model.fitted_ = model._learn(x, truth, model._choices()[0], seed)
        return model

    def _base(self, inverse_penalty: float) -> Classic:
        if self.base == "logistic":
            return Logistic(task="multi", scaling="none", inverse_penalty=inverse_penalty)
        if self.base == "boosting":
            return Boosting(task="multi", n_estimators=self.n_estimators)
        return Forest(task="multi", n_estimators=self.n_estimators, min_samples_leaf=3)

    @property
    def _above(self) -> np.float32:
        return np.float32(0 if self.base == "logistic" else _ABOVE_TIES)

    def _predict(self, fitted: list[list[Link]], x: Singles) -> Doubles:
        scores: Doubles = np.mean([_followed(chain, x, self._above) for chain in fitted], axis=0)
        return scores

    def _add_to(self, graph: Graph, x: str) -> tuple[str, int]:
        chains: list[list[Link]] = self.fitted_
        each = [_add_chain(graph, x, chain, self._above) for chain in chains]
        total = each[0] if len(each) == 1 else graph.add("Sum", *each)
        return graph.add("Div", total, graph.constant(float(len(each)))), len(chains[0])


def _linked(
    make: Callable[[Singles, NDArray[np.int8]], Classic], x: Singles, y: NDArray[np.int8],
    order: NDArray[np.int64], fold_of_row: NDArray[np.int8],
) -> Iterator[Link]:
    """Yield the links of one chain, each fitted to the columns and what the ones before give."""
    wide = np.hstack([x, np.zeros(y.shape, np.float32)])
    for width, label in enumerate(order, x.shape[1]):
        seen, truth = wide[:, :width], y[:, [label]]
        yield Link(int(label), make(seen, truth))
        wide[:, width] = truth[:, 0]
        for fold in np.unique(fold_of_row):
            held = fold_of_row == fold
            wide[held, width] = make(seen[~held], truth[~held]).scores(seen[held])[:, 0]


def _followed(chain: list[Link], x: Singles, above: np.float32) -> Doubles:
    """Return one chain's scores [shape=(rows, labels)]."""
    wide = np.hstack([x, np.zeros((len(x), len(chain)), np.float32)])
    scores = np.empty((len(x), len(chain)))
    for width, (label, model) in enumerate(chain, x.shape[1]):
        given = model.scores(wide[:, :width])[:, 0]
        scores[:, label], wide[:, width] = given, given + above
    return scores


def _add_chain(graph: Graph, x: str, chain: list[Link], above: np.float32) -> str:
    """Add one chain; return its scores in double precision."""
    found = {}
    for label, model in chain:
        found[label] = graph.cast(model._add_to(graph, x)[0], np.float32)
        passed = graph.add("Add", found[label], graph.constant(above, np.float32))
        x = graph.add("Concat", x, passed, axis=1)
    joined = graph.add("Concat", *(found[label] for label in range(len(chain))), axis=1)
    return graph.cast(joined, np.float64)
