"""What is known to stand on two sides of a split."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from earmark.datasets.base import Dataset

if TYPE_CHECKING:
    from earmark.judging.splits import Split

_ORDER = ("train", "valid", "test")
_PAIRS = tuple(combinations(_ORDER, 2))


@dataclass(frozen=True)
class Leak:
    """Something two parts of a split have in common.

    Attributes:
        kind: ``artist``, ``album``, ``song``, or the kind of a known fault (``exact duplicate``).
        a: id of a track in the first of ``parts``.
        b: id of a track in the second.
        parts: the two parts, in the order train, valid, test.
        shared: the artist's, album's or song's name; empty for faults.
        tracks: how many tracks of the second part are concerned.
    """

    kind: str
    a: str
    b: str
    parts: tuple[str, str]
    shared: str = ""
    tracks: int = 1


def leaks(split: Split, dataset: Dataset) -> list[Leak]:
    """Return all known to stand on two sides of a split: artists, albums, songs, duplicates.

    An artist in all three parts gives three leaks, one a pair of parts. Tracks of the split that
    the dataset does not hold are passed over. An empty list means that nothing is known.
    """
    kinds: tuple[Literal["artist", "album", "song"], ...] = ("artist", "album", "song")
    shared = [leak for kind in kinds for leak in _shared(split, dataset, kind)]
    return [*shared, *_divided_pairs(split, dataset)]


def _shared(split: Split, dataset: Dataset, kind: Literal["artist", "album", "song"]) -> list[Leak]:
    members: dict[str, dict[str, list[str]]] = {}
    for track, part in split.parts.items():
        if track in dataset.tracks and (name := getattr(dataset.tracks[track], kind)):
            members.setdefault(name, {}).setdefault(part, []).append(track)
    return [
        Leak(kind, within[p][0], within[q][0], (p, q), name, len(within[q]))
        for name, within in sorted(members.items())
        for p, q in _PAIRS
        if p in within and q in within
    ]


def _divided_pairs(split: Split, dataset: Dataset) -> list[Leak]:
    found = {}
    for fault in filter(lambda f: f.is_copy, dataset.faults()):
        pair = [t for t in (fault.track, fault.other) if t is not None and t in split.parts]
        a, *rest = sorted(pair, key=lambda t: (_ORDER.index(split.parts[t]), t)) or [""]
        if rest and split.parts[a] != split.parts[rest[0]]:
            parts = (split.parts[a], split.parts[rest[0]])
            found[a, rest[0], fault.kind] = Leak(fault.kind, a, rest[0], parts)
    return list(found.values())
