"""What long work on a dataset is at."""

from __future__ import annotations

import time

import click
from rich.console import Console

from earmark.cli.output import printable
from earmark.cli.progress import LINE_SECONDS


class Steps:
    """Steps and counts on stderr: in place on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._console, self._said = Console(stderr=True), 0.0

    def say(self, text: str) -> None:
        """Say what is being done."""
        click.echo(printable(text), err=True)

    def count(self, done: int, of: int) -> None:
        """Say how many recordings have been listened to."""
        if self._console.is_terminal:
            click.echo(f"\rlistened to {done} of {of}", err=True, nl=done == of)
        elif done == of or time.monotonic() - self._said > LINE_SECONDS:
            self._said = time.monotonic()
            click.echo(f"listened to {done} of {of}", err=True)
