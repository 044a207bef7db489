"""``earmark audit``: what a score is worth, under one protocol and under another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earmark.cli.data._given import pairs
from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.lab.recipe import Recipe
    from earmark.lab.teach import Labels


@click.command()
@click.argument("what", metavar="RECIPE|FOLDER|TABLE")
@click.option("--data", "root", type=click.Path(path_type=Path), default=None,
              help="The dataset's folder; for a recipe.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE",
              help="An option of the dataset, such as subset=medium, in place of the recipe's.")
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1, 100),
              help="How often splits that are drawn are dealt.")
@click.option("--tracks", default=None, type=click.IntRange(min=2),
              help="To learn from under each protocol.  [default: as many as in the recipe's own "
                   "split]")
@click.option("--labels", type=click.Choice(["folders", "filetags"]), default="folders",
              show_default=True, help="Where the labels of FOLDER are from, as in earmark train.")
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
              help="Where audit.html and audit.json go.  [default: runs/audit-<recipe>]")
@click.option("--json", "as_json", is_flag=True, help="Print audit.json.")
def audit(what: str, root: Path | None, options: tuple[str, ...], seeds: int,
          tracks: int | None, labels: Labels, out: Path | None, as_json: bool) -> None:
    """Judge one model under leaky and honest protocols: what is its score worth?

    RECIPE (a name or a .toml file) is fitted anew, from equally many tracks, with segments, tracks,
    songs and artists dealt by chance, and on each published partition of the dataset. FOLDER or
    TABLE is your own music, as in earmark train. Readings of published test parts are entered in
    the ledger.
    """
    from earmark.cli.train import Progress
    from earmark.judging.report import audited
    from earmark.lab import audit as audits
    from earmark.lab.workers import allow_all_cores

    allow_all_cores()
    recipe, place = _recipe(what, root, pairs(options), labels)
    folder = out or Path("runs") / f"audit-{recipe.name}"
    settings = audits.Settings(seeds, tracks)
    values = audits.audit(recipe, place, folder, settings, log=Progress())
    if as_json:
        print_json(values)
        return
    for line in audited.lines(values):
        click.echo(line)
    click.echo(f"page: {folder / 'audit.html'}")


def _recipe(
    what: str, root: Path | None, options: dict[str, str], labels: Labels
) -> tuple[Recipe, Path]:
    """Return the recipe, and the folder of its data."""
    import dataclasses

    from earmark.lab import recipe as recipes
    from earmark.lab import teach

    if root is None and teach.is_collection(what):
        if options:
            raise click.UsageError("--option is for a published dataset, given with --data.")
        return teach.recipe_for(teach.collection(Path(what), labels), _named(what)), Path(what)
    if root is None:
        raise click.UsageError(f"the recipe '{what}' needs --data, the folder of its dataset; "
                               "your own music is given by its folder or table.")
    loaded = recipes.read(what)
    if options:
        chosen = {**(loaded.dataset.options or {}), **options}
        loaded = dataclasses.replace(
            loaded, dataset=dataclasses.replace(loaded.dataset, options=chosen))
    return loaded, root


def _named(what: str) -> str:
    """Return what the audit of a folder is called: letters and digits of its name."""
    name = "".join(c if c.isalnum() else "-" for c in Path(what).resolve().stem)
    return name.strip("-")[:60] or "my"
