"""Large tables kept as Parquet, so that text is turned into numbers once.

A kept table lies in the cache folder under a hash of every byte of the file it was read from: a
file that has changed in any way is read anew, whatever its date says. Hashing 950 MB takes half a
second on two cores. A kept table that is damaged, or of another format, is read anew, too. A row is
one value of bytes: as a column for each of 518 numbers it would take four times as long to read.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, EarmarkError, MissingExtraError, require
from earmark.features._tables.named import NamedRows
from earmark.features._tables.wide import WideRows
from earmark.store import atomic_write, cache_folder

LEAST_BYTES = 1 << 24  # a smaller table is read as quickly as it is found
_FORMAT = "1"
_PIECE_BYTES = 1 << 25
_BUFFER_BYTES = 1 << 18
_GROUP_ROWS = 8192
_NUMBER = np.dtype("<f4")
_PURPOSE = "keeping large tables"


def read_kept(
    path: Path, columns: Sequence[str], read: Callable[[Path, Sequence[str]], WideRows]
) -> WideRows:
    """Return what ``read`` makes of a file, or made of the same bytes before.

    Without pyarrow, or where the cache folder cannot be written, nothing is kept.

    Raises:
        DataError: as ``read`` does.
    """
    try:
        if path.stat().st_size < LEAST_BYTES:
            return read(path, columns)
        require("pyarrow", extra="train", purpose=_PURPOSE)
        require("pyarrow.parquet", extra="train", purpose=_PURPOSE)
    except (MissingExtraError, OSError):
        return read(path, columns)
    before = _stamp(path)
    kept = cache_folder() / "tables" / f"{_key(path, columns)}.parquet"
    if (found := _loaded(kept, columns)) is not None:
        return found
    made = read(path, columns)
    if _stamp(path) == before:  # else what was read is not what was hashed
        with contextlib.suppress(EarmarkError):
            _keep(kept, made)
    return made


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _key(path: Path, columns: Sequence[str]) -> str:
    """Return 64 hex digits that change with any byte of the file and with the columns."""
    starts = range(0, path.stat().st_size, _PIECE_BYTES)
    whole = hashlib.sha256(json.dumps([_FORMAT, *columns]).encode())
    try:
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            for digest in pool.map(functools.partial(_of_piece, path), starts):
                whole.update(digest)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    return whole.hexdigest()


def _of_piece(path: Path, start: int) -> bytes:
    digest, left = hashlib.sha256(), _PIECE_BYTES
    buffer = bytearray(_BUFFER_BYTES)  # used again and again: fresh memory costs as much as hashing
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while left and (count := file.readinto(view[: min(left, len(view))])):
            digest.update(view[:count])
            left -= count
    return digest.digest()


def _keep(kept: Path, made: WideRows) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names, columns = made.read.names, made.read.columns
    rows = np.ascontiguousarray(made.read.rows, _NUMBER)
    row = pa.binary(rows.shape[1] * _NUMBER.itemsize)
    schema = pa.schema([pa.field("name", pa.string(), nullable=False),
                        pa.field("row", row, nullable=False)],
                       {"columns": json.dumps(columns), "left_out": json.dumps(made.left_out)})
    # Numbers so varied grow under compression and take twice as long.
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False,
               "write_page_checksum": True}  # fmt: skip
    with (atomic_write(kept, temporary_in=kept.parent / "tmp") as file,
          pq.ParquetWriter(file, schema, **options) as writer):
        for start in range(0, len(rows), _GROUP_ROWS):
            block = rows[start : start + _GROUP_ROWS]
            held = pa.FixedSizeBinaryArray.from_buffers(row, len(block),
                                                        [None, pa.py_buffer(block)])
            values = [pa.array(names[start : start + _GROUP_ROWS], pa.string()), held]
            writer.write_batch(pa.record_batch(values, schema=schema))


def _loaded(kept: Path, columns: Sequence[str]) -> WideRows | None:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(kept, page_checksum_verification=True) as file:
            return _unpacked(file, tuple(columns))
    except Exception:  # absent or damaged: pyarrow raises many kinds on what is not its own
        return None


def _unpacked(file: Any, columns: tuple[str, ...]) -> WideRows | None:
    about = file.schema_arrow.metadata
    if json.loads(about[b"columns"]) != list(columns):
        return None
    rows = np.empty((file.metadata.num_rows, len(columns)), np.float32)
    names: list[str] = []
    for group in range(file.num_row_groups):
        # Threads would only get in each other's way: all is copying.
        table = file.read_row_group(group, use_threads=False)
        _copy(table.column("row"), rows[len(names) : len(names) + len(table)])
        names += table.column("name").to_pylist()
    left_out = json.loads(about[b"left_out"])
    return WideRows(NamedRows(tuple(names), rows, columns), tuple(left_out))


def _copy(held: Any, rows: NDArray[np.float32]) -> None:
    start = 0
    for chunk in held.chunks:
        values = np.frombuffer(chunk.buffers()[1], _NUMBER).reshape(-1, rows.shape[1])
        rows[start : start + len(chunk)] = values[chunk.offset : chunk.offset + len(chunk)]
        start += len(chunk)
