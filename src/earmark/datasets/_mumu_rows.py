"""The rows of MuMu's tables: a track each, with the genres of its album.

Genres are parted by commas, and two of the shop's names hold a comma themselves ("Ballets,
Incidental & Program Music"): what stands after it is put back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from earmark.datasets._files import counted, some
from earmark.datasets._rows import read_rows
from earmark.errors import DataError, suggestion
from earmark.labels.vocabulary import fold

_NEEDED = ("amazon_id", "MSD_track_id", "genres")
_KEPT = ("artist_mbid", "recording_mbid")  # read where they are there
_NOBODY = frozenset({  # MusicBrainz's ids of "Various Artists" and "[unknown]"
    "89ad4ac3-39f7-470e-963a-56509c546377", "125ec42a-7229-4250-afc5-e057484327fe",
})  # fmt: skip
_AFTER_A_COMMA = frozenset({"Incidental & Program Music", "Elegies & Tombeau"})


class Row(NamedTuple):
    """A track, with the labels of its album as the table has them."""

    track: str
    album: str
    labels: tuple[str, ...]
    artist: str | None
    recording: str | None


def read_table(table: Path) -> tuple[list[Row], list[str]]:
    """Return a row a track, sorted by id, and what was merged.

    Raises:
        DataError: a column that is needed is not there, a row has no id, or genres are a printed
            list; names the line.
    """
    columns, lines = read_rows(table)
    fields = _fields(table, columns)
    by_track: dict[str, list[Row]] = {}
    for where, line in lines:
        row = _row(f"{table}, {where}", {f: line[c].strip() for f, c in fields.items()})
        by_track.setdefault(row.track, []).append(row)
    if not by_track:
        raise DataError(f"{table}: has a header and no rows; fetch the file again.")
    several = [track for track, rows in by_track.items() if len(rows) > 1]
    remarks = []
    if several:
        remarks.append(f"{counted(len(several), 'track')} on several rows taken once, with the "
                       f"genres of all: {some(sorted(several))}")
    return [_united(by_track[track]) for track in sorted(by_track)], remarks


def _united(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    first = min(rows, key=lambda row: row.album)
    return first._replace(labels=tuple(dict.fromkeys(n for row in rows for n in row.labels)))


def _fields(table: Path, columns: Sequence[str]) -> dict[str, str]:
    """Return field to column; columns are found by name, whatever their order."""
    by_name = {fold(column): column for column in columns}
    for field in _NEEDED:
        if fold(field) not in by_name:
            raise DataError(f"{table}: has no column '{field}'; its columns are "
                            f"{', '.join(columns)}.{suggestion(field, columns)}")
    return {field: by_name[fold(field)] for field in (*_NEEDED, *_KEPT) if fold(field) in by_name}


def _row(where: str, values: Mapping[str, str]) -> Row:
    for field in ("MSD_track_id", "amazon_id"):
        if not values[field] or not values[field].isprintable():
            raise DataError(f"{where}: {field} is {values[field]!r}; expected an id.")
    return Row(values["MSD_track_id"], values["amazon_id"], _genres(values["genres"], where),
                _artist(values.get("artist_mbid")), values.get("recording_mbid") or None)


def _artist(mbid: str | None) -> str | None:
    return None if mbid in _NOBODY else mbid or None


def _genres(text: str, where: str) -> tuple[str, ...]:
    if text[:1] == "[":
        raise DataError(f"{where}: genres is {text[:60]!r}, a list as Python prints it; expected "
                        "names with commas between them, as published.")
    return _parted(text)


@lru_cache(maxsize=1 << 16)  # the tracks of an album share theirs
def _parted(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for piece in map(str.strip, text.split(",")):
        if piece in _AFTER_A_COMMA and found:
            found[-1] += f", {piece}"
        elif piece:
            found.append(piece)
    return tuple(dict.fromkeys(found))
