"""``earmark train``: a recipe and a dataset in, a judged tagger out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from earmark.cli.output import print_json


@click.command()
@click.argument("recipe")
@click.option("--data", "root", required=True, type=click.Path(path_type=Path),
              help="The dataset's folder.")
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="The run folder.  [default: runs/<recipe>]")
@click.option("--json", "as_json", is_flag=True, help="Print results.json.")
def train(recipe: str, root: Path, out: Path | None, as_json: bool) -> None:
    """Run RECIPE (a name or a .toml file): learn a tagger, judge it, and keep all of it.

    An unfinished run folder is taken up again; a finished one is shown.
    """
    from earmark.lab import experiment, runfolder
    from earmark.lab import recipe as recipes

    loaded = recipes.read(recipe)
    folder = out or Path("runs") / loaded.name
    run = experiment.run(loaded, root, folder, log=lambda text: click.echo(text, err=True))
    if as_json:
        print_json(run.results)
        return
    if run.resumed:
        click.echo(f"{folder} holds this run, finished; nothing was done.", err=True)
    for line in summary(run.results):
        click.echo(line)
    click.echo(f"tagger: {folder / runfolder.TAGGER}")
    click.echo(f"report: {folder / 'report.html'}")


def summary(results: Mapping[str, Any]) -> list[str]:
    """Return the scores with their protocol, a line each."""
    protocol = results["protocol"]
    lines = [f"{protocol['dataset']}, split {protocol['split']}, by track, "
             f"seed {protocol['seed']}{', leaky' if protocol['leaky'] else ''}"]
    if validated := results["cross_validated"]:
        title = f"cross-validated ({validated['folds']} artist folds)"
        lines.append(_line(title, validated))
    for part, scores in results["parts"].items():
        lines.append(_line(f"{part}{' (learnt from)' if scores['learnt_from'] else ''}", scores))
    lines.append(f"  {'always the commonest label, on test':34} accuracy "
                 f"{results['majority_baseline']['accuracy']:.3f}")
    lines += [f"  leak: {leak}" for leak in results["leaks"]]
    lines += [f"  note: {note}" for note in results["notes"]]
    lines += [f"  skipped: {line}" for line in results["failed"]]
    count = results["ledger"]["readings_of_this_test_part"]
    return [*lines, f"  ledger: the test part has been read {count} time(s) from here"]


def _line(title: str, scores: Mapping[str, Any]) -> str:
    line = f"  {title:34}"
    if "accuracy" in scores:
        tracks, artists = (scores[f"accuracy_interval_by_{unit}"] for unit in ("track", "artist"))
        line += (f" accuracy {scores['accuracy']:.3f} [{tracks['low']:.3f}, {tracks['high']:.3f}]"
                 f" by track, [{artists['low']:.3f}, {artists['high']:.3f}] by artist;")
    return f"{line} f1 macro {scores['f1_macro']:.3f}"
