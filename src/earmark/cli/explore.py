"""``earmark explore``: a dataset in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earmark.cli.data._given import given, takes_dataset
from earmark.cli.output import print_json, printable

if TYPE_CHECKING:
    from earmark.lab.explore.exploring import Exploration


@click.command()
@takes_dataset
@click.option("--features", default="", metavar="FAMILY|JSON",
              help="Features to look at, made from audio where no table has them: a family of "
                   "`earmark features list`, embedding:NAME, or {\"name\": ..., ...} with "
                   "settings.  [default: the dataset's first table]")
@click.option("--rows", default=5000, show_default=True, type=click.IntRange(min=2),
              help="The most tracks whose features are looked at.")
@click.option("--partition", default="", metavar="NAME|none",
              help="The published split whose test part stays unseen; none looks at all tracks.  "
                   "[default: the first]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of all that is drawn by chance.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None,
              metavar="FOLDER",
              help="Where explore.html and explore.json go.  [default: runs/explore-<dataset>]")
@click.option("--json", "as_json", is_flag=True, help="Print explore.json.")
def explore(root: Path, name: str | None, options: tuple[str, ...], features: str, rows: int,
            partition: str, seed: int, out: Path | None, as_json: bool) -> None:
    """Draw the labels and features of the dataset at ROOT: one page of pictures.

    Labels: how common they are, in each part of a published split, which stand together, what they
    are kinds of. Features: how they correlate, how few components they need, maps of the tracks,
    clusters and how well they agree with the labels.
    """
    from earmark.cli.train import Progress
    from earmark.lab.explore import exploring
    from earmark.lab.explore.exploring import Settings

    settings = Settings(features, rows, seed, partition)
    dataset = given(root, name, options)
    folder = out or Path("runs") / f"explore-{dataset.name}"
    exploring.refuse_unwritable(folder)
    with Progress() as log:
        found = exploring.explore(dataset, settings, log=log)
    values = exploring.save(found, folder)
    if as_json:
        print_json(values)
        return
    _tell(found)
    click.echo(f"page: {folder / exploring.PAGE}")


def _tell(found: Exploration) -> None:
    from earmark.lab.explore.page import headline

    click.echo(printable(f"{found.dataset}: {headline(found)}"))
    for note in found.notes:
        click.echo(printable(f"  {note}"))
    for section in found.sections:
        click.echo(printable(f"  {section.title}: {len(section.figures)} pictures"))
        for note in section.notes:
            click.echo(printable(f"    {note}"))
