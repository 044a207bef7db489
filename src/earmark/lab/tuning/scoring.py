"""One setting judged fold by fold: the score so far, for whoever wants to stop early."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from earmark.judging import metrics
from earmark.judging.metric import Metric
from earmark.lab.choose import Bench, Scores
from earmark.lab.recipe import Recipe


@dataclass(frozen=True)
class Folds:
    """The folds that every setting is judged on.

    Attributes:
        count: of each repeat.
        repeats: with other folds each.
        seed: of the first repeat's folds and fits; the next one has the next seed.
    """

    count: int = 5
    repeats: int = 1
    seed: int = 0

    @property
    def steps(self) -> int:
        """How often a model is fitted for one setting."""
        return self.count * self.repeats


def metric_of(bench: Bench) -> Metric:
    """Return what settings are judged by: as ``choose.judge``."""
    several = bench.dataset.vocabulary.task == "multi"
    return metrics.pr_auc_macro if several else metrics.accuracy


def running(bench: Bench, recipe: Recipe, folds: Folds) -> Iterator[float | None]:
    """Yield the score of the tracks held out so far, after every fold.

    The last one is the score: the mean over repeats, by track. None after a fold whose tracks the
    metric is not defined on.

    Raises:
        SettingsError, DataError: the recipe cannot be fitted or judged.
    """
    metric, whole = metric_of(bench), 0.0
    for repeat in range(folds.repeats):
        seed = folds.seed + repeat
        found: dict[str, Scores] = {}
        value: float | None = None
        for learn, held in bench.folds(bench.ids, folds.count, seed):
            found |= bench.fold(recipe, learn, held, seed)
            scores, truth = np.stack([*found.values()]), bench.truth([*found])
            last = len(found) == len(bench.ids)
            # Called directly it says why there is no score, and at the end there must be one.
            value = metric(scores, truth) if last else metric.value(scores, truth)
            share = len(found) / len(bench.ids)
            yield None if value is None else (whole + share * value) / (repeat + share)
        whole += value or 0.0
