"""Branches at work: a track streams by once for all branches that listen at one sample rate.

Branches of one front end and one way of cutting share a listener, which cuts and makes features
once and hands them to each branch's model. Listeners of one sample rate share what is decoded:
whichever has heard least goes on, so that no more of the track is held than a segment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio.hearing import Hearing
from earmark.errors import SettingsError, TaggerError
from earmark.features import base as features
from earmark.features.base import FrontEnd
from earmark.features.cutting import pieces, segment_seconds
from earmark.graphs.session import Session
from earmark.tagger.format import Branch

Blocks = Callable[[int], Iterable[NDArray[np.float32]]]
"""Sample rate in Hz to a stream of mono blocks."""

class Heard(NamedTuple):
    """What a branch made of one track.

    Attributes:
        starts: of the segments, in seconds [shape=(segments,)].
        seconds: length of the track.
        scores: [shape=(segments, labels)]; NaN rows where the track is silent.
        segment_seconds: length of a segment.
    """

    starts: NDArray[np.float64]
    seconds: float
    scores: NDArray[np.float32]
    segment_seconds: float

    @property
    def audible(self) -> NDArray[np.bool_]:
        """Which segments have scores."""
        return ~np.isnan(self.scores[:, 0])


class Ears:
    """All branches of a tagger."""

    def __init__(
        self, branches: Sequence[Branch], models: Mapping[str, bytes], labels: int,
        where: str = "",
    ) -> None:  # fmt: skip
        """Take the branches and their graphs by file name; ``where`` begins errors.

        Raises:
            TaggerError: a graph that may not be run, or a front end that is unknown.
        """
        self._listeners: list[_Listener] = []
        self._places: list[tuple[_Listener, int]] = []  # branch -> its listener, its model there
        for branch in branches:
            listener = self._listener(branch)
            listener.models.append(_model(branch, models[branch.model], labels, where))
            self._places.append((listener, len(listener.models) - 1))

    def hear(self, blocks: Blocks, notes: list[str]) -> list[Heard]:
        """Return what each branch made of the track, in the order of the branches.

        Raises:
            AudioError: the track cannot be read, or holds no samples.
        """
        heard: dict[int, list[Heard]] = {}
        for rate in dict.fromkeys(its.front_end.sample_rate for its in self._listeners):
            group = [its for its in self._listeners if its.front_end.sample_rate == rate]
            heard |= _heard_together(group, rate, blocks, notes)
        return [heard[id(listener)][place] for listener, place in self._places]

    def _listener(self, branch: Branch) -> _Listener:
        try:
            front_end = features.build(branch.front_end)
        except SettingsError as error:
            raise TaggerError(f"{branch.model}: {error}") from error
        for known in self._listeners:
            if (known.front_end, known.branch.segments) == (front_end, branch.segments):
                return known
        self._listeners.append(_Listener(branch, front_end))
        return self._listeners[-1]


class _Listener:
    """One front end, one way of cutting, and the models that take what comes of it."""

    def __init__(self, branch: Branch, front_end: FrontEnd) -> None:
        self.branch, self.front_end = branch, front_end
        self.models: list[_Model] = []

    @property
    def length(self) -> float | None:
        """Of a segment in seconds; None where a track is heard whole."""
        return segment_seconds(self.front_end, self.branch.segments)

    def hear(self, counted: _Counted, notes: list[str]) -> Generator[None, None, list[Heard]]:
        """Return what each model made of the track, in steps of a segment."""
        segments, length = self.branch.segments, self.length
        assert length is not None
        starts: list[float] = []
        batch: list[NDArray[np.float32] | None] = []
        scores: list[list[NDArray[np.float32]]] = [[] for _ in self.models]
        for piece in pieces(self.front_end, counted, segments):
            if piece.repeated:
                notes.append(f"shorter than one segment of {length:g} s: repeated to fill it")
            starts.append(piece.start_seconds)
            batch.append(piece.values)
            if len(batch) == self.branch.batch:
                self._score(batch, scores)
                batch = []
            yield
        self._score(batch, scores)
        seconds = counted.samples / self.front_end.sample_rate
        return [Heard(np.asarray(starts), seconds, np.concatenate(found), length)
                for found in scores]

    def hear_whole(self, blocks: Blocks) -> list[Heard]:
        """Return what each model made of a track that is one segment."""
        rate = self.front_end.sample_rate
        hearing = Hearing(lambda: blocks(rate))
        values = self.front_end.whole(hearing)
        hearing.finish()
        batch = [None if hearing.silent else values]
        seconds = hearing.samples / rate
        return [Heard(np.zeros(1), seconds, model.scores(batch), seconds) for model in self.models]

    def _score(
        self, batch: list[NDArray[np.float32] | None], scores: list[list[NDArray[np.float32]]]
    ) -> None:
        for model, found in zip(self.models, scores, strict=True):
            found.append(model.scores(batch))


def _heard_together(
    group: Sequence[_Listener], rate: int, blocks: Blocks, notes: list[str]
) -> dict[int, list[Heard]]:
    """Return what listeners of one sample rate made of a track, each under its id."""
    heard = {id(its): its.hear_whole(blocks) for its in group if its.length is None}
    cutting = [its for its in group if its.length is not None]
    if not cutting:
        return heard
    running = []
    for its, stream in zip(cutting, _shared(blocks(rate), len(cutting)), strict=True):
        counted = _Counted(stream)
        running.append((counted, its.hear(counted, notes), its))
    while running:
        first = min(running, key=lambda at_work: at_work[0].samples)
        try:
            next(first[1])
        except StopIteration as end:
            heard[id(first[2])] = end.value
            running.remove(first)
    return heard


def _shared(
    blocks: Iterable[NDArray[np.float32]], count: int
) -> list[Iterator[NDArray[np.float32]]]:
    """Return a stream as so many, each block held until all have it and no longer, which tee, with
    its links of 57, does not promise."""
    source = iter(blocks)
    ahead: list[deque[NDArray[np.float32]]] = [deque() for _ in range(count)]

    def one(mine: deque[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        while True:
            if not mine:
                for block in source:
                    for its in ahead:
                        its.append(block)
                    del block
                    break
                else:
                    return
            yield mine.popleft()

    return [one(mine) for mine in ahead]


def _model(branch: Branch, content: bytes, labels: int, where: str) -> _Model:
    name = where + branch.model
    session = Session(content, name)
    return _Model(name, session, labels) if labels else _Backbone(name, session, branch.embedding)


class _Model:
    """One ONNX graph."""

    def __init__(self, name: str, session: Session, labels: int) -> None:
        self.name, self.labels = name, labels
        self._session = session

    def scores(self, batch: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32]:
        """Return scores [shape=(segments, labels)], NaN for the silent segments (None)."""
        scores = np.full((len(batch), self.labels), np.nan, np.float32)
        heard = [i for i, row in enumerate(batch) if row is not None]
        if heard:
            scores[heard] = self._run(np.stack([row for row in batch if row is not None]))
        return scores

    def _run(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        (given,) = self._session.run(rows)
        if given.shape != (len(rows), self.labels):
            raise TaggerError(f"{self.name} gives scores of shape {given.shape}; expected "
                              f"{(len(rows), self.labels)}.")
        if not ((given >= -1e-6) & (given <= 1 + 1e-6)).all():
            raise TaggerError(f"{self.name} gives scores outside 0 to 1.")
        clipped: NDArray[np.float32] = np.clip(given, 0, 1)
        return clipped


class _Backbone(_Model):
    """A graph that gives no scores: its embedding stands for them."""

    def __init__(self, name: str, session: Session, output: str) -> None:
        self._output = output
        try:
            width = session.outputs[output][-1]
        except (KeyError, IndexError):
            width = None
        if not isinstance(width, int):
            raise TaggerError(f"{name} has no output '{output}' of a known width to learn on.")
        super().__init__(name, session, width)

    def _run(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        (given,) = self._session.run(rows, (self._output,))
        if given.shape != (len(rows), self.labels) or not np.isfinite(given).all():
            raise TaggerError(f"{self.name} gives an embedding of shape {given.shape}; expected "
                              f"{(len(rows), self.labels)}, all of them finite numbers.")
        return given


class _Counted:
    """Blocks that are counted as they pass."""

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._blocks, self.samples = blocks, 0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            self.samples += len(block)
            yield block
