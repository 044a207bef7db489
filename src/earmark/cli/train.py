"""``earmark train``: a recipe and a dataset in, a judged tagger out."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from earmark.cli.output import print_json
from earmark.models.watch import rank

_MOST_LEAKS = 5
_MOST_MISTAGS = 5
_KEPT = "finished epochs of networks are kept; the same command goes on from there"

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset
    from earmark.lab.recipe import Recipe
    from earmark.lab.teach import Labels


@click.command()
@click.argument("what", metavar="RECIPE|FOLDER|TABLE")
@click.option("--data", "root", type=click.Path(path_type=Path), default=None,
              help="The dataset's folder; for a recipe.")
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="The run folder.  [default: runs/<name>]")
@click.option("--name", default="my", show_default=True,
              help="What a tagger of your own labels is called; it is written to <name>.earmark.")
@click.option("--features", "front_end", default=None, metavar="FAMILY|embedding:NAME[:OUTPUT]",
              help="What to learn from instead of the recipe's features: a family of `earmark "
                   "features list`, or what the installed tagger NAME makes of music.")
@click.option("--labels", type=click.Choice(["folders", "filetags"]), default="folders",
              show_default=True,
              help="Where the labels of FOLDER are from: its folders, or the genres in the files' "
                   "tags.")
@click.option("--taxonomy", "taxonomies", multiple=True, metavar="FILE",
              type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="A TOML file that says which genres in tags are one, with --labels filetags; "
                   "may be repeated.")
@click.option("--exclude", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
              help="Tracks to leave out, as `earmark data check --exclude` lists them.")
@click.option("--tensorboard", is_flag=True,
              help="Write the learning curves of networks for TensorBoard, too, into the run "
                   "folder.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json.")
def train(what: str, root: Path | None, out: Path | None, name: str, front_end: str | None,
          labels: Labels, taxonomies: tuple[Path, ...], exclude: Path | None, tensorboard: bool,
          as_json: bool) -> None:
    """Learn a tagger, judge it, and keep all of it in a run folder.

    RECIPE (a name or a .toml file) learns from a published dataset, given with --data. FOLDER
    learns your own labels: a folder of music for each. TABLE (csv, tsv, jsonl, parquet) lists
    files anywhere, with columns path and label. An unfinished run folder is taken up again; a
    finished one is shown.
    """
    from earmark.lab import recipe as recipes
    from earmark.lab import teach
    from earmark.lab.backbones import slug, with_features
    from earmark.lab.workers import allow_all_cores

    allow_all_cores()
    if root is None and teach.is_collection(what):
        dataset = teach.collection(Path(what), labels, taxonomies)
        _teach(Path(what), dataset, out, name, front_end, exclude, tensorboard, as_json)
        return
    if root is None and (what in recipes.names() or what.endswith(".toml")):
        raise click.UsageError(f"the recipe '{what}' needs --data, the folder of its dataset.")
    if root is None:
        raise click.UsageError(f"'{what}' is no folder or table of music, and no recipe's name "
                               "either; check the spelling.")
    if labels == "filetags" or taxonomies:
        raise click.UsageError("--labels filetags and --taxonomy are for a folder of your own "
                               "music.")
    loaded, folder = recipes.read(what), ""
    if front_end:
        loaded, folder = with_features(loaded, front_end), f"-{slug(front_end)}"
    _run(loaded, root, out or Path("runs") / f"{loaded.name}{folder}", exclude, tensorboard,
         as_json)


def _teach(
    path: Path, dataset: Dataset, out: Path | None, name: str, front_end: str | None,
    exclude: Path | None, tensorboard: bool, as_json: bool,
) -> None:
    from earmark.lab import backbones, runfolder, teach
    from earmark.store import write_bytes

    loaded = teach.recipe_for(dataset, name)
    if front_end:
        loaded = backbones.with_features(loaded, front_end)
    for line in teach.remarks(dataset):
        click.echo(f"note: {line}", err=True)
    folder = out or teach.run_folder(dataset, name, front_end)
    results = _run(loaded, path, folder, exclude, tensorboard, as_json)
    if rank():
        return
    tagger = Path(f"{name}.earmark")
    write_bytes(tagger, (folder / runfolder.TAGGER).read_bytes())
    if not as_json:
        for line in mistag_lines(results):
            click.echo(line)
        if advice := teach.advice_line(results):
            click.echo(f"next: {advice}")
        click.echo(f"use it: earmark tag FILES --tagger {tagger}")


def _run(
    recipe: Recipe, root: Path, folder: Path, exclude: Path | None, tensorboard: bool,
    as_json: bool,
) -> Mapping[str, Any]:
    from earmark.cli.batch import leave
    from earmark.lab import experiment, runfolder
    from earmark.lab.doctor.outcome import read_excluded

    reasons = read_excluded(exclude) if exclude else {}
    # Of several processes that train together, one tells.
    try:
        with contextlib.nullcontext(_say_nothing) if rank() else Progress() as log:
            run = experiment.run(recipe, root, folder, log=log, exclude=reasons,
                                 tensorboard=tensorboard)
    except KeyboardInterrupt:
        leave(_KEPT if _has_network(recipe) else "")
    if rank():
        return run.results
    if as_json:
        print_json(run.results)
        return run.results
    if run.resumed:
        click.echo(f"{folder} holds this run, finished; nothing was done.", err=True)
    for line in summary(run.results):
        click.echo(line)
    if run.results.get("tagger", runfolder.TAGGER):
        click.echo(f"tagger: {folder / runfolder.TAGGER}")
    else:
        click.echo("tagger: none, the features come ready-made and not from sound")
    click.echo(f"report: {folder / 'report.html'}")
    return run.results


def _has_network(recipe: Recipe) -> bool:
    """Tell whether the recipe learns with a network, whose state is kept after every epoch."""
    from earmark.lab.building import networks

    return any(networks(branch.model) for branch in recipe.branches)


def _say_nothing(_: str) -> None:
    """Take a line of progress that another process tells."""


class Progress:
    """Steps on stderr while a block runs: in place on a terminal, a line each elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(stderr=True)
        self.status = self.console.status("") if self.console.is_terminal else None

    def __enter__(self) -> Self:
        if self.status:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.status:
            self.status.stop()  # which shows the cursor again

    def __call__(self, text: str) -> None:
        if self.status:
            self.status.update(text)
        else:
            click.echo(text, err=True)


def summary(results: Mapping[str, Any]) -> list[str]:
    """Return the scores with their protocol, a line each."""
    protocol = results["protocol"]
    variant = f" ({protocol['variant']})" if protocol.get("variant") else ""
    lines = [f"{protocol['dataset']}{variant}, split {protocol['split']}, by track, "
             f"seed {protocol['seed']}{', leaky' if protocol['leaky'] else ''}"]
    if why := protocol.get("contaminated"):
        lines.append(f"  contaminated: {why}")
    if validated := results["cross_validated"]:
        title = f"cross-validated ({validated['folds']} folds by {validated['grouped_by']})"
        lines.append(_line(title, validated))
    for part, scores in results["parts"].items():
        lines.append(_line(f"{part}{' (learnt from)' if scores['learnt_from'] else ''}", scores))
    if parts := results["parts"]:
        lines += _baseline_line(list(parts.values())[-1])
    if baseline := results["majority_baseline"]:
        lines.append(f"  {'always the commonest label':34} accuracy {baseline['accuracy']:.3f}")
    leaks = results["leaks"]
    lines += [f"  leak: {leak}" for leak in leaks[:_MOST_LEAKS]]
    if len(leaks) > _MOST_LEAKS:
        lines.append(f"  leak: and {len(leaks) - _MOST_LEAKS} more, all in results.json")
    lines += [f"  note: {note}" for note in results["notes"]]
    lines += [f"  skipped: {line}" for line in results["failed"]]
    count = results["ledger"]["readings_of_this_test_part"]
    return [*lines, f"  ledger: the test part has been read {count} time(s) from here"]


def mistag_lines(results: Mapping[str, Any]) -> list[str]:
    """Return the tracks to listen to, likeliest first, a line each."""
    found = results.get("likely_mistags", [])
    lines = [f"check: {m['track']} says {m['says']}, sounds like {m['sounds_like']} "
             f"({m['score']:.2f})" for m in found[:_MOST_MISTAGS]]
    if len(found) > _MOST_MISTAGS:
        lines.append(f"check: and {len(found) - _MOST_MISTAGS} more, all in results.json")
    return lines


def _line(title: str, scores: Mapping[str, Any]) -> str:
    chief = ("accuracy",) if "accuracy" in scores else ("pr_auc_macro", "f1_micro")
    told = [_told(scores, name) for name in (*chief, "f1_macro")]
    return f"  {title:34} " + "; ".join(told)


def _told(scores: Mapping[str, Any], name: str) -> str:
    """Return a metric with its intervals; one that is not defined is said not to be."""
    words, value = name.replace("_", " ").replace("pr auc", "PR AUC"), scores.get(name)
    if value is None:
        return f"{words} undefined"
    intervals = ",".join(f" [{found['low']:.3f}, {found['high']:.3f}] by {unit}"
                         for unit in ("track", "artist") if name != "f1_macro" and
                         (found := scores.get(f"{name}_interval_by_{unit}")))
    return f"{words} {value:.3f}{intervals}{_of_labels(scores, name)}"


def _of_labels(scores: Mapping[str, Any], name: str) -> str:
    """Say of how many labels an area is the mean, where it is not of all: means of other labels
    cannot be laid side by side."""
    without, every = scores.get("labels_without_curve"), len(scores.get("per_label", ()))
    if name != "pr_auc_macro" or not without:
        return ""
    return f" of {every - len(without)} of {every} labels"


def _baseline_line(scores: Mapping[str, Any]) -> list[str]:
    """Return what would score without hearing anything, in multi-label work."""
    if not (known := scores.get("baselines")):
        return []
    rates, same = known["prevalence"], known["constant"]
    return [f"  {'knowing only the labels':34} {_told(rates, 'pr_auc_macro')}; "
            f"{_told(same, 'f1_micro')} by the best answer that is the same for all"]
