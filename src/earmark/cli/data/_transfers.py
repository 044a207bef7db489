"""How far fetching and unpacking are."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from earmark.cli.progress import LINE_SECONDS, Bar
from earmark.datasets._disk import in_words


class TransferProgress(Bar):
    """A bar a file on a terminal, and now and then a line where there is none; on stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(),
            TransferSpeedColumn(), TimeRemainingColumn(), console=self._console, transient=True,
            disable=not self._console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}
        self._said = time.monotonic()

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Show how much of a file is at hand."""
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=total)
        self._bar.update(self._tasks[name], completed=done, total=total, visible=done != total)
        self._say(name, done, total)

    def _say(self, name: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if self._console.is_terminal or now - self._said < LINE_SECONDS:
            return
        self._said = now
        of = f" of {in_words(total)}" if total else ""
        self._console.print(f"{name}: {in_words(done)}{of}", markup=False, soft_wrap=True)
