"""AudioSet's clips, read from any of the three forms in which they are published.

``music_bal_train.npz``, ``music_eval.npz``
    The clips of the music subset: embeddings and a 0/1 matrix of its labels.
``bal_train``, ``unbal_train`` and ``eval``
    Google's folders of TFRecord files: embeddings, and the numbers of the labels.
``balanced_train_segments.csv`` ...
    Google's lists of segments: labels by their ids, without features.

A segment is of a video of its own, so a clip is called by its video. That is checked: the same
video in two parts would be learnt from and judged on.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.datasets._audioset_labels import COUNT, Sound
from earmark.datasets.base import Fault
from earmark.errors import DataError
from earmark.graphs.tfrecord import SequenceExample, sequence_examples
from earmark.store import read_npz

PARTS = {"bal_train": "train", "unbal_train": "train", "eval": "test"}
SEGMENTS = {
    "bal_train": "balanced_train_segments.csv", "unbal_train": "unbalanced_train_segments.csv",
    "eval": "eval_segments.csv",
}  # fmt: skip
SUFFIX = ".tfrecord"
_ARRAYS = ("clip", "labels", "frames")
_FIELDS = 4


class Clip(NamedTuple):
    """One clip.

    Attributes:
        id: of its video.
        part: one of ``PARTS``.
        labels: places among the sounds given to the reader.
        seconds: of the clip.
    """

    id: str
    part: str
    labels: tuple[int, ...]
    seconds: float | None


class Clips:
    """Clips that bear at least one of some labels, each video once.

    Args:
        wanted: the labels that clips keep.
        asked: those of which a clip must bear one to be kept; the wanted ones when None.
    """

    def __init__(self, wanted: Collection[int], asked: Collection[int] | None = None) -> None:
        self.kept: dict[str, Clip] = {}
        self.left_out = 0
        self._wanted = frozenset(wanted)
        self._asked = self._wanted if asked is None else frozenset(asked)
        self._others: set[str] = set()

    def add(self, clip: Clip, where: str) -> None:
        """Take a clip, with those of its labels that are wanted.

        Raises:
            DataError: the video is there already; begins with ``where``.
        """
        if clip.id in self.kept or clip.id in self._others:
            raise DataError(f"{where}: the clip '{clip.id}' is already there; expected each video "
                            "once, in one part.")
        if not self._asked.isdisjoint(clip.labels):
            labels = tuple(k for k in clip.labels if k in self._wanted)
            self.kept[clip.id] = clip._replace(labels=labels)
        else:
            self._others.add(clip.id)
            self.left_out += 1


def read_arrays(path: Path, part: str, sounds: Sequence[Sound], clips: Clips) -> None:
    """Read the clips of an npz file of the music subset.

    Raises:
        DataError: the file is no npz, or its arrays are not as ``sounds`` has them.
    """
    arrays = read_npz(path, _ARRAYS)
    ids, labels, frames = (arrays[name] for name in _ARRAYS)
    if ids.dtype.kind != "U" or ids.ndim != 1:
        raise DataError(f"{path}: 'clip' is {ids.dtype} of shape {ids.shape}; expected texts, one "
                        "a clip.")
    if labels.shape != (len(ids), len(sounds)) or labels.dtype.kind not in "iub":
        raise DataError(f"{path}: 'labels' are {labels.dtype} of shape {labels.shape}; expected 0 "
                        f"and 1, ({len(ids)}, {len(sounds)}): a row a clip, a column a label.")
    if not np.isin(labels, (0, 1)).all():
        raise DataError(f"{path}: 'labels' holds {labels[~np.isin(labels, (0, 1))][0]}; expected 0 "
                        "and 1.")
    if frames.shape != (len(ids),) or frames.dtype.kind not in "iu":
        raise DataError(f"{path}: 'frames' is {frames.dtype} of shape {frames.shape}; expected "
                        f"whole numbers, one a clip, ({len(ids)},).")
    for row, (name, seconds) in enumerate(zip(ids.tolist(), frames.tolist(), strict=True)):
        _refuse_id(name, f"{path}, clip {row + 1}")
        borne = tuple(np.flatnonzero(labels[row]).tolist())
        clips.add(Clip(name, part, borne, float(seconds)), f"{path}, clip {row + 1}")


def read_records(folder: Path, part: str, clips: Clips) -> None:
    """Read the clips of a folder of TFRecord files, which name labels by their numbers.

    Raises:
        DataError: a file is damaged, or a record is not as AudioSet's are.
    """
    for file in record_files(folder):
        for number, message in enumerate(sequence_examples(file, lists=False), 1):
            where = f"{file}, record {number}"
            clips.add(_clip(message, part, where), where)


def record_files(folder: Path) -> list[Path]:
    """Return a folder's TFRecord files, without those that macOS leaves beside."""
    return sorted(f for f in folder.glob(f"*{SUFFIX}") if not f.name.startswith("."))


def read_segments(path: Path, part: str, numbers: Mapping[str, int], clips: Clips) -> None:
    """Read the clips of a list of segments.

    Args:
        numbers: label's id to its number.

    Raises:
        DataError: the file cannot be read; a line is not an id, two times and labels.
    """
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True, strict=True)
            for row in reader:
                line = reader.line_num
                if row and not row[0].startswith("#"):
                    where = f"{path}, line {line}"
                    clips.add(_segment(row, part, numbers, where), where)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table after line {line} ({error}); expected "
                        "comma-separated UTF-8.") from error


def _clip(message: SequenceExample, part: str, where: str) -> Clip:
    given = message.context.get("video_id", ())
    if len(given) != 1 or not isinstance(given[0], bytes) or not given[0].isascii():
        raise DataError(f"{where}: 'video_id' is {given!r}; expected one id.")
    name = given[0].decode()
    _refuse_id(name, where)
    borne = message.context.get("labels", ())
    if wrong := [k for k in borne if not isinstance(k, int) or not 0 <= k < COUNT]:
        raise DataError(f"{where}: bears the label {wrong[0]!r}; expected numbers from 0 to "
                        f"{COUNT - 1}.")
    labels = tuple(dict.fromkeys(k for k in borne if isinstance(k, int)))
    seconds = _length(_time(message, "start", where), _time(message, "end", where), where)
    return Clip(name, part, labels, seconds)


def _time(message: SequenceExample, end: str, where: str) -> float:
    given = message.context.get(f"{end}_time_seconds", ())
    if len(given) != 1 or not isinstance(given[0], float):
        raise DataError(f"{where}: '{end}_time_seconds' is {given!r}; expected one number.")
    return given[0]


def _segment(row: list[str], part: str, numbers: Mapping[str, int], where: str) -> Clip:
    if len(row) != _FIELDS:
        raise DataError(f"{where}: has {len(row)} fields; expected {_FIELDS}: the video's id, "
                        "start, end and labels in quotes. Is the file cut short?")
    name, start, end, borne = (value.strip() for value in row)
    _refuse_id(name, where)
    ids = [mid.strip() for mid in borne.split(",")]
    if unknown := [mid for mid in ids if mid not in numbers]:
        raise DataError(f"{where}: bears the label '{unknown[0]}', which is none of AudioSet's.")
    try:
        seconds = _length(float(start), float(end), where)
    except ValueError:
        raise DataError(f"{where}: goes from '{start}' to '{end}'; expected seconds.") from None
    return Clip(name, part, tuple(dict.fromkeys(numbers[mid] for mid in ids)), seconds)


def _length(start: float, end: float, where: str) -> float:
    if not 0 <= start < end < float("inf"):
        raise DataError(f"{where}: goes from {start:g} to {end:g} seconds; expected an end after "
                        "its start.")
    return end - start


def _refuse_id(name: str, where: str) -> None:
    if not name or not name.isprintable() or name != name.strip():
        raise DataError(f"{where}: the clip's id is {name!r}; expected that of a video.")


def labels_a_clip(clips: Collection[Clip]) -> Iterator[tuple[str, float]]:
    """Yield, for each part for which there are clips, its name and the labels a clip bears."""
    for part in ("train", "test"):
        counts = [len(clip.labels) for clip in clips if PARTS[clip.part] == part]
        if counts:
            yield part, float(np.mean(counts))


def known_copies() -> list[Fault]:
    """Return the pairs of clips that are one recording, from ``audioset_facts``."""
    facts = resources.files("earmark.datasets").joinpath("audioset_facts", "copies.csv")
    rows = csv.DictReader(facts.read_text("utf-8").splitlines())
    return [Fault(row["clip"], "exact duplicate", row["other"],
                  f"{row['equal']} of {row['of']} seconds have equal embeddings") for row in rows]
