"""Is one run better than another: both on the same tracks, paired.

Two intervals that overlap say little; the interval of the difference on the same drawn tracks
says whether it could be chance. Runs are compared only under one protocol: the same copy of the
dataset, the same division, the same unit.

Comparing on a test part in order to choose is a use of that part; whoever calls enters it in
the ledger or compares on out-of-fold predictions instead.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require
from earmark.judging import metrics
from earmark.judging.decisions import Decisions, answers
from earmark.judging.intervals import AnyMetric, Interval, paired_difference
from earmark.labels.vocabulary import Task, Vocabulary

PROTOCOL = ("dataset", "split", "unit")
_SCORE = "score: "


@dataclass(frozen=True)
class Predictions:
    """Track scores of one run.

    Attributes:
        run: its name.
        tracks: ids.
        scores: [shape=(tracks, labels)].
        truth: 0/1, of the same shape.
        vocabulary: of the columns.
        protocol: ``dataset`` and ``split`` (fingerprints) and ``unit``; what must be alike.
        decisions: how the scores become answers for F1; the usual when None.
    """

    run: str
    tracks: tuple[str, ...]
    scores: NDArray[Any]
    truth: NDArray[Any]
    vocabulary: Vocabulary
    protocol: Mapping[str, str]
    decisions: Decisions | None = None

    def __post_init__(self) -> None:
        metrics.checked(self.scores, self.truth)
        if np.shape(self.scores) != (len(self.tracks), len(self.vocabulary)):
            raise DataError(f"{self.run}: scores of shape {np.shape(self.scores)} for "
                            f"{len(self.tracks)} tracks and {len(self.vocabulary)} labels.")
        if len(set(self.tracks)) != len(self.tracks):
            raise DataError(f"{self.run}: a track is listed twice; expected each once.")
        if missing := [name for name in PROTOCOL if not self.protocol.get(name)]:
            raise DataError(f"{self.run}: its protocol lacks the {missing[0]}.")


class Difference(NamedTuple):
    """How much better ``a`` is than ``b``.

    Attributes:
        metric: its name.
        a: value of the first run. b: of the second.
        difference: a - b.
        by_track: interval of the difference, tracks being drawn.
        by_artist: likewise, whole artists being drawn; None where artists were not given.
    """

    metric: str
    a: float
    b: float
    difference: float
    by_track: Interval
    by_artist: Interval | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        plain = self._asdict()
        for name in ("by_track", "by_artist"):
            plain[name] = plain[name] and plain[name]._asdict()
        return plain


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same tracks.

    Attributes:
        runs: their names, in the order of the differences.
        tracks: how many were compared.
        left_out: ids that only one of them scored.
        differences: of each metric.
    """

    runs: tuple[str, str]
    tracks: int
    left_out: tuple[str, ...]
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"runs": list(self.runs), "tracks": self.tracks, "left_out": list(self.left_out),
                "differences": [d.to_json() for d in self.differences]}


def compare(
    a: Predictions, b: Predictions, *, rng: np.random.Generator,
    artists: Mapping[str, Hashable] | None = None, draws: int = 1000, level: float = 0.95,
) -> Comparison:
    """Return how a differs from b: accuracy (single-label) or mean AUCs (multi-label), and F1.

    Args:
        artists: track id to artist (``splits.group_names``); None for intervals by track alone.

    Raises:
        DataError: unlike protocols, labels or truth, or no track in common.
    """
    _refuse_unlike(a, b)
    common = sorted(set(a.tracks) & set(b.tracks))
    if not common:
        raise DataError(f"{a.run} and {b.run} have no track in common.")
    x, y = _rows(a, common), _rows(b, common)
    if (unlike := np.flatnonzero((x.truth != y.truth).any(axis=1))).size:
        raise DataError(f"{a.run} and {b.run} have other labels for track "
                        f"'{common[unlike[0]]}'; they cannot be compared.")
    groups = None if artists is None else [_artist(artists, track) for track in common]
    found = tuple(
        _difference(name, metric, one, other, x.truth, groups, rng, draws, level)
        for name, metric, one, other in _measured(x, y)
    )
    left_out = tuple(sorted(set(a.tracks) ^ set(b.tracks)))
    return Comparison((a.run, b.run), len(common), left_out, found)


def read(folder: Path, part: str) -> Predictions:
    """Return the predictions of a run folder for one part.

    Raises:
        DataError: the folder holds no finished run, or no predictions of that part.
    """
    parquet = require("pyarrow.parquet", extra="train", purpose="reading predictions")
    try:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        table = parquet.read_table(folder / "predictions.parquet").to_pydict()
        identity, unit = results["identity"], results["protocol"]["unit"]
        protocol = {"dataset": identity["dataset"], "split": identity["split"], "unit": unit}
        rows = [row for row, its in enumerate(table["part"]) if its == part]
        names = [name for name in table if name.startswith(_SCORE)]
        scores = np.array([[table[name][row] for name in names] for row in rows])
        tracks = tuple(str(table["track"][row]) for row in rows)
        labels = [table["labels"][row] for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} holds no finished run that can be compared: {error}") from error
    if not rows:
        known = ", ".join(sorted(set(table["part"])))
        raise DataError(f"{folder} has no predictions of '{part}'. Known: {known}.")
    task: Task = "single" if all(len(each) == 1 for each in table["labels"]) else "multi"
    vocabulary = Vocabulary(tuple(name.removeprefix(_SCORE) for name in names), task)
    return Predictions(folder.name, tracks, scores, vocabulary.matrix(labels), vocabulary, protocol)


def _refuse_unlike(a: Predictions, b: Predictions) -> None:
    for name in PROTOCOL:
        if a.protocol[name] != b.protocol[name]:
            raise DataError(f"{a.run} and {b.run} were judged on another {name} "
                            f"({a.protocol[name]} and {b.protocol[name]}); only runs of one "
                            "protocol can be compared.")
    if (a.vocabulary.labels, a.vocabulary.task) != (b.vocabulary.labels, b.vocabulary.task):
        raise DataError(f"{a.run} and {b.run} have other labels; only runs of one vocabulary can "
                        "be compared.")


class _Rows(NamedTuple):
    scores: NDArray[Any]
    truth: NDArray[Any]
    answers: NDArray[np.int8]
    task: str


def _rows(run: Predictions, tracks: Sequence[str]) -> _Rows:
    at = {track: row for row, track in enumerate(run.tracks)}
    chosen = [at[track] for track in tracks]
    scores = np.asarray(run.scores)[chosen]
    given = answers(scores, run.vocabulary, run.decisions or Decisions.usual(run.vocabulary))
    return _Rows(scores, np.asarray(run.truth)[chosen], given, run.vocabulary.task)


def _measured(a: _Rows, b: _Rows) -> list[tuple[str, AnyMetric, NDArray[Any], NDArray[Any]]]:
    f1: tuple[str, AnyMetric, NDArray[Any], NDArray[Any]] = (
        "f1_macro", metrics.f1_macro, a.answers, b.answers)
    if a.task == "single":
        return [("accuracy", metrics.accuracy, a.scores, b.scores), f1]
    return [("pr_auc_macro", metrics.pr_auc_macro, a.scores, b.scores),
            ("roc_auc_macro", metrics.roc_auc_macro, a.scores, b.scores), f1]


def _difference(
    name: str, metric: AnyMetric, a: NDArray[Any], b: NDArray[Any], truth: NDArray[Any],
    groups: Sequence[Hashable] | None, rng: np.random.Generator, draws: int, level: float,
) -> Difference:
    def interval(of: Sequence[Hashable] | None) -> Interval:
        return paired_difference(metric, a, b, truth, groups=of, rng=rng, draws=draws, level=level)

    one, other = metric(a, truth), metric(b, truth)
    by_artist = None if groups is None else interval(groups)
    return Difference(name, one, other, one - other, interval(None), by_artist)


def _artist(artists: Mapping[str, Hashable], track: str) -> Hashable:
    try:
        return artists[track]
    except KeyError:
        raise DataError(f"no artist is given for track '{track}'; expected one a track "
                        "(splits.group_names).") from None
