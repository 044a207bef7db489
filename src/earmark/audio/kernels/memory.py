"""Large arrays whose memory is used again.

A fresh array of some megabytes costs a page fault every four kilobytes, which adds up to a fifth of
the time of a 30-second segment. Here the memory of an array goes back to a pool when the last view
of it is gone, and the next array takes it from there.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LEAST_BYTES = 1 << 17  # smaller ones are served well by the allocator
_MOST_BYTES = 1 << 26  # held for later use by each process


class _Pool:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[int, list[NDArray[np.uint8]]] = {}
        self._bytes = 0

    def take(self, size: int) -> NDArray[np.uint8]:
        with self._lock:
            if held := self._free.get(size):
                self._bytes -= size
                return held.pop()
        return np.empty(size, np.uint8)

    def give(self, memory: NDArray[np.uint8]) -> None:
        # Called by the garbage collector, which may strike inside any other call: never wait.
        if self._lock.acquire(blocking=False):
            try:
                if self._bytes + memory.nbytes > _MOST_BYTES:  # sizes of former sounds
                    self._free.clear()
                    self._bytes = 0
                self._free.setdefault(memory.nbytes, []).append(memory)
                self._bytes += memory.nbytes
            finally:
                self._lock.release()


_pool = _Pool()


def empty(shape: Sequence[int], dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return an array of undefined values, as ``np.empty`` does, from the pool where it is large.

    >>> empty((2, 3)).shape
    (2, 3)
    """
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    if not _LEAST_BYTES <= size <= _MOST_BYTES:
        return np.empty(shape, kind)
    rounded = 1 << (size - 1).bit_length() - 3  # eighths of a power of two: sizes meet again
    memory = _pool.take(-(-size // rounded) * rounded)
    # A memoryview in between keeps numpy from tracing later views back to ``memory`` itself.
    array = np.frombuffer(memory.data[:size], kind)
    weakref.finalize(array, _pool.give, memory).atexit = False
    return array.reshape(shape)
