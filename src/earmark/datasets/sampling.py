"""Which tracks to take so that every label has enough: a plan made from metadata, without audio.

The rarest label chooses first. What is chosen counts for all of its labels, so that a common label
is often full before its turn comes; between equals, one that adds least to labels already full is
taken, and another artist goes before the same one again. What is not chosen stays in line, label by
label, to stand in for what turns out to be missing or bad. ``matching`` finds the audio.

The same dataset, numbers and seed give the same plan, whatever the order of the tracks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np

from earmark.datasets.base import Dataset, Track
from earmark.errors import SettingsError

Unit = Literal["album", "track"]


@dataclass(frozen=True)
class Plan:
    """What to take, and what may stand in for it.

    Attributes:
        per_label: how many albums or tracks of each label were wanted.
        unit: which of the two; a track without an album is an album of its own.
        chosen: label to the ids of the chosen tracks that bear it, sorted.
        picked_for: id of each chosen track to the label whose turn it was: by another track of
            this label it is to be replaced.
        found: label to how many albums or tracks were chosen that bear it.
        waiting: label to the ids of the others that bear it, first the first to step in.
    """

    per_label: int
    unit: Unit
    chosen: Mapping[str, tuple[str, ...]]
    picked_for: Mapping[str, str]
    found: Mapping[str, int]
    waiting: Mapping[str, tuple[str, ...]]

    @property
    def tracks(self) -> tuple[str, ...]:
        """The ids of all chosen tracks, sorted, each once."""
        return tuple(sorted(self.picked_for))

    @property
    def short(self) -> dict[str, int]:
        """The labels of which there are fewer than were wanted, with how many there are."""
        return {label: n for label, n in self.found.items() if n < self.per_label}

    def substitutes(self, label: str) -> tuple[str, ...]:
        """Return the ids of the tracks of a label that were not chosen, best first."""
        return self.waiting.get(label, ())


class _Unit(NamedTuple):
    """What is taken as a whole: the tracks of an album, or one track."""

    key: str
    tracks: tuple[str, ...]
    labels: frozenset[str]
    artist: str | None


def rank(
    dataset: Dataset, per_label: int, unit: Unit, rng: np.random.Generator, *,
    tracks_per_album: int = 0,
) -> Plan:
    """Plan a sample with ``per_label`` albums or tracks of each label, as far as there are.

    Args:
        tracks_per_album: at most so many of an album, drawn at random; the others of a chosen
            album are the first to step in. 0 for all.

    Raises:
        SettingsError: a number below 1 (0 for ``tracks_per_album``), or an unknown unit.
    """
    _check(per_label, unit, tracks_per_album)
    tracks = [dataset.tracks[i] for i in sorted(dataset.tracks)]
    units = _units(tracks, unit)
    order = rng.permutation(len(units))
    units = [_drawn(units[i], rng) for i in order] if unit == "album" else [units[i] for i in order]
    lines = _lines(units, dataset.vocabulary.labels)
    picked, found = _pick(lines, per_label)
    return _plan(per_label, unit, lines, picked, found, tracks_per_album or len(tracks))


def _check(per_label: int, unit: str, tracks_per_album: int) -> None:
    if per_label < 1 or tracks_per_album < 0:
        raise SettingsError(f"a sample of {per_label} a label and {tracks_per_album} tracks an "
                            "album; expected 1 or more, and 0 or more.")
    if unit not in get_args(Unit):
        raise SettingsError(f"the unit of a sample is '{unit}'; expected album or track.")


def _units(tracks: Sequence[Track], unit: Unit) -> list[_Unit]:
    groups: defaultdict[str, list[Track]] = defaultdict(list)
    for track in tracks:
        album = track.album if unit == "album" else None
        groups[f"album {album}" if album else f"track {track.id}"].append(track)
    return [_Unit(key, tuple(t.id for t in group), frozenset(n for t in group for n in t.labels),
                  next((t.artist for t in group if t.artist), None))
            for key, group in sorted(groups.items())]  # fmt: skip


def _drawn(unit: _Unit, rng: np.random.Generator) -> _Unit:
    order = rng.permutation(len(unit.tracks))
    return unit._replace(tracks=tuple(unit.tracks[i] for i in order))


def _lines(units: Iterable[_Unit], labels: Iterable[str]) -> dict[str, list[_Unit]]:
    """Return the units of each label, the rarest label first."""
    lines: dict[str, list[_Unit]] = {label: [] for label in labels}
    for unit in units:
        for label in unit.labels:
            lines[label].append(unit)
    return dict(sorted(lines.items(), key=lambda item: (len(item[1]), item[0])))


def _pick(
    lines: Mapping[str, Sequence[_Unit]], per_label: int
) -> tuple[dict[str, str], Counter[str]]:
    """Return each chosen unit's key and label, and how many were chosen that bear each label."""
    picked: dict[str, str] = {}
    found: Counter[str] = Counter()
    for label, line in lines.items():
        full = {name for name, n in found.items() if n >= per_label}
        for unit in _in_order(line, full):
            if found[label] >= per_label:
                break
            if unit.key not in picked:
                picked[unit.key] = label
                found.update(unit.labels)
    return picked, found


def _in_order(line: Sequence[_Unit], full: set[str]) -> list[_Unit]:
    """Return units so that each artist has one before any has two; then the least surplus."""
    surplus = [len(unit.labels & full) for unit in line]
    by_surplus = sorted(range(len(line)), key=lambda i: surplus[i])
    turns: Counter[str] = Counter()
    turn = [0] * len(line)
    for i in by_surplus:
        artist = line[i].artist
        if artist is not None:
            turn[i] = turns[artist]
            turns[artist] += 1
    return [line[i] for i in sorted(by_surplus, key=lambda i: turn[i])]


def _plan(
    per_label: int, unit: Unit, lines: Mapping[str, Sequence[_Unit]], picked: Mapping[str, str],
    found: Mapping[str, int], most: int,
) -> Plan:  # fmt: skip
    chosen: dict[str, tuple[str, ...]] = {}
    waiting: dict[str, tuple[str, ...]] = {}
    picked_for: dict[str, str] = {}
    full = {name for name, n in found.items() if n >= per_label}
    for label, line in sorted(lines.items()):
        taken = [unit for unit in line if unit.key in picked]
        others = [u for u in _in_order(line, full) if u.key not in picked]
        chosen[label] = tuple(sorted(i for u in taken for i in u.tracks[:most]))
        picked_for |= {i: picked[u.key] for u in taken for i in u.tracks[:most]}
        waiting[label] = tuple(
            i for part in ([u.tracks[most:] for u in taken], [u.tracks for u in others])
            for ids in part for i in ids)  # fmt: skip
    return Plan(per_label, unit, chosen, picked_for, {n: found.get(n, 0) for n in sorted(lines)},
                waiting)
