"""Fitting the one model under each protocol, and judging it by track and by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging import metrics
from earmark.judging.intervals import Sample, percentiles, shared_draws
from earmark.judging.metrics import Metric
from earmark.judging.protocol import METRICS
from earmark.lab.audit import segments
from earmark.lab.audit.groups import Groups
from earmark.lab.audit.protocols import Draw
from earmark.lab.audit.segments import Cut
from earmark.lab.learner import Learner

_BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Judged:
    """One fit under one draw.

    Attributes:
        learnt, judged: numbers of tracks; with segments of them where those are told apart.
        heard: share of the judged tracks whose artist was learnt from; ``copied``: whose song.
        by_track, by_segment: what the intervals are drawn from; None where there are no segments.
    """

    learnt: int
    judged: int
    learnt_segments: int
    judged_segments: int
    heard: float
    copied: float
    by_track: Sample
    by_segment: Sample | None


@dataclass(frozen=True)
class Bench:
    """One model and the tracks of one dataset.

    Attributes:
        cut: the learner by segment; None where the branches cut tracks differently.
    """

    learner: Learner
    cut: Cut | None
    groups: Groups

    @property
    def tells_segments(self) -> bool:
        """Whether tracks have several segments, which can be judged one by one."""
        return self.cut is not None and not self.cut.whole

    def judge(self, draw: Draw, seed: Sequence[int]) -> Judged:
        """Fit on a draw's tracks and judge on its others."""
        rng = np.random.default_rng(seed)
        if self.cut is None:
            fitted = self.learner.fit(draw.learn, rng)
            found = fitted.scores(draw.test)
            return self._judged(draw.learn, found.ids, found.scores, None, 0)
        return self._by_segment(self.cut, self.cut.of(draw.learn), self.cut.of(draw.test), rng)

    def judge_leaky(self, draw: Draw, seed: Sequence[int]) -> Judged:
        """Deal the segments of the draw's tracks anew, by chance: leaky, on purpose."""
        if self.cut is None:
            raise ValueError("branches that cut tracks differently have no segments to deal.")
        rng = np.random.default_rng(seed)
        return self._by_segment(self.cut, *segments.deal(self.cut, draw.learn, draw.test, rng), rng)

    def _by_segment(
        self, cut: Cut, learn: Sequence[str], test: Sequence[str], rng: np.random.Generator
    ) -> Judged:
        found = cut.learner.fit(learn, rng).scores(test)
        tracks = [cut.track[name] for name in found.ids]
        ids, number = np.unique(np.asarray(tracks, dtype=np.str_), return_inverse=True)
        total = np.zeros((len(ids), found.scores.shape[1]))
        np.add.at(total, number, found.scores)
        mean = total / np.bincount(number)[:, None]  # as audio.segments.combine
        learnt = sorted({cut.track[name] for name in learn})
        sample = self._sample(tracks, found.scores) if self.tells_segments else None
        count = len(learn) if self.tells_segments else 0
        return self._judged(learnt, ids.tolist(), mean, sample, count)

    def _judged(
        self, learnt: Sequence[str], ids: Sequence[str], scores: NDArray[Any],
        sample: Sample | None, learnt_segments: int,
    ) -> Judged:
        return Judged(
            learnt=len(learnt), judged=len(ids), learnt_segments=learnt_segments,
            judged_segments=len(sample.groups) if sample else 0,
            heard=_shared(self.groups.artist, learnt, ids),
            copied=_shared(self.groups.song, learnt, ids),
            by_track=self._sample(ids, scores), by_segment=sample,
        )

    def _sample(self, tracks: Sequence[str], scores: NDArray[Any]) -> Sample:
        truth = self.learner.truth(tracks)
        return Sample(scores, truth, [self.groups.artist[i] for i in tracks])


@dataclass(frozen=True)
class Figures:
    """A metric of one protocol.

    Attributes:
        value: mean over its draws; ``each`` of them.
        interval: 95 %, by a bootstrap over artists; None where there are too few.
        draws: of the bootstrap, in the order that all protocols share.
    """

    value: float
    each: tuple[float, ...]
    interval: tuple[float, float] | None
    draws: NDArray[np.float64]

    def less(self, other: Figures) -> tuple[float, tuple[float, float] | None]:
        """Return this value less another's, and the interval of that, artists drawn together."""
        return self.value - other.value, _interval(self.draws - other.draws)


def figures(
    found: Mapping[str, Sequence[Sample]], task: str, seed: int
) -> dict[str, dict[str, Figures]]:
    """Return for each protocol its metrics by name.

    Args:
        found: the samples of each protocol, one a draw.
        task: ``single`` or ``multi``.
    """
    figured: dict[str, dict[str, Figures]] = {name: {} for name in found}
    for metric in METRICS[task]:  # type: ignore[index]
        measure: Metric = getattr(metrics, metric)
        rng = np.random.default_rng([seed, 2])
        drawn = shared_draws(measure, list(found.values()), rng=rng, draws=_BOOTSTRAPS)
        for (name, samples), draws in zip(found.items(), drawn, strict=True):
            each = tuple(measure(s.scores, s.truth) for s in samples)
            figured[name][metric] = Figures(float(np.mean(each)), each, _interval(draws), draws)
    return figured


def _interval(draws: NDArray[np.float64]) -> tuple[float, float] | None:
    if 2 * np.isfinite(draws).sum() < len(draws):
        return None
    low, high, _ = percentiles(draws)
    return low, high


def _shared(group: Mapping[str, str], learnt: Sequence[str], judged: Sequence[str]) -> float:
    """Return the share of the judged tracks whose group has a track that was learnt from."""
    known = {group[i] for i in learnt}
    return sum(group[i] in known for i in judged) / max(len(judged), 1)
