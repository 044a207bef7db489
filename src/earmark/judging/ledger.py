"""The ledger: an append-only file with one JSON line for every reading of a test part.

A test part that is read often becomes a valid part. Each reading is therefore entered before its
numbers are handed out, and reports show how many went before. ``read_test`` is the one door: it
evaluates and enters in one step, and the lab uses nothing else.

Several processes may append at once: a line is one write at the end of the file under a lock of
the operating system, which a killed process gives back. A torn line (a full disk, a pulled plug)
is cut off when that can be done, and otherwise reported with its number on the next reading of
the ledger, never passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from earmark import __version__
from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError
from earmark.judging.splits import Split
from earmark.settings import from_mapping, to_mapping

T = TypeVar("T")
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write \r\n otherwise
_LOCKED_BYTE = 1 << 30  # far beyond the content: Windows locks bytes against readers, too


@dataclass(frozen=True)
class Reading:
    """One reading of a test part.

    Attributes:
        time: UTC, ISO 8601, to the second.
        run: its name.
        recipe: fingerprint of the recipe.
        dataset: its name; ``dataset_fingerprint`` tells which copy.
        split: its name; ``split_fingerprint`` tells which division.
        part: ``test``.
        unit: what a row of the metrics is: ``track`` or ``segment``.
        metrics: plain numbers by name.
        version: of Earmark.
    """

    time: str
    run: str
    recipe: str
    dataset: str
    dataset_fingerprint: str
    split: str
    split_fingerprint: str
    part: str
    unit: str
    metrics: Mapping[str, Any]
    version: str


class Ledger:
    """The readings entered in one file, which is made on the first entry."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def enter(
        self, split: Split, dataset: Dataset, *, run: str, recipe: str,
        metrics: Mapping[str, Any], unit: str = "track", part: str = "test",
    ) -> Reading:
        """Append one reading, on disk when this returns.

        Args:
            recipe: fingerprint of the recipe.
            metrics: numbers by name; values that are not numbers belong in results.json.

        Raises:
            DataError: a metric is no finite number, or the file cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        reading = Reading(
            now, run, recipe, dataset.name, dataset.fingerprint, split.name, split.fingerprint,
            part, unit, dict(metrics), __version__,
        )
        _append(self.path, _line(reading))
        return reading

    def readings(
        self, dataset_fingerprint: str | None = None, split_fingerprint: str | None = None
    ) -> list[Reading]:
        """Return the readings, oldest first: all, or those of a dataset or a split.

        Raises:
            DataError: a line is damaged; names it.
        """
        return [
            reading
            for reading in _read(self.path)
            if dataset_fingerprint in (None, reading.dataset_fingerprint)
            and split_fingerprint in (None, reading.split_fingerprint)
        ]

    def count(
        self, dataset_fingerprint: str | None = None, split_fingerprint: str | None = None
    ) -> int:
        """Return how many readings there are; arguments and errors as in ``readings``."""
        return len(self.readings(dataset_fingerprint, split_fingerprint))


def read_test(
    ledger: Ledger, split: Split, dataset: Dataset, *, run: str, recipe: str,
    judge: Callable[[tuple[str, ...]], tuple[Mapping[str, Any], T]], unit: str = "track",
) -> tuple[Reading, Mapping[str, Any], T]:
    """Evaluate on the test part and enter the reading; nothing is returned that is not entered.

    Args:
        judge: takes the test part's track ids and returns its metrics (``metrics.summary``) and
            whatever else belongs to them, such as the scores. The numbers at the metrics' top
            level are entered; tables within them are not.

    Returns:
        The reading as entered, the judge's metrics, and what came with them.

    Raises:
        DataError: the test part is empty, or the ledger is damaged or cannot be written; the
            judge is then not asked, or its answer is not handed out.
    """
    ids = split.ids("test")
    if not ids:
        raise DataError(f"the split '{split.name}' has no test part to read.")
    ledger.count()  # a damaged ledger is found before the test part is touched
    metrics, rest = judge(ids)
    reading = ledger.enter(
        split, dataset, run=run, recipe=recipe, metrics=_numbers(metrics), unit=unit
    )
    return reading, metrics, rest


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {
        name: int(value) if isinstance(value, Integral) else float(value)
        for name, value in metrics.items()
        if not isinstance(value, bool) and isinstance(value, Real)
    }
    if not found:
        raise DataError("the test part was judged without a single number; expected metrics.")
    return found


def _line(reading: Reading) -> bytes:
    try:
        text = json.dumps(to_mapping(reading), allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise DataError(f"the metrics of run '{reading.run}' are not plain finite numbers: "
                        f"{error}") from error
    return text.encode() + b"\n"


def _append(path: Path, line: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o644)
        try:
            with _locked(descriptor):
                _write_whole(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise DataError(f"{path} cannot be written, so the test scores are withheld: "
                        f"{error.strerror or error}") from error


def _write_whole(descriptor: int, line: bytes) -> None:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size and _last_byte(descriptor) != b"\n":
        line = b"\n" + line  # a torn line before this one must not swallow it
    if os.write(descriptor, line) != len(line):
        os.ftruncate(descriptor, size)
        raise OSError("the disk is full")
    os.fsync(descriptor)


def _last_byte(descriptor: int) -> bytes:
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1)


def _read(path: Path) -> list[Reading]:
    try:
        with path.open("rb") as file, _locked(file.fileno()):
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    return [_parse(line, f"{path}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]


def _parse(line: bytes, where: str) -> Reading:
    try:
        values = json.loads(line)
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")
        return from_mapping(Reading, values, where="reading")
    except (ValueError, SettingsError) as error:
        raise DataError(f"{where} is damaged ({error}): put it back from a copy or mend it by "
                        "hand; readings are never passed over.") from error


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Hold the file against other processes; waits for them."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            yield
        finally:
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
