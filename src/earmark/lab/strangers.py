""""Unknown" in multi-label work: would tracks of genres never heard of be found out?

Genres are held out whole, some at a time: models learn from the tracks that bear none of them.
Tracks all of whose genres were held out are strangers to these models; tracks none of whose
genres were are known. What parts them is the best calibrated score of any genre.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging import fitting, metrics
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import Decisions, Unknown, calibrate
from earmark.judging.intervals import Interval, Sample, percentiles, shared_draws
from earmark.lab.outoffold import Rounds

KEEP = 0.9  # of the known tracks are to keep a genre
_LEAST_GENRES = 3
_ROUNDS = 5


class Meeting(NamedTuple):
    """A round in which some genres were held out.

    Attributes:
        genres: columns of those held out.
        best: each track's best calibrated score of the genres learnt [shape=(tracks,)].
        known: whether the track bears a genre and none of those held out [shape=(tracks,)].
        strange: whether all its genres were held out.
    """

    genres: tuple[int, ...]
    best: Floats
    known: NDArray[np.bool_]
    strange: NDArray[np.bool_]


def learn_unknown(
    rounds: Rounds, scores: Floats, count: int, decisions: Decisions,
    groups: Sequence[Hashable], rng: np.random.Generator,
) -> tuple[Unknown, dict[str, Any]]:
    """Return the rule for "unknown" among genres, and how it does on genres held out whole.

    Args:
        rounds: of the tracks to learn from.
        scores: their out-of-fold scores, not calibrated [shape=(tracks, labels)].
        count: how many genres to hold out, the most frequent ones first.
        decisions: with the calibration.
        groups: an artist a track.

    Raises:
        DataError: fewer than three genres, or none whose tracks could be held out.
    """
    columns = genres_of(rounds)
    if len(columns) < _LEAST_GENRES:
        raise DataError(f"{len(columns)} genres are too few to hold one out.")
    of = list(columns)
    meetings = [_met(rounds, held, columns, decisions) for held in _held(rounds, columns, count)]
    meetings = [m for m in meetings if m.strange.any() and m.known.any()]
    if not meetings:
        raise DataError("no track bears a held-out genre and no other.")
    bears = _any(rounds.truth, columns)
    best: Floats = calibrate(scores, decisions, rounds.vocabulary)[:, of].max(axis=1)
    threshold = fitting.kept_threshold(best[bears, None], KEEP)
    kept, caught = _crossed(meetings, rounds.fold)
    rule = Unknown(threshold, kept, caught, columns)
    return rule, _results(meetings, rule, rounds, groups, rng)


def genres_of(rounds: Rounds) -> tuple[int, ...]:
    """Return the columns of the genres that some track bears; of all labels where no label is a
    genre."""
    of = rounds.vocabulary
    genres = [k for k, label in enumerate(of.labels) if of.group(label) == "genre"]
    borne = np.asarray(rounds.truth.any(axis=0))
    return tuple(k for k in genres or range(len(of)) if borne[k])


def _held(
    rounds: Rounds, columns: Sequence[int], count: int
) -> Iterator[tuple[int, ...]]:
    """Yield the genres to hold out together, the most frequent ones apart from one another.

    A few at a time, so that most of the genres are still learnt.
    """
    frequency = rounds.truth.sum(axis=0)
    most = sorted(columns, key=lambda k: (-frequency[k], k))[: min(count, len(columns))]
    together = min(_ROUNDS, len(most))
    for number in range(together):
        yield tuple(sorted(most[number::together]))


def _met(
    rounds: Rounds, held: tuple[int, ...], columns: Sequence[int], decisions: Decisions
) -> Meeting:
    title = "without " + ", ".join(rounds.vocabulary.labels[k] for k in held)
    done = rounds.score(title, without=held)
    others = [k for k in columns if k not in held]
    chances = calibrate(done.scores, decisions, rounds.vocabulary) * done.learnt
    bears = _any(rounds.truth, held)
    other = _any(rounds.truth, others)
    heard = done.learnt[:, others].any(axis=1)  # a fold may have had nothing to learn from
    return Meeting(held, chances[:, others].max(axis=1), other & ~bears & heard,
                   bears & ~other & heard)


def _any(truth: Truth, columns: Sequence[int]) -> NDArray[np.bool_]:
    """Tell of each track whether it bears one of these labels."""
    return np.asarray(truth[:, list(columns)].any(axis=1), dtype=np.bool_)


def _crossed(meetings: Sequence[Meeting], fold: NDArray[np.intp]) -> tuple[float, float]:
    """Return shares of known tracks kept and strange ones caught, each fold by a threshold that
    the others taught."""
    kept, caught = [], []
    for met in meetings:
        for number in np.unique(fold):
            learn, held = met.known & (fold != number), fold == number
            if learn.any():
                least = fitting.kept_threshold(met.best[learn, None], KEEP)
                below = met.best.astype(np.float32) < np.float32(least)
                kept.extend(~below[held & met.known])
                caught.extend(below[held & met.strange])
    return float(np.mean(kept)), float(np.mean(caught))


def _results(
    meetings: Sequence[Meeting], rule: Unknown, rounds: Rounds, groups: Sequence[Hashable],
    rng: np.random.Generator,
) -> dict[str, Any]:
    samples = [_sample(met, groups) for met in meetings]
    each = [metrics.roc_auc_macro(s.scores, s.truth) for s in samples]
    drawn = shared_draws(metrics.roc_auc_macro, [samples], rng=rng)[0]
    interval: Interval = percentiles(drawn)
    names = rounds.vocabulary.labels
    return {
        "auroc": float(np.mean(each)),
        "interval": interval._asdict(),
        "separates": interval.low > 0.5,
        "threshold": rule.threshold,
        "keep": KEEP,
        "kept_known": rule.kept_known,
        "caught_strange": rule.caught_strange,
        "held_out": [{"genres": [names[k] for k in met.genres], "tracks": int(met.strange.sum()),
                      "auroc": auroc} for met, auroc in zip(meetings, each, strict=True)],
    }


def _sample(met: Meeting, groups: Sequence[Hashable]) -> Sample:
    rows = np.flatnonzero(met.known | met.strange)
    return Sample(met.best[rows, None], met.known[rows, None].astype(np.int8),
                  [groups[int(i)] for i in rows])
