"""Tables as their publishers wrote them: text, tab- or comma-separated, a line a track."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from earmark.datasets._files import counted, some
from earmark.datasets.base import Track
from earmark.errors import DataError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """Return a file's text: UTF-8 with or without a byte order mark, or UTF-16 with one.

    Raises:
        DataError: it cannot be read or is of another encoding; names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    try:
        return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: is not UTF-8 text; get the file again, or save it "
                        "as UTF-8.") from error


def read_lines(
    path: Path, delimiter: str = "\t", *, quoted: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Yield number and fields of each line that is not blank.

    Args:
        quoted: whether double quotes hold fields together; if not they are ordinary characters.

    Raises:
        DataError: it cannot be read, or a quote is not closed; names the line.
    """
    text = read_text(path)
    lines = io.StringIO(text, newline="")
    if quoted:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    try:
        for row in reader:
            if row and any(row):
                yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: cannot be read as a table: {error}. Is "
                        "it cut short?") from error


def columns_of(path: Path, header: list[str], wanted: list[str]) -> dict[str, int]:
    """Return name to place of the wanted columns; other columns and their order do not matter.

    Raises:
        DataError: one is not there, or there twice.
    """
    names = [name.strip() for name in header]
    for name in wanted:
        if (count := names.count(name)) != 1:
            says = "has no column" if count == 0 else f"has {count} times the column"
            raise DataError(f"{path}, line 1: {says} '{name}'; expected the table as published.")
    return {name: names.index(name) for name in wanted}


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder; none where there is no folder.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return [file.name for file in folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}.") from error


def audio_remarks(
    tracks: Iterable[Track], named: Iterable[str], audio: Mapping[str, str], thing: str,
    beyond: str,
) -> Iterator[str]:
    """Yield sentences on tracks without their file and on files that no row names.

    Args:
        named: the paths that the table names.
        audio: name to path of the files found; none were looked for where it is empty.
        thing: what a track is called; ``beyond``, what a file is that no row names.
    """
    if not audio:
        return
    absent = [track.id for track in tracks if track.path is None]
    if absent:
        yield f"{counted(len(absent), thing)} without their file: {some(absent)}"
    listed = {path.removesuffix(".mp3") for path in named}
    if extra := sorted(path for name, path in audio.items() if name not in listed):
        yield f"{counted(len(extra), 'file')} {beyond}: {some(extra)}"
