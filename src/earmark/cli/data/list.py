"""``earmark data list``: the datasets that Earmark reads."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset

_LICENCE_WIDTH = 40
_PIPE_WIDTH = 200


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the datasets that Earmark reads, with their labels and licences."""
    from earmark import registry

    rows = [facts(registry.load("datasets", name)) for name in registry.names("datasets")]
    if as_json:
        print_json(rows)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("name", "title", "labels", "licence", "download"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, (row["name"], row["title"], _labels(row),
                                  _brief(row["licence"]), ", ".join(row["parts"]) or "-")))
    # In a pipe lines may be long: folding is for screens.
    Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
    click.echo("earmark data layout NAME says more of one.", err=True)


def facts(kind: type[Dataset]) -> dict[str, Any]:
    """Return what is known of a dataset without having it.

    ``labels`` and ``task`` are None where they are read from the dataset's own files.
    """
    labels, task = _vocabulary(kind)
    return {
        "name": kind.name, "title": kind.title, "labels": labels, "task": task,
        "licence": kind.licence, "url": kind.url,
        "parts": list(dict.fromkeys(source.part for source in kind.sources)),
    }  # fmt: skip


def _vocabulary(kind: type[Dataset]) -> tuple[int | None, str | None]:
    import tempfile
    from pathlib import Path

    from earmark.errors import DataError

    with tempfile.TemporaryDirectory() as empty:
        try:
            vocabulary = kind(Path(empty)).vocabulary
        except DataError:
            return None, None
        return (len(vocabulary), vocabulary.task) if len(vocabulary) else (None, None)


def _labels(row: dict[str, Any]) -> str:
    if row["labels"] is None:
        return "your own" if "your own" in row["licence"] else "see its files"
    return f"{row['labels']}, {row['task']}"


def _brief(licence: str) -> str:
    """Return a licence without what is said of it further on."""
    name = re.split(r"[;(]|, ", licence)[0].strip()
    return name if len(name) <= _LICENCE_WIDTH else name[: _LICENCE_WIDTH - 1].rstrip() + "…"
