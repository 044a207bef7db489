"""Ready-made feature tables, read by the names of their columns.

Published copies of one table differ in the order of their columns, in spelling and in what was
added, so a column is never taken by its place. A value that is not a finite number is refused:
one NaN would pass through a scaler into every score. Only the csv module is used; pandas would
turn a truncated line into NaN without a word.
"""

from __future__ import annotations

import csv
import difflib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError

Line = tuple[int, list[str]]
"""The number of a line and its values."""

_NAMED_MISSING = 5


@dataclass(frozen=True)
class NamedRows:
    """Named rows of numbers.

    Attributes:
        names: one a row, unique, in the order of the file.
        rows: finite values [shape=(names, columns)].
        columns: names of the values, in the order asked for.
    """

    names: tuple[str, ...]
    rows: NDArray[np.float64] | NDArray[np.float32]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """A line of a file, for messages."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


def read_table(
    path: Path,
    columns: Sequence[str],
    *,
    aliases: Mapping[str, str] | None = None,
    name_column: str = "filename",
) -> NamedRows:
    """Read the given columns of a comma-separated table in UTF-8, whatever their order.

    Other columns are ignored, and so are empty lines, a byte order mark and the kind of line end.

    Args:
        aliases: other spellings to column; two spellings of one column in a table are refused.
        name_column: holds the name of each row.

    Raises:
        DataError: the file cannot be read; a column is missing or there twice; a line is cut
            short; a value is empty, NaN, infinite or no number; a name is empty or there twice;
            there are no rows. Names the file, the line and the nearest spelling.
    """
    return read_lines(path, lines_of(path), columns, aliases=aliases, name_column=name_column)


def read_lines(
    path: Path,
    lines: Iterator[Line],
    columns: Sequence[str],
    *,
    aliases: Mapping[str, str] | None = None,
    name_column: str,
    incomplete: list[str] | None = None,
) -> NamedRows:
    """Read a table from its lines, the header first, as ``read_table`` does.

    Args:
        path: for messages.
        incomplete: takes the names of rows in which a value is empty, and these are left out;
            None to refuse such rows.

    Raises:
        DataError: as for ``read_table``.
    """
    names: dict[str, int] = {}  # to the line it stands on
    rows: list[NDArray[np.float64]] = []  # lists of numbers would take four times the memory
    kept: list[str] = []
    header = _header(path, lines, aliases or {}, {name_column, *columns})
    name_at, *wanted = positions(f"{path}, line 1", header, [name_column, *columns])
    for line, values in lines:
        place = _Place(path, line)
        _refuse_ragged(place, values, header)
        name = values[name_at]
        _refuse_known(place, name, names)
        names[name] = line
        chosen = [values[i] for i in wanted]
        if incomplete is not None and "" in chosen:
            incomplete.append(name)
            continue
        kept.append(name)
        rows.append(np.array(_numbers(place, name, chosen, columns)))
    if not rows:
        raise DataError(f"{path}: holds no rows below its header; expected one a track or segment.")
    found = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
    return NamedRows(tuple(kept), found, tuple(columns))


def in_single(read: NamedRows, table: str) -> NamedRows:
    """Return the rows as float32.

    Raises:
        DataError: a number is too large for that; begins with ``table``.
    """
    with np.errstate(over="ignore"):
        rows = read.rows.astype(np.float32)
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise DataError(f"{table}: '{read.columns[column]}' of '{read.names[row]}' is "
                        f"{read.rows[row, column]:g}; expected a number below 3.4e38.")
    return NamedRows(read.names, rows, read.columns)


def refuse_ids(path: Path, ids: NDArray[np.str_], thing: str) -> None:
    """Refuse ids that are empty or there twice.

    Raises:
        DataError: names the file and the id; ``thing`` is what has one, such as
            ``the track``.
    """
    names, counts = np.unique(ids, return_counts=True)
    if counts.max(initial=0) > 1:
        raise DataError(f"{path}: {thing} '{names[np.argmax(counts)]}' is there {counts.max()} "
                        "times; expected once.")
    if "" in names:
        raise DataError(f"{path}: a {thing.removeprefix('the ')} has no id; expected one each.")


def lines_of(path: Path) -> Iterator[Line]:
    """Yield line number and values of each line that is not empty."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for values in reader:
                line = reader.line_num
                if values:
                    yield line, [value.strip() for value in values]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text after line {line} ({error.reason}); expected "
                        "a comma-separated table saved as UTF-8.") from error
    except csv.Error as error:
        raise DataError(f"{path}: broken after line {line}: {error}.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _header(
    path: Path, lines: Iterator[Line], aliases: Mapping[str, str], known: set[str]
) -> list[str]:
    _, given = next(lines, (0, []))
    if not given:
        raise DataError(f"{path}: is empty; expected a header line with column names.")
    if len(given) == 1 and (mark := next((m for m in ";\t|" if m in given[0]), None)):
        raise DataError(f"{path}, line 1: the columns seem to be separated by {mark!r}; expected "
                        "commas.")
    return put_right(f"{path}, line 1", given, aliases, known)


def put_right(
    place: str, given: Sequence[str], aliases: Mapping[str, str], known: set[str]
) -> list[str]:
    """Return a header with other spellings put right.

    Raises:
        DataError: a known column is there twice; begins with ``place``.
    """
    header = [n if n in known else aliases.get(n, n) for n in given]
    for name, count in Counter(header).items():
        if count > 1 and name in known:
            spelt = [repr(g) for g, h in zip(given, header, strict=True) if h == name]
            raise DataError(f"{place}: column '{name}' is there {count} times "
                            f"({' and '.join(spelt)}); expected once.")
    return header


def positions(place: str, header: list[str], wanted: Sequence[str]) -> list[int]:
    """Return where the wanted columns stand.

    Raises:
        DataError: some are missing; begins with ``place`` and offers the nearest spelling.
    """
    at = {name: i for i, name in enumerate(header)}
    missing = [name for name in wanted if name not in at]
    if missing:
        spare = sorted(set(header) - set(wanted))
        named = ", ".join(_with_nearest(name, spare) for name in missing[:_NAMED_MISSING])
        more = len(missing) - _NAMED_MISSING
        raise DataError(f"{place}: {len(missing)} of {len(wanted)} columns missing: {named}"
                        + (f" and {more} more." if more > 0 else "."))
    return [at[name] for name in wanted]


def _with_nearest(name: str, spare: list[str]) -> str:
    near = difflib.get_close_matches(name, spare, n=1, cutoff=0.7)
    return f"'{name}' (is '{near[0]}' meant?)" if near else f"'{name}'"


def _refuse_ragged(place: _Place, values: list[str], header: list[str]) -> None:
    if len(values) != len(header):
        raise DataError(f"{place}: {len(values)} values; expected {len(header)}, one a column. "
                        "Is the file cut short?")


def _refuse_known(place: _Place, name: str, names: Mapping[str, int]) -> None:
    if not name:
        raise DataError(f"{place}: the row has no name; expected one a row.")
    if name in names:
        raise DataError(f"{place}: '{name}' is already on line {names[name]}; expected each name "
                        "once.")


def _numbers(
    place: _Place, name: str, values: list[str], columns: Sequence[str]
) -> list[float]:
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        numbers = [math.nan]
    # Python reads '1_000' as a number; a table that holds it was damaged on the way.
    if all(map(math.isfinite, numbers)) and "_" not in "".join(values):
        return numbers
    column, value = next((c, v) for c, v in zip(columns, values, strict=True) if not _is_finite(v))
    raise DataError(f"{place}: '{column}' of '{name}' is '{value}'; expected a finite number.")


def _is_finite(value: str) -> bool:
    try:
        return "_" not in value and math.isfinite(float(value))
    except ValueError:
        return False
