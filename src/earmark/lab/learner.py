"""A recipe's branches as one learner: tracks in, fitted models and track scores out.

All that judges a recipe (folds, learning curves, the final fit) goes through here, so that they
differ in the tracks they are given and in nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio.segments import combine
from earmark.datasets.base import Dataset
from earmark.errors import DataError
from earmark.features.base import FeatureSet
from earmark.judging import splits
from earmark.judging.groups import kept_together
from earmark.lab.batches import Gathered
from earmark.lab.building import build_model
from earmark.lab.outoffold import Fit, ScoresFor
from earmark.lab.recipe import BranchChoice
from earmark.models.base import Model
from earmark.models.threads import its_threads


class TrackScores(NamedTuple):
    """Scores of tracks.

    Attributes:
        ids: of the tracks, those that have features in every branch.
        scores: [shape=(tracks, labels)].
    """

    ids: list[str]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Learner:
    """What a recipe learns with, short of the tracks.

    Attributes:
        gathered: the feature rows of all tracks, one a branch.
    """

    dataset: Dataset
    branches: tuple[BranchChoice, ...]
    gathered: tuple[Gathered, ...]

    @cached_property
    def known(self) -> frozenset[str]:
        """The tracks that have features in every branch."""
        sets = [set(np.unique(g.features.track_ids).tolist()) for g in self.gathered]
        return frozenset(set.intersection(*sets))

    def truth(self, ids: Sequence[str]) -> NDArray[np.int8]:
        """Return the 0/1 matrix [shape=(tracks, labels)] of the tracks."""
        return self.dataset.vocabulary.matrix([self.dataset.tracks[i].labels for i in ids])

    def groups(self, ids: Sequence[str], by: splits.By = "artist") -> NDArray[np.str_]:
        """Return a group for each track, with its song's and its copies'; see ``kept_together``."""
        return np.asarray(kept_together(self.dataset, ids, by), dtype=np.str_)

    def fit(
        self, ids: Sequence[str], rng: np.random.Generator, *, valid: Sequence[str] = ()
    ) -> Fitted:
        """Fit every branch on the tracks' rows.

        Labels that none of the tracks bears are left out of the models and score 0.

        Args:
            valid: tracks for models that stop early; those of labels not learnt are passed over.

        Raises:
            DataError: none of the tracks has features.
        """
        if not self.known.intersection(ids):
            raise DataError("none of the tracks to learn from has features.")
        have = [i for i in ids if i in self.known]
        models, columns = [], np.flatnonzero(self.truth(have).any(axis=0))
        for branch, gathered in zip(self.branches, self.gathered, strict=True):
            rows, labels = self._rows(gathered, have, columns)
            model = build_model(branch, self.dataset.vocabulary.task)
            with its_threads(model):
                models.append(model.fit(
                    rows.rows, labels, valid=self._valid(gathered, valid, columns),
                    groups=self.groups(rows.track_ids.tolist()), rng=rng))
        return Fitted(self, tuple(models), columns)

    def _rows(
        self, gathered: Gathered, ids: Sequence[str], columns: NDArray[np.int64]
    ) -> tuple[FeatureSet, NDArray[np.int8]]:
        rows = gathered.features.of(ids)
        return rows, self.truth(rows.track_ids.tolist())[:, columns]

    def _valid(
        self, gathered: Gathered, ids: Sequence[str], columns: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]] | None:
        others = np.setdiff1d(np.arange(len(self.dataset.vocabulary)), columns)
        have = [i for i in ids if i in self.known and not self.truth([i])[:, others].any()]
        if not have:
            return None
        rows, labels = self._rows(gathered, have, columns)
        return rows.rows, labels


@dataclass(frozen=True)
class Fitted:
    """A fitted learner.

    Attributes:
        models: one a branch.
        columns: of the vocabulary, those that the models give scores for.
    """

    learner: Learner
    models: tuple[Model, ...]
    columns: NDArray[np.int64]

    def scores(self, ids: Sequence[str]) -> TrackScores:
        """Return the combined scores of the tracks that have features."""
        have = [i for i in ids if i in self.learner.known]
        weights = [branch.weight for branch in self.learner.branches]
        return TrackScores(have, np.average(self.by_branch(have), axis=0, weights=weights))

    def by_branch(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """Return each branch's scores of tracks that have features
        [shape=(branches, tracks, labels)]."""
        shape = (len(self.models), len(ids), len(self.learner.dataset.vocabulary))
        found = np.zeros(shape, np.float32)
        for k, (model, gathered) in enumerate(
            zip(self.models, self.learner.gathered, strict=True)
        ):
            if len(ids):
                found[k][:, self.columns] = track_scores(model, gathered, ids)
        return found

    def segment_hits(self, ids: Sequence[str]) -> NDArray[np.bool_]:
        """Return, for every segment of the first branch, whether its top label is right."""
        rows = self.learner.gathered[0].features.of(list(ids))
        truth = self.learner.truth(rows.track_ids.tolist())[:, self.columns]
        top = self.models[0].scores(rows.rows).argmax(axis=1)
        hits: NDArray[np.bool_] = truth[np.arange(len(top)), top] == 1
        return hits


def fitter(learner: Learner, rng: np.random.Generator) -> Fit:
    """Return the learner as ``selfjudge`` wants it: tracks and labels to a scorer of tracks."""

    def fit(ids: Sequence[str], labels: Sequence[str]) -> ScoresFor:
        fitted = learner.fit(ids, rng)
        columns = [learner.dataset.vocabulary.index(label) for label in labels]

        def scores_for(wanted: Sequence[str]) -> NDArray[np.floating]:
            return fitted.scores(wanted).scores[:, columns]

        return scores_for

    return fit


def track_scores(model: Model, gathered: Gathered, ids: Sequence[str]) -> NDArray[np.float32]:
    """Return the mean of each track's segment scores [shape=(tracks, labels)]."""
    if not ids:
        return np.zeros((0, 0), np.float32)
    rows = gathered.features.of(list(ids))
    return combined(model.scores(rows.rows), rows.track_ids, ids)


def combined(
    scores: NDArray[np.float32], track_ids: NDArray[np.str_], ids: Sequence[str]
) -> NDArray[np.float32]:
    """Return each track's score [shape=(tracks, labels)] from those of rows.

    Args:
        track_ids: one a row. ids: the tracks wanted, each of which has rows.
    """
    order = np.argsort(track_ids, kind="stable")
    sorted_ids, sorted_scores = track_ids[order], scores[order]
    wanted = np.asarray(ids, dtype=np.str_)
    begin = np.searchsorted(sorted_ids, wanted, side="left")
    end = np.searchsorted(sorted_ids, wanted, side="right")
    return np.stack([combine(sorted_scores[a:b]) for a, b in zip(begin, end, strict=True)])
