"""Mean and spread of rows that may not fit into memory, and whether they are numbers at all."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.picked import row_blocks


class Moments(NamedTuple):
    """Of each place of a row's first axis (column, band or channel) [shape=(size,)]."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]


def moments(rows: Any) -> Moments:
    """Return mean and standard deviation, 1 where nothing varies, in one pass.

    Raises:
        DataError: a value is no finite number; names its row.
    """
    count, total, squares = 0, 0.0, 0.0
    shift: Any = 0.0
    for begin, block in row_blocks(rows):
        refuse_odd(block, begin)
        # (values of the first axis, all others), about the first block's mean: exact for columns
        # whose spread is small beside their mean.
        values = np.moveaxis(block, 1, 0).reshape(block.shape[1], -1).astype(np.float64)
        if not count:
            shift = values.mean(axis=1)
        apart = values - shift[:, None]
        count += apart.shape[1]
        total = total + apart.sum(axis=1)
        squares = squares + np.square(apart).sum(axis=1)
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    still = spread <= 1e-6 * np.maximum(np.abs(mean + shift), 1e-6)
    return Moments((mean + shift).astype(np.float32),
                   np.where(still, 1, spread).astype(np.float32))


def refuse_odd(block: NDArray[np.float32], begin: int = 0) -> None:
    """Raise DataError for a value that is no finite number; rows count from ``begin``."""
    if np.isfinite(block).all():
        return
    row, column = np.argwhere(~np.isfinite(block))[0][:2]
    bad = block[row, column]
    value = bad if np.ndim(bad) == 0 else bad[~np.isfinite(bad)][0]
    raise DataError(f"feature {column} of row {begin + row} is {value}; expected numbers.")
