"""Whether learning without labels first is worth anything: the same network on the same
artist-grouped folds, with it and without.

In each fold the trunk is taught from that fold's tracks and the music without labels, less what is
by an artist held out there. The test part is not read.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from earmark.datasets.base import Dataset
from earmark.datasets.opening import open_dataset
from earmark.judging.splits import Split
from earmark.lab import choose
from earmark.lab.batches import Log
from earmark.lab.choose import Bench, Judged, Scores
from earmark.lab.learner import Learner
from earmark.lab.partition import draw
from earmark.lab.recipe import Recipe
from earmark.lab.unlabelled.music import Unlabelled, apart, unlabelled
from earmark.lab.unlabelled.teaching import Teaching, network_of, started, teach


class Desk(NamedTuple):
    """All that it takes to teach and to judge.

    Attributes:
        learnt: ids of the tracks learnt from.
    """

    recipe: Recipe
    bench: Bench
    music: Unlabelled

    @property
    def dataset(self) -> Dataset:
        """Of the labelled tracks."""
        return self.bench.dataset

    @property
    def learner(self) -> Learner:
        """The recipe's."""
        return Learner(self.dataset, self.recipe.branches, tuple(self.bench.gathered(self.recipe)))


def desk(
    recipe: Recipe, root: Path, wider: Mapping[str, Any], audio: Path | None, log: Log
) -> Desk:
    """Return the labelled tracks and the music without labels; see ``unlabelled``.

    Raises:
        SettingsError, DataError: a recipe that cannot be taught, or nothing to teach it from.
    """
    dataset = open_dataset(recipe.dataset.name, root, recipe.dataset.options)
    network_of(recipe, dataset.vocabulary.task)  # before hours of features
    bench = choose.bench([recipe], root, log)
    split: Split = draw(recipe.split, bench.dataset, np.random.default_rng(recipe.seed))
    return Desk(recipe, bench, unlabelled(recipe, split, root, wider, audio, log))


def teach_all(its: Desk, teaching: Teaching, path: Path, log: Log) -> Mapping[str, Any]:
    """Teach a trunk from all tracks learnt from and all music without labels; write it."""
    rng = np.random.default_rng(its.recipe.seed)
    return teach(teaching, its.learner, its.bench.ids, its.music.features, path, rng, log)


def judge(
    its: Desk, teachings: Sequence[Teaching], *, folds: int, seed: int, log: Log
) -> list[Judged]:
    """Return the network without any teaching and with each, compared in pairs with the first."""
    plain = choose.judge(its.bench, [its.recipe], folds=folds, repeats=1, seed=seed)
    alone = [its.bench.out_of_fold(its.recipe, its.bench.ids, folds, seed)]
    found = [dataclasses.replace(plain[0], name=f"{its.recipe.name} alone")]
    for teaching in teachings:
        log(f"{teaching.method}, {folds} folds")
        scores = [_out_of_fold(its, teaching, folds, seed, log)]
        found.append(choose.judge_scores(its.bench, teaching.method, scores, alone, seed))
    return found


def _out_of_fold(its: Desk, teaching: Teaching, folds: int, seed: int, log: Log) -> Scores:
    found: dict[str, Scores] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (learn, held) in enumerate(its.bench.folds(its.bench.ids, folds, seed), 1):
            path = Path(folder) / f"fold{number}.safetensors"
            kept = apart(its.music.dataset, its.music.ids, held)
            told = teach(teaching, its.learner, learn, its.music.features.of(kept), path,
                         np.random.default_rng([seed, number]), lambda _: None)
            log(f"fold {number} of {folds}: {_short(told)}")
            (branch,) = its.recipe.branches
            learner = dataclasses.replace(its.learner, branches=(started(branch, path),))
            fitted = learner.fit(learn, np.random.default_rng(seed))
            scored = fitted.scores(held)
            found |= dict(zip(scored.ids, scored.scores, strict=True))
    return np.stack([found[i] for i in its.bench.ids])


def _short(told: Mapping[str, Any]) -> str:
    if "losses" in told:
        return f"loss {told['losses'][0]:.4f} to {told['losses'][-1]:.4f}"
    return f"{told['taken']} of {told['of']} tracks taken with a teacher's labels"
