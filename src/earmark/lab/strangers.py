"""Genres held out whole in multi-label work: scores for judging "unknown" (``judging.strange``).

Of the tracks, those whose only genre is held out are strange; known are those that bear other
genres and not this one. Both are scored out of fold by the very same models. That costs as many
rounds of fits as genres are held out, so that only the most frequent are.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging.calibrating import cross_calibrated
from earmark.judging.how import Calibrating
from earmark.judging.strange import HeldOut
from earmark.lab.outoffold import Rounds
from earmark.labels.vocabulary import Vocabulary


def genre_columns(vocabulary: Vocabulary) -> list[int]:
    """Return the columns of the genres."""
    return [k for k, label in enumerate(vocabulary.labels) if vocabulary.group(label) == "genre"]


def hold_out_genres(
    rounds: Rounds, groups: Sequence[Hashable], count: int, how: Calibrating = "platt"
) -> tuple[HeldOut, ...]:
    """Hold the most frequent genres out, one at a time, and score known and strange tracks.

    Args:
        groups: an artist a track.
        count: how many genres; all but those of too few tracks when there are fewer.
        how: of calibration, learnt on the known tracks of the other folds; ``none`` leaves
            scores as they are.

    Raises:
        DataError: fewer than two genres, or not one group a track.
    """
    columns = genre_columns(rounds.vocabulary)
    if len(columns) < 2 or len(groups) != len(rounds.ids):
        raise DataError(f"{len(columns)} genres and {len(groups)} groups for {len(rounds.ids)} "
                        "tracks; to hold one genre out takes two, and one group a track.")
    borne = rounds.truth[:, columns].sum(axis=0)
    chosen = [columns[k] for k in np.argsort(-borne, kind="stable")[:count] if borne[k]]
    return tuple(_held_out(rounds, groups, k, columns, how) for k in chosen)


def _held_out(
    rounds: Rounds, groups: Sequence[Hashable], held: int, columns: list[int], how: Calibrating
) -> HeldOut:
    genre = rounds.vocabulary.labels[held]
    done = rounds.score(f"without {genre}", without=held)
    others = [k for k in columns if k != held]
    scores = done.scores[:, others]
    bears_others = rounds.truth[:, others].any(axis=1)
    is_held = rounds.truth[:, held] == 1
    known = np.flatnonzero(bears_others & ~is_held)
    strange = np.flatnonzero(is_held & ~bears_others)
    if how != "none" and len(known) and len(np.unique(rounds.fold[known])) > 1:
        scores = _calibrated(scores, rounds, known, strange, others, how)
    best = scores.max(axis=1)
    return HeldOut(genre, best[known], best[strange], [groups[int(i)] for i in known],
                   [groups[int(i)] for i in strange])


def _calibrated(
    scores: NDArray[np.float64], rounds: Rounds, known: NDArray[np.intp],
    strange: NDArray[np.intp], others: list[int], how: Calibrating,
) -> NDArray[np.float64]:
    """Return scores calibrated by the known tracks of the other folds."""
    rows = np.concatenate([known, strange])
    teach = np.arange(len(rows)) < len(known)
    crossed = cross_calibrated(scores[rows], rounds.truth[rows][:, others],
                               rounds.fold[rows], rounds.vocabulary, how, teach=teach)
    found = scores.copy()
    found[rows] = crossed
    return found
