"""Which tracks are of one song and which of one artist, as far as is known or can be inferred.

What the dataset says goes first. Where it knows no artist at all, tags and file names are asked.
Recordings that are there twice, by the dataset's own list or by what their sound or feature rows
say, are one song; so are tracks of one artist and title. An artist's group holds whole songs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from earmark.datasets import artists
from earmark.datasets.base import Dataset
from earmark.errors import EarmarkError
from earmark.features.base import FeatureSet
from earmark.lab.batches import Log
from earmark.lab.doctor.duplicates import NEAR_DISTANCE, find_duplicate_rows, find_duplicates

_MOST_ROWS = 20_000  # every pair of rows is compared
_COLUMNS_TO_BE_NEAR = 40  # rows of few numbers are near one another by chance
_ONLY_EQUAL = 1e-6
_ENOUGH = 0.5  # of the tracks


@dataclass(frozen=True)
class Groups:
    """The group of each track.

    Attributes:
        song: track id to a name that is equal for tracks of one song.
        artist: likewise for artists, whole songs staying together.
        artists_suffice: whether the artists of at least half of the tracks are known.
        said: what was known and what was inferred from what, with counts, a sentence each.
    """

    song: Mapping[str, str]
    artist: Mapping[str, str]
    artists_suffice: bool
    said: tuple[str, ...]

    @property
    def songs_repeat(self) -> bool:
        """Whether some song has several tracks."""
        return len(set(self.song.values())) < len(self.song)


def infer(dataset: Dataset, ids: Sequence[str], features: FeatureSet, log: Log) -> Groups:
    """Return the groups of the tracks.

    Args:
        features: of the tracks, to find duplicates in where there is no audio.
    """
    by, whence = _artists(dataset, ids)
    said = [f"artists: {len(set(by.values()))} known, for {len(by)} of {len(ids)} tracks, {whence}"]
    pairs, found = _same_songs(dataset, ids, by, features, log)
    song = _joined(ids, pairs)
    several = [n for n in Counter(song.values()).values() if n > 1]
    what = f"; {'; '.join(found)}" if found else ""
    said.append(f"songs: {len(several)} with several tracks, {sum(several)} tracks in all{what}")
    together = [*pairs, *_neighbours(by)]
    return Groups(song, _joined(ids, together), len(by) >= _ENOUGH * len(ids), tuple(said))


def _artists(dataset: Dataset, ids: Sequence[str]) -> tuple[dict[str, str], str]:
    """Return the artist of each track that has one, and where they are known from."""
    known = {i: artist for i in ids if (artist := dataset.tracks[i].artist)}
    if own := getattr(dataset, "credits", None):  # one's own music: its reader has looked
        counts = {k: n for k, n in artists.origins(own).items() if n and k != "unknown"}
        return known, "from " + (", ".join(counts) or "nothing: no tag, folder or name tells")
    if known:
        return known, "as the dataset says"
    paths = {i: path for i in ids if (path := dataset.tracks[i].path) is not None}
    labels = {artists.fold(label) for label in dataset.vocabulary.labels}
    credited = artists.credit(dataset.root, list(paths.values()), folders=False)
    found = {i: c.artist for i, c in zip(paths, credited, strict=True)
             if c.artist and artists.fold(c.artist) not in labels}  # fmt: skip
    return found, f"inferred from tags and names of {len(paths)} files; the dataset names none"


def _same_songs(
    dataset: Dataset, ids: Sequence[str], by: Mapping[str, str], features: FeatureSet, log: Log
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return pairs of tracks of one song, and for each source of them what it gave."""
    tracks, here = dataset.tracks, set(ids)
    titles = {i: f"{by[i]} / {artists.fold(title)}" for i in ids
              if i in by and (title := tracks[i].title)}  # fmt: skip
    faults = [(f.track, f.other) for f in dataset.faults()
              if f.other and f.kind.endswith("duplicate")]  # fmt: skip
    heard, source = _duplicates(dataset, ids, features, log)
    sources = {
        "named by the dataset": _neighbours({i: s for i in ids if (s := tracks[i].song)}),
        "of one artist and title": _neighbours(titles),
        "listed as duplicates by the dataset": [p for p in faults if here.issuperset(p)],
        f"found as duplicates in the {source}": heard,
    }
    found = [f"{len(pairs)} {_pairs(pairs)} {name}" for name, pairs in sources.items() if pairs]
    return [pair for pairs in sources.values() for pair in pairs], found


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return "pair" if len(pairs) == 1 else "pairs"


def _duplicates(
    dataset: Dataset, ids: Sequence[str], features: FeatureSet, log: Log
) -> tuple[list[tuple[str, str]], str]:
    """Return pairs found by ear where most of the audio is at hand, else in the feature rows."""
    here, tracks = set(ids), dataset.tracks
    if sum(tracks[i].path is not None for i in ids) >= _ENOUGH * len(ids):
        log("looking for duplicates in the audio")
        failed: list[str] = []
        found = find_duplicates(dataset, failed=failed)
        return [(p.a, p.b) for p in found if {p.a, p.b} <= here], "audio"
    names, rows = _one_row_a_track(features)
    if rows.ndim != 2 or len(rows) > _MOST_ROWS or len(rows) < 2:
        return [], "feature rows"
    log("looking for duplicates in the feature rows")
    near = NEAR_DISTANCE if rows.shape[1] >= _COLUMNS_TO_BE_NEAR else _ONLY_EQUAL
    try:
        alike = find_duplicate_rows(rows, names, near_distance=near)
    except EarmarkError:  # values that are no numbers: the model will name them
        return [], "feature rows"
    return [(p.a, p.b) for p in alike], "feature rows"


def _one_row_a_track(features: FeatureSet) -> tuple[list[str], np.ndarray]:
    """Return the names of the tracks and the mean of each one's rows."""
    names, number = np.unique(features.track_ids, return_inverse=True)
    total = np.zeros((len(names), *features.rows.shape[1:]))
    np.add.at(total, number, features.rows)
    count = np.bincount(number).reshape(-1, *[1] * (features.rows.ndim - 1))
    return names.tolist(), total / count


def _neighbours(group: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return pairs that chain the members of each group."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for track, name in group.items():
        members[name].append(track)
    return [pair for its in members.values() for pair in pairwise(its)]


def _joined(ids: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each track the first track that it is joined to, directly or through others."""
    first = {i: i for i in ids}

    def root(track: str) -> str:
        while first[track] != track:
            first[track] = first[first[track]]
            track = first[track]
        return track

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        first[high] = low
    return {i: root(i) for i in first}
