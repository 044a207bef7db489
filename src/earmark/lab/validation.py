"""What can be known without the test part: folds, learning curves, and what to collect next.

Everything here happens inside the parts a recipe learns from, by folds that keep each artist on
one side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging import metrics, splits
from earmark.lab.batches import Log
from earmark.lab.learner import Learner, TrackScores

_CURVE_SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)
_ADVICE_TRACKS = 12


@dataclass(frozen=True)
class OutOfFold:
    """Scores of tracks by models that never heard their artists.

    Attributes:
        ids: of the tracks, sorted.
        scores: [shape=(tracks, labels)].
        fold_accuracy: by track, one a fold; empty for multi-label work.
        fold_accuracy_by_segment: likewise by segment of the first branch.
    """

    ids: list[str]
    scores: NDArray[np.float32]
    fold_accuracy: tuple[float, ...]
    fold_accuracy_by_segment: tuple[float, ...]


def out_of_fold(
    learner: Learner, ids: Sequence[str], folds: int, by: splits.By, rng: np.random.Generator,
    log: Log,
) -> OutOfFold:
    """Return the scores of each track by the models of the folds that left its group out."""
    scores: dict[str, NDArray[np.float32]] = {}
    by_track, by_segment = [], []
    single = learner.dataset.vocabulary.task == "single"
    for number, (learn, held) in enumerate(_folds(learner, ids, folds, by, rng), 1):
        log(f"cross-validation, fold {number} of {folds}")
        fitted = learner.fit(learn, rng)
        found = fitted.scores(held)
        scores |= dict(zip(found.ids, found.scores, strict=True))
        if single and found.ids:
            by_track.append(_accuracy(learner, found))
            by_segment.append(float(fitted.segment_hits(found.ids).mean()))
    have = sorted(scores)
    return OutOfFold(have, np.stack([scores[i] for i in have]), tuple(by_track),
                     tuple(by_segment))


def learning_curve(
    learner: Learner, ids: Sequence[str], folds: int, rng: np.random.Generator, log: Log
) -> list[dict[str, float]]:
    """Return accuracy on held-out artists by the number of tracks learnt from.

    The range is that of the folds, which says how steady the mean is and nothing more.
    """
    points: dict[float, list[tuple[int, float]]] = {share: [] for share in _CURVE_SHARES}
    for number, (learn, held) in enumerate(_folds(learner, ids, folds, "artist", rng), 1):
        log(f"learning curve, fold {number} of {folds}")
        order = _by_whole_groups(learner, learn, rng)
        for share in _CURVE_SHARES:
            some = order[: max(2, round(share * len(order)))]
            several = len(set(learner.groups(some).tolist())) > 1  # for the model's own folds
            if several and len(np.flatnonzero(learner.truth(some).any(axis=0))) > 1:
                found = learner.fit(some, rng).scores(held)
                points[share].append((len(some), _accuracy(learner, found)))
    return [
        {
            "tracks": round(float(np.mean([n for n, _ in found]))),
            "accuracy": float(np.mean([a for _, a in found])),
            "low": float(min(a for _, a in found)),
            "high": float(max(a for _, a in found)),
        }
        for found in points.values()
        if len(found) == folds
    ]


def advice(
    learner: Learner, ids: Sequence[str], folds: int, rng: np.random.Generator, log: Log
) -> list[dict[str, Any]]:
    """Return, best first, what more tracks of each label would add to macro F1.

    Each label's tracks are halved in turn, in every fold; what that costs is what the last
    doubling brought. Gains shrink with each doubling, so twelve more on top of n are taken to
    bring log2(1 + 12 / n) of it.
    """
    labels = learner.dataset.vocabulary.labels
    pairs = list(_folds(learner, ids, folds, "artist", rng))
    whole = _macro_f1(learner, [learner.fit(a, rng).scores(b) for a, b in pairs])
    found = []
    for column, label in enumerate(labels):
        log(f"what more {label} would bring")
        held = [learner.fit(_halved(learner, a, column, rng), rng).scores(b) for a, b in pairs]
        count = int(learner.truth(list(ids))[:, column].sum())
        lost = max(0.0, whole - _macro_f1(learner, held))
        gain = min(lost * float(np.log2(1 + _ADVICE_TRACKS / max(count, 1))), 1 - whole)
        found.append({"label": label, "tracks": _ADVICE_TRACKS, "have": count, "gain": gain})
    return sorted(found, key=lambda entry: -float(entry["gain"]))


def _folds(
    learner: Learner, ids: Sequence[str], folds: int, by: splits.By, rng: np.random.Generator
) -> Iterator[tuple[list[str], list[str]]]:
    ids = sorted(learner.known.intersection(ids))
    pairs = splits.group_folds(learner.groups(ids, by), learner.truth(ids), folds, rng)
    for learn, held in pairs:
        yield [ids[i] for i in learn], [ids[i] for i in held]


def _by_whole_groups(
    learner: Learner, ids: Sequence[str], rng: np.random.Generator
) -> list[str]:
    """Return the tracks artist by artist in random order: fewer tracks are fewer artists, too."""
    groups = learner.groups(ids)
    shuffled = rng.permutation(np.unique(groups))
    rank = {group: number for number, group in enumerate(shuffled)}
    return [ids[i] for i in sorted(range(len(ids)), key=lambda i: (rank[groups[i]], i))]


def _halved(
    learner: Learner, ids: Sequence[str], column: int, rng: np.random.Generator
) -> list[str]:
    bears = learner.truth(list(ids))[:, column] == 1
    of_label = [i for i, b in zip(ids, bears, strict=True) if b]
    dropped = set(_by_whole_groups(learner, of_label, rng)[(len(of_label) + 1) // 2 :])
    return [i for i in ids if i not in dropped]


def _accuracy(learner: Learner, found: TrackScores) -> float:
    return metrics.accuracy(found.scores, learner.truth(found.ids))


def _macro_f1(learner: Learner, found: Sequence[TrackScores]) -> float:
    scores = np.concatenate([f.scores for f in found])
    truth = learner.truth([i for f in found for i in f.ids])
    vocabulary = learner.dataset.vocabulary
    return float(metrics.summary(scores, truth, vocabulary)["f1_macro"])
