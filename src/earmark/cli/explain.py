"""``earmark explain``: what in a sound, or which features, speak for labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from earmark.cli.output import print_json, printable, typed

if TYPE_CHECKING:
    from earmark.lab.explain.explaining import Explanation
    from earmark.lab.explain.importance import Importance

_RECIPE = "recipe.toml"
_FEW = 3
_FOR_FILE = ("name", "label", "start", "seconds", "window", "bands", "grid", "sound", "depth",
             "run", "gradients", "steps")
_FOR_RUN = ("root", "folds", "repeats", "seed")


@click.command()
@click.argument("what", metavar="FILE|RUN", type=click.Path(path_type=Path))
@click.option("--tagger", "name", default=None, metavar="NAME|FILE",
              help="The tagger to explain.  [default: gtzan10-net, or that of --run]")
@click.option("--label", default=None, help="The label to explain.  [default: the best scored]")
@click.option("--start", default=0.0, show_default=True, metavar="SECONDS",
              type=click.FloatRange(min=0), help="Where in FILE to begin.")
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(1, 600),
              help="How much of FILE to take apart, at most.")
@click.option("--window", default=None, metavar="SECONDS", type=click.FloatRange(0.1, 60),
              help="Length of a window of time.  [default: 1 of sound, 0.5 of spectrograms]")
@click.option("--bands", default=None, type=click.IntRange(2, 64),
              help="How many bands of frequency.  [default: 8 of sound, 16 of spectrograms]")
@click.option("--grid", is_flag=True,
              help="Take every window in every band from the sound, too: as many passes. Of "
                   "spectrograms that is always done.")
@click.option("--sound", is_flag=True,
              help="Take parts from the sound even where the tagger looks at spectrograms.")
@click.option("--depth", default=12.0, show_default=True, metavar="DB",
              type=click.FloatRange(1, 120),
              help="How far parts of the sound are turned down.")
@click.option("--run", default=None, metavar="RUN", type=click.Path(path_type=Path),
              help="The run whose tagger is explained; with --gradients, whose networks are.")
@click.option("--gradients", is_flag=True,
              help="Integrated gradients of the networks of --run instead of taking parts away; "
                   "needs torch.")
@click.option("--steps", default=64, show_default=True, type=click.IntRange(1, 4096),
              help="Of the gradients, from darkness to the spectrogram.")
@click.option("--data", "root", default=None, metavar="FOLDER", type=click.Path(path_type=Path),
              help="The dataset's folder; for RUN.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 50),
              help="Artist-grouped folds; for RUN.")
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(1, 50),
              help="How often each group of features is shuffled; for RUN.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of folds, fits and shuffles; for RUN.")
@click.option("--out", default=None, metavar="FOLDER",
              type=click.Path(path_type=Path, file_okay=False),
              help="Where the page, the numbers and the sound go.  [default: "
                   "runs/explain-<name>]")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def explain(what: Path, name: str | None, label: str | None, start: float, seconds: float,
            window: float | None, bands: int | None, grid: bool, sound: bool, depth: float,
            run: Path | None, gradients: bool, steps: int, root: Path | None, folds: int,
            repeats: int, seed: int, out: Path | None, as_json: bool) -> None:
    """Show what in FILE speaks for a label, or which features matter to a finished RUN.

    FILE: parts of the sound, or of the spectrogram the tagger looks at, are taken away one at a
    time, and what the label's log odds lose is the part's share. Written are a page with the
    spectrogram, and a WAV of the parts that spoke for the label. RUN: features are shuffled among
    held-out tracks, and what the metric loses is their importance; the test part is not read.
    """
    from earmark.lab.explain.explaining import Settings

    if what.is_dir():
        _refuse_options(_FOR_FILE, "only for a FILE; this call explains a run's features")
        _explain_run(what, root, folds, repeats, seed, out, as_json)
        return
    _refuse_options(_FOR_RUN, "only for a RUN; this call explains a file")
    if gradients:
        _refuse_options(("grid", "sound", "depth"), "about parts that are taken away, and "
                        "--gradients takes none away")
    else:
        _refuse_options(("steps",), "only for --gradients")
    if gradients and run is None:
        raise click.UsageError("--gradients needs --run RUN, the run whose networks are asked: a "
                               "tagger holds them only as ONNX graphs, which give no gradients.")
    if run is not None and name is not None:
        raise click.UsageError("--run and --tagger exclude each other: --run explains the run's "
                               "own tagger.")
    how = Settings(label, start, seconds, window, bands, grid, sound, depth,
                   run if gradients else None, steps)
    _explain_file(what, name, run, how, out, as_json)


def _refuse_options(names: tuple[str, ...], why: str) -> None:
    """Refuse parameters of these names that were given, since they would do nothing."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name in names and typed(context, parameter.name):
            raise click.UsageError(f"{parameter.opts[0]} is {why}.")


def _explain_file(file: Path, name: str | None, run: Path | None, how: object, out: Path | None,
                  as_json: bool) -> None:
    from earmark.cli.train import Progress
    from earmark.lab.explain import explaining
    from earmark.lab.explore.exploring import refuse_unwritable
    from earmark.tagger import installed
    from earmark.tagger.tagger import Tagger

    assert isinstance(how, explaining.Settings)
    folder = out or Path("runs") / f"explain-{file.stem}"
    explaining.refuse_without_pages()
    refuse_unwritable(folder)
    tagger = Tagger.load(_tagger_of(run) if run else name or installed.usual()[0])
    with Progress() as log:
        found = explaining.explain(file, tagger, how, log=log)
    values = explaining.save(found, folder)
    if as_json:
        print_json(values)
        return
    _tell(found)
    if found.wav:
        click.echo(f"sound: {folder / found.wav}")
    click.echo(f"page: {folder / explaining.PAGE}")


def _tagger_of(run: Path) -> Path:
    from earmark.errors import DataError
    from earmark.lab.runfolder import TAGGER

    if not (run / TAGGER).is_file():
        raise DataError(f"{run} holds no {TAGGER}; expected a finished run for --run.")
    return run / TAGGER


def _tell(found: Explanation) -> None:
    from earmark.lab.explain.explaining import strongest
    from earmark.lab.explain.page import headline, score_rows

    click.echo(printable(f"{found.file}: {headline(found)}"))
    for note in found.notes:
        click.echo(printable(f"  {note}"))
    start, grid, shares = found.sound.start_seconds, found.grid, found.shares
    for a, b, share in strongest(grid.times, shares.windows, _FEW):
        click.echo(f"  {start + a:6.1f} to {start + b:6.1f} s   {share:+.2f} {shares.unit}")
    for a, b, share in strongest(grid.hz, shares.bands, _FEW):
        click.echo(f"  {a:6.0f} to {b:6.0f} Hz  {share:+.2f} {shares.unit}")
    for heard, shown, _ in score_rows(found):
        click.echo(printable(f"  {found.label} in {heard}: {shown:.2f}"))


def _explain_run(run: Path, root: Path | None, folds: int, repeats: int, seed: int,
                 out: Path | None, as_json: bool) -> None:
    from earmark.cli.train import Progress
    from earmark.errors import DataError
    from earmark.lab import recipe as recipes
    from earmark.lab.explain import importance
    from earmark.lab.explore.exploring import refuse_unwritable
    from earmark.lab.workers import allow_all_cores

    if not (run / _RECIPE).is_file():
        raise DataError(f"{run} is a folder without {_RECIPE}; expected an audio file, or the "
                        "folder of a finished run.")
    if root is None:
        raise click.UsageError("a RUN needs --data FOLDER, the dataset that it learnt from.")
    allow_all_cores()
    folder = out or Path("runs") / f"explain-{run.name or 'run'}"
    refuse_unwritable(folder)
    with Progress() as log:
        found = importance.importance(recipes.read(str(run / _RECIPE)), root, folds=folds,
                                      repeats=repeats, seed=seed, log=log)
    values = importance.save(found, folder)
    if as_json:
        print_json(values)
        return
    _tell_importance(found)
    click.echo(f"page: {folder / importance.PAGE}")


def _tell_importance(found: Importance) -> None:
    from earmark.lab.explain.importance import headline

    click.echo(printable(headline(found)))
    for note in found.notes:
        click.echo(printable(f"  {note}"))
    for title, rows in (("families", found.families), ("groups", found.groups)):
        click.echo(f"  {title}, by what {found.metric} loses:")
        width = max(len(row.name) for row in rows)
        for row in rows[:10]:
            low, high, _ = row.interval
            click.echo(printable(f"    {row.name:{width}}  {row.drop:+.3f} [{low:+.3f}, "
                                 f"{high:+.3f}]  {len(row.columns)} columns"))
