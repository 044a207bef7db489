"""A made-up copy of the Million Song Dataset with its genre lists, for tests and tutorials."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from earmark.datasets import _millionsong_genres as lists
from earmark.store import write_text

_ARTISTS, _ALBUMS, _SONGS = 12, 2, 2  # tracks an artist has: albums times songs
_GENRES = {
    "tagtraum_cd1": ("Blues", "New Age", "Pop_Rock"), "tagtraum_cd2": ("Metal", "Punk", "Rock"),
    "tagtraum_cd2c": ("Metal", "Punk", "Rock"), "magd": ("Jazz", "Pop_Rock", "Stage "),
    "topmagd": ("Jazz", "Pop_Rock", "Rap"), "masd": ("Folk_International", "Gospel", "Punk"),
}  # fmt: skip
_SECOND = ("tagtraum_cd1", "tagtraum_cd2")  # that have tracks with two genres
_COLUMNS = (
    "track_id text PRIMARY KEY, title text, song_id text, release text, artist_id text, "
    "artist_mbid text, artist_name text, duration real, artist_familiarity real, "
    "artist_hotttnesss real, year int, track_7digitalid int, shs_perf int, shs_work int"
)


def write(root: Path) -> None:
    """Write metadata, genre lists, a partition of each kind, duplicates and mismatches."""
    root.mkdir(parents=True, exist_ok=True)
    tracks = [track_id(number) for number in range(_ARTISTS * _ALBUMS * _SONGS)]
    _write_database(root / "track_metadata.db", tracks)
    for name, file in lists.LISTS.items():
        write_text(root / file, _list(name, tracks))
    for file in ("msd_tagtraum_cd2c_stratified_train66.cls",
                 "msd-topMAGD-partition_stratifiedPercentageSplit_0.66-v1.0.cls"):  # fmt: skip
        lines = [f"{track}\t{'TEST' if number // 4 % 3 == 2 else 'TRAIN'}"
                 for number, track in enumerate(tracks)]
        write_text(root / file, "\n".join(["# made up", *lines]) + "\n")
    write_text(root / "msd_duplicates.txt", "# made up\n%a song of that name\n"
               + "".join(f"{track}\n" for track in tracks[:2]))  # fmt: skip
    write_text(root / "sid_mismatches.txt",
               f"ERROR: <{_song(5)} {tracks[5]}> One  -  A  !=  Another  -  B\n")


def track_id(number: int) -> str:
    """Return an id as the dataset's are formed."""
    return f"TRAAAAA{number:011X}"


def _song(number: int) -> str:
    return f"SOAAAAA{number:011X}"


def _list(name: str, tracks: list[str]) -> str:
    genres = _GENRES[name]
    lines = ["# made up" if name.startswith("tagtraum") else "% made up"]
    for number, track in enumerate(tracks):
        artist = number // (_ALBUMS * _SONGS)
        both = name in _SECOND and number % 5 == 0
        second = f"\t{genres[(artist + 1) % 3]}" if both else ""
        lines.append(f"{track}\t{genres[artist % 3]}{second}")
    return "\n".join(lines) + "\n"


def _write_database(path: Path, tracks: list[str]) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE songs ({_COLUMNS})")
        for number, track in enumerate(tracks):
            artist, album = number // (_ALBUMS * _SONGS), number // _SONGS % _ALBUMS
            song = _song(0 if number == 1 else number)  # the first two are one song
            database.execute(
                f"INSERT INTO songs VALUES ({', '.join('?' * 14)})",
                (track, f"Title {number}", song, f"Album {album}", f"ARAAAAA{artist:011X}", "",
                 f"Artist {artist}", 180.0 + number, 0.5, 0.4, 2000, number, -1, 0))  # fmt: skip
