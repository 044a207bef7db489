"""A sound of any length as pieces of bounded size whose frames are those of the whole.

What looks at a few frames around each frame (medians over time, overlapping inverse transforms)
needs neighbours: a chunk carries ``before`` and ``after`` frames that belong to the chunks beside
it, so that it can be worked on alone. A short sound is one chunk; an hour is some thirty, one at a
time. What looks at the whole sound (a tuning, a highest level) takes a pass of its own, so the
blocks of a sound come from a function that starts anew at each call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.dsp import Padding, pad

Samples = NDArray[np.float32]
Passes = Callable[[], Iterable[Samples]]
"""Starts a pass over a sound: mono float32 blocks [shape=(n,)] of any size, the same each time."""

# 32 s at 22 050 Hz in hops of 512; a 30-second segment at 44 100 Hz is still one chunk.
CHUNK_FRAMES = 1400

Ends = Padding | Literal["none"]
"""What lies beyond a sound's ends; with ``none`` the first frame begins with the sound and the last
one that is whole is the last, but a sound shorter than a frame is filled up with zeros."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive frames of a sound, those of the whole sound.

    Frame ``i`` of the chunk covers ``samples[i * hop : i * hop + n_fft]``.

    Attributes:
        samples: mono [shape=((frames - 1) * hop + n_fft,)], padded where the sound begins or ends.
        first: number of the first owned frame in the whole sound.
        before: frames at the beginning that the chunk before owns; 0 where the sound begins.
        after: frames at the end that the next chunk owns; 0 where the sound ends.
        frames: how many there are, those of the neighbours included.
        hop_length: in samples.
        n_fft: frame length in samples.
        length: samples of the whole sound, where this is its last chunk; else None.
    """

    samples: Samples
    first: int
    before: int
    after: int
    frames: int
    hop_length: int
    n_fft: int
    length: int | None

    @property
    def own(self) -> slice:
        """The frames that are this chunk's own."""
        return slice(self.before, self.frames - self.after)

    @property
    def is_first(self) -> bool:
        """Whether the sound begins here."""
        return self.first == 0

    @property
    def is_last(self) -> bool:
        """Whether the sound ends here."""
        return self.length is not None


def chunks(
    blocks: Iterable[Samples],
    n_fft: int,
    hop_length: int,
    padding: Ends,
    *,
    halo: int = 0,
    chunk_frames: int = CHUNK_FRAMES,
) -> Iterator[Chunk]:
    """Cut a stream of blocks into chunks that own all ``1 + samples // hop_length`` frames (with
    ``none`` at the ends ``1 + (samples - n_fft) // hop_length``), each frame once.

    Args:
        n_fft: frame length in samples; even where frames are centred.
        padding: of half a frame at the sound's two ends.
        halo: neighbours' frames wanted on either side.

    A chunk owns ``chunk_frames`` frames, the last one up to twice as many; a sound shorter than
    that is one chunk. An empty sound has no chunks.
    """
    half = 0 if padding == "none" else n_fft // 2
    held = _Held()
    own = 0  # number of the next frame to be given out
    for block in blocks:
        held.add(block)
        # A chunk is given out when another whole one is sure to follow, so that the last is never
        # a few frames without their neighbours.
        while held.end >= (own + 2 * chunk_frames + halo) * hop_length + n_fft:
            yield _chunk(held, own, own + chunk_frames, halo, n_fft, hop_length, padding)
            own += chunk_frames
            held.drop(max(0, (own - halo) * hop_length - half))
    if held.end:
        total = 1 + max(0, held.end + 2 * half - n_fft) // hop_length
        yield _chunk(held, own, total, halo, n_fft, hop_length, padding, last=True)


class _Held:
    """The samples that are still needed, by their place in the sound."""

    def __init__(self) -> None:
        self.start = self.end = 0
        self._blocks: list[Samples] = []

    def add(self, block: Samples) -> None:
        self._blocks.append(block)
        self.end += len(block)

    def drop(self, before: int) -> None:
        joined = self.joined()
        self._blocks = [joined[max(0, before - self.start) :].copy()]
        self.start = max(self.start, before)

    def joined(self) -> Samples:
        if len(self._blocks) != 1:
            self._blocks = [np.concatenate(self._blocks)]
        return self._blocks[0]


def _chunk(
    held: _Held, first: int, end: int, halo: int, n_fft: int, hop_length: int, padding: Ends,
    *, last: bool = False,
) -> Chunk:  # fmt: skip
    half = 0 if padding == "none" else n_fft // 2
    before, after = min(halo, first), 0 if last else halo
    start = (first - before) * hop_length - half  # of the samples wanted; negative in the padding
    stop = (end + after - 1) * hop_length + n_fft - half
    samples = held.joined()
    kept = samples[max(0, start) - held.start : (held.end if last else stop) - held.start]
    if padding != "none":
        kept = _padded(samples, kept, max(0, -start), half if last else 0, padding)
    elif len(kept) < n_fft:
        kept = np.pad(kept, (0, n_fft - len(kept)))
    frames = end + after - (first - before)
    return Chunk(np.ascontiguousarray(kept[: (frames - 1) * hop_length + n_fft]), first, before,
                 after, frames, hop_length, n_fft, held.end if last else None)


def _padded(whole: Samples, kept: Samples, left: int, right: int, padding: Padding) -> Samples:
    """Pad the beginning and the end of a sound; ``whole`` begins or ends it, and is at least half a
    frame longer than needed, or all of it."""
    if left and right:
        return pad(kept, left, padding)
    if left:
        return np.concatenate([pad(whole[: 2 * left + 1], left, padding)[:left], kept])
    if right:
        return np.concatenate([kept, pad(whole[-2 * right - 1 :], right, padding)[-right:]])
    return kept
