"""Frames one after another, each with the extremes of the sound it stands for.

Which samples belong to which hop is counted on the blocks themselves as they pass, so that it
depends neither on how frames overlap nor on how they are padded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from earmark.audio.dsp import Floats
from earmark.features.base import Frames

Pieces = Callable[[Iterable[Floats]], Iterator[Floats]]
"""Blocks of a sound to its frames [shape=(frames, values)], a few at a time."""


def stream(blocks: Iterable[Floats], hop_length: int, pieces: Pieces) -> Iterator[Frames]:
    """Yield what ``pieces`` makes of a sound, with each frame's lowest and highest sample.

    Frame t stands for samples ``t * hop_length`` to ``(t + 1) * hop_length``; one that begins where
    the sound ends, for its last sample.
    """
    heard = _Extremes(blocks, hop_length)
    for values in pieces(heard):
        yield Frames(values, *heard.take(len(values)))


class _Extremes:
    """Blocks that pass by, and the lowest and highest sample of each hop so far."""

    def __init__(self, blocks: Iterable[Floats], hop_length: int) -> None:
        self._blocks, self._hop = blocks, hop_length
        self._rest: Floats = np.empty(0, np.float32)  # of the hop that is not yet whole
        self._last: Floats = np.empty(0, np.float32)  # sample of the sound
        self._lows: list[Floats] = []
        self._highs: list[Floats] = []

    def __iter__(self) -> Iterator[Floats]:
        for block in self._blocks:
            self._add(block)
            yield block
        if len(self._rest):
            self._measure(self._rest[None])

    def take(self, frames: int) -> tuple[Floats, Floats]:
        """Return the extremes of the next hops [shape=(frames,) each], and forget them."""
        lows, highs = np.concatenate(self._lows), np.concatenate(self._highs)
        self._lows, self._highs = [lows[frames:]], [highs[frames:]]
        missing = frames - min(frames, len(lows))
        beyond = np.repeat(self._last, missing)
        return np.append(lows[:frames], beyond), np.append(highs[:frames], beyond)

    def _add(self, block: Floats) -> None:
        if not len(block):
            return
        samples = np.concatenate([self._rest, block])
        whole = len(samples) // self._hop * self._hop
        self._measure(samples[:whole].reshape(-1, self._hop))
        self._rest, self._last = samples[whole:].copy(), block[-1:].copy()

    def _measure(self, hops: Floats) -> None:
        self._lows.append(hops.min(axis=1))
        self._highs.append(hops.max(axis=1))
