"""Tracks whose label is likely wrong: cleanlab's ranking of scores by models that never heard them.

The scores are out of fold, and the folds keep artists (and known copies) whole: a model that has
heard the singer repeats the label it was given, mistakes included. What is found is to be listened
to; the list says nothing of what is right.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset
from earmark.errors import DataError, require
from earmark.features import base as features
from earmark.features.base import FeatureSet
from earmark.lab.batches import Gathered, Wanted, gather, place_of
from earmark.lab.doctor.bare import BareTable
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.tables import alike
from earmark.lab.learner import Learner, fitter
from earmark.lab.outoffold import Rounds
from earmark.lab.recipe import BranchChoice

FOLDS = 5
LEAST_TRACKS = 5
"""Labels on fewer are left out: no fold could learn them."""
# Of 50 labels of GTZAN put wrong by chance the first 50 listed hold 26 so, 19 by the normalised
# margin; the whole list holds 41, whichever of cleanlab's filters makes it.
_RANKED_BY = "self_confidence"
_FRONT_END = "gtzan57"
_MODEL = {"name": "classical:logistic"}


@dataclass(frozen=True)
class Scored:
    """Out-of-fold scores.

    Attributes:
        ids: of the tracks.
        labels: of the columns.
        scores: in [0, 1] [shape=(tracks, labels)].
        truth: 0/1, likewise.
        by: what made the scores, in words.
    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    scores: NDArray[np.float64]
    truth: NDArray[np.int8]
    by: str


def find_mislabels(
    dataset: Dataset, *, seed: int = 0, log: Callable[[str], None] = lambda _: None
) -> list[Finding]:
    """Return tracks whose label is likely another, the likeliest first.

    Raises:
        DataError: there are no features, labels or artists to learn this from.
        MissingExtraError: cleanlab or scikit-learn is not installed.
    """
    require("cleanlab", extra="data", purpose="finding likely mislabels")
    require("sklearn", extra="train", purpose="finding likely mislabels")
    return rank(score(dataset, np.random.default_rng(seed), log), dataset.vocabulary.task)


def score(
    dataset: Dataset, rng: np.random.Generator, log: Callable[[str], None] = lambda _: None
) -> Scored:
    """Return out-of-fold scores of all tracks that have a label and features.

    Raises:
        DataError: as for ``find_mislabels``.
    """
    made, by = _features(dataset, log)
    branch = BranchChoice({"name": _FRONT_END}, _MODEL)
    learner = Learner(dataset, (branch,), (Gathered(made, (), ()),))
    at_hand = [i for i in dataset.tracks if i in learner.known]
    columns, ids = _learnable(dataset, at_hand)
    if len(columns) < 2:
        raise DataError(f"{dataset.root}: {len(columns)} labels are on {LEAST_TRACKS} tracks with "
                        "features or more; likely mislabels are told among two at least.")
    groups = learner.groups(ids).tolist()
    rounds = Rounds.deal(ids, learner.truth(ids), groups, dataset.vocabulary,
                         fitter(learner, rng), folds=FOLDS, rng=rng, log=log)
    found = rounds.score("of all tracks")
    learnt = _learnt(rounds.truth, rounds.fold)
    keep = np.asarray([row for row in found.judgeable(rounds.truth) if learnt[row]], dtype=np.intp)
    if not len(keep):
        raise DataError(f"{dataset.root}: no label has {LEAST_TRACKS} tracks by other artists for "
                        "any track to be judged by.")
    labels = tuple(dataset.vocabulary.labels[k] for k in columns)
    scores, truth = found.scores[np.ix_(keep, columns)], rounds.truth[np.ix_(keep, columns)]
    if dataset.vocabulary.task == "single":  # how far such a model can be believed at all
        by += f", scores right for {np.mean(scores.argmax(axis=1) == truth.argmax(axis=1)):.0%}"
    return Scored(tuple(ids[i] for i in keep), labels, scores, truth, by)


def rank(scored: Scored, task: str) -> list[Finding]:
    """Return the tracks that cleanlab holds for mislabelled, the likeliest first."""
    find = _single if task == "single" else _multi
    return [_finding(scored, row) for row in find(scored)]


def _single(scored: Scored) -> Sequence[int]:
    from cleanlab.filter import find_label_issues

    chances = np.clip(scored.scores, 1e-9, None)
    with warnings.catch_warnings():  # of labels with few tracks, which are left out knowingly
        warnings.simplefilter("ignore", UserWarning)
        order = find_label_issues(
            scored.truth.argmax(axis=1), chances / chances.sum(axis=1, keepdims=True), n_jobs=1,
            return_indices_ranked_by=_RANKED_BY,
        )  # fmt: skip
    return [int(row) for row in order]


def _multi(scored: Scored) -> Sequence[int]:
    from cleanlab.multilabel_classification.filter import find_label_issues

    borne = [np.flatnonzero(row).tolist() for row in scored.truth]
    order = find_label_issues(borne, scored.scores, n_jobs=1,
                              return_indices_ranked_by=_RANKED_BY)
    return [int(row) for row in order]


def _finding(scored: Scored, row: int) -> Finding:
    """Say what a track bears and what it sounds like most."""
    mine, scores = np.flatnonzero(scored.truth[row]), scored.scores[row]
    says = ", ".join(f"{scored.labels[k]} ({scores[k]:.2f})" for k in mine) or "nothing"
    best = int(np.where(scored.truth[row] == 0, scores, -1).argmax())
    return Finding("likely mislabel", scored.ids[row],
                   f"says {says}, sounds like {scored.labels[best]} ({scores[best]:.2f})",
                   source=f"cleanlab on {scored.by}")


def _learnt(truth: NDArray[np.int8], fold: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which tracks' labels the models that scored them had learnt from enough tracks."""
    least = np.zeros(truth.shape, dtype=np.int64)
    for number in np.unique(fold):
        least[fold == number] = truth[fold != number].sum(axis=0)
    return np.asarray(((least >= LEAST_TRACKS) | (truth == 0)).all(axis=1))


def _learnable(dataset: Dataset, ids: Sequence[str]) -> tuple[NDArray[np.intp], list[str]]:
    """Return the columns of labels that are on enough tracks, and the tracks that bear no other."""
    ids = [i for i in ids if dataset.tracks[i].labels]
    truth = dataset.vocabulary.matrix([dataset.tracks[i].labels for i in ids])
    columns = np.flatnonzero(truth.sum(axis=0) >= LEAST_TRACKS)
    enough = truth[:, columns].sum(axis=1) == truth.sum(axis=1)
    return columns, [ids[i] for i in np.flatnonzero(enough)]


def _features(dataset: Dataset, log: Callable[[str], None]) -> tuple[FeatureSet, str]:
    """Return features of whole tracks: from a table where there is one, else from audio."""
    if isinstance(dataset, BareTable):
        if not dataset.features.columns:
            raise DataError(f"{dataset.root}: holds no columns of numbers to learn from.")
        return _finite(dataset.features), dataset.root.name
    whole = (t for t in dataset.feature_tables() if t.seconds is None and not t.pictures)
    for tables in alike(whole):
        front_end = features.build(tables[0].front_end)
        read = [front_end.read(t.path, place_of(dataset, front_end, t)) for t in tables]
        return FeatureSet.joined(read), ", ".join(t.path.name for t in tables)
    found = gather(dataset, list(dataset.tracks), Wanted({"name": _FRONT_END}), log)
    return found.features, f"{_FRONT_END} of the audio"


def _finite(made: FeatureSet) -> FeatureSet:
    keep = np.isfinite(made.rows).all(axis=1)
    return FeatureSet(made.rows[keep], made.track_ids[keep], made.starts[keep], made.columns,
                      made.source)
