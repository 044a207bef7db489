"""The genre lists made for the Million Song Dataset, their parts to train and test on, and faults.

All are text, a track a line, fields apart by tabs. Comments begin with ``#`` (tagtraum) or ``%``
(Vienna). A genre may hold blanks (``New Age``), and one ends in a blank in Vienna's list.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from earmark.datasets.base import Fault
from earmark.errors import DataError

LISTS = {
    "tagtraum_cd1": "msd_tagtraum_cd1.cls",
    "tagtraum_cd2": "msd_tagtraum_cd2.cls",
    "tagtraum_cd2c": "msd_tagtraum_cd2c.cls",
    "magd": "msd-MAGD-genreAssignment.cls",
    "topmagd": "msd-topMAGD-genreAssignment.cls",
    "masd": "msd-MASD-styleAssignment.cls",
}
# what a list's own partitions are called: msd_tagtraum_cd1_stratified_train90.cls,
# msd-MAGD-partition_stratifiedPercentageSplit_0.9-v1.0.cls
_PARTITIONS = {
    "tagtraum_cd1": "msd_tagtraum_cd1_", "tagtraum_cd2": "msd_tagtraum_cd2_",
    "tagtraum_cd2c": "msd_tagtraum_cd2c_", "magd": "msd-MAGD-partition_",
    "topmagd": "msd-topMAGD-partition_", "masd": "msd-MASD-partition_",
}  # fmt: skip
_PARTS = {"train": "train", "test": "test", "valid": "valid", "validation": "valid"}
_TRACK = re.compile(r"TR[A-Z]{5}[0-9A-F]{11}")
_MISMATCH = re.compile(r"ERROR: <\S+ (\S+)>")
_COMMENTS = ("#", "%")


class Genres(NamedTuple):
    """What a list says of a track.

    Attributes:
        first: of the majority of its sources.
        second: of the minority; empty where they agree.
    """

    first: str
    second: str = ""


def read_genres(path: Path) -> dict[str, Genres]:
    """Return track id to genres.

    Raises:
        DataError: the file cannot be read; a line is not an id and one or two genres; a track is
            there twice; the last line is cut short.
    """
    found: dict[str, Genres] = {}
    for line, values in _lines(path):
        where = f"{path}, line {line}"
        if not 2 <= len(values) <= 3 or not values[1]:
            raise DataError(f"{where}: has {len(values)} fields; expected a track, its genre and "
                            "at most a second genre, apart by tabs. Is the file cut short?")
        track = _track(values[0], where, found)
        second = values[2] if len(values) > 2 and values[2] != values[1] else ""
        found[track] = Genres(values[1], second)
    if not found:
        raise DataError(f"{path}: holds no tracks; expected one a line.")
    _refuse_cut(path, found)
    return found


def partition_files(folder: Path, labels: str) -> dict[str, Path]:
    """Return the partitions of a genre list that lie in a folder: name to file."""
    start = _PARTITIONS[labels]
    return {path.stem.removeprefix(start): path for path in sorted(folder.glob(f"{start}*.cls"))}


def read_partition(path: Path) -> dict[str, str]:
    """Return track id to part.

    Raises:
        DataError: the file cannot be read; a line is not an id and TRAIN or TEST; a track is
            there twice.
    """
    found: dict[str, str] = {}
    for line, values in _lines(path):
        where = f"{path}, line {line}"
        part = _PARTS.get(values[1].lower()) if len(values) == 2 else None
        if part is None:
            raise DataError(f"{where}: is {' '.join(values)!r}; expected a track and TRAIN or "
                            "TEST, apart by a tab.")
        found[_track(values[0], where, found)] = part
    return found


def read_duplicates(path: Path) -> Iterator[Fault]:
    """Yield the pairs of ``msd_duplicates.txt``: each track with the first of its group.

    Raises:
        DataError: the file cannot be read, or a line is no track's.
    """
    first = ""
    for line, (text, *_) in _lines(path, comments=("#",)):
        if text.startswith("%"):
            first = ""
            continue
        where = f"{path}, line {line}"
        track = _track(text[:18], where, ())
        if first:
            yield Fault(track, "near duplicate", first, path.name)
        first = first or track


def read_mismatches(path: Path) -> Iterator[Fault]:
    """Yield the tracks of ``sid_mismatches.txt``: named in one place as they are not in another.

    Raises:
        DataError: the file cannot be read, or a line has no ids.
    """
    for line, (text, *_) in _lines(path):
        where = f"{path}, line {line}"
        match = _MISMATCH.match(text)
        if match is None:
            raise DataError(f"{where}: is {text[:40]!r}; expected 'ERROR: <song track> ...'.")
        yield Fault(_track(match[1], where, ()), "title of another song", None, path.name)


def _lines(
    path: Path, comments: tuple[str, ...] = _COMMENTS
) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not line.startswith(comments):
                    yield number, [value.strip() for value in line.rstrip("\r\n").split("\t")]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text after line {number} ({error.reason}); expected "
                        "the list as published.") from error


def _track(text: str, where: str, known: Container[str]) -> str:
    if not _TRACK.fullmatch(text):
        raise DataError(f"{where}: '{text[:40]}' is no track of the Million Song Dataset; expected "
                        "an id such as TRAAAAW128F429D538.")
    if text in known:
        raise DataError(f"{where}: '{text}' is there twice; expected each track once.")
    return text


def _refuse_cut(path: Path, found: dict[str, Genres]) -> None:
    """Refuse a last line without an end whose last genre no other track has: half a name."""
    with path.open("rb") as file:
        file.seek(-1, 2)
        if file.read(1) == b"\n":
            return
    *others, last = found.values()
    name = last.second or last.first
    if others and not any(name in genres for genres in others):
        raise DataError(f"{path}: its last line has no end, and no other track is '{name}': the "
                        "file is cut short; get it again.")
