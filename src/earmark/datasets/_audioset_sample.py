"""A made-up copy of AudioSet in Google's layout, for tests and tutorials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.datasets import _audioset_labels as known
from earmark.datasets._audioset_clips import SEGMENTS, SUFFIX
from earmark.graphs.tfrecord import SequenceExample, Value, encoded, write_records
from earmark.labels import crosswalk
from earmark.store import write_text

_CLIPS = {"bal_train": 24, "eval": 12}
_SECONDS, _SIZE = 10, 128
_MUSIC = 137
_GENRES = (216, 219, 235)  # Pop music, Rock music, Jazz
_INSTRUMENTS, _MOODS = (140, 141, 153), (276, 278)  # guitars, piano; happy and sad music
_IDS = {_MUSIC: "/m/04rlf"}
_BRANCHES = {"Music": ["Musical instrument", "Music genre", "Music mood"],
             "Musical instrument": ["Guitar", "Piano"], "Guitar": ["Electric guitar"],
             "Music genre": ["Pop music", "Rock music", "Jazz"],
             "Music mood": ["Happy music", "Sad music"]}  # fmt: skip


class _Made(NamedTuple):
    """One clip.

    Attributes:
        seconds: what the network made of each [shape=(seconds, 128)].
    """

    video: str
    start: int
    labels: tuple[int, ...]
    seconds: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def write(root: Path) -> None:
    """Write labels, ontology, segments and records."""
    rng = np.random.default_rng(527)
    names = _names()
    ids = [_IDS.get(number, f"/m/0{number:04}") for number in range(known.COUNT)]
    rows = [f'{number},{ids[number]},"{name}"' for number, name in enumerate(names)]
    write_text(root / "class_labels_indices.csv", "index,mid,display_name\n" + "\n".join(rows)
               + "\n")  # fmt: skip
    write_text(root / "ontology.json", json.dumps(_ontology(dict(zip(names, ids, strict=True)))))
    centres = rng.normal(128, 30, (len(_GENRES), _SIZE))
    for part, count in _CLIPS.items():
        clips = [_clip(part, number, centres, rng) for number in range(count)]
        folder = root / "features" / "audioset_v1_embeddings" / part
        for first in range(2):  # two files, as many as matter
            path = folder / f"{part[0]}{first}{SUFFIX}"
            write_records(path, [_record(clip) for clip in clips[first::2]])
        write_text(root / SEGMENTS[part], _segments(clips, ids))


def _names() -> list[str]:
    """Return 527 names: those about music as in AudioSet, invented ones for the rest."""
    numbers = sorted(known.MUSIC_NUMBERS)
    music = dict(zip(numbers, crosswalk.read("audioset527").sheet.labels, strict=False))
    return [music.get(number, f"Sound {number}") for number in range(known.COUNT)]


def _ontology(ids: dict[str, str]) -> list[dict[str, object]]:
    named = dict.fromkeys([*_BRANCHES, *(name for below in _BRANCHES.values() for name in below)])
    places = {name: ids.get(name, f"/t/{name}") for name in [*ids, *named]}
    return [{"id": mid, "name": name, "child_ids": [places[c] for c in _BRANCHES.get(name, [])]}
            for name, mid in places.items()]  # fmt: skip


def _clip(part: str, number: int, centres: np.ndarray, rng: np.random.Generator) -> _Made:
    genre = number % len(_GENRES)
    labels = [_MUSIC, _GENRES[genre], _INSTRUMENTS[number % 3]]
    if part == "eval" or number % 4 == 0:
        labels.append(_MOODS[number % 2])
    length = _SECONDS - number % 2
    values = rng.normal(centres[genre], 12, (length, _SIZE))
    seconds = np.clip(values, 0, 255).astype(np.uint8)
    return _Made(f"-{part[0]}{number:09}", 10 * number, tuple(labels), seconds)


def _record(clip: _Made) -> bytes:
    context: dict[str, tuple[Value, ...]] = {
        "video_id": (clip.video.encode(),), "labels": clip.labels,
        "start_time_seconds": (float(clip.start),),
        "end_time_seconds": (float(clip.start + _SECONDS),)}  # fmt: skip
    seconds = tuple((second.tobytes(),) for second in clip.seconds)
    return encoded(SequenceExample(context, {"audio_embedding": seconds}))


def _segments(clips: list[_Made], ids: list[str]) -> str:
    lines = ["# Segments csv created Thu Jan  1 00:00:00 1970",
             f"# num_ytids={len(clips)}, num_segs={len(clips)}",
             "# YTID, start_seconds, end_seconds, positive_labels"]  # fmt: skip
    for clip in clips:
        borne = ",".join(ids[number] for number in clip.labels)
        lines.append(f'{clip.video}, {clip.start:.3f}, {clip.start + _SECONDS:.3f}, "{borne}"')
    return "\n".join(lines) + "\n"
