"""Choosing among recipes by artist-grouped folds, without the test part.

All candidates are judged on the same folds, repeated with other folds, and compared in pairs
track by track. The best of many looks better than it is; ``nested`` says by how much: in every
outer fold the choice is made anew, by inner folds of the tracks learnt from, and judged on the
artists left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.datasets._files import some
from earmark.datasets.base import Dataset
from earmark.datasets.opening import open_dataset
from earmark.errors import DataError, SettingsError
from earmark.judging import metrics, splits
from earmark.judging.curves import Floats
from earmark.judging.groups import kept_together
from earmark.judging.intervals import Interval, bootstrap, paired_difference, several
from earmark.lab import weighing
from earmark.lab.batches import Gathered, Log, gather
from earmark.lab.building import refuse_slips
from earmark.lab.learner import Learner
from earmark.lab.partition import draw
from earmark.lab.recipe import BranchChoice, Recipe

Scores = NDArray[np.float32]
_DRAWS = 2000
_FEWEST_DRAWS, _MOST_CELLS = 300, 2_000_000_000  # draws x tracks x labels: about a minute


@dataclass(frozen=True)
class Judged:
    """One candidate's cross-validated scores.

    Attributes:
        metric: ``accuracy``, or ``pr_auc_macro`` where tracks bear several labels.
        value: of it, by track, the mean over repeats.
        by_artist: its 95 % interval by a bootstrap over artists, of all repeats together.
        difference: value less that of the first candidate; None for the first itself.
        log_loss: mean over repeats; over tracks and labels where tracks bear several.
        f1_macro: of the top labels; None where tracks bear several, since there are no thresholds.
        roc_auc_macro: None where tracks bear one label.
    """

    name: str
    metric: str
    value: float
    repeats: tuple[float, ...]
    by_artist: Interval
    difference: Interval | None
    mean_difference: float
    log_loss: float
    f1_macro: float | None = None
    roc_auc_macro: float | None = None


@dataclass
class Bench:
    """Tracks of one dataset and the folds that all candidates share.

    Attributes:
        ids: the tracks, sorted: those of the parts that all recipes learn from.
    """

    dataset: Dataset
    ids: list[str]
    log: Log
    _gathered: dict[str, Gathered] = field(default_factory=dict)
    _scores: dict[tuple[str, ...], dict[str, Scores]] = field(default_factory=dict)

    def truth(self, ids: Sequence[str]) -> NDArray[np.int8]:
        """Return the 0/1 matrix of the tracks."""
        return self.dataset.vocabulary.matrix([self.dataset.tracks[i].labels for i in ids])

    def gathered(self, recipe: Recipe) -> list[Gathered]:
        """Return the features of each branch, gathered once."""
        return [self._features(branch) for branch in recipe.branches]

    def folds(self, ids: Sequence[str], count: int, seed: int) -> list[tuple[list[str], list[str]]]:
        """Return pairs of tracks to learn from and held out, no artist or copy on both sides."""
        groups = kept_together(self.dataset, ids, "artist")
        rng = np.random.default_rng(seed)
        pairs = splits.group_folds(groups, self.truth(ids), count, rng)
        return [([ids[i] for i in a], [ids[i] for i in b]) for a, b in pairs]

    def out_of_fold(self, recipe: Recipe, ids: Sequence[str], count: int, seed: int) -> Scores:
        """Return the recipe's scores of the tracks [shape=(tracks, labels)], each by models that
        never heard its artist."""
        found: dict[str, Scores] = {}
        for learn, held in self.folds(ids, count, seed):
            found |= self.fold(recipe, learn, held, seed)
        return np.stack([found[i] for i in ids])

    def fold(
        self, recipe: Recipe, learn: Sequence[str], held: Sequence[str], seed: int
    ) -> dict[str, Scores]:
        """Return the scores of the held-out tracks; each branch is fitted once a fold."""
        branches = [self._branch(branch, learn, held, seed) for branch in recipe.branches]
        weights = self._weights(recipe, learn, seed)
        return {i: np.average([b[i] for b in branches], axis=0, weights=weights) for i in held}

    def _weights(self, recipe: Recipe, learn: Sequence[str], seed: int) -> list[float]:
        """Return the branches' weights, learnt anew in every fold where the recipe learns them."""
        if recipe.weights is None:
            return [branch.weight for branch in recipe.branches]
        found: list[dict[str, Scores]] = [{} for _ in recipe.branches]
        for a, b in self.folds(learn, recipe.folds or weighing.FOLDS, seed + 1):
            for scores, branch in zip(found, recipe.branches, strict=True):
                scores |= self._branch(branch, a, b, seed)
        given = np.stack([[scores[i] for i in learn] for scores in found])
        return weighing.shares(given, self.truth(learn), self.dataset.vocabulary.task)

    def _branch(
        self, branch: BranchChoice, learn: Sequence[str], held: Sequence[str], seed: int
    ) -> dict[str, Scores]:
        content = {**settings.to_mapping(branch), "weight": 1.0}
        key = (settings.fingerprint([content, list(learn), list(held)]), str(seed))
        if key not in self._scores:
            learner = Learner(self.dataset, (branch,), (self._features(branch),))
            fitted = learner.fit(learn, np.random.default_rng(seed))
            found = fitted.scores(held)
            if len(found.ids) < len(held):
                gone = sorted(set(held) - set(found.ids))[0]
                raise DataError(f"{gone} has no features for {branch.front_end['name']}; "
                                "candidates are compared on the same tracks only.")
            self._scores[key] = dict(zip(found.ids, found.scores, strict=True))
        return self._scores[key]

    def _features(self, branch: BranchChoice) -> Gathered:
        content = settings.to_mapping(branch)
        key = settings.fingerprint({name: value for name, value in content.items()
                                    if name not in ("model", "segments", "weight")})
        if key not in self._gathered:
            self._gathered[key] = gather(self.dataset, self.ids, branch, self.log)
        return self._gathered[key]


def bench(recipes: Sequence[Recipe], root: Path, log: Log) -> Bench:
    """Return the bench for recipes that share dataset, split and parts to learn from.

    Raises:
        SettingsError: they do not, or a model's settings cannot be.
    """
    first = recipes[0]
    for recipe in recipes[1:]:
        if (recipe.dataset, recipe.split) != (first.dataset, first.split):
            raise SettingsError(f"'{recipe.name}' and '{first.name}' differ in dataset or split; "
                                "only recipes that learn from the same tracks can be compared.")
    dataset = open_dataset(first.dataset.name, root, first.dataset.options)
    for branch in (branch for recipe in recipes for branch in recipe.branches):
        refuse_slips(branch, dataset.vocabulary.task)
    split = draw(first.split, dataset, np.random.default_rng(first.seed))
    ids = sorted(i for part in first.split.learn_from for i in split.ids(part))
    found = Bench(dataset, ids, log)
    have = set.intersection(*(set(gathered.features.track_ids.tolist())
                              for recipe in recipes for gathered in found.gathered(recipe)))
    if gone := [i for i in ids if i not in have]:
        log(f"{some(gone)}: without features for one of the candidates, left out for all")
        found.ids = [i for i in ids if i in have]
    return found


def judge(
    found: Bench, recipes: Sequence[Recipe], *, folds: int = 5, repeats: int = 3, seed: int = 0
) -> list[Judged]:
    """Return every recipe's cross-validated scores, in the order given.

    The first recipe is the one the others are compared with.
    """
    reference: list[Scores] | None = None
    judged = []
    for recipe in recipes:
        runs = []
        for repeat in range(repeats):
            found.log(f"{recipe.name}: folds {repeat + 1} of {repeats}")
            runs.append(found.out_of_fold(recipe, found.ids, folds, seed + repeat))
        reference = runs if reference is None else reference
        judged.append(judge_scores(found, recipe.name, runs, reference, seed))
    return judged


def judge_scores(
    found: Bench, name: str, runs: list[Scores], reference: list[Scores], seed: int
) -> Judged:
    """Return what a candidate's out-of-fold scores are worth.

    Args:
        runs: one matrix a repeat [shape=(tracks, labels)].
        reference: those that it is compared with in pairs; the same list for none.
    """
    truth = found.truth(found.ids)
    groups = np.asarray(splits.group_names(found.dataset, found.ids, "artist"))
    its = _several if found.dataset.vocabulary.task == "multi" else _single
    return its(name, runs, reference, truth, groups, seed)


def _single(
    name: str, runs: list[Scores], reference: list[Scores], truth: NDArray[np.int8],
    groups: NDArray[Any], seed: int,
) -> Judged:
    """Judge a candidate; an artist's tracks of all repeats are drawn together."""
    rng, repeats = np.random.default_rng(seed), len(runs)
    scores, others = np.concatenate(runs), np.concatenate(reference)  # (repeats * tracks, labels)
    every, drawn = np.tile(truth, (repeats, 1)), np.tile(groups, repeats)
    difference = None
    if runs is not reference:
        difference = paired_difference(metrics.accuracy, scores, others, every, groups=drawn,
                                       rng=rng, draws=_DRAWS)
    accuracy = metrics.accuracy(scores, every)
    return Judged(
        name=name,
        metric=metrics.accuracy.name,
        value=accuracy,
        repeats=tuple(metrics.accuracy(s, truth) for s in runs),
        by_artist=bootstrap(metrics.accuracy, scores, every, groups=drawn, rng=rng, draws=_DRAWS),
        difference=difference,
        mean_difference=accuracy - metrics.accuracy(others, every),
        log_loss=metrics.log_loss(scores, every),
        f1_macro=metrics.f1_macro(_top(scores), every),
    )


def _several(
    name: str, runs: list[Scores], reference: list[Scores], truth: NDArray[np.int8],
    groups: NDArray[Any], seed: int,
) -> Judged:
    """Judge a candidate on tracks of several labels: each repeat for itself, since scores of other
    models stand in another order; draws are the same for all repeats and both candidates."""
    metric = metrics.pr_auc_macro

    def mean_of(scores: list[Scores], weights: Floats) -> Floats:
        return np.asarray(np.mean([metric.weighted(x, y, weights) for x, y in
                                   (metrics.checked(s, truth) for s in scores)], axis=0))

    def figures(weights: Floats) -> dict[str, Floats]:
        own = mean_of(runs, weights)
        if runs is reference:
            return {"value": own}
        return {"value": own, "difference": own - mean_of(reference, weights)}

    draws = max(_FEWEST_DRAWS, min(_DRAWS, _MOST_CELLS // (truth.size * len(runs))))
    intervals = several(figures, len(truth), groups=groups, rng=np.random.default_rng(seed),
                        draws=draws)
    repeats, others = ([metric(s, truth) for s in scores] for scores in (runs, reference))
    if "value" not in intervals:
        raise DataError(f"{len(truth)} tracks of too few artists or labels to draw from; add "
                        "tracks.")
    return Judged(
        name=name,
        metric=metric.name,
        value=float(np.mean(repeats)),
        repeats=tuple(repeats),
        by_artist=intervals["value"],
        difference=intervals.get("difference"),
        mean_difference=float(np.mean(repeats) - np.mean(others)),
        log_loss=float(np.mean([metrics.binary_log_loss(s, truth) for s in runs])),
        roc_auc_macro=float(np.mean([metrics.roc_auc_macro(s, truth) for s in runs])),
    )


def nested(
    found: Bench, recipes: Sequence[Recipe], *, folds: int = 5, seed: int = 0
) -> Mapping[str, Any]:
    """Return the score of the whole procedure, the choice among the recipes included.

    Returns:
        ``metric``, its ``value`` by track, ``by_artist`` interval, and ``chosen``, one name an
        outer fold.
    """
    several_labels = found.dataset.vocabulary.task == "multi"
    metric = metrics.pr_auc_macro if several_labels else metrics.accuracy
    scores: dict[str, Scores] = {}
    chosen = []
    for number, (learn, held) in enumerate(found.folds(found.ids, folds, seed), 1):
        found.log(f"nested, outer fold {number} of {folds}")
        truth = found.truth(learn)
        inner = [metric(found.out_of_fold(r, learn, folds, seed + 1), truth)
                 for r in recipes]
        best = recipes[int(np.argmax(inner))]
        chosen.append(best.name)
        scores |= found.fold(best, learn, held, seed)
    ordered, truth = np.stack([scores[i] for i in found.ids]), found.truth(found.ids)
    groups = np.asarray(splits.group_names(found.dataset, found.ids, "artist"))
    rng = np.random.default_rng(seed)
    if several_labels:
        x, y = metrics.checked(ordered, truth)
        interval = several(lambda weights: {"value": metric.weighted(x, y, weights)}, len(y),
                           groups=groups, rng=rng, draws=_FEWEST_DRAWS)["value"]
    else:
        interval = bootstrap(metric, ordered, truth, groups=groups, rng=rng, draws=_DRAWS)
    return {"metric": metric.name, "value": metric(ordered, truth), "chosen": chosen,
            "by_artist": {"low": interval.low, "high": interval.high, "level": interval.level}}


def _top(scores: Scores) -> NDArray[np.int8]:
    from earmark.judging.decisions import top_label

    return top_label(scores)
