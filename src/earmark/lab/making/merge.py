"""Several datasets as one: labels through the taxonomy, artists as one where they are one.

Each track keeps where it is from and what it was called there. The parts are dealt over all of it
by artist, so that who sings in the train part of one dataset is not in the test part of another.
A track that is in two of the datasets, by its origin, its file or its features, is taken once.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from earmark.datasets import artists
from earmark.datasets._files import copies
from earmark.datasets.base import Dataset, Track
from earmark.datasets.made import About, Made, Origin
from earmark.errors import DataError
from earmark.features.base import FeatureSet
from earmark.lab.batches import Log, Wanted, gather
from earmark.lab.doctor import find_duplicate_rows
from earmark.lab.making.published import Published, without_rows
from earmark.labels import bridge, crosswalk
from earmark.labels.taxonomy import Taxonomy

# Ids of these are paths within one folder: equal ones in two folders say nothing.
_OWN = frozenset({"folder", "manifest", "filetags", "synthetic"})


@dataclass(frozen=True)
class Merging:
    """What is wanted of a merger.

    Attributes:
        to: labels to bring all others to; empty for all labels, as the taxonomy calls them.
        front_end: of the features; empty for none.
        segment_seconds: how tracks are cut; None for whole ones.
        title: of the new dataset.
        seed: of the parts.
    """

    to: tuple[str, ...] = ()
    front_end: Mapping[str, Any] = field(default_factory=dict)
    segment_seconds: float | None = None
    title: str = "A merged dataset"
    seed: int = 0


def merge(
    datasets: Sequence[Dataset], merging: Merging, taxonomy: Taxonomy, log: Log
) -> Published:
    """Return the merged dataset, ready to be written.

    Raises:
        DataError: fewer than two datasets, one that cannot be read, or none of whose labels is
            wanted.
    """
    if len(datasets) < 2:
        raise DataError(f"{len(datasets)} dataset given; expected two or more to merge.")
    names = _called(datasets)
    parts = [_Part(name, dataset, merging, taxonomy) for name, dataset in zip(names, datasets,
                                                                           strict=True)]
    tracks = _artists_as_one([track for part in parts for track in part.tracks])
    origins = {track: origin for part in parts for track, origin in part.origins.items()}
    again = _again(tracks, origins)
    contrary = _contrary(tracks, again)
    tracks = [track for track in tracks if track.id not in again]
    groups = _groups(tracks, merging.to, taxonomy)
    features = _features(parts, {track.id for track in tracks}, merging, log)
    about = About(
        merging.title, _united(parts, "licence"), _united(parts, "citation"),
        "multi" if any(len(track.labels) > 1 for track in tracks) else "single", groups,
        dict(features.source["front_end"]) if features else {},
        merging.segment_seconds if features else None,
        {part.name: part.dataset.fingerprint for part in parts}, merging.seed,
    )
    events = [{"event": "left out", "track": t, "why": f"the same as {a}{contrary.get(t, '')}"}
              for t, a in again.items()]
    events += [event for part in parts for event in part.events]
    told = [line for part in parts for line in part.told()]
    if again:
        told.append(f"{len(again)} tracks left out, which are in another of the datasets as well "
                    "(the same origin, or the same file)")
    if contrary:
        told.append(f"{len(contrary)} of these bear other labels there; those of the dataset named "
                    "first are kept, and log.jsonl lists them: listen to them")
    if lost := [label for label in merging.to if label not in groups]:
        told.append(f"wanted labels that nothing leads to: {', '.join(map(_guessed, lost))}")
    whole = without_rows(Published(about, tuple(tracks), origins, features, tuple(events),
                                   tuple(told)))
    return _once(whole)


class _Part:
    """One of the datasets: its tracks under new ids and labels."""

    def __init__(
        self, name: str, dataset: Dataset, merging: Merging, taxonomy: Taxonomy
    ) -> None:
        self.name, self.dataset = name, dataset
        labels = dataset.vocabulary.labels
        self.bridge = _led(dataset.name, labels, merging.to, taxonomy)
        self.tracks: list[Track] = []
        self.origins: dict[str, Origin] = {}
        self.new_ids: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        # Known copies go together where no artist keeps them so.
        self._copies = {t: f.track for f in dataset.faults() if f.is_copy and f.other
                        for t in (f.track, f.other)}
        names = dataset.names() or {}  # where artists are keys, which no other dataset has
        for track in dataset.tracks.values():
            written = names.get(track.id, (None,))[0]
            self._take(replace(track, artist=written or track.artist))
        if not self.tracks:
            raise DataError(f"{dataset.root}: none of its labels ({', '.join(labels[:5])} ...) is "
                            f"one of those wanted: {', '.join(merging.to)}.")

    def _take(self, track: Track) -> None:
        labels = tuple(dict.fromkeys(new for label in track.labels for new in self.bridge[label]))
        if not labels:
            self.events.append({"event": "left out", "track": f"{self.name}/{track.id}",
                                "why": f"no label wanted: {', '.join(track.labels) or 'none'}"})
            return
        new, song = f"{self.name}/{track.id}", track.song or self._copies.get(track.id)
        path = (self.dataset.root / track.path).resolve().as_posix() if track.path else None
        self.new_ids[track.id] = new
        self.tracks.append(replace(
            track, id=new, labels=labels, path=path,
            album=f"{self.name}/{track.album}" if track.album else None,
            song=f"{self.name}/{song}" if song else None,
        ))  # fmt: skip
        self.origins[new] = (self.dataset.origin(track.id) if isinstance(self.dataset, Made)
                             else Origin(self.dataset.name, track.id, track.labels))

    def told(self) -> Iterator[str]:
        """Yield sentences on what came of it."""
        gone = [label for label, to in self.bridge.items() if not to]
        yield (f"{self.name}: {len(self.tracks)} of {len(self.dataset.tracks)} tracks; "
               f"{self.dataset.title}")
        renamed = [f"{label} = {', '.join(to)}" for label, to in self.bridge.items()
                   if to and to != (label,)]
        if renamed:
            yield f"{self.name}: labels read as: {'; '.join(renamed)}"
        if gone:
            yield f"{self.name}: labels left out: {', '.join(gone)}"


def wanted_labels(to: str | None) -> tuple[str, ...]:
    """Return the labels that a user asked for: those of a label set, or names parted by commas.

    Raises:
        DataError: a set that lists no labels, or a name that is empty.
    """
    if to is None:
        return ()
    if to in crosswalk.names():
        return bridge.labels_of(to)
    labels = tuple(name.strip() for name in to.split(","))
    if len(labels) == 1 or not all(labels):
        raise DataError(f"'{to}' is neither a label set ({', '.join(crosswalk.names())}) nor "
                        "several names parted by commas.")
    return labels


def _led(
    dataset: str, labels: Sequence[str], to: Sequence[str], taxonomy: Taxonomy
) -> dict[str, tuple[str, ...]]:
    """Return what becomes of each label."""
    of = crosswalk.set_of(dataset, labels)
    if to:
        return {label: passage.to
                for label, passage in bridge.translate(labels, of, to, taxonomy).items()}
    walk = crosswalk.read(of, taxonomy) if of else crosswalk.of(labels, taxonomy)
    return {label: (walk.meaning(label).ours,) for label in labels}


def _called(datasets: Sequence[Dataset]) -> list[str]:
    """Return a name for each: the dataset's, numbered where there are several of one."""
    seen: Counter[str] = Counter()
    names = []
    for dataset in datasets:
        seen[dataset.name] += 1
        number = seen[dataset.name]
        names.append(dataset.name if number == 1 else f"{dataset.name}-{number}")
    return names


def _again(tracks: Sequence[Track], origins: Mapping[str, Origin]) -> dict[str, str]:
    """Return each track that is in an earlier dataset as well, and which it is there."""
    first: dict[tuple[str, str], str] = {}
    again: dict[str, str] = {}
    for track in tracks:
        origin = origins[track.id]
        keys = [(origin.dataset, origin.id)] if origin.dataset not in _OWN else []
        keys += [("", track.path)] if track.path else []
        known = [first[key] for key in keys if key in first]
        if known:
            again[track.id] = known[0]
        for key in keys:
            first.setdefault(key, track.id)
    left = [track for track in tracks if track.id not in again]
    turn = {track.id: number for number, track in enumerate(left)}
    for fault in copies(Path(), left):
        if fault.other is None or _part_of(fault.track) == _part_of(fault.other):
            continue  # within one dataset it is the doctor's to tell
        earlier, later = sorted((fault.track, fault.other), key=turn.__getitem__)
        again[later] = earlier
    return again


def _contrary(tracks: Sequence[Track], again: Mapping[str, str]) -> dict[str, str]:
    """Return what to say of tracks that bear other labels than what they are the same as."""
    labels = {track.id: track.labels for track in tracks}
    return {track: f", which bears {', '.join(labels[other])} and not {', '.join(labels[track])}"
            for track, other in again.items() if set(labels[track]) != set(labels[other])}


def _guessed(label: str) -> str:
    """Return a label with the nearest that the taxonomy has, where it has not this one."""
    taxonomy = Taxonomy.read()
    if taxonomy.canonical(label) is not None:
        return label
    near = difflib.get_close_matches(label, taxonomy.labels, n=1)
    return f"{label} (is '{near[0]}' meant?)" if near else f"{label} (not known)"


def _part_of(track: str) -> str:
    return track.partition("/")[0]


def _artists_as_one(tracks: Sequence[Track]) -> list[Track]:
    spelt = artists.unify([track.artist for track in tracks])
    return [replace(track, artist=artist) for track, artist in zip(tracks, spelt, strict=True)]


def _groups(
    tracks: Sequence[Track], to: Sequence[str], taxonomy: Taxonomy
) -> dict[str, str]:
    """Return label to group: the wanted ones in their order, else all that are borne, sorted."""
    borne = {label for track in tracks for label in track.labels}
    labels = [label for label in to if label in borne] or sorted(borne, key=lambda n: n.casefold())
    return {label: taxonomy.group_of(label) if taxonomy.canonical(label) else "other"
            for label in labels}


def _united(parts: Sequence[_Part], fact: str) -> str:
    said = {part.name: str(getattr(part.dataset.about if isinstance(part.dataset, Made)
                                   else part.dataset, fact)) for part in parts}
    return " | ".join(f"{name}: {text}" for name, text in said.items())


def _features(
    parts: Sequence[_Part], wanted: set[str], merging: Merging, log: Log
) -> FeatureSet | None:
    if not merging.front_end:
        return None
    branch = Wanted(merging.front_end, merging.segment_seconds)
    sets = []
    for part in parts:
        ids = sorted(old for old, new in part.new_ids.items() if new in wanted)
        if not ids:
            continue
        found = gather(part.dataset, ids, branch, log)
        part.events += [{"event": "left out", "track": line.partition(":")[0], "why": line}
                        for line in found.failed]
        rows = found.features
        renamed = np.asarray([part.new_ids[i] for i in rows.track_ids.tolist()], dtype=np.str_)
        sets.append(replace(rows, track_ids=renamed, source={"table": part.name, **rows.source}))
    return FeatureSet.joined(sets)


def _once(published: Published) -> Published:
    """Return it with one of each two tracks of different datasets whose features are the same."""
    features = published.features
    if features is None:
        return published
    ids = sorted({str(i) for i in features.track_ids})
    at = {name: i for i, name in enumerate(ids)}
    rows = np.zeros((len(ids), int(np.prod(features.rows.shape[1:]))))
    counts = np.zeros(len(ids))
    owners = np.asarray([at[name] for name in features.track_ids.tolist()])
    np.add.at(rows, owners, features.rows.reshape(len(features.rows), -1))
    np.add.at(counts, owners, 1)
    pairs = [pair for pair in find_duplicate_rows(rows / counts[:, None], ids)
             if pair.kind == "exact" and _part_of(pair.a) != _part_of(pair.b)]
    # Of the dataset named first it is kept.
    turn = {track.id: number for number, track in enumerate(published.tracks)}
    gone = {max(p.a, p.b, key=turn.__getitem__): min(p.a, p.b, key=turn.__getitem__)
            for p in pairs}
    events = [{"event": "left out", "track": b, "why": f"the same as {a}"}
              for b, a in gone.items()]
    kept = tuple(track for track in published.tracks if track.id not in gone)
    told = published.told
    if gone:
        told = (*told, f"{len(gone)} tracks left out, whose features are those of a track of "
                       "another of the datasets")
    return replace(published, tracks=kept, features=features.of([t.id for t in kept]),
                   log=(*published.log, *events), told=told)
