"""Which labels a part of a split has no track of."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from earmark.datasets.base import Dataset
from earmark.judging.groups import By, group_names

if TYPE_CHECKING:
    from earmark.judging.splits import Split


@dataclass(frozen=True)
class Missing:
    """A label that is borne in a split, but by no track of one of its parts.

    Attributes:
        label: its name.
        part: ``train``, ``valid`` or ``test``.
        tracks: of the split that bear it.
        groups: artists that these are of; a track without artist counts as its song, else by
            itself. With fewer of them than parts no dealing of whole artists could help.
    """

    label: str
    part: str
    tracks: int
    groups: int


def missing_labels(split: Split, dataset: Dataset, by: By = "artist") -> tuple[Missing, ...]:
    """Return the labels that parts lack, by name; parts without any track are passed over.

    Tracks of the split that the dataset does not hold are passed over, too.

    Args:
        by: what is counted as a group, as in ``group_names``.
    """
    ids = [track for track in split.parts if track in dataset.tracks]
    tracks: Counter[str] = Counter()
    groups: defaultdict[str, set[str]] = defaultdict(set)
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for track, group in zip(ids, group_names(dataset, ids, by), strict=True):
        for label in dataset.tracks[track].labels:
            tracks[label] += 1
            groups[label].add(group)
            parts[label].add(split.parts[track])
    return tuple(
        Missing(label, part, tracks[label], len(groups[label]))
        for label in sorted(tracks)
        for part, count in split.counts.items()
        if count and part not in parts[label]
    )
