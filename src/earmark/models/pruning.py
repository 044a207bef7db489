"""Columns that say what others say: the two rules by which they are dropped.

``pairwise`` is the usual rule: of each pair with |r| at or above the threshold the later column
goes. ``twice`` is that of a student project on FMA (vinay-pv), there with a threshold of 0.7: a
column goes that comes first in two or more such pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, SettingsError, suggestion

Doubles = NDArray[np.float64]
Pruning = Literal["none", "pairwise", "twice"]
_BLOCK_ROWS = 4096


class Dropped(NamedTuple):
    """A column that a rule drops.

    Attributes:
        column: its number; ``partner``: of the first column it goes with.
        r: Pearson's correlation of the two, -1 to 1.
    """

    column: int
    partner: int
    r: float


def pruned(rows: NDArray[np.float32], rule: Pruning, threshold: float) -> list[Dropped]:
    """Return what a rule drops of rows [shape=(rows, columns)], by column.

    Raises:
        DataError: rows that are no matrix of finite numbers.
        SettingsError: an unknown rule, or a threshold that is not above 0 and at most 1.
    """
    if rule not in RULES:
        raise SettingsError(f"no rule of pruning is called '{rule}'.{suggestion(rule, RULES)}")
    if not 0 < threshold <= 1:
        raise SettingsError(f"the threshold is {threshold}; expected above 0 and at most 1.")
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise DataError("columns are compared in a matrix of finite numbers; leave out rows with "
                        "holes first.")
    r = correlations(rows)
    pairs = abs(r) >= threshold
    np.fill_diagonal(pairs, False)
    gone = np.setdiff1d(np.arange(len(r)), RULES[rule](abs(r), threshold))
    # A column's first partner: of the earlier ones where the later goes, else of the later ones.
    sides = np.tril(pairs) if rule == "pairwise" else np.triu(pairs)
    return [Dropped(int(k), int(sides[k].argmax()), float(r[k, sides[k].argmax()])) for k in gone]


def correlations(rows: NDArray[np.float32]) -> Doubles:
    """Return r (Pearson) between columns, -1 to 1; 0 for a constant one, which goes with none."""
    products, _ = products_of_columns(rows)
    varied = np.ptp(rows, axis=0) > 0  # the mean of equal values may not be that value
    length = np.sqrt(np.where(varied, np.diag(products), 0))
    lengths = np.outer(length, length)
    found: Doubles = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return found.clip(-1, 1)


def products_of_columns(rows: NDArray[np.floating]) -> tuple[Doubles, Doubles]:
    """Return sums of products of centred columns [shape=(columns, columns)], and the means.

    Block by block, in double precision: a table of 50 000 x 518 is never copied whole.
    """
    mean: Doubles = rows.mean(axis=0, dtype=np.float64)
    products = np.zeros((rows.shape[1], rows.shape[1]))
    for at in range(0, len(rows), _BLOCK_ROWS):
        block = rows[at : at + _BLOCK_ROWS] - mean
        products += block.T @ block
    return products, mean


def _keep_all(r: Doubles, threshold: float) -> NDArray[np.int64]:
    return np.arange(len(r))


def _drop_later(r: Doubles, threshold: float) -> NDArray[np.int64]:
    pairs = np.triu(r >= threshold, k=1)  # [first, later]
    return np.flatnonzero(~pairs.any(axis=0))


def _drop_twice_first(r: Doubles, threshold: float) -> NDArray[np.int64]:
    pairs = np.triu(r >= threshold, k=1)
    return np.flatnonzero(pairs.sum(axis=1) < 2)


# rule -> the columns it keeps, of |r| [shape=(columns, columns)] and a threshold
RULES: dict[str, Callable[[Doubles, float], NDArray[np.int64]]] = {
    "none": _keep_all, "pairwise": _drop_later, "twice": _drop_twice_first
}
