"""Cutting a track into segments while it streams, and combining their scores.

A track of any length passes through in bounded memory: no more than a segment, a hop and a block
are held at once. The rules at the edges:

* a track shorter than one segment by a tenth or less is one segment as it is, where the front end
  takes any length;
* a shorter one is repeated until it fills the segment, and ``Window.repeated`` says so;
* what is left after the last whole segment gets a segment of its own, moved back to end with the
  track, when it is at least a quarter of a segment long; otherwise it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import AudioError

_NEARLY_WHOLE = 0.9
LEAST_TAIL = 0.25
"""Of a segment: what is left of a track is left out when it is shorter."""
# Two hundredths of a percent of full scale from lowest to highest sample: -74 dB, inaudible.
_SILENT_RANGE = 2e-4


@dataclass(frozen=True)
class Segments:
    """How a track is cut.

    Attributes:
        seconds: length of a segment; None for the whole track in one.
        hop_seconds: from one start to the next; None for the length.
        trim_samples: left off each segment's end (the published GTZAN tables leave off one).
        tail: what becomes of the rest after the last whole segment.
        frames: length of a segment in frames of a front end that gives frames one after another:
            the frames of the whole track are cut, not its sound, so that those at a segment's ends
            know what lies beyond them. ``seconds`` and ``hop_seconds`` are then not used.
        hop_frames: from one start to the next; None for ``frames``.
    """

    seconds: float | None = 30.0
    hop_seconds: float | None = None
    trim_samples: int = 0
    tail: Literal["keep", "drop"] = "keep"
    frames: int | None = None
    hop_frames: int | None = None

    def __post_init__(self) -> None:
        for name in ("frames", "hop_frames"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= 100_000:
                raise ValueError(f"'{name}' is {value}; expected between 1 and 100000.")
        for name in ("seconds", "hop_seconds"):
            value = getattr(self, name)
            if value is not None and not 0.05 <= value <= 3600:
                raise ValueError(f"'{name}' is {value}; expected between 0.05 and 3600 seconds.")
        if not 0 <= self.trim_samples <= 64:
            raise ValueError(f"'trim_samples' is {self.trim_samples}; expected 0 to 64.")

    def length(self, sample_rate: int) -> int | None:
        """Return a segment's length in samples; None for a whole track."""
        if self.seconds is None:
            return None
        return max(1, round(self.seconds * sample_rate) - self.trim_samples)

    def hop(self, sample_rate: int) -> int:
        """Return the samples from one segment's start to the next."""
        return max(1, round((self.hop_seconds or self.seconds or 1.0) * sample_rate))


class Window(NamedTuple):
    """One segment of a track.

    Attributes:
        start_seconds: where it begins in the track.
        samples: float32 mono.
        repeated: True when the track was too short and was repeated to fill the segment.
    """

    start_seconds: float
    samples: NDArray[np.float32]
    repeated: bool


def windows(
    blocks: Iterable[NDArray[np.float32]],
    segments: Segments,
    sample_rate: int,
    *,
    any_length: bool = False,
) -> Iterator[Window]:
    """Cut a stream of mono blocks into segments.

    Args:
        blocks: float32 arrays [shape=(n,)], n of any size.
        any_length: the front end takes segments of any length.

    Raises:
        AudioError: the stream holds no samples.

    >>> second = np.zeros(100, np.float32)
    >>> [w.start_seconds for w in windows([second] * 7, Segments(2.0), 100)]
    [0.0, 2.0, 4.0, 5.0]
    """
    cutter = Cutter(segments, sample_rate, any_length=any_length)
    for block in blocks:
        yield from cutter.add(block)
    yield from cutter.end()


class Cutter:
    """Cuts one stream that is handed to it block by block, so that several can share a stream.

    A whole track (``segments.seconds`` None) is held until it ends; whoever can take it in passes
    does (see ``audio.hearing``).
    """

    def __init__(self, segments: Segments, sample_rate: int, *, any_length: bool = False) -> None:
        self.segments, self.sample_rate = segments, sample_rate
        self._any_length = any_length
        self._length, self._hop = segments.length(sample_rate), segments.hop(sample_rate)
        self._held: list[NDArray[np.float32]] = []  # from _start on, the last yielded segment too
        self._count = self._start = 0
        self._yielded = False

    def add(self, block: NDArray[np.float32]) -> Iterator[Window]:
        """Take the next block [shape=(n,)] and yield the segments that it completes."""
        self._held.append(block)
        self._count += len(block)
        if self._length is None or self._count < self._wanted(self._length):
            return
        held = self._joined()
        while len(held) >= self._wanted(self._length):
            if self._yielded:
                held = held[self._hop :]
                self._start += self._hop
            # Before yielding: whoever stops listening here may go on with the next block.
            self._yielded, self._held, self._count = True, [held], len(held)
            yield Window(self._start / self.sample_rate, held[: self._length], False)

    def end(self) -> Iterator[Window]:
        """Yield what is left where the track ends.

        Raises:
            AudioError: there were no samples.
        """
        held, length, tail = self._joined(), self._length, self.segments.tail
        if not self._yielded:
            _refuse_empty(held)
            yield Window(0.0, held, False) if length is None else _short(
                held, length, any_length=self._any_length
            )
        elif length is not None and tail == "keep" and len(held) - length >= LEAST_TAIL * length:
            begin = len(held) - length
            yield Window((self._start + begin) / self.sample_rate, held[begin:], False)

    def _wanted(self, length: int) -> int:
        return length + (self._hop if self._yielded else 0)

    def _joined(self) -> NDArray[np.float32]:
        if len(self._held) != 1:
            self._held = [np.concatenate([np.empty(0, np.float32), *self._held])]
        return self._held[0]


def is_silent(samples: NDArray[np.float32]) -> bool:
    """Tell whether nothing is to be heard: the samples span less than 2e-4 of full scale.

    A constant offset is silent, whatever its size. For a sound of which only the lowest and the
    highest sample are known, these two say it.
    """
    return not len(samples) or float(samples.max() - samples.min()) < _SILENT_RANGE


def combine(
    scores: NDArray[np.float32], audible: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Average segment scores [shape=(segments, labels)] into track scores [shape=(labels,)].

    Silent segments (``audible`` False) are left out.

    Raises:
        AudioError: no segment is audible.
    """
    heard = scores if audible is None else scores[audible]
    if not len(heard):
        raise AudioError("silent from beginning to end, or its channels cancel each other: "
                         "nothing to tag.")
    mean: NDArray[np.float32] = heard.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def _short(samples: NDArray[np.float32], length: int, *, any_length: bool) -> Window:
    if any_length and len(samples) >= _NEARLY_WHOLE * length:
        return Window(0.0, samples, False)
    return Window(0.0, np.resize(samples, length), len(samples) < _NEARLY_WHOLE * length)


def _refuse_empty(samples: NDArray[np.float32]) -> None:
    if not len(samples):
        raise AudioError("holds no audio samples.")
