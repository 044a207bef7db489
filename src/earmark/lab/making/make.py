"""Making a dataset from a reader's metadata and the audio at hand.

Sample tracks of every label, find their audio by artist, title and duration, check it with the
doctor, put another track of the same label in the place of what is missing or bad, cut into
segments, make features, and publish it all as one table that says how it came to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from earmark.datasets import matching, sampling
from earmark.datasets._files import counted
from earmark.datasets.base import Dataset, Track
from earmark.datasets.made import About, Origin
from earmark.errors import DataError
from earmark.features.base import FeatureSet
from earmark.lab.batches import Log, Wanted, gather
from earmark.lab.doctor.findings import excluded
from earmark.lab.doctor.listening import listen
from earmark.lab.making.filling import Filling, substitutions
from earmark.lab.making.listed import Listed
from earmark.lab.making.published import Published, without_rows
from earmark.labels.vocabulary import Vocabulary


@dataclass(frozen=True)
class Making:
    """What is wanted.

    Attributes:
        per_label: tracks, or albums, of each label.
        unit: which of the two.
        tracks_per_album: at most so many of an album; 0 for all.
        labels: to sample from; empty for all of the dataset's.
        front_end: of the features; empty for none.
        segment_seconds: how tracks are cut; None for whole ones.
        seconds_tolerance: durations further apart are other recordings; None to compare none.
        check: whether the doctor listens to what is chosen.
        title: of the new dataset; empty for one made from the reader's.
        seed: of the sample and of the parts.
    """

    per_label: int = 20
    unit: sampling.Unit = "track"
    tracks_per_album: int = 0
    labels: tuple[str, ...] = ()
    front_end: Mapping[str, Any] = field(default_factory=lambda: {"name": "gtzan57"})
    segment_seconds: float | None = None
    seconds_tolerance: float | None = matching.SECONDS_TOLERANCE
    check: bool = True
    title: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Sample:
    """A plan and what of it is at hand.

    Attributes:
        listed: the dataset's tracks, of the wanted labels only.
        plan: which of them to take.
        files: track to its audio.
        missing: track to why it has none.
        evidence: track to what its match stands on.
    """

    listed: Listed
    plan: sampling.Plan
    files: Mapping[str, Path]
    missing: Mapping[str, str]
    evidence: Mapping[str, str]


def draw(dataset: Dataset, making: Making, audio: Sequence[Path]) -> Sample:
    """Return the sample, and which of its tracks, and of those standing by, are at hand.

    Args:
        audio: folders to look for the recordings in; empty for the dataset's own audio.

    Raises:
        DataError: an unknown label, or no such folder.
    """
    listed = _of_labels(dataset, making.labels)
    plan = sampling.rank(listed, making.per_label, making.unit,
                         np.random.default_rng(making.seed),
                         tracks_per_album=making.tracks_per_album)
    if audio:
        files, evidence = _matched(dataset, listed, audio, making.seconds_tolerance)
        why = "no file at hand of this artist and title"
    else:
        files = {t.id: dataset.root / t.path for t in listed.tracks.values() if t.path is not None}
        evidence, why = {}, "no audio at hand"
    missing = {track: why for track in listed.tracks if track not in files}
    return Sample(listed, plan, files, missing, evidence)


def make(
    dataset: Dataset, sample: Sample, making: Making, log: Log,
    progress: Callable[[int, int], None] | None = None,
) -> Published:
    """Return the dataset, ready to be written.

    Raises:
        DataError: no recording is at hand, or none that is sound.
    """
    if not sample.files:
        raise DataError(f"none of the {len(sample.listed.tracks)} recordings of '{dataset.name}' "
                        "is at hand; name folders that hold them with --audio.")
    fill = Filling(sample.plan.picked_for, sample.plan.waiting, sample.missing,
                   _Inspector(sample, progress) if making.check else lambda _: {})
    ids = fill.tracks()
    log(f"chosen: {len(ids)} tracks, {substitutions(fill.log)} of them instead of others")
    if not ids:
        raise DataError(f"nothing is left of the {len(sample.plan.tracks)} tracks wanted: all are "
                        "missing or bad.")
    tracks = tuple(_placed(dataset, sample, ids))
    features, failed = _features(sample, tracks, making, log)
    vocabulary = sample.listed.vocabulary
    borne = {label for track in tracks for label in track.labels}
    about = About(
        making.title or f"{len(tracks)} tracks of {dataset.title}", dataset.licence,
        dataset.citation, vocabulary.task,
        {label: vocabulary.group(label) for label in vocabulary.labels if label in borne},
        dict(features.source["front_end"]) if features else {},
        making.segment_seconds if features else None, {dataset.name: dataset.fingerprint},
        making.seed,
    )  # fmt: skip
    origins = {t: Origin(dataset.name, t, dataset.tracks[t].labels) for t in ids}
    chosen = ({"event": "chosen", "track": t, "by": sample.evidence.get(t, "its own audio")}
              for t in ids)
    return without_rows(Published(about, tracks, origins, features,
                                  (*fill.log, *chosen, *failed),
                                  tuple(_told(dataset, sample, making, fill, ids))))


@dataclass
class _Inspector:
    """Asks the doctor for what is not sound among the tracks chosen."""

    sample: Sample
    progress: Callable[[int, int], None] | None

    def __call__(self, ids: Sequence[str]) -> Mapping[str, str]:
        listed, files = self.sample.listed, self.sample.files
        chosen = [replace(listed.tracks[i], path=str(files[i].resolve())) for i in ids]
        heard = listen(Listed(listed.root, chosen, listed.vocabulary), progress=self.progress)
        return {track: why for track, why in excluded(heard.findings).items() if track in ids}


def _of_labels(dataset: Dataset, labels: Sequence[str]) -> Listed:
    vocabulary = dataset.vocabulary
    if not labels:
        return Listed(dataset.root, dataset.tracks.values(), vocabulary)
    wanted = tuple(dict.fromkeys(vocabulary.canonical(label) for label in labels))
    groups = {label: vocabulary.group(label) for label in wanted}
    tracks = [replace(t, labels=kept) for t in dataset.tracks.values()
              if (kept := tuple(label for label in t.labels if label in wanted))]
    return Listed(dataset.root, tracks, Vocabulary(wanted, vocabulary.task, groups))


def _matched(
    dataset: Dataset, listed: Listed, audio: Sequence[Path], tolerance: float | None
) -> tuple[dict[str, Path], dict[str, str]]:
    candidates = [c for folder in audio for c in matching.read_candidates(folder)]
    found = matching.match(listed.tracks.values(), dataset.names(), candidates,
                           seconds_tolerance=tolerance)
    return ({track: match.file for track, match in found.items()},
            {track: f"{match.by} ({match.origin})" for track, match in found.items()})


def _placed(dataset: Dataset, sample: Sample, ids: Sequence[str]) -> Iterator[Track]:
    """Yield the tracks with their files, and with artists as people write them."""
    names = dataset.names() or {}
    for track_id in ids:
        track = sample.listed.tracks[track_id]
        artist, title, *_ = (*names.get(track_id, ()), None, None)
        yield replace(track, path=sample.files[track_id].resolve().as_posix(),
                      artist=artist or track.artist, title=title or track.title)


def _features(
    sample: Sample, tracks: Sequence[Track], making: Making, log: Log
) -> tuple[FeatureSet | None, list[dict[str, Any]]]:
    if not making.front_end:
        return None, []
    listed = Listed(sample.listed.root, tracks, sample.listed.vocabulary)
    wanted = Wanted(making.front_end, making.segment_seconds, "audio")
    found = gather(listed, [track.id for track in tracks], wanted, log)
    return found.features, [{"event": "left out", "track": line.partition(":")[0], "why": line}
                            for line in found.failed]


def _told(
    dataset: Dataset, sample: Sample, making: Making, fill: Filling, ids: Sequence[str]
) -> Iterator[str]:
    yield (f"Wanted: {counted(making.per_label, making.unit)} of each label of '{dataset.name}' "
           f"({len(sample.plan.tracks)} tracks); {len(sample.files)} of its "
           f"{len(sample.listed.tracks)} tracks are at hand.")
    yield (f"Taken: {len(ids)}; {substitutions(fill.log)} in the place of tracks that are missing "
           f"or bad (log.jsonl says which and why).")
    if fill.given_up:
        yield "Places that nobody could take: " + ", ".join(
            f"{label} {n}" for label, n in sorted(fill.given_up.items()))
    yield ("Checked by the doctor: unreadable, empty, silent, truncated and duplicate recordings "
           "were replaced." if making.check else "Not checked by the doctor.")
