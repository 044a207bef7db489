"""``earmark report``: a finished run as a page to read."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Write report.html and report.md into the finished RUN folder.

    The page is one file: it needs no network and no script, prints well, and reads on a phone.
    """
    from earmark.judging import report as reports

    for path in reports.write(run):
        click.echo(path)
