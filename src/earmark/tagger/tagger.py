"""The tagger: a file of music goes in, tags come out, through what one ``.earmark`` file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.audio.load import stream
from earmark.audio.segments import combine
from earmark.errors import AudioError, TaggerError
from earmark.judging.decisions import calibrate, decide, is_unknown, label_sets, parents
from earmark.labels.tags import LabelSet, Tags, Timeline
from earmark.labels.vocabulary import Vocabulary
from earmark.tagger import backbones
from earmark.tagger import format as tagger_format
from earmark.tagger.format import Contents
from earmark.tagger.installed import find, install, names
from earmark.tagger.listening import Ears, Heard

__all__ = ["Tagger", "find", "install", "names"]
_LEAST_SECONDS = 0.5
_CHECK_TOLERANCE = 1e-4  # decoders aside, what differs between processors' arithmetic


class Tagger:
    """Tags audio files.

    >>> tagger = Tagger.load("gtzan10")
    >>> tagger.vocabulary.labels[:3]
    ('blues', 'classical', 'country')
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.manifest = contents.manifest
        where = f"tagger {self.manifest.name}: "
        backbones.provide(contents, where)
        self._ears = Ears(self.manifest.branches, contents.models, len(self.manifest.labels), where)

    @classmethod
    def load(cls, name: str | Path) -> Tagger:
        """Load a tagger by the name of one that is installed, or by path.

        Raises:
            TaggerError: no such tagger, or a damaged, foreign or newer one.
        """
        return cls(tagger_format.read(find(name)))

    def save(self, path: Path) -> None:
        """Write the tagger to one file."""
        tagger_format.write(self.contents, path)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The labels in the order of the scores."""
        return self.manifest.vocabulary

    @cached_property
    def _groups(self) -> dict[str, str]:
        if self.manifest.task == "single":
            return {}
        return {label: self.vocabulary.group(label) for label in self.manifest.labels}

    @property
    def identity(self) -> str:
        """The name and the beginning of the file's SHA-256."""
        return f"{self.manifest.name}@{self.contents.digest[:12] or 'unsaved'}"

    def tag(self, path: Path, *, timeline: bool = False) -> Tags:
        """Tag one audio file of any length, in bounded memory.

        Args:
            timeline: keep the scores of each segment too.

        Raises:
            AudioError: the file cannot be read as music, or nothing is to be heard.
            TaggerError: it is a backbone alone.
        """
        self._refuse_nameless()
        notes: list[str] = []

        def blocks(sample_rate: int) -> Iterator[NDArray[np.float32]]:
            return stream(path, sample_rate=sample_rate, notes=notes)

        heard = self._ears.hear(blocks, notes)
        try:
            return self._answer(str(path), heard, list(dict.fromkeys(notes)), timeline)
        except AudioError as error:
            raise AudioError(f"{path}: {error}") from error

    def scores(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        """Return the calibrated track scores [shape=(labels,)] of mono samples in memory.

        Raises:
            AudioError: no samples, or all of them silent.
            TaggerError: it is a backbone alone.
        """
        self._refuse_nameless()
        return self.replay(samples, sample_rate)

    def replay(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        """Return what its check compares: ``scores``, or a backbone's mean embedding
        [shape=(values,)]; raises as ``scores`` does.
        """
        return self._combine(self._hear(samples, sample_rate))

    def uncalibrated(
        self, samples: NDArray[np.float32], sample_rate: int
    ) -> NDArray[np.float32]:  # fmt: skip
        """Return ``scores`` before they are calibrated; raises as ``scores`` does."""
        self._refuse_nameless()
        return self._average(self._hear(samples, sample_rate))

    def _hear(self, samples: NDArray[np.float32], sample_rate: int) -> list[Heard]:
        def blocks(rate: int) -> Iterable[NDArray[np.float32]]:
            if rate == sample_rate:
                return [samples]
            import soxr

            return [soxr.resample(samples, sample_rate, rate)]

        return self._ears.hear(blocks, [])

    def check(self) -> float:
        """Replay the check that travels with the tagger and return the largest difference.

        Raises:
            TaggerError: the scores differ from those expected by more than 1e-4.
        """
        check = self.contents.check
        samples = (check.samples / 32768).astype(np.float32)
        worst = float(np.abs(self.replay(samples, check.sample_rate) - check.scores).max())
        if not worst <= _CHECK_TOLERANCE:
            raise TaggerError(f"tagger {self.manifest.name} gives other scores here than where it "
                              f"was made: they differ by {worst:.2g}, more than "
                              f"{_CHECK_TOLERANCE:g}; report it with the output of "
                              "'earmark tagger show'.")
        return worst

    def _answer(self, file: str, heard: list[Heard], notes: list[str], timeline: bool) -> Tags:
        if heard[0].seconds < _LEAST_SECONDS:
            raise AudioError(f"lasts {heard[0].seconds:.2g} s; at least {_LEAST_SECONDS:g} s are "
                             "needed to say anything.")
        scores = self._combine(heard)
        decisions, labels = self.manifest.decisions, self.manifest.labels
        among = decisions.unknown.columns if decisions.unknown else ()
        return Tags(
            file=file,
            seconds=heard[0].seconds,
            scores=dict(zip(labels, map(float, scores), strict=True)),
            tags=decide(scores, self.vocabulary, decisions),
            timeline=self._timeline(heard) if timeline else None,
            notes=tuple(notes),
            tagger=self.identity,
            unknown=bool(is_unknown(scores, decisions)),
            groups=self._groups,
            unknown_among=tuple(labels[k] for k in among),
            label_set=self._label_set(scores),
            parents=parents(scores, self.vocabulary, decisions) if decisions.parents else None,
        )

    def _label_set(self, scores: NDArray[np.float32]) -> LabelSet | None:
        if (rule := self.manifest.decisions.label_sets) is None:
            return None
        held = label_sets(scores[None], self.vocabulary, self.manifest.decisions)[0]
        order = np.argsort(-scores, kind="stable")
        return LabelSet(tuple(self.manifest.labels[k] for k in order if held[k]), rule.error,
                        rule.promise)

    def _combine(self, heard: list[Heard]) -> NDArray[np.float32]:
        averaged = self._average(heard)
        return self._calibrate(averaged) if self.manifest.labels else averaged

    def _average(self, heard: list[Heard]) -> NDArray[np.float32]:
        tracks = np.stack([combine(h.scores, h.audible) for h in heard])  # (branches, labels)
        return np.average(tracks, axis=0, weights=self._weights).astype(np.float32)

    def _calibrate(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        found = calibrate(scores, self.manifest.decisions, self.vocabulary)
        return found.astype(np.float32)

    def _refuse_nameless(self) -> None:
        if not self.manifest.labels:
            name = self.manifest.name
            raise TaggerError(f"tagger {name} is a backbone and names nothing by itself; learn "
                              f"labels on it: earmark train FOLDER --features embedding:{name}")

    @property
    def _weights(self) -> list[float]:
        return [branch.weight for branch in self.manifest.branches]

    def _timeline(self, heard: list[Heard]) -> Timeline:
        """Average the branches on the grid of the one with the most segments."""
        finest = max(range(len(heard)), key=lambda i: len(heard[i].starts))
        grid = heard[finest]
        length = min(grid.segment_seconds, grid.seconds)
        aligned = [h.scores[_nearest(h.starts, grid.starts)] for h in heard]
        scores = np.average(np.stack(aligned), axis=0, weights=self._weights).astype(np.float32)
        audible = ~np.isnan(scores[:, 0])
        # Learnt on whole tracks: a segment's chances are less certain than they look.
        scores[audible] = self._calibrate(scores[audible])
        return Timeline(
            starts_seconds=tuple(map(float, grid.starts)),
            segment_seconds=length,
            labels=self.manifest.labels,
            scores=tuple(None if np.isnan(r[0]) else tuple(map(float, r)) for r in scores),
        )


def _nearest(starts: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the last segment that begins at or before each wanted time."""
    found: NDArray[np.int64] = np.searchsorted(starts, wanted + 1e-6, side="right") - 1
    return found.clip(0)
