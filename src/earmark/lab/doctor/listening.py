"""Listening to a whole dataset: every file once, over all cores, and what is wrong with it.

A bad file is a finding and never stops the others. What was heard is cached, so that the second
time little but reading the files is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from earmark.audio.queued import likely_seconds
from earmark.datasets.base import Dataset, Track
from earmark.lab import workers
from earmark.lab.doctor.duplicates import (
    NEAR_SIMILARITY,
    DuplicatePair,
    pairs_among,
    paths_of,
)
from earmark.lab.doctor.ears import Ears, Sound, Unheard, ears_cache
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.sound import check_files, check_lengths, check_sound
from earmark.store import ArrayCache

Progress = Callable[[int, int], None]

_PROCESS_SECONDS = 600.0  # of audio, from which on processes repay their start


@dataclass(frozen=True, eq=False)
class Heard:
    """What came of listening.

    Attributes:
        findings: in order of the tracks; then of pairs, then of files.
        pairs: of duplicates, in order of their ids.
        heard: how many tracks could be heard.
    """

    findings: list[Finding]
    pairs: list[DuplicatePair]
    heard: int


def listen(
    dataset: Dataset,
    *,
    near_similarity: float = NEAR_SIMILARITY,
    cache: ArrayCache | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Heard:
    """Listen to all tracks of a dataset that have audio.

    Args:
        near_similarity: from which on a pair is a near duplicate (see ``fingerprint.similarity``).
        cache: of what was heard; None for the user's.
        jobs: files heard at once; None for as many as are allowed (``workers.jobs``).
        progress: called with the number of files done and of all.
        note: called with what is to be said about the processes.
    """
    sounds = hear_all(dataset, cache=cache, jobs=jobs, progress=progress, note=note)
    heard = {name: sound for name, sound in sounds.items() if isinstance(sound, Sound)}
    pairs = pairs_among(heard, near_similarity)
    findings = [*_of_tracks(dataset, sounds), *pair_findings(dataset, pairs),
                *check_files(dataset)]  # fmt: skip
    return Heard(findings, pairs, len(heard))


def hear_all(
    dataset: Dataset,
    *,
    cache: ArrayCache | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> dict[str, Sound | Unheard]:
    """Return what is heard in each track's file, by its id; see ``listen``."""
    paths = paths_of(dataset)
    ears, files = Ears(cache or ears_cache()), list(paths.values())
    done = 0

    def advance(_: Path) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(files))

    if jobs is None:
        jobs = workers.jobs() if likely_seconds(files) >= _PROCESS_SECONDS else 1
    outcomes = workers.run(
        files, ears, jobs=jobs, kind="processes", known=ears.known,
        advance=advance, note=note,
    )  # fmt: skip
    return {
        name: Unheard("unreadable", outcome.error or "") if outcome.value is None else outcome.value
        for name, outcome in zip(paths, outcomes, strict=True)
    }


def pair_findings(dataset: Dataset, pairs: list[DuplicatePair]) -> Iterator[Finding]:
    """Yield what is to be said of each pair: that it is one, that its labels differ, that a
    published partition divides it.

    The track named first is the one to leave out: the one that more published partitions train
    on, else the later one.
    """
    partitions = dataset.partitions()
    for pair in pairs:
        kept, gone = sorted((pair.a, pair.b), key=lambda name: worth(name, partitions))
        how = "the same samples" if pair.kind == "exact" else f"similarity {pair.similarity:.2f}"
        yield Finding(f"{pair.kind} duplicate", gone, how, kept)
        one, other = dataset.tracks[gone], dataset.tracks[kept]
        if _contradict(one, other, dataset.vocabulary.task):
            yield Finding("cross-label duplicate", gone, f"{how}, yet {_labels(one)} here and "
                          f"{_labels(other)} there", kept)
        if divided := list(_divisions(gone, kept, partitions)):
            yield Finding("divided duplicate", gone, f"{how}: {'; '.join(divided)}", kept)


def _of_tracks(dataset: Dataset, sounds: Mapping[str, Sound | Unheard]) -> Iterator[Finding]:
    tracks = dataset.tracks.values()
    if sounds:  # else it is a dataset of features, and nothing is missing
        for track in tracks:
            if track.path is None:
                yield Finding("missing audio", track.id, "no file is there for it")
    for name, sound in sounds.items():
        path = dataset.root / (dataset.tracks[name].path or "")
        if isinstance(sound, Unheard) and not path.exists():
            yield Finding("missing audio", name, sound.reason)
        else:
            yield from check_sound(name, path, sound)
    yield from check_lengths(sounds, {track.id: track.seconds for track in tracks})


def worth(name: str, partitions: Mapping[str, Mapping[str, str]]) -> tuple[int, str]:
    """Return what sorts a track to keep before its copy: what partitions train on can go."""
    return sum(parts.get(name) == "train" for parts in partitions.values()), name


def _contradict(a: Track, b: Track, task: str) -> bool:
    """Tell whether two tracks' labels exclude each other: of several labels, listeners of one
    recording may well name different ones, but hardly none in common."""
    if task == "single":
        return set(a.labels) != set(b.labels)
    return bool(a.labels and b.labels) and not set(a.labels) & set(b.labels)


def _labels(track: Track) -> str:
    return ", ".join(track.labels) or "no label"


def _divisions(
    a: str, b: str, partitions: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    for name, parts in partitions.items():
        if a in parts and b in parts and parts[a] != parts[b]:
            yield f"'{name}' has one in {parts[a]}, the other in {parts[b]}"
