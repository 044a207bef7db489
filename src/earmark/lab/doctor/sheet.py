"""A table as it lies there: columns of text, of lists and of numbers, whatever they are called.

Readers of datasets refuse what they cannot use; the doctor has to look at it. So nothing is
refused here but what is no table at all.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require

Cell = str | tuple[str, ...]
SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True)
class Sheet:
    """The columns of a table, in its order.

    Attributes:
        texts: column to its cells: text, or a tuple where the file holds a real list.
        numbers: column to its values [shape=(rows,)], NaN where there is none.
        rows: how many there are.
    """

    path: Path
    columns: tuple[str, ...]
    texts: Mapping[str, Sequence[Cell]]
    numbers: Mapping[str, NDArray[np.float64]]
    rows: int


def read_sheet(path: Path) -> Sheet:
    """Read a CSV, TSV, JSON-lines or Parquet file.

    Raises:
        DataError: it cannot be read as one, has a column twice, or no rows; names file and line.
        MissingExtraError: pyarrow is not installed.
    """
    require("pyarrow", extra="data", purpose="checking a table")
    import pyarrow as pa

    try:
        table = _arrow(path)
    except (OSError, UnicodeError, pa.ArrowException) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: cannot be read as a table: {why[:200]}; expected one of "
                        f"{', '.join(SUFFIXES)}, in UTF-8.") from error
    names: list[str] = table.column_names
    if twice := [name for i, name in enumerate(names) if name in names[:i]]:
        raise DataError(f"{path}: has the column '{twice[0]}' twice; remove or rename one.")
    if not table.num_rows:
        raise DataError(f"{path}: holds no rows below its header; expected one a track.")
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise DataError(f"{path}: the column '{field.name}' is not in UTF-8; save the table "
                            "so again.")
    numeric = {name for name in names if _is_numeric(table.schema.field(name).type)}
    return Sheet(
        path, tuple(names),
        {name: _cells(table[name].to_pylist()) for name in names if name not in numeric},
        {name: _numbers(table[name]) for name in names if name in numeric}, table.num_rows,
    )


def _arrow(path: Path) -> Any:
    import pyarrow.csv as arrow_csv
    import pyarrow.json as arrow_json
    import pyarrow.parquet as pq

    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return pq.read_table(path)
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16").encode()
    content = content.removeprefix(codecs.BOM_UTF8)
    if not content.strip():
        raise DataError(f"{path}: is empty; expected a header and a row a track.")
    if suffix in (".jsonl", ".ndjson"):
        return arrow_json.read_json(io.BytesIO(content))
    delimiter = "\t" if suffix == ".tsv" else _delimiter(content)
    return arrow_csv.read_csv(
        io.BytesIO(content),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(strings_can_be_null=False),
    )


def _delimiter(content: bytes) -> str:
    """Return what parts the header's columns."""
    first = content.partition(b"\n")[0].decode("utf-8", "replace")
    return max(",;\t", key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _is_numeric(kind: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def _numbers(column: Any) -> NDArray[np.float64]:
    import pyarrow as pa

    values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def _cells(values: Sequence[Any]) -> list[Cell]:
    return [tuple(str(v) for v in value if v is not None) if isinstance(value, list)
            else "" if value is None else str(value) for value in values]
