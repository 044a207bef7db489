"""Out-of-fold scores of tracks, with all labels learnt or with one held out whole.

The tracks a recipe learns from are dealt to artist-grouped folds, once. In a round each fold is
scored by models that learnt from the other folds. Where a label is held out, its tracks are taken
away from what is learnt from as well, so that its tracks ("strange") and all others ("known") get
scores from the very same models, which have heard neither them nor their artists.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging.curves import Floats, Truth
from earmark.judging.splits import group_folds
from earmark.labels.vocabulary import Vocabulary

ScoresFor = Callable[[Sequence[str]], NDArray[np.floating]]
"""Track ids to combined track scores [shape=(tracks, labels learnt)]."""
Fit = Callable[[Sequence[str], Sequence[str]], ScoresFor]
"""(track ids to learn from, labels to learn, in the vocabulary's order) to a scorer."""


class Round(NamedTuple):
    """Out-of-fold scores of all tracks by models of some of the labels.

    Attributes:
        scores: [shape=(tracks, labels)], of all labels; 0 for those not learnt.
        learnt: whether the fold's models learnt the label [shape=(tracks, labels)].
    """

    scores: Floats
    learnt: NDArray[np.bool_]

    def judgeable(self, truth: Truth) -> NDArray[np.intp]:
        """Return the tracks all of whose labels the models that scored them had learnt."""
        return np.flatnonzero(((truth == 0) | self.learnt).all(axis=1) & self.learnt.any(axis=1))


@dataclass(frozen=True)
class Rounds:
    """Tracks dealt to folds, and how models are fitted on them.

    Attributes:
        ids: of the tracks. truth: 0/1 [shape=(tracks, labels)].
        fold: number of each track's fold.
        vocabulary: of the columns.
    """

    ids: tuple[str, ...]
    truth: Truth
    fold: NDArray[np.intp]
    vocabulary: Vocabulary
    fit: Fit
    log: Callable[[str], None]

    @classmethod
    def deal(
        cls, ids: Sequence[str], truth: Truth, groups: Sequence[Hashable],
        vocabulary: Vocabulary, fit: Fit, *, folds: int, rng: np.random.Generator,
        log: Callable[[str], None] = lambda _: None,
    ) -> Rounds:
        """Deal whole groups to at most ``folds`` folds, fewer when there are fewer groups.

        Raises:
            DataError: fewer than two groups, or not one row of truth and one group a track.
        """
        if not len(ids) == len(truth) == len(groups):
            raise DataError(f"{len(ids)} tracks, {len(truth)} rows of truth and {len(groups)} "
                            "groups; expected one of each a track.")
        folds = min(folds, len(set(groups)))
        if folds < 2:
            raise DataError(f"{len(ids)} tracks of one artist; out-of-fold scores need tracks of "
                            "two artists at least.")
        fold = np.zeros(len(ids), dtype=np.intp)
        for number, (_, held) in enumerate(group_folds(groups, truth, folds, rng)):
            fold[held] = number
        return cls(tuple(ids), truth, fold, vocabulary, fit, log)

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return int(self.fold.max()) + 1

    def score(self, title: str, without: int | Sequence[int] | None = None) -> Round:
        """Score every fold by models that learnt the others, ``without`` the tracks of a label or
        of several.

        A label that no track left to learn from bears is not learnt in that fold.

        Raises:
            DataError: scores of another shape than asked for.
        """
        done = Round(np.zeros(self.truth.shape), np.zeros(self.truth.shape, dtype=np.bool_))
        held_out = [without] if isinstance(without, int) else list(without or ())
        free = ~self.truth[:, held_out].any(axis=1)
        for number in range(self.folds):
            self.log(f"out-of-fold scores: {title}, fold {number + 1} of {self.folds}")
            learn = np.flatnonzero((self.fold != number) & free)
            self._score(done, learn, np.flatnonzero(self.fold == number))
        return done

    def _score(self, done: Round, learn: NDArray[np.intp], held: NDArray[np.intp]) -> None:
        columns = np.flatnonzero(self.truth[learn].any(axis=0))
        if len(columns) < (2 if self.vocabulary.task == "single" else 1):
            return  # nothing to tell apart: none of these counts as learnt
        scores_for = self.fit([self.ids[i] for i in learn],
                              [self.vocabulary.labels[k] for k in columns])
        given = np.asarray(scores_for([self.ids[i] for i in held]), dtype=np.float64)
        if given.shape != (len(held), len(columns)):
            raise DataError(f"scores of shape {given.shape} for {len(held)} tracks and "
                            f"{len(columns)} labels; expected one row a track.")
        done.scores[np.ix_(held, columns)] = given
        done.learnt[np.ix_(held, columns)] = True
