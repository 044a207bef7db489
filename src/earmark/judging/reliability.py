"""Do scores mean what they say: of the tracks scored 0.8, are 80 % right?

Reliability curves and the expected calibration error (Naeini et al. 2015; Guo et al. 2017), for
the top label of single-label work and for each label of multi-label work. The error of few rows
is biased upward, since chance alone moves every bin: of two, compare those of as many rows and
bins, and read the interval as its spread, not as a promise to hold the true value.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError, SettingsError
from earmark.judging.curves import Floats
from earmark.judging.decisions import top_label
from earmark.judging.intervals import Interval, bootstrap
from earmark.judging.metric import checked

Bins = Literal["mass", "width"]


class Bin(NamedTuple):
    """Rows of similar scores.

    Attributes:
        low: the lowest score in it (equal mass), or its lower edge (equal width).
        high: likewise the highest.
        rows: how many are in it.
        score: mean of their scores.
        right: share of them that is true.
    """

    low: float
    high: float
    rows: int
    score: float
    right: float


def reliability(
    scores: ArrayLike, truth: ArrayLike, *, bins: int = 10, by: Bins = "mass"
) -> list[Bin]:
    """Return the reliability curve of one column of scores, ascending; empty bins are left out.

    Args:
        scores: in [0, 1] [shape=(rows,)].
        truth: 0/1 [shape=(rows,)].
        bins: how many, 1 to 1000.
        by: ``mass``: as many rows in each, to within one; ``width``: [0, 1] in equal parts, a
            score on an edge counting upward.

    Raises:
        DataError: what ``metrics.checked`` refuses. SettingsError: bins out of range.
    """
    if not 1 <= bins <= 1000 or by not in ("mass", "width"):
        raise SettingsError(f"{bins} bins by '{by}'; expected 1 to 1000 by 'mass' or 'width'.")
    table, answers = checked(_column(scores), _column(truth))
    x, y = table[:, 0], answers[:, 0]
    held = _held(x, bins, by)
    if by == "mass":
        return [_bin(x[rows], y[rows], x[rows[0]], x[rows[-1]]) for rows in held]
    edges = np.linspace(0, 1, bins + 1)
    numbers = [int(np.searchsorted(edges[1:-1], x[rows[0]], side="right")) for rows in held]
    return [_bin(x[rows], y[rows], edges[k], edges[k + 1])
            for k, rows in zip(numbers, held, strict=True)]


def _held(x: Floats, bins: int, by: Bins) -> list[NDArray[np.intp]]:
    """Return the rows of each bin that has some."""
    if by == "mass":
        order = np.argsort(x, kind="stable")
        return [rows for rows in np.array_split(order, bins) if len(rows)]
    number = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], x, side="right")
    return [np.flatnonzero(number == k) for k in np.unique(number)]


def calibration_error(
    scores: ArrayLike, truth: ArrayLike, *, bins: int = 10, by: Bins = "mass"
) -> float:
    """Return the mean over rows of how far their bin's score is from its share of true rows.

    Arguments and errors as in ``reliability``.

    >>> round(calibration_error([0.2, 0.2, 0.9, 0.9], [0, 1, 1, 1], bins=2), 6)
    0.2
    """
    curve = reliability(scores, truth, bins=bins, by=by)
    off = sum(b.rows * abs(b.score - b.right) for b in curve)
    return off / sum(b.rows for b in curve)


def error_interval(
    scores: ArrayLike, truth: ArrayLike, *, rng: np.random.Generator, bins: int = 10,
    by: Bins = "mass", groups: Sequence[Hashable] | NDArray[Any] | None = None,
    draws: int = 1000, level: float = 0.95,
) -> Interval:
    """Return the bootstrap interval of ``calibration_error``; see ``intervals.bootstrap``."""

    def error(x: NDArray[Any], y: NDArray[Any]) -> float:
        return calibration_error(x[:, 0], y[:, 0], bins=bins, by=by)

    return bootstrap(error, _column(scores), _column(truth), groups=groups, rng=rng, draws=draws,
                     level=level)


def chance_error(
    scores: ArrayLike, *, rng: np.random.Generator, bins: int = 10, by: Bins = "mass",
    draws: int = 200,
) -> float:
    """Return the mean ``calibration_error`` if these scores were perfectly calibrated.

    Truth is drawn by the scores themselves (Broecker and Smith 2007). An error no larger than
    this is no sign of bad calibration: it is what so few rows show by chance.
    """
    x, _ = checked(_column(scores), np.zeros((np.size(scores), 1)))
    drawn = rng.random((draws, len(x))) < x[:, 0]
    off = np.zeros(draws)
    for rows in _held(x[:, 0], bins, by):  # bins are of scores alone: the same for every draw
        off += len(rows) * abs(x[rows, 0].mean() - drawn[:, rows].mean(axis=1))
    return float((off / len(x)).mean())


def top_scores(scores: ArrayLike, truth: ArrayLike) -> tuple[Floats, NDArray[np.int8]]:
    """Return each row's best score and whether its label is true, both [shape=(rows,)].

    This is what ``reliability`` takes for the top label; for one label of multi-label work it
    takes that label's columns.

    Raises:
        DataError: what ``metrics.checked`` refuses.
    """
    x, y = checked(scores, truth)
    return x.max(axis=1), (top_label(x) * y).sum(axis=1).astype(np.int8)


def _column(values: ArrayLike) -> NDArray[Any]:
    column = np.asarray(values)
    if column.ndim != 1:
        raise DataError(f"an array of shape {column.shape}; a reliability curve is of one column "
                        "of scores.")
    return column[:, None]


def _bin(scores: Floats, truth: NDArray[np.int8], low: float, high: float) -> Bin:
    return Bin(float(low), float(high), len(scores), float(scores.mean()), float(truth.mean()))
