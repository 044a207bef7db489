"""``earmark audit``: what a score is worth under another protocol, and under disturbances."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from earmark.cli.data._given import pairs
from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.lab.recipe import Recipe
    from earmark.lab.teach import Labels


_ROBUST = ("taggers", "seconds", "card")  # options of --robust alone


@click.command()
@click.argument("what", metavar="RECIPE|FOLDER|TABLE|DATASET")
@click.option("--data", "root", type=click.Path(path_type=Path), default=None,
              help="The dataset's folder; for a recipe, or with --robust for a dataset by name.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE",
              help="An option of the dataset, such as subset=medium, in place of the recipe's.")
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1, 100),
              help="How often splits that are drawn are dealt.")
@click.option("--tracks", default=None, type=click.IntRange(min=2),
              help="To learn from under each protocol.  [default: as many as in the recipe's own "
                   "split]  With --robust: to hear, drawn by chance.  [default: all]")
@click.option("--labels", type=click.Choice(["folders", "filetags", "none"]),
              default="folders", show_default=True,
              help="Where the labels of FOLDER are from, as in earmark train; none, with --robust "
                   "alone: its files have no labels.")
@click.option("--robust", is_flag=True,
              help="Judge taggers, not a recipe: do they say the same of FOLDER, TABLE or DATASET "
                   "under codecs, noise, other tempo, pitch, band, excerpt and sample rate?")
@click.option("--tagger", "taggers", multiple=True, metavar="NAME|FILE",
              help="With --robust: whom to judge; may be given several times.  [default: as in "
                   "earmark tag]")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(1, 600),
              help="With --robust: how much of each track is heard, from its beginning.")
@click.option("--write-card", "card", type=click.Path(path_type=Path), default=None,
              metavar="OUT.earmark",
              help="With --robust: write a copy of the tagger with what was found on its card.")
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
              help="Where the page and the JSON file go.  [default: runs/audit-<recipe> or "
                   "runs/robust-<name>]")
@click.option("--json", "as_json", is_flag=True, help="Print audit.json, or robust.json.")
@click.pass_context
def audit(context: click.Context, what: str, root: Path | None, options: tuple[str, ...],
          seeds: int, tracks: int | None, labels: Labels | Literal["none"], robust: bool,
          taggers: tuple[str, ...], seconds: float, card: Path | None, out: Path | None,
          as_json: bool) -> None:
    """Judge one model under leaky and honest protocols, or taggers under disturbances.

    RECIPE (a name or a .toml file) is fitted anew, from equally many tracks, with segments, tracks,
    songs and artists dealt by chance, and on each published partition of the dataset. FOLDER or
    TABLE is your own music, as in earmark train. Readings of published test parts are entered in
    the ledger.

    With --robust nothing is fitted: taggers hear FOLDER (labelled or not), TABLE or DATASET as it
    is and disturbed. A file that cannot be heard is named and skipped; the exit code is then 3.
    """
    from earmark.cli.train import Progress
    from earmark.lab.workers import allow_all_cores

    _refuse_mixed(context, robust)
    allow_all_cores()
    if robust:
        from earmark.cli._robust import bench

        sys.exit(bench(what, root, pairs(options), labels, taggers, seconds, tracks,
                       out or Path("runs") / f"robust-{_named(what)}", card, as_json))
    if labels == "none":
        raise click.UsageError("--labels none needs --robust.")
    from earmark.judging.report import audited
    from earmark.lab import audit as audits

    recipe, place = _recipe(what, root, pairs(options), labels)
    folder = out or Path("runs") / f"audit-{recipe.name}"
    settings = audits.Settings(seeds, tracks)
    with Progress() as log:
        values = audits.audit(recipe, place, folder, settings, log=log)
    if as_json:
        print_json(values)
        return
    for line in audited.lines(values):
        click.echo(line)
    click.echo(f"page: {folder / 'audit.html'}")


def _refuse_mixed(context: click.Context, robust: bool) -> None:
    """Refuse an option that the other kind of audit alone knows."""
    for parameter in context.command.params:
        name = str(parameter.name)
        own = name in _ROBUST
        given = context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and (own or name == "seeds") and own != robust:
            needs = "needs --robust" if own else "is for an audit without --robust"
            raise click.UsageError(f"{parameter.opts[0]} {needs}.")


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
