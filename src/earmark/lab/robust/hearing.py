"""Taggers at work on disturbed music: each file is decoded once, disturbed and heard, and let go.

What is kept of a track are its scores, so that memory does not grow with the collection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.audio.load import probe, stream
from earmark.errors import AudioError
from earmark.graphs.session import single_threads
from earmark.lab import workers
from earmark.lab.batches import Log
from earmark.lab.robust.disturbances import Disturbance, Sound
from earmark.lab.robust.music import Item
from earmark.tagger.tagger import Tagger

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """What the taggers made of one track.

    Attributes:
        plain: each tagger's scores of the undisturbed track [shape=(labels,)].
        disturbed: for each disturbance each tagger's; NaN where nothing is left to be heard.
    """

    plain: tuple[Floats, ...]
    disturbed: tuple[tuple[Floats, ...], ...]


@dataclass(frozen=True)
class Ears:
    """The taggers, what is done to the music, and how much of each track is heard."""

    taggers: Sequence[Tagger]
    disturbances: Sequence[Disturbance]
    seconds: float
    seed: int

    def hear(self, items: Sequence[Item], log: Log) -> list[workers.Outcome[Heard]]:
        """Return what became of each track, in order; those that cannot be heard are named."""
        by_path = {item.path: item for item in items}
        jobs, done = workers.jobs(), 0

        def advance(_: Path) -> None:
            nonlocal done
            done += 1
            log(f"{done} of {len(items)} tracks")

        with single_threads() if jobs > 1 else contextlib.nullcontext():
            return list(workers.run([item.path for item in items], lambda p: self._one(by_path[p]),
                                    jobs=jobs, kind="threads", advance=advance))

    def _one(self, item: Item) -> Heard:
        try:
            sound = beginning(item.path, self.seconds)
            plain = self._scores(sound)
        except AudioError as error:
            named = str(error).startswith(str(item.path))
            raise error if named else AudioError(f"{item.path}: {error}") from error
        return Heard(plain, tuple(self._under(d, sound, item.id) for d in self.disturbances))

    def _under(self, disturbance: Disturbance, sound: Sound, track: str) -> tuple[Floats, ...]:
        try:
            given = disturbance(sound, track, self.seed)
        except AudioError:  # a codec that refuses this sound: it has no answer, and is counted
            return tuple(_nothing(tagger) for tagger in self.taggers)
        return tuple(_or_nan(tagger, given) for tagger in self.taggers)

    def _scores(self, sound: Sound) -> tuple[Floats, ...]:
        return tuple(tagger.scores(*sound) for tagger in self.taggers)


def beginning(path: Path, seconds: float) -> Sound:
    """Return the first seconds of a file, mono, at its own rate.

    Raises:
        AudioError: as for ``load.stream``.
    """
    rate = probe(path).sample_rate
    left, blocks = max(1, round(seconds * rate)), []
    for block in stream(path):
        blocks.append(block[:left])
        left -= len(blocks[-1])
        if not left:
            break
    return Sound(np.concatenate(blocks), rate)


def _or_nan(tagger: Tagger, sound: Sound) -> Floats:
    """An excerpt may be of a silence, which has no scores."""
    try:
        return tagger.scores(*sound)
    except AudioError:
        return _nothing(tagger)


def _nothing(tagger: Tagger) -> Floats:
    return np.full(len(tagger.manifest.labels), np.nan, np.float32)
