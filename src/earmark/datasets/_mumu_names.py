"""What people call MuMu's albums and tracks, from the two files that say so."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from earmark.datasets._streamed import read_objects
from earmark.datasets.artists import somebody
from earmark.errors import DataError

_SEPARATOR = "<SEP>"


def album_names(path: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return artist and title by ``amazon_id``, each None where the file does not say.

    Raises:
        DataError: it is damaged; says where.
    """
    found: dict[str, tuple[str | None, str | None]] = {}
    for album in read_objects(path):
        key, artist, title = (album.get(name) for name in ("amazon_id", "artist", "title"))
        if isinstance(key, str):
            found[key] = (somebody(artist) if isinstance(artist, str) else None,
                          title.strip() or None if isinstance(title, str) else None)
    return found


def track_names(
    path: Path, wanted: Collection[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Return artist and title of those Million Song tracks that are wanted.

    Args:
        path: of ``unique_tracks.txt``: a line a track, ``track<SEP>song<SEP>artist<SEP>title``.

    Raises:
        DataError: a line of another form; names it.
    """
    found: dict[str, tuple[str | None, str | None]] = {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                track = line.partition(_SEPARATOR)[0]
                if track not in wanted:
                    continue
                fields = line.rstrip("\r\n").split(_SEPARATOR, 3)
                if len(fields) < 4:
                    raise DataError(f"{path}, line {number}: is {line[:60]!r}; expected track, "
                                    "song, artist and title with <SEP> between them.")
                found[track] = somebody(fields[2]), fields[3].strip() or None
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {why}; expected UTF-8 text.") from error
    return found
