"""Segments in the place of tracks: to judge by segment, and to deal them as leaky projects do.

``deal`` is the one function of Earmark that deals segments to parts. It re-creates what scores of
source projects rest on (rows of a table divided by chance, so that parts of one recording stand on
both sides), for no other end than to show what that is worth; what comes of it is always leaky.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from earmark.datasets.base import Dataset, Fault, Track
from earmark.lab.learner import Learner
from earmark.labels.dealing import deal_groups
from earmark.labels.vocabulary import Vocabulary


class SegmentTracks(Dataset):
    """The segments of a dataset, each a track of its own: ``blues.00000#2``.

    They have the labels, artist and song of their track, and its copies are theirs.
    """

    def __init__(self, whole: Dataset, segments: Mapping[str, Sequence[str]]) -> None:
        super().__init__(whole.root)
        self.whole, self.segments = whole, segments

    @property
    def vocabulary(self) -> Vocabulary:
        """That of the dataset."""
        return self.whole.vocabulary

    def read_tracks(self) -> list[Track]:
        """Return the segments of all tracks that have any."""
        found = []
        for track_id, names in self.segments.items():
            track = self.whole.tracks[track_id]
            song = track.song or track.id  # without an artist, a track stays whole
            found += [dataclasses.replace(track, id=name, song=song) for name in names]
        return found

    def faults(self) -> list[Fault]:
        """Return the pairs of segments of tracks that are copies."""
        return [
            dataclasses.replace(fault, track=a, other=b)
            for fault in self.whole.faults() if fault.other is not None
            for a, b in product(self.segments.get(fault.track, ())[:1],
                                self.segments.get(fault.other, ()))
        ]

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write nothing: segments are those of another dataset."""


@dataclass(frozen=True)
class Cut:
    """A learner whose tracks are segments.

    Attributes:
        segments: track id to the names of its segments, in their order.
    """

    learner: Learner
    segments: Mapping[str, Sequence[str]]

    @cached_property
    def track(self) -> Mapping[str, str]:
        """Name of a segment to the id of its track."""
        return {name: track for track, names in self.segments.items() for name in names}

    def of(self, tracks: Sequence[str]) -> list[str]:
        """Return the segments of the tracks."""
        return [name for track in tracks for name in self.segments[track]]

    @property
    def whole(self) -> bool:
        """Whether each track is one segment."""
        return all(len(names) == 1 for names in self.segments.values())


def cut(learner: Learner) -> Cut | None:
    """Return the learner with segments for tracks; None where its branches cut tracks differently.
    """
    sets = [gathered.features for gathered in learner.gathered]
    first = sets[0]
    if not all(np.array_equal(first.track_ids, f.track_ids)
               and np.array_equal(first.starts, f.starts) for f in sets):
        return None
    segments: defaultdict[str, list[str]] = defaultdict(list)
    names = []
    for track in first.track_ids.tolist():
        segments[track].append(f"{track}#{len(segments[track])}")
        names.append(segments[track][-1])
    ids = np.asarray(names, dtype=np.str_)
    gathered = tuple(g._replace(features=dataclasses.replace(g.features, track_ids=ids))
                     for g in learner.gathered)
    view = SegmentTracks(learner.dataset, dict(segments))
    return Cut(Learner(view, learner.branches, gathered), dict(segments))


def deal(
    cut: Cut, learn: Sequence[str], test: Sequence[str], rng: np.random.Generator
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Deal the segments of a split's tracks by chance: leaky, on purpose.

    Args:
        learn, test: tracks of a split; as many of their segments are learnt from and judged on.

    Returns:
        Names of segments to learn from and to judge on, with the shares of labels kept.
    """
    pool = np.asarray(cut.of([*learn, *test]))
    wanted = len(cut.of(learn))
    truth = cut.learner.truth(pool.tolist())
    shares = np.array([wanted, len(pool) - wanted]) / len(pool)
    part = deal_groups(np.arange(len(pool)), truth, shares, rng)
    order = np.argsort(part, kind="stable")  # the dealer may be a few segments off
    return tuple(pool[order[:wanted]].tolist()), tuple(pool[order[wanted:]].tolist())
