"""FMA's ``tracks.csv`` and ``genres.csv``, read as published.

``tracks.csv`` has two header lines (``artist`` above ``id``) and one that names the index; its
biographies run over many lines, and its lists are printed as Python does, which a pattern of whole
numbers reads: nothing is evaluated. -1 and an empty field both stand for a missing value.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from earmark.errors import DataError, suggestion

SUBSETS = ("small", "medium", "large")
PARTS = {"training": "train", "validation": "valid", "test": "test"}
_WANTED = (
    "set subset", "set split", "artist id", "artist name", "album id", "track title",
    "track duration", "track genre_top", "track genres",
)  # fmt: skip
_LIST = re.compile(r"\[\s*(?:\d{1,6}\s*(?:,\s*\d{1,6}\s*)*)?\]", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_WHOLE = re.compile(r"(-?\d{1,9})(?:\.0)?", re.ASCII)
_MOST_CHARACTERS = 1 << 24  # of a field; csv's own limit is less than some biographies


class Listed(NamedTuple):
    """A row of ``tracks.csv``; None where a value is missing.

    Attributes:
        line: on which the row ends, for messages.
        part: train, valid or test.
        genres: ids as listed, parents left out.
        seconds: of the whole track.
    """

    line: int
    id: int
    subset: str
    part: str
    artist: int | None
    artist_name: str | None
    album: int | None
    title: str | None
    seconds: int | None
    genre_top: str | None
    genres: tuple[int, ...]


@dataclass(frozen=True)
class Genres:
    """FMA's tree of genres.

    Attributes:
        titles: id to title.
        parents: id to the id of its parent, or None for a root.
    """

    titles: Mapping[int, str]
    parents: Mapping[int, int | None]

    def lineage(self, genre: int) -> tuple[int, ...]:
        """Return the genre, its parent, that one's parent and so on up to the root."""
        found = [genre]
        while (parent := self.parents[found[-1]]) is not None:
            found.append(parent)
        return tuple(found)


def read_genres(path: Path) -> Genres:
    """Read ``genres.csv``.

    Raises:
        DataError: it cannot be read; a column is missing; an id or a title is there twice; a
            parent is not in the table or leads back to its child. Names the line.
    """
    lines = _lines(path)
    at = _positions(path, next(lines, (1, []))[1], ("genre_id", "parent", "title"))
    titles: dict[int, str] = {}
    parents: dict[int, int | None] = {}
    for line, values in lines:
        genre, parent = (_id(path, line, values[at[name]]) for name in ("genre_id", "parent"))
        title = values[at["title"]].strip()
        if genre in titles or title in titles.values() or not title:
            raise DataError(f"{path}, line {line}: the genre {genre} '{title}' has no title, or "
                            "its id or title is there already; expected each once.")
        titles[genre], parents[genre] = title, parent or None
    _refuse_false_parents(path, parents)
    return Genres(titles, parents)


def read_listed(path: Path) -> list[Listed]:
    """Read ``tracks.csv``, all of it, in the order of the file.

    Raises:
        DataError: it cannot be read or is not UTF-8; a column is missing; a line is cut short; an
            id is there twice; a subset, a part or a list is not as published. Names the line.
    """
    lines = _lines(path)
    at = _positions(path, _two_headers(path, lines), _WANTED)
    places = [at[name] for name in _WANTED]
    seen: dict[int, int] = {}
    listed = []
    for line, values in lines:
        row = _listed(path, line, values[0], [values[k].strip() for k in places])
        if row.id in seen:
            raise DataError(f"{path}, line {line}: the track {row.id} is already on line "
                            f"{seen[row.id]}; expected each track once.")
        seen[row.id] = line
        listed.append(row)
    if not listed:
        raise DataError(f"{path}: holds no tracks below its header; expected 106 574.")
    return listed


def _listed(path: Path, line: int, track: str, values: list[str]) -> Listed:
    subset, part, artist, name, album, title, seconds, genre_top, genres = values
    if subset not in SUBSETS or part not in PARTS:
        raise DataError(f"{path}, line {line}: the subset is '{subset}' and the split '{part}'; "
                        f"expected one of {', '.join(SUBSETS)} and one of {', '.join(PARTS)}.")
    if not _LIST.fullmatch(genres or "[]"):
        raise DataError(f"{path}, line {line}: the genres are {genres[:40]!r}; expected a list of "
                        "whole numbers such as [21, 137].")
    who, on, duration = (_number(path, line, value) for value in (artist, album, seconds))
    return Listed(line, _id(path, line, track), subset, PARTS[part], who, name or None, on,
                  title or None, duration or None, genre_top or None,
                  tuple(map(int, _NUMBER.findall(genres))))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and values of each row; all rows have as many as the first."""
    csv.field_size_limit(max(_MOST_CHARACTERS, csv.field_size_limit()))
    line, width = 1, 0
    try:
        _refuse_unended(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for values in reader:
                line = reader.line_num
                width = width or len(values)
                if values and len(values) != width:
                    raise DataError(f"{path}, line {line}: {len(values)} values; expected {width}, "
                                    "one a column. Is the file cut short?")
                if values:
                    yield line, values
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text after line {line} ({error.reason}); expected the "
                        "table as published.") from error
    except csv.Error as error:
        raise DataError(f"{path}: broken after line {line}: {error}. Is the file cut "
                        "short?") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _refuse_unended(path: Path) -> None:
    # A cut inside the last title leaves a title, and the right count of values.
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise DataError(f"{path}: is empty; expected the table as published.")
        file.seek(-1, 2)
        if file.read(1) not in b"\r\n\0":  # of UTF-16 the end is another, and it is named later
            raise DataError(f"{path}: the last line does not end; is the file cut short? If it is "
                            "whole, end it with a line break.")


def _two_headers(path: Path, lines: Iterator[tuple[int, list[str]]]) -> list[str]:
    """Return the two header lines and the index's name as one line of names."""
    head = [values for _, values in islice(lines, 3)]
    if len(head) < 3 or head[0][0] or head[1][0] or head[2][0] != "track_id" or any(head[2][1:]):
        raise DataError(f"{path}: does not begin as FMA's tracks.csv does; expected a line of "
                        "'album', 'artist', 'set' and 'track', one of names below them, and one "
                        "with only 'track_id'.")
    return [f"{above} {name}".strip() for above, name in zip(head[0], head[1], strict=True)]


def _positions(path: Path, header: list[str], wanted: tuple[str, ...]) -> dict[str, int]:
    for name in wanted:
        if (count := header.count(name)) != 1:
            near = "" if count else suggestion(name, header)
            raise DataError(f"{path}: has {count or 'no'} column{'s' * (count > 1)} '{name}'; "
                            f"expected one.{near}")
    return {name: header.index(name) for name in wanted}


def _id(path: Path, line: int, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise DataError(f"{path}, line {line}: '{text[:40]}' is no id; expected a whole number "
                        "such as 2.")
    return int(text)


def _number(path: Path, line: int, text: str) -> int | None:
    """Return a whole number; None for -1 and for nothing."""
    if not text:
        return None
    if not (match := _WHOLE.fullmatch(text)):
        raise DataError(f"{path}, line {line}: '{text[:40]}' is no whole number; expected an id or "
                        "a duration in seconds, or -1.")
    number = int(match[1])
    return None if number < 0 else number


def _refuse_false_parents(path: Path, parents: Mapping[int, int | None]) -> None:
    for genre in parents:
        above, seen = parents[genre], {genre}
        while above is not None:
            if above not in parents or above in seen:
                raise DataError(f"{path}: the parent {above}, above genre {genre}, "
                                + ("is not in the table." if above not in parents else
                                   "leads back to itself.") + " Expected a tree.")
            seen.add(above)
            above = parents[above]
