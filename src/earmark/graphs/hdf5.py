"""Tables of records in HDF5 files, read a few columns and some thousand rows at a time.

A file is not trusted: a link or a table may point at another file of the machine, and only what
lies in the file itself is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require, suggestion

_ROWS = 20_000

Block = dict[tuple[str, str], NDArray[Any]]
"""Some rows: (table, column) to values."""


def blocks(path: Path, wanted: Mapping[str, Sequence[str]]) -> Iterator[Block]:
    """Yield the rows of tables that stand beside one another, row for row.

    Args:
        wanted: a table, such as ``analysis/songs``, to the columns to be read.

    Raises:
        DataError: the file cannot be read as HDF5; a table or column is missing, not in the file
            itself or of another shape; the tables have unlike numbers of rows.
        MissingExtraError: h5py is not installed.
    """
    h5py = require("h5py", extra="data", purpose="reading HDF5")
    try:
        with h5py.File(path, "r") as file:
            tables = {name: _table(h5py, path, file, name) for name in wanted}
            for name, columns in wanted.items():
                _refuse_missing(path, name, columns, tables[name].dtype.names)
            rows = _rows(path, tables)
            for start in range(0, rows, _ROWS):
                end = min(start + _ROWS, rows)
                yield {(name, column): values[column]
                       for name, columns in wanted.items()
                       for values in [tables[name].fields(list(columns))[start:end]]
                       for column in columns}  # fmt: skip
    except (OSError, RuntimeError, ValueError, TypeError, MemoryError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read as HDF5: {why}.") from error


def texts(values: NDArray[Any], where: str) -> list[str]:
    """Return a column of texts.

    Raises:
        DataError: they are no texts in UTF-8; begins with ``where``.
    """
    try:
        return [v.decode() for v in values.tolist()]
    except (UnicodeDecodeError, AttributeError) as error:
        raise DataError(f"{where}: holds what is no text in UTF-8: {error}.") from error


def _table(h5py: Any, path: Path, file: Any, name: str) -> Any:
    found = file
    for step in name.split("/"):
        link = found.get(step, getlink=True) if hasattr(found, "keys") else None
        if link is None:
            raise DataError(f"{path}: holds no table '{name}'; expected one.")
        if not isinstance(link, h5py.HardLink):
            raise DataError(f"{path}: '{step}' of '{name}' is a link; expected it in the file "
                            "itself.")
        found = found[step]
    if not isinstance(found, h5py.Dataset) or found.ndim != 1 or not found.dtype.names:
        raise DataError(f"{path}: '{name}' is no table; expected rows of named columns.")
    if found.external or found.is_virtual:
        raise DataError(f"{path}: the rows of '{name}' lie in other files; expected them in the "
                        "file itself.")
    return found


def _refuse_missing(
    path: Path, table: str, columns: Sequence[str], there: Sequence[str]
) -> None:
    for column in columns:
        if column not in there:
            raise DataError(f"{path}: '{table}' has no column '{column}'."
                            f"{suggestion(column, there)}")


def _rows(path: Path, tables: Mapping[str, Any]) -> int:
    sizes = {name: len(table) for name, table in tables.items()}
    if len(set(sizes.values())) > 1:
        raise DataError(f"{path}: its tables have unlike numbers of rows ({sizes}); expected a row "
                        "a track in each.")
    return int(np.max(list(sizes.values())))
