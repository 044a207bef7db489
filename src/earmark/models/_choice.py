"""How a model chooses a setting for itself: by scores of rows that the fit has not seen.

Rows of one group (artist) stand on one side of every fold, since a model that has heard the
singer would choose too weak a penalty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.labels.dealing import deal_groups, numbered
from earmark.labels.vocabulary import Task

Doubles = NDArray[np.float64]
Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]
# scores of the rows held out, one matrix a candidate, from (to learn from, held out)
ScoreFold = Callable[[NDArray[np.int64], NDArray[np.int64]], list[Doubles]]
_FOLDS = 5


def group_folds(
    y: NDArray[np.int8], groups: NDArray[Any] | None, rng: np.random.Generator, purpose: str
) -> Folds:
    """Return up to 5 pairs of row numbers (to learn from, held out), with whole groups in each.

    Raises:
        DataError: all rows are of one group; names the ``purpose``.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    groups = np.arange(len(y)) if groups is None else np.asarray(groups)
    if len(groups) != len(y):
        raise DataError(f"{len(groups)} groups for {len(y)} rows; expected one a row.")
    count = min(_FOLDS, len(np.unique(groups)))
    if count < 2:
        raise DataError(f"all {len(y)} rows are of one group; {purpose} needs two groups "
                        "(artists): add tracks of another artist or set it.")
    if (y.sum(axis=1) != 1).any():  # several labels a row, which scikit-learn cannot stratify
        part = deal_groups(numbered(groups.tolist()), y, np.full(count, 1 / count), rng)
        return [(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(count)]
    # Stratify by each row's label. With fewer rows of a label than folds there is nothing to
    # stratify.
    first = y.argmax(axis=1)
    fewest = min(y.sum(axis=0).min(), np.unique(first, return_counts=True)[1].min())
    kind = StratifiedGroupKFold if fewest >= count else GroupKFold
    splitter = kind(count, shuffle=True, random_state=int(rng.integers(2**31)))
    return list(splitter.split(np.zeros(len(y)), first, groups))


def out_of_fold(folds: Folds, score: ScoreFold) -> list[Doubles]:
    """Return each candidate's scores [shape=(rows, labels)], every row scored by its fold."""
    rows = sum(len(held) for _, held in folds)
    found: list[Doubles] = []
    for train, held in folds:
        given = score(train, held)
        found = found or [np.full((rows, s.shape[1]), np.nan) for s in given]
        for matrix, scores in zip(found, given, strict=True):
            matrix[held] = scores
    return found


def log_loss(y: NDArray[np.int8], scores: Doubles, task: Task) -> float:
    """Return the mean negative logarithm of the scores given to what is true."""
    clipped = np.clip(scores, 1e-9, 1 - 1e-9)
    loss = y * np.log(clipped)
    if task == "multi":
        loss = loss + (1 - y) * np.log(1 - clipped)
    return float(-loss.mean())


def brier(y: NDArray[np.int8], scores: Doubles, task: Task) -> float:
    """Return the mean squared error: for models whose scores may well be 0 or 1."""
    return float(((scores - y) ** 2).mean())
