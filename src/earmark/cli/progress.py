"""How far a batch is: a bar on a terminal, and now and then a line where there is none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from earmark.audio.queued import size
from earmark.cli.output import printable

LINE_SECONDS = 30.0


class Bar:
    """What bars share: one is on the terminal while its ``with`` block runs."""

    _bar: Progress

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._bar.stop()


class BatchProgress(Bar):
    """Counts files by their size, since a time left by their number would mislead; on stderr."""

    def __init__(self, title: str, paths: Sequence[Path]) -> None:
        self._title, self._count, self._done, self._done_bytes = title, len(paths), 0, 0
        self._sizes = {path: max(1, size(path)) for path in paths}
        self._total = sum(self._sizes.values())
        self._console = Console(stderr=True)
        self._started = self._said = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(),
            TextColumn("{task.fields[files]}/" f"{self._count}"), TimeRemainingColumn(),
            console=self._console, transient=True,
            disable=not self._console.is_terminal or self._count < 2,
        )  # fmt: skip
        self._task = self._bar.add_task(title, total=self._total, files=0)

    def advance(self, path: Path) -> None:
        """Count a file as finished."""
        self._done += 1
        self._done_bytes += self._sizes[path]
        self._bar.update(self._task, advance=self._sizes[path], files=self._done)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._said >= LINE_SECONDS:
            self._said = now
            left = (now - self._started) * (self._total / self._done_bytes - 1)
            self.say(f"{self._title}: {self._done} of {self._count} files, about "
                     f"{left / 60:.0f} min left")

    def say(self, text: str) -> None:
        """Print one line above the bar."""
        self._console.print(Text(printable(text)), soft_wrap=True)
