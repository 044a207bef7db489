"""Many files, one after another or several at once: progress on stderr, failures named.

Threads are enough: decoding, Fourier transforms, medians and models all release Python's lock.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from earmark.cli.output import printable
from earmark.lab.workers import Outcome, attempt, cores

__all__ = ["EXIT_SOME_FAILED", "Outcome", "leave", "outcomes"]
T = TypeVar("T")
EXIT_SOME_FAILED = 3


def outcomes(
    paths: Sequence[Path],
    work: Callable[[Path], T],
    jobs: int | None,
    title: str,
    show: Callable[[Outcome[T]], None] | None = None,
) -> list[Outcome[T]]:
    """Do the work on every file and return what became of each, in order.

    A file that cannot be read is named on stderr and the rest go on. ``show`` sees the outcomes
    in order, as soon as they are there.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(), console=console, transient=True,
        # Answers that appear one by one on the same screen are progress enough, and would
        # tear the bar.
        disable=not console.is_terminal or len(paths) < 2
        or (show is not None and sys.stdout.isatty()),
    )
    done = []
    pool = ThreadPoolExecutor(jobs or cores())
    try:
        with progress:
            bar = progress.add_task(title, total=len(paths))
            for outcome in pool.map(lambda path: attempt(path, work), paths):
                progress.advance(bar)
                if outcome.error:
                    console.print(Text(f"earmark: {printable(outcome.error)}"), soft_wrap=True)
                if show is not None:
                    show(outcome)
                done.append(outcome)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        leave()
    pool.shutdown()
    return done


def leave(hint: str = "") -> NoReturn:
    """End the process now: a thread in the middle of a long file would hold it for minutes.

    Nothing is lost by it, since files are written whole or not at all.
    """
    if spool := sys.modules.get("earmark.lab.spool"):
        spool.remove_all()
    click.echo("earmark: interrupted" + (f"; {hint}" if hint else ""), err=True)
    sys.stdout.flush()
    os._exit(130)
