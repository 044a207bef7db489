"""From labelled tracks and music without labels to a trunk that a network starts from.

``masked`` and ``contrastive`` look at no labels. ``pseudo`` fits a teacher on the labelled tracks,
takes what it is sure of for true, and fits a student on both (Xie et al. 2020, Noisy Student, one
round); the student's trunk is then trained on the true labels alone (Yalniz et al. 2019).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, SettingsError
from earmark.features.base import FeatureSet
from earmark.lab.batches import Gathered, Log
from earmark.lab.building import build_model
from earmark.lab.learner import Learner, track_scores
from earmark.lab.recipe import BranchChoice, Recipe
from earmark.labels.vocabulary import Task
from earmark.models._network import Network
from earmark.models.pretext import Pretext, pretrain

Method = Literal["masked", "contrastive", "pseudo"]


@dataclass(frozen=True)
class Teaching:
    """How a trunk is taught.

    Attributes:
        pretext: of ``masked`` and ``contrastive``.
        sure: score from which on a teacher's label is taken for true.
        unsure: where tracks may bear several labels, score up to which one is taken for absent; a
            track with a score between the two is left out.
    """

    method: Method = "masked"
    pretext: Pretext = field(default_factory=Pretext)
    sure: float = 0.7
    unsure: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.unsure < self.sure <= 1:
            raise ValueError(f"'unsure' is {self.unsure} and 'sure' {self.sure}; expected 0 to 1, "
                             "the first below the second.")


class Pseudo(NamedTuple):
    """Labels that a teacher is sure of.

    Attributes:
        ids: of the tracks taken. labels: 0/1 [shape=(tracks, labels)].
    """

    ids: list[str]
    labels: NDArray[np.int8]


def network_of(recipe: Recipe, task: Task) -> Network:
    """Return the recipe's network, not fitted.

    Raises:
        SettingsError: it has several branches, or its model is no network.
    """
    if len(recipe.branches) != 1:
        raise SettingsError(f"'{recipe.name}' has {len(recipe.branches)} branches; a trunk is "
                            "taught for a recipe of one: make one of each.")
    return _network(recipe.branches[0], task)


def _network(branch: BranchChoice, task: Task) -> Network:
    model = build_model(branch, task)
    if not isinstance(model, Network):
        raise SettingsError(f"the recipe learns with {model.name}; only networks can learn from "
                            "music without labels, such as cnn:vgg or cnn:sequence.")
    return model


def started(branch: BranchChoice, path: Path) -> BranchChoice:
    """Return a branch whose network starts from a trunk."""
    return dataclasses.replace(branch, model={**branch.model, "start": str(path)})


def teach(
    teaching: Teaching, learner: Learner, learn: Sequence[str], without: FeatureSet, path: Path,
    rng: np.random.Generator, log: Log,
) -> Mapping[str, Any]:
    """Teach the learner's network, write its trunk, and return plain values on how it went.

    Args:
        learn: labelled tracks; ``masked`` and ``contrastive`` do not look at their labels.
        without: rows of music without labels, none of a track that is judged on.
    """
    its = learner.gathered[0].features.of([i for i in learn if i in learner.known])
    told = {"method": teaching.method, "labelled_rows": len(its.rows),
            "unlabelled_rows": len(without.rows)}
    if teaching.method == "pseudo":
        return told | _teach_student(teaching, learner, learn, its, without, path, rng, log)
    model = _network(learner.branches[0], learner.dataset.vocabulary.task)
    losses = pretrain(model, _stacked(its.rows, without.rows), teaching.pretext, path, rng, log)
    return told | {"losses": losses}


def _teach_student(
    teaching: Teaching, learner: Learner, learn: Sequence[str], its: FeatureSet,
    without: FeatureSet, path: Path, rng: np.random.Generator, log: Log,
) -> dict[str, Any]:
    from earmark.models._deep import trunks

    task = learner.dataset.vocabulary.task
    log("fitting the teacher")
    teacher = learner.fit(learn, rng)
    ids = sorted(set(without.track_ids.tolist()))
    scores = track_scores(teacher.models[0], Gathered(without, (), ()), ids)
    taken = sure_of(ids, scores, teaching, task)
    log(f"the teacher is sure of {len(taken.ids)} of {len(ids)} tracks; fitting the student")
    theirs = without.of(taken.ids)
    place = {track: k for k, track in enumerate(taken.ids)}
    labels = np.concatenate([
        learner.truth(its.track_ids.tolist())[:, teacher.columns],
        taken.labels[[place[i] for i in theirs.track_ids.tolist()]].reshape(
            -1, len(teacher.columns))])
    student = _network(learner.branches[0], task)
    groups = np.concatenate([learner.groups(its.track_ids.tolist()), theirs.track_ids])
    student.fit(_stacked(its.rows, theirs.rows), labels, groups=groups, rng=rng)
    trunk = trunks.without_head(student.module().inner, labels.shape[1])
    trunks.save(student, trunk, student.shape_, path)
    columns = [learner.dataset.vocabulary.labels[k] for k in teacher.columns]
    counts = dict(zip(columns, taken.labels.sum(axis=0).tolist(), strict=True))
    return {"taken": len(taken.ids), "of": len(ids), "taken_by_label": counts}


def sure_of(
    ids: Sequence[str], scores: NDArray[np.float32], teaching: Teaching, task: Task
) -> Pseudo:
    """Return what a teacher is sure of: the top label where its score is high; of several labels,
    those with high scores, where all others' are low.

    Args:
        scores: [shape=(tracks, labels)].
    """
    high = scores >= teaching.sure
    if task == "single":
        top = np.eye(scores.shape[1], dtype=np.bool_)[scores.argmax(axis=1)]
        taken, labels = (high & top).any(axis=1), top
    else:
        clear = (high | (scores <= teaching.unsure)).all(axis=1)
        taken, labels = clear & high.any(axis=1), high
    return Pseudo([i for i, keep in zip(ids, taken, strict=True) if keep],
                  labels[taken].astype(np.int8))


def _stacked(first: Any, second: Any) -> NDArray[np.float32]:
    """Return rows of both, one after the other.

    Raises:
        DataError: their shapes differ.
    """
    if first.shape[1:] != second.shape[1:]:
        given, wanted = (" x ".join(map(str, s.shape[1:])) for s in (second, first))
        raise DataError(f"rows without labels are of {given}, those learnt from of {wanted}; give "
                        "music of the same length, or set 'training_seconds'.")
    return np.concatenate([np.asarray(first, np.float32), np.asarray(second, np.float32)])
