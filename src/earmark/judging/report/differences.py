"""Differences of runs on the same tracks, paired: who is better, and how sure that is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.intervals import Interval, paired_difference
from earmark.judging.report.predictions import Predictions
from earmark.judging.report.read import RunFolder
from earmark.judging.report.scores import Scores

_DRAWS = 2000
# An area of every label under every draw takes a while: of big tables there are fewer draws.
_LEAST_DRAWS, _MOST_CELLS = 200, 2e8
_SEED = 57
_ALL_PAIRS = 4  # with more runs than this, each is set against the first only
_PAIRED = {"accuracy": metrics.accuracy, "pr_auc_macro": metrics.pr_auc_macro}


@dataclass(frozen=True)
class Difference:
    """Score of ``a`` minus score of ``b`` on the same tracks.

    Attributes:
        part: ``test`` or ``cross-validated``.
        tracks: how many both have scores for.
        draws: of the bootstrap.
        by_track, by_artist: intervals; None where artists were not recorded.
    """

    a: str
    b: str
    part: str
    metric: str
    tracks: int
    value: float
    by_track: Interval
    by_artist: Interval | None
    draws: int = _DRAWS

    @property
    def verdict(self) -> str:
        """In words: whether the interval (by artist, where known) holds 0."""
        low, high, _ = self.by_artist or self.by_track
        sure = "" if self.by_artist else " by track only: artists not recorded"
        if low <= 0 <= high:
            return f"cannot be told apart{sure}"
        return f"{self.a if low > 0 else self.b} is better{sure}"


def scores_of(run: RunFolder, part: str) -> Scores | None:
    """Return a run's scores: ``cross-validated`` or one of its parts."""
    return run.validated if part == "cross-validated" else run.parts.get(part)


def alike(members: Sequence[RunFolder], part: str) -> bool:
    """Tell whether all members have an honest score of this part, measured in the same way."""
    found = [scores_of(run, part) for run in members]
    if any(s is None or s.value is None or s.learnt_from for s in found):
        return False
    return len({(s.main, s.rows, s.how) for s in found if s}) == 1


def differences(ranked: Sequence[RunFolder]) -> Iterator[Difference]:
    """Yield the differences of all pairs or, of many runs, of the first and each other.

    Raises:
        DataError: the runs give the same tracks other true labels.
    """
    pairs = itertools.combinations(ranked, 2) if len(ranked) <= _ALL_PAIRS else (
        (ranked[0], other) for other in ranked[1:])
    for a, b in pairs:
        for part in ("cross-validated", "test"):
            if alike([a, b], part) and (found := _difference(a, b, part)):
                yield found


def _difference(a: RunFolder, b: RunFolder, part: str) -> Difference | None:
    """Return the paired difference, or None when the runs' predictions cannot be paired."""
    scores = scores_of(a, part)
    if a.predictions is None or b.predictions is None or scores is None:
        return None
    metric = _PAIRED.get(scores.main)
    x, y = _paired(a.predictions.of(part), b.predictions.of(part))
    if metric is None or len(x.tracks) < 2 or sorted(x.labels) != sorted(y.labels):
        return None
    if x.borne != y.borne:
        raise DataError(f"{a.folder} and {b.folder} give the same tracks other true labels; they "
                        "are no runs on the same data.")
    others = y.scores[:, [y.labels.index(label) for label in x.labels]]
    value = metric(x.scores, x.truth) - metric(others, x.truth)
    draws = _DRAWS if metric is metrics.accuracy else affordable(x.scores.size)

    def interval(groups: Any) -> Interval:
        rng = np.random.default_rng(_SEED)  # the same draws whatever the order of the runs
        return paired_difference(metric, x.scores, others, x.truth, groups=groups, rng=rng,
                                 draws=draws)

    groups = x.groups or y.groups
    by_artist = interval(groups) if groups and len(set(groups)) > 1 else None
    return Difference(a.name, b.name, part, scores.metric, len(x.tracks), value, interval(None),
                      by_artist, draws)


def affordable(cells: int) -> int:
    """Return how many draws of a table of so many rows x labels can be waited for."""
    return int(min(max(_MOST_CELLS / cells, _LEAST_DRAWS), _DRAWS))


def _paired(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions]:
    """Return the rows of the tracks that both have, in the same order."""
    at = {track: i for i, track in enumerate(b.tracks)}
    mine = [i for i, track in enumerate(a.tracks) if track in at]
    return a.take(mine), b.take([at[a.tracks[i]] for i in mine])
