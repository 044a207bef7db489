"""The answers of multi-label work that surprise most: to be listened to, one by one.

A *false* answer surprises by its calibrated score: 0.97 for a label that the track does not bear.
It is told beside it how many of the tracks that do bear the label score lower: where these are
three in four or more, the answer *may well be a missing tag*. Tags are seldom complete, and what
models are surest of is where people have forgotten one.

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
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.calibration import LEAST_SCORE
from earmark.judging.curves import Floats
from earmark.judging.metrics import checked
from earmark.judging.mistags import LEAST_TRACKS

MOST = 20
MOST_OF_A_LABEL = 2
MISSING_FROM = 0.75


class Surprise(NamedTuple):
    """One answer to listen to.

    Attributes:
        track: its id. label: wrongly answered, or missed.
        score: calibrated, of this label.
        rate: share of all judged tracks that bear it.
        surer: of a false answer: share of the tracks that bear the label whose score is lower;
            None where too few bear it.
    """

    track: str
    label: str
    score: float
    rate: float
    surer: float | None = None

    @property
    def maybe_missing(self) -> bool:
        """Whether it is a false answer that may well be a missing tag."""
        return self.surer is not None and self.surer >= MISSING_FROM

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
    rate = y.mean(axis=0)
    false, missed = (given > 0) & (y == 0), (given == 0) & (y == 1)

    def told(where: NDArray[np.bool_], size: Floats) -> tuple[Surprise, ...]:
        chosen = _choose(where, size, ids, most, each)
        return tuple(
            Surprise(ids[i], labels[k], float(x[i, k]), float(rate[k]),
                     None if y[i, k] else _surer(x[i, k], x[y[:, k] == 1, k])) for i, k in chosen)

    return Surprises(told(false, x), told(missed, rate / x.clip(LEAST_SCORE)),
                     int(false.sum()), int(missed.sum()))


def _surer(score: float, bearers: Floats) -> float | None:
    return float((bearers < score).mean()) if len(bearers) >= LEAST_TRACKS else None


def _choose(
    where: NDArray[np.bool_], size: Floats, ids: Sequence[str], most: int, each: int
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
