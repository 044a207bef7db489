"""A track as the segments a model listens to: of its sound, or of a front end's frames.

Cut by sound, each segment is a sound of its own, padded at its ends. Cut by frames, the track's
frames are made once and dealt out, so that a frame at a segment's end knows what lies beyond it;
models that were trained on excerpts of whole spectrograms listen so. The rules at the track's end
are those of ``audio.segments``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio.segments import LEAST_TAIL, Segments, is_silent, windows
from earmark.errors import AudioError
from earmark.features.base import Frames, FrontEnd

Samples = NDArray[np.float32]


class Piece(NamedTuple):
    """The features of one segment.

    Attributes:
        start_seconds: where it begins in the track.
        values: what the model takes; None where nothing is to be heard.
        repeated: True when the track was too short and was repeated to fill the segment.
    """

    start_seconds: float
    values: NDArray[np.float32] | None
    repeated: bool


def pieces(front_end: FrontEnd, blocks: Iterable[Samples], segments: Segments) -> Iterator[Piece]:
    """Yield the features of a track's segments, in bounded memory.

    Args:
        blocks: mono, at the front end's sample rate.
        segments: anything but whole tracks, which ``FrontEnd.whole`` takes.

    Raises:
        AudioError: the stream holds no samples.
        SettingsError: frames are to be cut and the family gives none.
    """
    if segments.frames is not None:
        yield from _of_frames(front_end, blocks, segments, segments.frames)
        return
    for window in windows(blocks, segments, front_end.sample_rate,
                          any_length=front_end.any_length):
        values = None if is_silent(window.samples) else front_end(window.samples)
        yield Piece(window.start_seconds, values, window.repeated)


def segment_seconds(front_end: FrontEnd, segments: Segments) -> float | None:
    """Return how long a segment lasts; None for a whole track."""
    if segments.frames is None:
        return segments.seconds
    return segments.frames / (front_end.frames_per_second or 1.0)


def _of_frames(
    front_end: FrontEnd, blocks: Iterable[Samples], segments: Segments, length: int
) -> Iterator[Piece]:
    rate = front_end.frames_per_second or 1.0
    cutter = _FrameCutter(length, segments.hop_frames or length)
    for more in front_end.frames(blocks):
        for first, frames in cutter.add(more):
            yield _piece(first / rate, frames, repeated=False)
    last = cutter.end(keep_tail=segments.tail == "keep")
    if last is not None:
        first, frames = last
        short = len(frames.values) < length
        if short:
            frames = Frames(*(np.resize(a, (length, *a.shape[1:])) for a in frames))
        yield _piece(first / rate, frames, repeated=short)


def _piece(start_seconds: float, frames: Frames, *, repeated: bool) -> Piece:
    extremes = np.asarray([frames.low.min(), frames.high.max()], np.float32)
    return Piece(start_seconds, None if is_silent(extremes) else frames.values, repeated)


class _FrameCutter:
    """Cuts a stream of frames; what was given out last is held until the next segment is whole,
    since a segment moved back to end with the track needs it."""

    def __init__(self, length: int, hop: int) -> None:
        self._length, self._hop = length, hop
        self._held: list[Frames] = []
        self._count = self._start = 0
        self._yielded = False

    def add(self, more: Frames) -> Iterator[tuple[int, Frames]]:
        self._held.append(more)
        self._count += len(more.values)
        if self._count < self._wanted:
            return
        held = self._joined()
        while self._count >= self._wanted:
            if self._yielded:
                held = Frames(*(a[self._hop :] for a in held))
                self._start += self._hop
                self._count -= self._hop
            self._yielded, self._held = True, [held]
            yield self._start, Frames(*(a[: self._length] for a in held))

    def end(self, *, keep_tail: bool) -> tuple[int, Frames] | None:
        """Return the last segment, if there is one: a track shorter than a segment as it is."""
        if not self._count:
            raise AudioError("holds no audio samples.")
        held, rest = self._joined(), self._count - self._length
        if not self._yielded:
            return 0, held
        if not keep_tail or rest < LEAST_TAIL * self._length:
            return None
        return self._start + rest, Frames(*(a[rest:] for a in held))

    @property
    def _wanted(self) -> int:
        return self._length + (self._hop if self._yielded else 0)

    def _joined(self) -> Frames:
        if len(self._held) != 1:
            self._held = [Frames(*(np.concatenate(parts) for parts in zip(*self._held,
                                                                         strict=True)))]
        return self._held[0]
