"""What a tagger's answers are worth under a disturbance, set against those without.

Agreement asks for no labels. A metric is read on tracks whose labels the tagger knows; those it
does not know at all are strangers, of which it should say "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.decisions import Decisions, is_unknown, top_label
from earmark.judging.intervals import Interval, bootstrap, paired_difference
from earmark.judging.metrics import Metric
from earmark.labels.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Truth = NDArray[np.int8]
_DECIMALS = 6  # more than is shown, which is rounded once


@dataclass(frozen=True)
class Placed:
    """The tracks' labels as a tagger sees them.

    Attributes:
        truth: 0/1 [shape=(tracks, labels)], in the tagger's labels.
        known: bears labels of the tagger's, for a single-label one exactly one [shape=(tracks,)].
        strange: bears labels, and none of the tagger's [shape=(tracks,)].
        columns: labels that are judged: all of a single-label tagger, else those that the
            tracks' labels could be.
    """

    truth: Truth
    known: NDArray[np.bool_]
    strange: NDArray[np.bool_]
    columns: NDArray[np.intp]


def placed(vocabulary: Vocabulary, labels: Sequence[Sequence[str]],
           could_be: Sequence[str]) -> Placed:
    """Place tracks' labels in a tagger's vocabulary, by name, alias and spelling.

    Args:
        labels: of each track; none where nothing is known. could_be: all labels of the music.
    """
    every = {*could_be, *(name for its in labels for name in its)}
    names = {name: _column(vocabulary, name) for name in every}
    truth = np.zeros((len(labels), len(vocabulary)), np.int8)
    for row, its in enumerate(labels):
        truth[row, [c for name in its if (c := names[name]) is not None]] = 1
    count, given = truth.sum(axis=1), np.array([bool(its) for its in labels], np.bool_)
    single = vocabulary.task == "single"
    shared = sorted({column for column in names.values() if column is not None})
    columns = np.arange(len(vocabulary)) if single else np.asarray(shared, np.intp)
    return Placed(truth, count == 1 if single else count > 0, given & (count == 0), columns)


def _column(vocabulary: Vocabulary, name: str) -> int | None:
    try:
        return vocabulary.index(name)
    except DataError:
        return None


@dataclass(frozen=True)
class Judge:
    """One tagger's undisturbed scores [shape=(tracks, labels)], and what it is judged by."""

    vocabulary: Vocabulary
    decisions: Decisions
    labels: Placed
    groups: Sequence[str]
    plain: Floats
    seed: int

    def undisturbed(self) -> dict[str, Any]:
        """Return the metrics on known tracks and what is said of strangers."""
        rows = self.labels.known
        return {"metrics": {name: _rounded(self._value(name, self.plain, rows))
                            for name in self.metrics}, **self._unknown(self.plain)}  # fmt: skip

    def under(self, scores: Floats) -> dict[str, Any]:
        """Return the figures of scores under a disturbance; rows of NaN have no answer."""
        heard = _answered(scores)
        found = {"tracks": int(heard.sum()), "unanswered": int((~heard).sum())}
        if not heard.any():
            return {**found, "agreement": None, "agreement_interval": None, "mean_change": None,
                    "metrics": {}, **self._unknown(scores)}
        one, other = scores[heard], self.plain[heard]
        agreement = float((one.argmax(axis=1) == other.argmax(axis=1)).mean())
        return {
            **found,
            "agreement": _rounded(agreement),
            "agreement_interval": _plain(self._interval(lambda rng: bootstrap(
                metrics.accuracy, one, top_label(other), groups=self._groups(heard), rng=rng))),
            "mean_change": _rounded(float(np.abs(one - other).mean())),
            "metrics": {name: self._metric(name, scores, heard & self.labels.known)
                        for name in self.metrics},
            **self._unknown(scores),
        }  # fmt: skip

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are read, the first standing for the whole; none without labels."""
        if not self.labels.known.any():
            return ()
        single = self.vocabulary.task == "single"
        return ("accuracy", "f1_macro") if single else ("pr_auc_macro", "roc_auc_macro")

    def _metric(self, name: str, scores: Floats, rows: NDArray[np.bool_]) -> dict[str, Any]:
        value, before = self._value(name, scores, rows), self._value(name, self.plain, rows)
        change = None if value is None or before is None else value - before
        one, other = self._given(name, scores[rows]), self._given(name, self.plain[rows])
        truth = self.labels.truth[rows][:, self.labels.columns]
        interval = None if change is None else self._interval(lambda rng: paired_difference(
            _metric_of(name), one, other, truth, groups=self._groups(rows), rng=rng))
        return {"value": _rounded(value), "change": _rounded(change), "interval": _plain(interval)}

    def _value(self, name: str, scores: Floats, rows: NDArray[np.bool_]) -> float | None:
        if not rows.any():
            return None
        truth = self.labels.truth[rows][:, self.labels.columns]
        return _metric_of(name).value(self._given(name, scores[rows]), truth)

    def _given(self, name: str, scores: Floats) -> NDArray[Any]:
        """What a metric takes: F1 is of answers, which are the best label here."""
        given = top_label(scores) if name == "f1_macro" and len(scores) else scores
        return given[:, self.labels.columns]

    def _groups(self, rows: NDArray[np.bool_]) -> list[str]:
        return [self.groups[k] for k in np.flatnonzero(rows).tolist()]

    def _interval(self, draw: Callable[[np.random.Generator], Interval]) -> Interval | None:
        try:
            return draw(np.random.default_rng(self.seed))
        except DataError:  # too few artists, or labels that no draw holds
            return None

    def _unknown(self, scores: Floats) -> dict[str, Any]:
        """Return how often "unknown" is said, and how sure the tagger is, of both kinds of tracks.
        """
        heard = _answered(scores)
        return {name: self._said(scores[heard & rows]) for name, rows in
                (("known", self.labels.known), ("strangers", self.labels.strange))}

    def _said(self, scores: Floats) -> dict[str, Any]:
        unknown, top = None, None
        if len(scores):
            top = float(scores.max(axis=1).mean())
            if self.decisions.unknown is not None:
                unknown = float(is_unknown(scores, self.decisions).mean())
        return {"tracks": len(scores), "unknown": _rounded(unknown), "top_score": _rounded(top)}


def _answered(scores: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(scores).all(axis=1))


def _metric_of(name: str) -> Metric:
    found: Metric = getattr(metrics, name)
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS) + 0.0


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(v, _DECIMALS) + 0.0 for v in interval[:2]]
