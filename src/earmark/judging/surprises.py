"""The answers of multi-label work that surprise most: to be listened to, one by one.

A *false* answer surprises by its calibrated score: 0.97 for a label that the track does not bear.
It *may be a missing tag* where that score is no lower than the mean of the tracks that do bear the
label, which is the rule of confident learning (see ``mistags``) for one label at a time: tags are
seldom complete, and what models are surest of is where people have forgotten one.

A *miss* surprises by how far its score is below the label's rate, as a factor: 0.001 for a label
that one track in a hundred bears is ten times less than knowing nothing of the track would give.
The plain score would name none but the rarest labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from earmark.errors import DataError
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import LEAST_SCORE
from earmark.judging.metrics import checked
from earmark.judging.mistags import LEAST_TRACKS

MOST = 20
MOST_OF_A_LABEL = 2


class Surprise(NamedTuple):
    """One answer to listen to.

    Attributes:
        track: its id. label: wrongly answered, or missed.
        score: calibrated, of this label.
        rate: share of all judged tracks that bear it.
        maybe_missing: of a false answer: it may well be a missing tag.
    """

    track: str
    label: str
    score: float
    rate: float
    maybe_missing: bool = False

    @property
    def factor(self) -> float:
        """How many times lower than the label's rate the score is."""
        return self.rate / max(self.score, LEAST_SCORE)


@dataclass(frozen=True)
class Surprises:
    """The most surprising answers.

    Attributes:
        false: answered and not borne, the surest first.
        missed: borne and not answered, those furthest below their label's rate first.
        all_false, all_missed: how many there are of each in all.
    """

    false: tuple[Surprise, ...]
    missed: tuple[Surprise, ...]
    all_false: int
    all_missed: int


def surprises(
    ids: Sequence[str], scores: ArrayLike, answered: ArrayLike, truth: ArrayLike,
    labels: Sequence[str], *, most: int = MOST, each: int = MOST_OF_A_LABEL,
) -> Surprises:
    """Return the most surprising false answers and misses.

    Args:
        ids: of the tracks.
        scores: calibrated, in [0, 1] [shape=(tracks, labels)].
        answered: 0/1, likewise. truth: likewise.
        most: of each kind; at most one a track.
        each: of each kind, at most so many of a label.

    Raises:
        DataError: what ``metrics.checked`` refuses, or other numbers of tracks or labels.
    """
    x, y = checked(scores, truth)
    given, _ = checked(answered, truth)
    if x.shape != (len(ids), len(labels)):
        raise DataError(f"scores of shape {x.shape} for {len(ids)} tracks and {len(labels)} "
                        "labels; expected one row a track and one column a label.")
    rate, typical = y.mean(axis=0), _typical(x, y)
    false, missed = (given > 0) & (y == 0), (given == 0) & (y == 1)

    def told(where: Floats, size: Floats) -> tuple[Surprise, ...]:
        chosen = _choose(where, size, ids, most, each)
        return tuple(
            Surprise(ids[i], labels[k], float(x[i, k]), float(rate[k]),
                     bool(not y[i, k] and x[i, k] >= typical[k])) for i, k in chosen)

    return Surprises(told(false, x), told(missed, rate / x.clip(LEAST_SCORE)),
                     int(false.sum()), int(missed.sum()))


def _typical(scores: Floats, truth: Truth) -> Floats:
    """Return the mean score of each label's tracks; infinity for labels too rare to have one."""
    count = truth.sum(axis=0)
    mean = (scores * truth).sum(axis=0) / np.maximum(count, 1)
    return np.where(count >= LEAST_TRACKS, mean, np.inf)


def _choose(
    where: Floats, size: Floats, ids: Sequence[str], most: int, each: int
) -> list[tuple[int, int]]:
    """Return (row, column) of the largest: one a row, at most ``each`` a column."""
    rows, columns = np.nonzero(where)
    # Equal sizes (the floor of the scores) go by id, so that the order of rows changes nothing.
    place = np.argsort(np.argsort(np.asarray(ids), kind="stable"))
    order = np.lexsort((columns, place[rows], -size[rows, columns]))
    chosen: list[tuple[int, int]] = []
    taken: set[int] = set()
    of_label: Counter[int] = Counter()
    for i in order:
        row, column = int(rows[i]), int(columns[i])
        if row in taken or of_label[column] >= each:
            continue
        chosen.append((row, column))
        taken.add(row)
        of_label[column] += 1
        if len(chosen) == most:
            break
    return chosen
