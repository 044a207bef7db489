"""Which labels are wrongly answered where another is borne: the confusion of multi-label work.

Of the tracks that bear A and not B, the share answered B is A's *rate* of false B. It means little
alone, since some labels are answered everywhere; so it is set against the rate *elsewhere*, over
the tracks that bear neither. The *excess* is how many false answers there are beyond what that
rate would give: pairs are ordered by it, so that a few odd tracks of a rare label do not come
before what goes wrong every day.

That B is answered where A is borne may be mere habit: where the two are often borne together, a
model that has learnt only this will do the same. So the same two shares are given of the truth,
how many of A's tracks bear B and how many of the others do. Where the labels' own *lift* (the
first over the second) is as large as that of the false answers, correlation is explanation enough,
or tracks lack a label; where it is small, the model takes the one for the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.curves import Floats, quotient
from earmark.judging.metrics import checked

LEAST_FALSE = 3
"""False answers of a pair worth telling."""
MOST_OF_A_LABEL = 4
"""Pairs with the same label on one side: one that is everywhere must not hide the others."""
LEAST_ELSEWHERE = 10
"""Tracks that a rate elsewhere must be of: a label that all tracks bear has no elsewhere."""


class CoLabel(NamedTuple):
    """One label wrongly answered where another is borne.

    Attributes:
        borne: A. answered: B.
        tracks: how many bear A and not B. false: those of them answered B.
        rate: false / tracks. elsewhere: the same share of the tracks that bear neither.
        excess: false answers beyond what the rate elsewhere would give.
        together: share of A's tracks that bear B. apart: share of the others that do.
    """

    borne: str
    answered: str
    tracks: int
    false: int
    rate: float
    elsewhere: float
    excess: float
    together: float
    apart: float

    @property
    def lift(self) -> float | None:
        """How many times as often B is wrongly answered where A is borne; None: only there."""
        return self.rate / self.elsewhere if self.elsewhere else None

    @property
    def true_lift(self) -> float | None:
        """How many times as often B is borne where A is; None: only there, or nowhere."""
        return self.together / self.apart if self.apart else None


@dataclass(frozen=True)
class CoLabels:
    """All pairs, each table [shape=(borne labels, answered labels)], NaN where not defined.

    The diagonal is not defined. For what each is, see ``CoLabel``.
    """

    labels: tuple[str, ...]
    tracks: Floats
    false: Floats
    rate: Floats
    elsewhere: Floats
    excess: Floats
    together: Floats
    apart: Floats

    def strongest(self, most: int, *, each: int = MOST_OF_A_LABEL) -> list[CoLabel]:
        """Return the pairs of the largest excess, equal ones in label order.

        At most so many in all, and at most ``each`` of them with the same label on either side.
        """
        size = np.where(self.false >= LEAST_FALSE, np.nan_to_num(self.excess), 0.0).ravel()
        told: list[CoLabel] = []
        of_borne: Counter[int] = Counter()
        of_answered: Counter[int] = Counter()
        for i in np.argsort(-size, kind="stable"):
            borne, answered = divmod(int(i), len(self.labels))
            if len(told) == most or size[i] <= 0:
                break
            if of_borne[borne] < each and of_answered[answered] < each:
                told.append(self.pair(borne, answered))
                of_borne[borne] += 1
                of_answered[answered] += 1
        return told

    def pair(self, borne: int, answered: int) -> CoLabel:
        """Return one pair, by its labels' columns."""
        at = (borne, answered)
        return CoLabel(
            self.labels[borne], self.labels[answered], int(self.tracks[at]), int(self.false[at]),
            float(self.rate[at]), float(self.elsewhere[at]), float(self.excess[at]),
            float(self.together[at]), float(self.apart[at]),
        )


def colabels(answered: ArrayLike, truth: ArrayLike, labels: Sequence[str]) -> CoLabels:
    """Return the false answers of every label beside every other.

    Args:
        answered: 0/1, as ``decisions.answers`` gives them [shape=(tracks, labels)].
        truth: likewise.

    Raises:
        DataError: what ``metrics.checked`` refuses, answers other than 0 and 1, or another number
            of labels than columns.
    """
    given, y = checked(answered, truth)
    if given.shape[1] != len(labels) or not np.isin(given, (0, 1)).all():
        raise DataError(f"answers of shape {given.shape} for {len(labels)} labels; expected a 0 or "
                        "1 a track and label.")
    borne = y.astype(np.float64)
    wrong, absent = given * (1 - borne), 1 - borne
    tracks, false = borne.T @ absent, borne.T @ wrong
    others, false_elsewhere = absent.sum(axis=0) - tracks, wrong.sum(axis=0) - false
    rate = quotient(false, tracks)
    elsewhere = np.where(others >= LEAST_ELSEWHERE, quotient(false_elsewhere, others), np.nan)
    both, size = borne.T @ borne, borne.sum(axis=0)[:, None]
    apart = quotient(borne.sum(axis=0) - both, np.broadcast_to(len(y) - size, both.shape))
    together = quotient(both, np.broadcast_to(size, both.shape))
    off = [_no_diagonal(t) for t in (rate, elsewhere, tracks * (rate - elsewhere), together, apart)]
    return CoLabels(tuple(labels), tracks, false, *off)


def _no_diagonal(table: Floats) -> NDArray[np.float64]:
    np.fill_diagonal(table, np.nan)
    return table
