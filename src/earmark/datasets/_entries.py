"""What the rows of a manifest say: the columns found by name, and each cell understood."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from earmark.datasets._files import ids_of, is_file, is_nameable
from earmark.datasets._rows import read_header, read_rows
from earmark.datasets.artists import somebody
from earmark.errors import DataError, suggestion
from earmark.labels.vocabulary import fold

# field -> names of its column, folded; of several present the first is taken
_COLUMNS = {
    "path": ("path", "filepath", "audiopath", "file", "filename", "audio", "audiofile", "location"),
    "labels": ("labels", "label", "genres", "genre", "tags", "tag", "styles", "style", "class",
               "category"),
    "artist": ("artist", "artistname", "artistid", "performer", "band"),
    "album": ("album", "albumname", "albumid", "albumtitle", "release"),
    "song": ("song", "songid", "recording", "recordingid"),
    "id": ("id", "trackid"),
    "split": ("split", "part", "partition"),
}  # fmt: skip
_PARTS = {
    "train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid",
    "dev": "valid", "test": "test", "testing": "test", "eval": "test",
}  # fmt: skip
_NOTHING = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>"})


class Entry(NamedTuple):
    """A row, understood.

    ``path`` is relative to the table's folder, or absolute; ``part`` is train, valid or test.
    """

    where: str
    id: str
    path: str
    labels: tuple[str, ...]
    artist: str | None
    album: str | None
    song: str | None
    part: str | None


def read_entries(table: Path) -> tuple[list[Entry], list[str]]:
    """Return the table's rows, those without label or file too, and the columns left unused.

    Raises:
        DataError: as ``Manifest.read_tracks`` says; names the line.
    """
    columns, rows = read_rows(table)
    fields, unused = _fields(table, columns)
    entries = [_entry(table, where, row, fields) for where, row in rows]
    return _identified(table, entries), unused


def check_header(table: Path) -> None:
    """Read the header of a CSV or TSV and refuse it as ``read_entries`` would.

    Raises:
        DataError: it lacks a column that is needed.
    """
    _fields(table, read_header(table))


def _fields(table: Path, columns: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return field to column, and the columns that would have served as well."""
    folded: dict[str, str] = {}
    for column in columns:
        folded.setdefault(fold(column), column)
    fields: dict[str, str] = {}
    unused: list[str] = []
    for field, names in _COLUMNS.items():
        present = [folded[name] for name in names if name in folded]
        if present:
            fields[field] = present[0]
            unused += present[1:]
    for field in ("path", "labels"):
        if field not in fields:
            raise DataError(f"{table}: has no column '{_COLUMNS[field][0]}' (nor "
                            f"{', '.join(_COLUMNS[field][1:4])}); its columns are "
                            f"{', '.join(columns) or 'none'}: rename one.")
    return fields, unused


def _entry(table: Path, where: str, row: Mapping[str, Any], fields: Mapping[str, str]) -> Entry:
    place = f"{table}, {where}"
    text = {f: _value(row.get(column)) for f, column in fields.items() if f != "labels"}
    path = text["path"]
    if path is None:
        raise DataError(f"{place}: the path is empty; expected the file's, or remove the row.")
    named = [value for value in (path, text.get("id")) if value]
    if not all(is_nameable(value) for value in named):
        raise DataError(f"{place}: {named[-1]!r} holds a line break or odd bytes; rename the file.")
    labels = _labels(row.get(fields["labels"]), place)
    return Entry(where, text.get("id") or "", _path(table.parent, path), labels,
                  somebody(text.get("artist")), text.get("album"), text.get("song"),
                  _part(text.get("split"), place))


def _path(folder: Path, given: str) -> str:
    """Return the path with ``/``, relative to the folder where the file lies in it."""
    if "\\" in given and not is_file(folder / given):
        given = given.replace("\\", "/")  # a table written on Windows
    path = os.path.normpath(given)
    base = os.path.abspath(folder)  # noqa: PTH100 (links stay links)
    if os.path.isabs(path) and PurePath(path).is_relative_to(base):  # noqa: PTH117
        path = os.path.relpath(path, base)
    return PurePath(path).as_posix()


def _labels(value: Any, place: str) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else _parted(_value(value) or "", place)
    # A tab or a blank of another kind is a blank.
    names = [re.sub(r"[^\S\r\n]+", " ", name) for item in items if (name := _value(item))]
    for name in names:
        if not is_nameable(name) or not name.isprintable():
            raise DataError(f"{place}: the label {name!r} holds a line break or characters that "
                            "cannot be printed; mend it.")
        _refuse_printed(name, place)
    return tuple(dict.fromkeys(names))


def _parted(text: str, place: str) -> list[Any]:
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, RecursionError):
            _refuse_printed(text, place)
    return text.replace("|", ";").split(";")


def _refuse_printed(name: str, place: str) -> None:
    listed = name[-1:] in "])}" and ("'" in name or '"' in name or "," in name)
    if name[:1] == "[" or (name[:1] in "({" and listed):
        raise DataError(f"{place}: the labels are {name!r}, a list as Python prints it; write "
                        'rock;pop or the JSON list ["rock", "pop"].')


def _value(value: Any) -> str | None:
    """Return the text of a cell, None for one that holds nothing (NaN, None, empty)."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():  # a whole number after a detour
        value = int(value)
    text = str(value).strip()
    return None if text.casefold() in _NOTHING else text


def _part(given: str | None, place: str) -> str | None:
    if given is None:
        return None
    if (part := _PARTS.get(given.casefold())) is None:
        near = suggestion(given.casefold(), ["train", "valid", "test"])
        raise DataError(f"{place}: the part is '{given}'; expected train, valid or test.{near}")
    return part


def _identified(table: Path, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with ids; a path or an id may stand in one row only."""
    _refuse_doubled(table, "path", [(e.path, e.where) for e in entries],
                    "put all labels of a file in one row, parted by ';'")
    made = ids_of([e.path.lstrip("/") for e in entries])
    found = [e._replace(id=e.id or name) for e, name in zip(entries, made, strict=True)]
    _refuse_doubled(table, "id", [(e.id, e.where) for e in found], "give each row one of its own")
    return found


def _refuse_doubled(
    table: Path, what: str, values: Sequence[tuple[str, str]], advice: str
) -> None:
    seen: dict[str, str] = {}
    for value, where in values:
        if value in seen:
            raise DataError(f"{table}, {where}: the {what} '{value}' is already on {seen[value]}; "
                            f"{advice}.")
        seen[value] = where
