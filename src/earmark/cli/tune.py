"""``earmark tune``: settings of a recipe tried by folds, the test part untouched."""

from __future__ import annotations

from pathlib import Path

import click

from earmark.cli.output import print_json, printable


@click.command()
@click.argument("recipe")
@click.option("--data", "root", required=True, type=click.Path(path_type=Path),
              help="The dataset's folder.")
@click.option("--vary", "words", multiple=True, metavar="FIELD=RANGE",
              help="A setting to try and its range, such as branches.0.model.alpha=0.01..10:log or "
                   "branches.0.model.activation=relu;tanh; may be repeated.  [default: what the "
                   "recipe's models state]")
@click.option("--space", "file", default=None, metavar="FILE.toml",
              type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Ranges in a file: a table for each setting, with low and high, or choices.")
@click.option("--trials", default=50, show_default=True, type=click.IntRange(1, 100_000),
              help="How many settings, those of an earlier call among them.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 50),
              help="Artist-grouped folds.")
@click.option("--repeats", default=1, show_default=True, type=click.IntRange(1, 50),
              help="How often each setting is judged, with other folds each time.")
@click.option("--confirm", default=2, show_default=True, type=click.IntRange(1, 50),
              help="How often the best is judged anew, on folds that no trial saw.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of what is tried, the folds and the fits.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 60),
              help="Settings tried at once, each in a process of its own.")
@click.option("--no-prune", is_flag=True, help="Judge every setting on all folds.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=None,
              metavar="FOLDER", help="Where all goes.  [default: runs/tune-<recipe>]")
@click.option("--json", "as_json", is_flag=True, help="Print tune.json.")
def tune(recipe: str, root: Path, words: tuple[str, ...], file: Path | None, trials: int,
         folds: int, repeats: int, confirm: int, seed: int, jobs: int, no_prune: bool,
         out: Path | None, as_json: bool) -> None:
    """Search for better settings of RECIPE on the tracks it learns from.

    Every setting is judged on the same folds, which keep artists whole; those that lag behind are
    stopped early. The best one is judged again on fresh folds beside the recipe as given, and
    written as best.toml. The test part is not read. A search that was stopped is taken up by the
    same command, and goes on with more --trials.
    """
    from earmark.cli.batch import leave
    from earmark.cli.train import Progress
    from earmark.lab import recipe as recipes
    from earmark.lab.tuning import space, told, tuning
    from earmark.lab.workers import allow_all_cores

    allow_all_cores()
    loaded, ranges = recipes.read(recipe), space.from_words(words, file)
    folder = out or Path("runs") / f"tune-{loaded.name}"
    its = tuning.Settings(trials, folds, repeats, confirm, seed, jobs, not no_prune)
    try:
        with Progress() as log:
            values = tuning.tune(loaded, root, ranges, folder, its, log=log)
    except KeyboardInterrupt:
        leave("finished trials are kept; the same command goes on from there")
    if as_json:
        print_json(values)
        return
    for line in told.lines(values):
        click.echo(printable(line))
    click.echo(f"recipe: {folder / tuning.BEST}")
    click.echo(f"page: {folder / tuning.PAGE}")
