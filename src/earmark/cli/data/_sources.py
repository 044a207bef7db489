"""What commands say of a dataset's published files, and how far one of them has come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from earmark.datasets._disk import in_words

if TYPE_CHECKING:
    from rich.progress import TaskID

    from earmark.datasets.base import Source

_LINE_SECONDS = 30.0


def total_in_words(sizes: Sequence[int | None]) -> str:
    """Return the size of all files in words.

    >>> total_in_words([1_000_000, 2_000_000]), total_in_words([5_000, None])
    ('3 MB', '5 kB and 1 file of unknown size')
    """
    known = [size for size in sizes if size is not None]
    unknown = len(sizes) - len(known)
    said = f"{unknown} file{'s' if unknown > 1 else ''} of unknown size"
    if not known:
        return said if unknown else "nothing"
    return in_words(sum(known)) + (f" and {said}" if unknown else "")


def parts_in_words(sources: Sequence[Source]) -> str:
    """Return each part with its size, such as ``metadata (358 MB), audio (7.7 GB)``."""
    of: dict[str, list[int | None]] = {}
    for source in sources:
        of.setdefault(source.part, []).append(source.bytes)
    return ", ".join(f"{part} ({total_in_words(sizes)})" for part, sizes in of.items())


class TransferProgress:
    """A bar a file on a terminal, and now and then a line where there is none; on stderr."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(),
            TransferSpeedColumn(), TimeRemainingColumn(), console=self._console, transient=True,
            disable=not self._console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._bar.stop()

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Show how much of a file is at hand."""
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=total)
        self._bar.update(self._tasks[name], completed=done, total=total, visible=done != total)
        self._say(name, done, total)

    def _say(self, name: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if self._console.is_terminal or now - self._said < _LINE_SECONDS:
            return
        self._said = now
        of = f" of {in_words(total)}" if total else ""
        self._console.print(f"{name}: {in_words(done)}{of}", markup=False, soft_wrap=True)
