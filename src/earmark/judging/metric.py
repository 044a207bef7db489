"""What a metric is: scores in [0, 1] and a 0/1 truth, both (rows, labels), to one number.

Each metric is a ``Metric``: called with scores and truth it gives a float, and the same few lines
of numpy also give its value under many row weightings at once. A bootstrap draw is nothing but
whole-numbered weights, so ``intervals.py`` gets 1000 draws for little more than the price of one,
and there is one definition of each metric instead of a plain and a fast one.

Nothing is guessed: scores outside [0, 1] are an error, not logits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from earmark.errors import DataError
from earmark.judging.curves import Floats, Truth

Weighted = Callable[[Floats, Truth, Floats], Floats]

# Scores are float32 and often means or quotients: rounding may carry one this far past 1.
_ROUNDING = 1e-6


class Metric:
    """A metric: ``metric(scores, truth)`` for its value, ``metric.weighted`` for many at once.

    Attributes:
        name: as in ``metrics.summary``.
        weighted: (scores, truth, weights [shape=(draws, rows)]) to values [shape=(draws,)], NaN
            where the metric is not defined under the weights. Arguments are as ``checked`` gives
            them.
    """

    def __init__(self, weighted: Weighted) -> None:
        self.weighted = weighted
        self.name = weighted.__name__
        functools.update_wrapper(self, weighted)

    def __reduce__(self) -> str:
        return self.name  # pickled by name, as the function it stands for would be

    def __call__(self, scores: ArrayLike, truth: ArrayLike) -> float:
        """Return the value over all rows.

        Raises:
            DataError: what ``checked`` refuses, or rows on which the metric is not defined.
        """
        value = self.value(scores, truth)
        if value is None:
            raise DataError(f"{self.name} is not defined on these rows: it needs labels that "
                            "some rows bear and others lack, or answers; see docs/metrics.md.")
        return value

    def value(self, scores: ArrayLike, truth: ArrayLike) -> float | None:
        """Return the value over all rows; None where the metric is not defined on them.

        Raises:
            DataError: what ``checked`` refuses.
        """
        x, y = checked(scores, truth)
        value = float(self.weighted(x, y, np.ones((1, len(x))))[0])
        return None if np.isnan(value) else value


def checked(scores: ArrayLike, truth: ArrayLike) -> tuple[Floats, Truth]:
    """Return scores as float64 and truth as int8 after checking the contract.

    Scores up to 1e-6 outside [0, 1] are rounding and are clipped.

    Raises:
        DataError: shapes that differ or are empty, scores that are not finite or not in [0, 1],
            truth other than 0 and 1.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(truth)
    if x.shape != y.shape or x.ndim != 2 or not x.size:
        raise DataError(f"scores of shape {x.shape} and truth of shape {y.shape}; expected both "
                        "(rows, labels), neither empty.")
    outside = ~((x >= -_ROUNDING) & (x <= 1 + _ROUNDING))  # so written, NaN is outside
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise DataError(f"the score in row {row}, column {column} is {x[row, column]:g}; expected "
                        "scores in [0, 1], not logits.")
    if not np.isin(y, (0, 1)).all():
        raise DataError("the truth holds values other than 0 and 1.")
    return x.clip(0, 1), y.astype(np.int8)
