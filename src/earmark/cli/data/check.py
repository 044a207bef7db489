"""``earmark data check``: what is wrong with a dataset, and what to leave out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earmark.cli.data._given import pairs, takes_dataset
from earmark.cli.output import print_json, printable

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset
    from earmark.lab.doctor.check import Checkup
    from earmark.lab.doctor.findings import Finding

GRAVE = 4
"""The exit code for grave faults. Not 3, which says that part of the work could not be done: here
it was done, and this is its answer, so that a script can stop before training."""

_SHOWN = 3


@click.command("check")
@takes_dataset
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.html",
              help="Write a page with every finding.")
@click.option("--exclude", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
              help="Write the tracks to leave out, each with the reason.")
@click.option("--manifest", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
              help="Write a table of the other tracks that have audio, for earmark train.")
@click.option("--audio/--no-audio", default=True, show_default=True,
              help="Listen to every track, and compare it with all others.")
@click.option("--mislabels/--no-mislabels", default=False, show_default=True,
              help="Look for labels that are likely wrong, by learning from the dataset.")
@click.option("--drop-mislabels", is_flag=True,
              help="Leave likely mislabels out as well, of a train part only.")
@click.option("--partition", metavar="NAME", default=None,
              help="Of several published splits the one that says which tracks are train, and "
                   "that the manifest is to have.")
@click.option("--json", "as_json", is_flag=True, help="Print every finding as JSON.")
def command(
    root: Path, name: str | None, options: tuple[str, ...], page: Path | None,
    exclude: Path | None, manifest: Path | None, audio: bool, mislabels: bool,
    drop_mislabels: bool, partition: str | None, as_json: bool,
) -> None:
    """Look for what is wrong with the dataset, or the table, at ROOT.

    A table need not be one that Earmark can learn from: what keeps it from that is said. The exit
    code is 4 where anything grave is found, 0 where nothing is.
    """
    from earmark.cli.data._steps import Steps
    from earmark.errors import DataError
    from earmark.lab.doctor.check import check, openable
    from earmark.lab.doctor.outcome import left_out, parts_of, train_part

    if not root.exists():
        raise DataError(f"{root}: no such folder or table; expected one that holds a dataset.")
    dataset = openable(root, name, pairs(options))
    # A slip is found before hours of listening.
    (train_part if drop_mislabels else parts_of)(dataset, partition)
    progress = Steps()
    found = check(dataset, listen=audio, mislabels=mislabels or drop_mislabels,
                  progress=progress.count, log=progress.say)  # fmt: skip
    reasons = left_out(dataset, found.findings, drop_mislabels=drop_mislabels,
                       partition=partition, say=progress.say)
    if as_json:
        print_json({**found.plain(), "excluded": reasons})
    else:
        _tell(found)
    _write(dataset, found, reasons, page, exclude, manifest, partition)
    if found.is_grave:
        raise SystemExit(GRAVE)


def _tell(found: Checkup) -> None:
    from earmark.lab.doctor.findings import KINDS
    from earmark.lab.doctor.page import headline

    heard = f", {found.heard} listened to" if found.heard else ""
    click.echo(printable(f"{found.dataset}: {found.tracks} tracks{heard}. {headline(found)}."))
    for kind, its in found.kinds.items():
        click.echo(f"  {its[0].severity:7}  {kind}: {len(its)}  ({KINDS[kind].advice})")
        for finding in its[:_SHOWN]:
            click.echo(printable(f"             {_line(finding)}"))
        if len(its) > _SHOWN:
            click.echo(f"             and {len(its) - _SHOWN} more: --page or --json list all")
    for note in found.notes:
        click.echo(printable(f"  {note}"))


def _line(finding: Finding) -> str:
    pair = f" and {finding.other}" if finding.other else ""
    return f"{finding.name}{pair}: {finding.detail}"


def _write(
    dataset: Dataset, found: Checkup, reasons: dict[str, str], page: Path | None,
    exclude: Path | None, manifest: Path | None, partition: str | None,
) -> None:
    from earmark.lab.doctor.outcome import write_excluded, write_manifest
    from earmark.store import write_text

    if page:
        from earmark.lab.doctor import page as pages

        write_text(page, pages.page(found))
        click.echo(f"page: {page}", err=True)
    if exclude:
        write_excluded(exclude, reasons)
        click.echo(f"exclude list: {exclude}, {len(reasons)} tracks", err=True)
    if manifest:
        count = write_manifest(manifest, dataset, reasons, partition)
        click.echo(f"manifest: {manifest}, {count} tracks: earmark train {manifest}", err=True)
