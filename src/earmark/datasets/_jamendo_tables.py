"""MTG-Jamendo's tables: five columns, then as many tab-separated tags as a track has.

So no reader that wants one number of fields on every line can read them. They are found as in
the published repository (``data/splits/split-0`` to ``-4``), in ``splits`` or ``split-0`` alone, or
flat in one folder, which then are those of split 0. Without any, the undivided tables in ``data``
are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from earmark.datasets._published import columns_of, read_text
from earmark.errors import DataError

PARTS = {"train": "train", "validation": "valid", "test": "test"}
CATEGORIES = ("genre", "instrument", "moodtheme")
_COLUMNS = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION"]
_TRACK = re.compile(r"track_[0-9]{1,12}")
_PATH = re.compile(r"[0-9]{2}/[0-9]{1,12}\.mp3")
_TAG = re.compile(r"(?:genre|instrument|mood/theme)---[^\s-](?:.*\S)?")


class Row(NamedTuple):
    """A track of a table; its path is as published, ``41/241.mp3``."""

    id: str
    artist: str
    album: str
    path: str
    seconds: float
    tags: tuple[str, ...]


def split_folders(root: Path) -> dict[str, Path]:
    """Return split to folder, ``split-0`` to ``split-4``, of those that hold tables."""
    found = {}
    for number in range(5):
        name = f"split-{number}"
        bases = [root / "data" / "splits" / name, root / "splits" / name, root / name]
        bases += [root, root / "data"] if number == 0 else []
        folder = next((base for base in bases if _divided(base)), None)
        if folder is not None:
            found[name] = folder
    return found


def tables_of(folder: Path, task: str, part: str) -> list[Path]:
    """Return the tables that hold a task's tracks of a part; empty where one is missing.

    All tags stand in one table, or in those of the three categories together: they were made
    from it.
    """
    whole = folder / f"autotagging{_infix(task)}-{part}.tsv"
    if whole.is_file():
        return [whole]
    parts = [folder / f"autotagging_{name}-{part}.tsv" for name in CATEGORIES]
    return parts if task == "all" and all(path.is_file() for path in parts) else []


def base_table(root: Path, task: str) -> Path | None:
    """Return the undivided table of a task, or what it leads to; None without one.

    Raises:
        DataError: it is a link that was stored as text (as on Windows), and leads nowhere.
    """
    name = f"autotagging{_infix(task)}.tsv"
    path = next((p for p in (root / "data" / name, root / name) if p.is_file()), None)
    if path is None or path.stat().st_size > 200:
        return path
    text = read_text(path).strip()
    if not re.fullmatch(r"[A-Za-z0-9_.]+\.tsv", text):
        return path
    if not (path.parent / text).is_file():
        raise DataError(f"{path}: is a link that was stored as text, to '{text}', which is not "
                        "beside it; put that there, or clone again with core.symlinks=true.")
    return path.parent / text


def united(tables: Sequence[Path]) -> dict[str, Row]:
    """Read tables of one part: a track's tags are those of all of them.

    Raises:
        DataError: a table is damaged or tells another artist, album, path or length of a track.
    """
    tracks: dict[str, Row] = {}
    for path in tables:
        for line, row in _rows(path):
            other = tracks.get(row.id)
            if other is not None and other[:5] != row[:5]:
                raise DataError(f"{path}, line {line}: says otherwise of {row.id} than "
                                f"{tables[0].name}: {row[1:5]}, not {other[1:5]}.")
            both = row.tags if other is None else (*other.tags, *row.tags)
            tracks[row.id] = row._replace(tags=tuple(dict.fromkeys(both)))
    return tracks


def ids(path: Path) -> list[str]:
    """Return the track ids of a table without reading the rest of it.

    Raises:
        DataError: it has no such column.
    """
    header, *lines = _lines(path)
    names = [name.strip() for name in header.split("\t")]
    place = columns_of(path, names, ["TRACK_ID"])["TRACK_ID"]
    if place == 0:
        return [line.partition("\t")[0] for line in lines if line.strip()]
    return [line.split("\t", place + 1)[place] for line in lines if line.count("\t") > place]


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield number and track of each line.

    Raises:
        DataError: not such a table, a track twice, or a line that is cut short; names the line.
    """
    lines = _lines(path)
    header = [name.strip() for name in lines[0].split("\t")]
    at = columns_of(path, header, [*_COLUMNS, "TAGS"])
    if at["TAGS"] != len(header) - 1:
        raise DataError(f"{path}, line 1: 'TAGS' is not the last column; expected it to be, since "
                        "tags go on to the end of the line.")
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        row = _row(f"{path}, line {number}", line.split("\t"), at)
        if (other := seen.setdefault(row.id, number)) != number:
            raise DataError(f"{path}, line {number}: {row.id} stands on line {other}, too; "
                            "expected each track once.")
        if number == len(lines):
            # Else a tag too few, or "rock" for "rocknroll", would never be noticed.
            raise DataError(f"{path}, line {number}: ends in '{row.tags[-1]}' without a line "
                            "break. Is it cut short? Where it is not, end the line.")
        yield number, row
    if not seen:
        raise DataError(f"{path}: holds no tracks below its header.")


def _row(where: str, fields: Sequence[str], at: Mapping[str, int]) -> Row:
    if len(fields) <= at["TAGS"]:
        raise DataError(f"{where}: has {len(fields)} fields; expected {at['TAGS']} and then the "
                        "tags. Is it cut short?")
    track, artist, album, path, said = (fields[at[name]] for name in _COLUMNS)
    tags = tuple(dict.fromkeys(tag for tag in fields[at["TAGS"]:] if tag))
    if not _TRACK.fullmatch(track):
        raise DataError(f"{where}: the track's id is '{track}'; expected one such as "
                        "track_0000241.")
    if not _PATH.fullmatch(path):
        raise DataError(f"{where}: the path is '{path}'; expected one such as 41/241.mp3.")
    if wrong := next((tag for tag in tags if not _is_tag(tag)), None):
        raise DataError(f"{where}: a tag is '{wrong}'; expected genre---, instrument--- or "
                        "mood/theme--- and a name.")
    if not tags:
        raise DataError(f"{where}: {track} bears no tag. Is it cut short?")
    return Row(track, artist, album, path, _seconds(where, said), tags)


@cache
def _is_tag(tag: str) -> bool:
    return _TAG.fullmatch(tag) is not None


def _seconds(where: str, said: str) -> float:
    try:
        seconds = float(said)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise DataError(f"{where}: the duration is '{said}'; expected seconds above 0.")
    return seconds


def _lines(path: Path) -> list[str]:
    """Return the lines without their breaks; the last is empty where the file ends in one."""
    return [line.rstrip("\r") for line in read_text(path).split("\n")]


def _divided(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("autotagging*-train.tsv"))


def _infix(task: str) -> str:
    return "" if task == "all" else f"_{task}"
