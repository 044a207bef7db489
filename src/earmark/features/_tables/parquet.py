"""Named rows from Parquet, read by column name as those of CSV are, with the same refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require
from earmark.features._tables.named import NamedRows, positions, put_right


def read_parquet(
    path: Path,
    columns: Sequence[str],
    *,
    aliases: Mapping[str, str] | None = None,
    name_column: str = "filename",
) -> NamedRows:
    """Read the given columns of a Parquet file, whatever their order; others are ignored.

    Args:
        aliases: other spellings to column; two spellings of one column in a file are refused.
        name_column: holds the name of each row, as text or as whole numbers.

    Raises:
        DataError: the file cannot be read; a column is missing, there twice or holds no numbers;
            a value is missing, NaN or infinite; a name is missing, empty or there twice; there
            are no rows. Names the file, the row and the nearest spelling.
        MissingExtraError: pyarrow is not installed.
    """
    table = _table(path)
    header = put_right(str(path), table.column_names, aliases or {}, {name_column, *columns})
    name_at, *wanted = positions(str(path), header, [name_column, *columns])
    if not table.num_rows:
        raise DataError(f"{path}: holds no rows; expected one a track or segment.")
    names = _names(path, table.column(name_at), name_column)
    rows = np.empty((len(names), len(columns)))
    for number, (column, at) in enumerate(zip(columns, wanted, strict=True)):
        rows[:, number] = _numbers(path, table.column(at), column, names)
    return NamedRows(names, rows, tuple(columns))


def _table(path: Path) -> Any:
    purpose = "reading Parquet"
    arrow = require("pyarrow", extra="train", purpose=purpose)
    parquet = require("pyarrow.parquet", extra="train", purpose=purpose)
    try:
        return parquet.ParquetFile(path).read()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except arrow.ArrowException as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}.") from error


def _names(path: Path, values: Any, column: str) -> tuple[str, ...]:
    types = require("pyarrow", extra="train", purpose="reading Parquet").types
    if not (types.is_integer(values.type) or types.is_string(values.type)
            or types.is_large_string(values.type)):
        raise DataError(f"{path}: '{column}' holds {values.type}; expected names as text or as "
                        "whole numbers.")
    rows: dict[str, int] = {}
    for row, value in enumerate(values.to_pylist(), 1):
        name = "" if value is None else str(value).strip()
        if not name:
            raise DataError(f"{path}, row {row}: the row has no name; expected one a row.")
        if name in rows:
            raise DataError(f"{path}, row {row}: '{name}' is already in row {rows[name]}; expected "
                            "each name once.")
        rows[name] = row
    return tuple(rows)


def _numbers(
    path: Path, values: Any, column: str, names: Sequence[str]
) -> NDArray[np.float64]:
    types = require("pyarrow", extra="train", purpose="reading Parquet").types
    if not (types.is_integer(values.type) or types.is_floating(values.type)):
        raise DataError(f"{path}: '{column}' holds {values.type}; expected numbers.")
    numbers = np.array([np.nan if v is None else v for v in values.to_pylist()], np.float64)
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        given = values[row].as_py()
        raise DataError(f"{path}, row {row + 1}: '{column}' of '{names[row]}' is "
                        f"'{'' if given is None else given}'; expected a finite number.")
    return numbers
