"""FMA's ``features.csv``: three header lines, 518 columns, a row for each of 106 574 tracks.

A column is named by what stands above it in the lines ``feature``, ``statistics`` and ``number``;
a fourth line holds only the index's name. Values go straight to 32-bit numbers, so that the 950 MB
of text take 220 MB of memory. pyarrow reads it where it is installed; the csv module reads what
pyarrow will not, and alone says what is wrong and where, so both accept the same files. A row in
which a value is empty (what pandas makes of a NaN) is left out and named.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, MissingExtraError, require
from earmark.features._tables.named import (
    Line,
    NamedRows,
    in_single,
    lines_of,
    positions,
    put_right,
    read_lines,
)

NAME_COLUMN = "track_id"
_LEVELS = ("feature", "statistics", "number")
_BLOCK_BYTES = 1 << 24  # of text at a time: some 1 800 tracks


class WideRows(NamedTuple):
    """What a wide table holds.

    Attributes:
        read: the complete rows, as 32-bit numbers, in the order of the file.
        left_out: names of the rows in which a value is empty.
    """

    read: NamedRows
    left_out: tuple[str, ...]


class _Part(NamedTuple):
    names: list[str]
    complete: NDArray[np.bool_]  # of each name
    block: NDArray[np.float32]  # of the complete rows (rows, columns)


class _Header(NamedTuple):
    names: list[str]
    lines: int  # that it takes


def is_wide(path: Path) -> bool:
    """Tell whether a file begins as FMA's ``features.csv`` does; an unreadable one does not."""
    with contextlib.suppress(DataError):
        first = next(lines_of(path), None)
        return first is not None and first[1][0] == _LEVELS[0]
    return False


def read_wide(path: Path, columns: Sequence[str]) -> WideRows:
    """Read the given columns, called ``feature_statistics_number``, in any order in the file.

    Raises:
        DataError: as for ``read_table``; or header lines that are not FMA's; a number beyond
            3.4e38; a last line without an end, of which part may be missing.
    """
    header, _ = _header(path)
    _refuse_unended(path)
    with contextlib.suppress(MissingExtraError):
        if (read := _by_arrow(path, header, columns)) is not None:
            return read
    return _by_csv(path, columns)


def _header(path: Path) -> tuple[_Header, Iterator[Line]]:
    """Return the header as one line of names, and the lines below it."""
    lines = lines_of(path)
    head = list(islice(lines, 4))
    if ([values[0] for _, values in head] != [*_LEVELS, NAME_COLUMN]
            or len({len(values) for _, values in head}) > 1 or any(head[3][1][1:])):
        raise DataError(f"{path}: begins like FMA's features.csv, and does not go on so; expected "
                        f"lines that start with {', '.join(_LEVELS)}, and one with only "
                        f"'{NAME_COLUMN}'. Is the file cut short?")
    levels = zip(*(values[1:] for _, values in head[:3]), strict=True)
    names = [f"{feature}_{statistic}_{number.zfill(2)}" for feature, statistic, number in levels]
    return _Header([NAME_COLUMN, *names], head[3][0]), lines


def _refuse_unended(path: Path) -> None:
    # A cut inside the last value leaves a number, and the right count of them.
    with path.open("rb") as file:
        file.seek(-1, 2)
        if file.read(1) not in b"\r\n":
            raise DataError(f"{path}: the last line does not end; is the file cut short? If it is "
                            "whole, end it with a line break.")


def _by_csv(path: Path, columns: Sequence[str]) -> WideRows:
    left_out: list[str] = []
    header, lines = _header(path)
    lines = chain([(1, header.names)], lines)
    read = read_lines(path, lines, columns, name_column=NAME_COLUMN, incomplete=left_out)
    return WideRows(in_single(read, str(path)), tuple(left_out))


def _by_arrow(path: Path, header: _Header, columns: Sequence[str]) -> WideRows | None:
    """Read with pyarrow; None where it meets anything but complete rows of finite numbers.

    Raises:
        DataError: missing columns. MissingExtraError: no pyarrow.
    """
    arrow = require("pyarrow", extra="train", purpose="reading large tables")
    require("pyarrow.csv", extra="train", purpose="reading large tables")
    given = put_right(f"{path}, line 1", header.names, {}, {NAME_COLUMN, *columns})
    name_at, *wanted = positions(f"{path}, line 1", given, [NAME_COLUMN, *columns])
    try:
        with _opened(arrow, path, header, name_at, wanted) as reader:
            parts = [_part(batch) for batch in reader]
    except (arrow.ArrowInvalid, OSError):
        return None
    return _together(parts, tuple(columns))


def _opened(arrow: Any, path: Path, header: _Header, name_at: int, wanted: Sequence[int]) -> Any:
    """Return a reader of batches: the name, then the wanted columns."""
    csv = arrow.csv
    chosen = [str(name_at), *map(str, wanted)]
    types = dict.fromkeys(chosen, arrow.float32()) | {str(name_at): arrow.string()}
    return csv.open_csv(
        path,
        csv.ReadOptions(block_size=_BLOCK_BYTES, skip_rows=header.lines,
                        column_names=[str(i) for i in range(len(header.names))]),
        convert_options=csv.ConvertOptions(column_types=types, include_columns=chosen,
                                           null_values=[""], strings_can_be_null=False),
    )


def _part(batch: Any) -> _Part:
    block = np.empty((batch.num_rows, batch.num_columns - 1), np.float32)
    complete = np.ones(len(block), np.bool_)
    for place, column in enumerate(batch.columns[1:]):
        block[:, place] = column.to_numpy(zero_copy_only=False)
        if column.null_count:
            complete &= column.is_valid().to_numpy(zero_copy_only=False)
    names = [name.strip() for name in batch.column(0).to_pylist()]
    return _Part(names, complete, block if complete.all() else block[complete])


def _together(parts: list[_Part], columns: tuple[str, ...]) -> WideRows | None:
    """Return all rows, letting go of each part once it is copied; None where one is not fit."""
    names = [name for part in parts for name in part.names]
    complete = [whole for part in parts for whole in part.complete]
    rows = np.empty((sum(complete), len(columns)), np.float32)
    if not all(names) or len(set(names)) < len(names) or not len(rows):
        return None
    end = len(rows)
    while parts:
        block = parts.pop().block
        if not np.isfinite(block).all():
            return None
        rows[end - len(block) : end] = block
        end -= len(block)
    kept, left_out = (tuple(n for n, whole in zip(names, complete, strict=True) if whole == wanted)
                      for wanted in (True, False))
    return WideRows(NamedRows(kept, rows, columns), left_out)
