"""A whole track of any length, heard in passes, in bounded memory.

The first pass remembers the samples as long as they are few, so that an ordinary song is decoded
once however many passes a front end needs; beyond that each pass decodes anew. What is to be known
of the whole track (its length, whether anything is to be heard) is gathered on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from earmark.audio.segments import is_silent
from earmark.errors import AudioError

Samples = NDArray[np.float32]
_HELD_SAMPLES = 1 << 24  # 64 MiB, 12 minutes at 22 050 Hz


class Hearing:
    """Passes over one track, as ``FrontEnd.whole`` takes them: call it to begin a pass.

    The first pass goes through to the end even where a front end leaves it before.

    Attributes:
        samples: how many the first pass brought.
    """

    def __init__(
        self,
        start: Callable[[], Iterable[Samples]],
        *,
        each: Callable[[Samples], None] | None = None,
        held_samples: int = _HELD_SAMPLES,
    ) -> None:
        """Listen to what a function starts to decode: mono blocks [shape=(n,)].

        Args:
            each: called with each block of the first pass.
        """
        self._start, self._each, self._most = start, each, held_samples
        self._held: list[Samples] | None = []
        self._first: Iterator[Samples] | None = None
        self._low, self._high = np.inf, -np.inf
        self.samples = 0

    def __call__(self) -> Iterator[Samples]:
        """Return the blocks of a pass.

        Raises:
            AudioError: the track cannot be read, holds no samples, or is no longer the same.
        """
        if self._first is None:
            self._first = self._new()
            return self._first
        self.finish()
        return iter(self._held) if self._held is not None else self._again()

    def finish(self) -> None:
        """Hear the first pass to its end.

        Raises:
            AudioError: as for a pass.
        """
        for _ in self._first or self():
            pass

    @property
    def silent(self) -> bool:
        """Whether nothing is to be heard in what the first pass brought so far."""
        return is_silent(np.asarray([self._low, self._high], np.float32))

    def _new(self) -> Iterator[Samples]:
        for block in self._start():
            if not len(block):
                continue
            self.samples += len(block)
            self._low = min(self._low, float(block.min()))
            self._high = max(self._high, float(block.max()))
            if self._held is not None:
                self._held.append(block)
                if self.samples > self._most:
                    self._held = None
            if self._each is not None:
                self._each(block)
            yield block
        if not self.samples:
            raise AudioError("holds no audio samples.")

    def _again(self) -> Iterator[Samples]:
        count = 0
        for block in self._start():
            count += len(block)
            yield block
        if count != self.samples:
            raise AudioError("changed while it was read; let whoever writes it finish first.")
