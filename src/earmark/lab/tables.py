"""Tables of features that are written as they come: CSV, JSON and Parquet.

A table is opened at its first row, so that nothing is written where nothing could be read, and
takes the place of an older one when it is complete.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, Self

from earmark.errors import EarmarkError, require
from earmark.store import writing

Row = Sequence[Any]
# What the system does with names that are no Unicode, so that they are found again.
_NO_UNICODE = "surrogatepass" if sys.platform == "win32" else "surrogateescape"
_GROUP_ROWS = 8192  # rows of a Parquet file that lie together


class Table(ABC):
    """A table on its way to a file, to be used in a ``with`` block.

    Attributes:
        columns: names; the first is a file's name, then come numbers or texts.
    """

    style: ClassVar[str]

    def __init__(self, columns: Sequence[str], out: Path | None) -> None:
        """Write to ``out``, or to stdout where it is None."""
        self.columns, self.out = tuple(columns), out
        self._opened: AbstractContextManager[IO[bytes]] | None = None
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def add(self, rows: Sequence[Row]) -> None:
        """Write some rows, which hold a value for each column.

        Raises:
            EarmarkError: the file cannot be written.
        """
        if not rows:
            return
        with self._named_errors():
            if self._file is None:
                self._opened = writing(self.out) if self.out else _stdout()
                self._file = self._opened.__enter__()
                self._begin(self._file)
            self._add(self._file, rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._opened is None or self._file is None:
            return
        if error is None:
            with self._named_errors():
                self._end(self._file)
                self._opened.__exit__(None, None, None)
        else:
            # Not the error itself: it would be taken for one of writing.
            with contextlib.suppress(_GivenUpError):
                self._opened.__exit__(_GivenUpError, _GivenUpError(), None)

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self.out is None:
                raise  # stdout's troubles are told where the command line ends
            raise EarmarkError(
                f"{self.out} cannot be written: {error.strerror or error}"
            ) from error

    @abstractmethod
    def _begin(self, file: IO[bytes]) -> None: ...

    @abstractmethod
    def _add(self, file: IO[bytes], rows: Sequence[Row]) -> None: ...

    @abstractmethod
    def _end(self, file: IO[bytes]) -> None: ...


class CsvTable(Table):
    """Nine digits a number, which give a float32 back exactly; Unix line ends."""

    style = "csv"

    def _begin(self, file: IO[bytes]) -> None:
        self._add(file, [self.columns])

    def _add(self, file: IO[bytes], rows: Sequence[Row]) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([v if isinstance(v, str) else f"{v:.9g}" for v in row] for row in rows)
        file.write(text.getvalue().encode("utf-8", _NO_UNICODE))

    def _end(self, file: IO[bytes]) -> None:
        pass


class JsonTable(Table):
    """A list of objects, one a row."""

    style = "json"

    def _begin(self, file: IO[bytes]) -> None:
        self._separator = b"[\n"

    def _add(self, file: IO[bytes], rows: Sequence[Row]) -> None:
        for row in rows:
            text = json.dumps(dict(zip(self.columns, row, strict=True)), indent=1, allow_nan=False)
            file.write(self._separator + textwrap.indent(text, " ").encode())
            self._separator = b",\n"

    def _end(self, file: IO[bytes]) -> None:
        file.write(b"\n]\n")


class ParquetTable(Table):
    """Features as float32; names that are not Unicode get question marks.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    style = "parquet"

    def __init__(
        self, columns: Sequence[str], out: Path | None, texts: Sequence[str] = ()
    ) -> None:
        """Write to ``out``; ``texts`` are columns of text beside ``filename``."""
        super().__init__(columns, out)
        arrow = require("pyarrow", extra="train", purpose="writing Parquet")
        self._parquet = require("pyarrow.parquet", extra="train", purpose="writing Parquet")
        kinds: Mapping[str, Any] = {
            **dict.fromkeys(("filename", *texts), arrow.string()),
            "start_seconds": arrow.float64(), "segment_seconds": arrow.float64(),
            "segment": arrow.int32(),
        }  # fmt: skip
        self._schema = arrow.schema([(c, kinds.get(c, arrow.float32())) for c in self.columns])
        self._arrow = arrow
        self._rows: list[Row] = []

    def _begin(self, file: IO[bytes]) -> None:
        self._writer = self._parquet.ParquetWriter(file, self._schema)

    def _add(self, file: IO[bytes], rows: Sequence[Row]) -> None:
        self._rows += ([*map(_plain, row)] for row in rows)
        if len(self._rows) >= _GROUP_ROWS:
            self._flush()

    def _end(self, file: IO[bytes]) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            values = list(map(list, zip(*self._rows, strict=True)))
            arrays = [self._arrow.array(v, f.type)
                      for v, f in zip(values, self._schema, strict=True)]
            self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
            self._rows = []


def _plain(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


TABLES: Mapping[str, type[Table]] = {t.style: t for t in (CsvTable, JsonTable, ParquetTable)}


class _GivenUpError(Exception):
    """The rows did not all come."""


@contextlib.contextmanager
def _stdout() -> Iterator[IO[bytes]]:
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
