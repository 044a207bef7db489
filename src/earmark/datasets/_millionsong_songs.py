"""Who made what: the Million Song Dataset's metadata, as SQLite or as its summary in HDF5.

A million songs are passed through a few thousand at a time; those without a genre are not kept.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Container, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from earmark.errors import DataError
from earmark.graphs import hdf5

DATABASES = ("track_metadata.db", "subset_track_metadata.db")
SUMMARIES = ("msd_summary_file.h5", "subset_msd_summary_file.h5")
_TABLE = "songs"
_COLUMNS = ("track_id", "title", "song_id", "release", "artist_id", "duration")
_ANALYSIS, _METADATA = "analysis/songs", "metadata/songs"


class Song(NamedTuple):
    """What is known of a track; None where nothing is.

    Attributes:
        song: id of the song, of which there may be other tracks.
        release: title of the album.
        artist: Echo Nest's id.
    """

    title: str | None
    song: str | None
    release: str | None
    artist: str | None
    seconds: float | None


class Songs(NamedTuple):
    """Metadata.

    Attributes:
        known: of the wanted tracks.
        others: how many others there are.
    """

    known: dict[str, Song]
    others: int


def read_songs(path: Path, wanted: Container[str]) -> Songs:
    """Read the metadata of the wanted tracks.

    Raises:
        DataError: the file is damaged or not as published; a track is there twice.
        MissingExtraError: HDF5 without h5py.
    """
    rows = _of_database(path) if path.name in DATABASES else _of_summary(path, wanted)
    known: dict[str, Song] = {}
    others = 0
    for row in rows:
        track = row[0]
        if track not in wanted:
            others += 1
        elif track in known:
            raise DataError(f"{path}: the track '{track}' is there twice; expected once.")
        else:
            title, song, release, artist = map(_text, row[1:5])
            known[track] = Song(title, song, release, artist, _seconds(row[5]))
    return Songs(known, others)


def _of_database(path: Path) -> Iterator[tuple[Any, ...]]:
    # Immutable: nothing is written beside it, no journal of another's making is played back.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            _refuse_table(path, database)
            yield from database.execute(f"SELECT {', '.join(_COLUMNS)} FROM {_TABLE}")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a database of songs: {error}; expected "
                        "track_metadata.db as published: get it again.") from error


def _refuse_table(path: Path, database: sqlite3.Connection) -> None:
    """Refuse what is not rows of values: views and made-up columns are programmes of a maker's."""
    kinds = [kind for (kind,) in database.execute(
        "SELECT type FROM sqlite_master WHERE name = ? AND sql LIKE 'CREATE TABLE%'", (_TABLE,))]
    if kinds != ["table"]:
        raise DataError(f"{path}: has no table '{_TABLE}'; expected track_metadata.db as "
                        "published.")
    there = {name for _, name, *_, hidden in database.execute(f"PRAGMA table_xinfo({_TABLE})")
             if not hidden}
    if missing := [column for column in _COLUMNS if column not in there]:
        raise DataError(f"{path}: its table '{_TABLE}' has no column '{missing[0]}'; expected "
                        f"{', '.join(_COLUMNS)}.")


def _of_summary(path: Path, wanted: Container[str]) -> Iterator[tuple[Any, ...]]:
    columns = ("title", "song_id", "release", "artist_id")
    read = {_ANALYSIS: ("track_id", "duration"), _METADATA: columns}
    for block in hdf5.blocks(path, read):
        tracks = hdf5.texts(block[_ANALYSIS, "track_id"], f"{path}: 'track_id'")
        durations = block[_ANALYSIS, "duration"].tolist()
        kept = [row for row, track in enumerate(tracks) if track in wanted]
        texts = [hdf5.texts(block[_METADATA, column][kept], f"{path}: '{column}'")
                 for column in columns]
        yield from ((track,) + (None,) * 5 for track in tracks if track not in wanted)
        yield from zip([tracks[row] for row in kept], *texts, [durations[row] for row in kept],
                       strict=True)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _seconds(value: Any) -> float | None:
    known = isinstance(value, float | int) and math.isfinite(value) and value > 0
    return float(value) if known else None
