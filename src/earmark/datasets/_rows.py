"""Rows of the tables people write: CSV and TSV as spreadsheets save them, JSON lines, Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from earmark.errors import DataError, require

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_LONGEST_HEADER = 1 << 22
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Rows(NamedTuple):
    """A table: its columns, and (where, values by column) of each row."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, Mapping[str, Any]]]


def read_rows(path: Path) -> Rows:
    """Read a table by its suffix (``SUFFIXES``); anything else is read as CSV.

    Raises:
        DataError: it cannot be read or parsed, is empty, has a column twice, or a row with
            another number of fields than the header; names the line.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return _parquet(path)
        text = _text(path)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as a table: {why}; expected UTF-8 text "
                        f"({', '.join(SUFFIXES)}): save it so again.") from error
    if suffix in (".jsonl", ".ndjson"):
        return _json_lines(path, text)
    return _delimited(path, text, "\t" if suffix == ".tsv" else None)


def read_header(path: Path) -> tuple[str, ...]:
    """Return the columns of a CSV or TSV from its first line alone, however large it is.

    Raises:
        DataError: the line cannot be read; see ``read_rows``.
    """
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST_HEADER)
            if line.startswith(_UTF16):
                line = path.read_bytes()
        text = line.decode("utf-16" if line.startswith(_UTF16) else "utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path}: cannot be read as a table: {error}.") from error
    return _delimited(path, text.partition("\n")[0],
                      "\t" if path.suffix.lower() == ".tsv" else None).columns


def _text(path: Path) -> str:
    content = path.read_bytes()
    # Spreadsheets save 'Unicode text' as UTF-16 and 'CSV UTF-8' with a byte order mark.
    return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")


def _delimited(path: Path, text: str, delimiter: str | None) -> Rows:
    first = text.partition("\n")[0]
    delimiter = delimiter or max(",;\t", key=first.count)  # Excel writes ; where , is the decimal
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise DataError(f"{path}: cannot be read as a table: {error}; save it again.") from error
    if not lines:
        raise DataError(f"{path}: is empty; expected a header such as path,label and a row a "
                        "track.")
    header = [name.strip() for name in lines[0][1]]
    if doubled := [n for i, n in enumerate(header) if n and n in header[:i]]:
        raise DataError(f"{path}: has the column '{doubled[0]}' twice; remove or rename one.")
    for number, row in lines[1:]:
        if len(row) != len(header):
            raise DataError(f"{path}, line {number}: has {len(row)} fields where the header has "
                            f"{len(header)}; put fields that hold '{delimiter}' in quotes.")
    rows = [(f"line {number}", dict(zip(header, row, strict=True))) for number, row in lines[1:]]
    return Rows(tuple(header), rows)


def _json_lines(path: Path, text: str) -> Rows:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {number}: is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number}: is {line.strip()[:40]!r}; expected an object "
                            'such as {"path": "a.wav", "label": "rock"}.')
        rows.append((f"line {number}", row))
    if not rows:
        raise DataError(f'{path}: is empty; expected lines such as {{"path": "a.wav", "label": '
                        '"rock"}.')
    return Rows(tuple(dict.fromkeys(name for _, row in rows for name in row)), rows)


def _parquet(path: Path) -> Rows:
    require("pyarrow", extra="train", purpose="reading Parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}.") from error
    if len(set(table.column_names)) < len(table.column_names):
        raise DataError(f"{path}: has a column twice; remove or rename one.")
    rows = [(f"row {number}", row) for number, row in enumerate(table.to_pylist(), 1)]
    return Rows(tuple(table.column_names), rows)
