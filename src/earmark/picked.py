"""Some rows of a larger array, read when they are asked for.

Pictures of a thousand tracks fill gigabytes; a network looks at a few at a time, and of each at a
part. What is picked here stays where it is, on the disk where the array is memory-mapped, until
a batch takes it.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

_BLOCK_VALUES = 1 << 23


class Picked:
    """A view of chosen rows that passes for an array where rows are counted, indexed by number,
    slice, list or mask, or turned into a real one by ``numpy.asarray``.

    Attributes:
        base: the larger array [shape=(n, ...)].
        numbers: of the rows chosen [shape=(rows,)].
    """

    def __init__(self, base: NDArray[Any], numbers: NDArray[np.intp]) -> None:
        self.base, self.numbers = base, np.asarray(numbers, np.intp)

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (len(self.numbers), *self.base.shape[1:])

    @property
    def ndim(self) -> int:
        """As of an array."""
        return self.base.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        return self.base.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: Any) -> Any:
        """Return a row for a number, and else an array of the rows."""
        return self.base[self.numbers[index]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("rows that are picked from an array cannot be had without a copy.")
        found: NDArray[Any] = self.base[self.numbers]
        return found if dtype is None else found.astype(dtype, copy=False)

    def __getstate__(self) -> dict[str, Any]:
        """Say where a mapped array lies, for another process, rather than send what it holds."""
        base = self.base
        # Not a part of a mapped array, whose base is the array.
        if isinstance(base, np.memmap) and isinstance(cast(Any, base.base), mmap.mmap):
            place = (str(base.filename), base.dtype.str, base.offset, base.shape)
            return {"place": place, "numbers": self.numbers}
        return {"base": base, "numbers": self.numbers}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.numbers = state["numbers"]
        if "place" in state:
            name, dtype, offset, shape = state["place"]
            self.base = np.memmap(name, np.dtype(dtype), "r", offset, shape)
        else:
            self.base = state["base"]

    def picked(self, keep: NDArray[Any]) -> Picked:
        """Return some of these rows, by numbers or a mask, still unread."""
        return Picked(self.base, self.numbers[keep])


def pick(rows: Any, keep: NDArray[Any]) -> NDArray[Any]:
    """Return some rows, by numbers or a mask: at once for rows of numbers, unread for pictures.

    >>> pick(np.arange(3), np.array([True, False, True]))
    array([0, 2])
    >>> len(pick(np.zeros((3, 4, 5)), np.array([0, 2])))
    2
    """
    if hasattr(rows, "picked"):
        return cast(NDArray[Any], rows.picked(keep))
    if rows.ndim <= 2:
        return cast(NDArray[Any], rows[keep])
    numbers = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
    return cast(NDArray[Any], Picked(rows, numbers))


def row_blocks(rows: Any) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield all rows a few at a time as float32, each block with the number of its first.

    >>> [(first, len(block)) for first, block in row_blocks(np.zeros((3, 1 << 22)))]
    [(0, 2), (2, 1)]
    """
    size = max(1, _BLOCK_VALUES // max(1, int(np.prod(rows.shape[1:]))))
    for begin in range(0, len(rows), size):
        yield begin, np.asarray(rows[np.arange(begin, min(begin + size, len(rows)))], np.float32)
