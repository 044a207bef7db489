"""How much each of a recipe's branches counts, learnt from artists left out of what is learnt."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.judging import metrics, splits
from earmark.lab.batches import Log
from earmark.lab.learner import Learner
from earmark.lab.recipe import Recipe
from earmark.labels.vocabulary import Task
from earmark.models import combining

FOLDS = 5  # where the recipe asks for none
_LEAST = 1e-3  # a tagger's branch counts for something


class Weighed(NamedTuple):
    """A learner whose branches' weights were learnt.

    Attributes:
        told: plain values for results.json.
    """

    learner: Learner
    told: dict[str, Any]


def weighed(
    recipe: Recipe, learner: Learner, ids: Sequence[str], rng: np.random.Generator, log: Log
) -> Weighed:
    """Return the learner with the weights that the recipe wants: as written, or learnt from the
    tracks by folds that keep its groups whole.

    What folds tell of a learner so weighed is a little too good: they are tracks that its weights,
    one number a branch, were learnt from.

    Raises:
        DataError: fewer groups than folds.
    """
    if recipe.weights is None or len(recipe.branches) == 1:
        return Weighed(learner, {})
    ids = sorted(learner.known.intersection(ids))
    folds = recipe.folds or FOLDS
    truth = learner.truth(ids)
    scores = np.zeros((len(learner.branches), *truth.shape))
    pairs = splits.group_folds(learner.groups(ids, recipe.folds_by), truth, folds, rng)
    for number, (learn, held) in enumerate(pairs, 1):
        log(f"weighing branches, fold {number} of {folds}")
        fitted = learner.fit([ids[i] for i in learn], rng)
        scores[:, held] = fitted.by_branch([ids[i] for i in held])
    task = learner.dataset.vocabulary.task
    weights = shares(scores, truth, task)
    branches = tuple(dataclasses.replace(branch, weight=weight)
                     for branch, weight in zip(learner.branches, weights, strict=True))
    told = {"weights": weights, "folds": folds, "grouped_by": recipe.folds_by,
            "log_loss": _loss(combining.mean(scores, np.asarray(weights)), truth, task),
            "log_loss_alone": [_loss(alone, truth, task) for alone in scores]}
    return Weighed(dataclasses.replace(learner, branches=branches), {"branch_weights": told})


def shares(scores: NDArray[np.floating], truth: NDArray[np.int8], task: Task) -> list[float]:
    """Return each branch's weight, above 0, their sum 1; see ``combining.shares``.

    Args:
        scores: of tracks that no branch had heard [shape=(branches, tracks, labels)].
    """
    found = np.maximum(combining.shares(scores.astype(np.float64), truth, task), _LEAST)
    return [float(share) for share in found / found.sum()]


def _loss(scores: NDArray[np.float64], truth: NDArray[np.int8], task: Task) -> float:
    loss = metrics.log_loss if task == "single" else metrics.binary_log_loss
    return float(loss(scores, truth))
