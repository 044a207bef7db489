"""``earmark pretrain``: a network's trunk taught from music without labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from earmark.cli.output import print_json, typed


@click.command()
@click.argument("recipe")
@click.option("--data", "root", required=True, type=click.Path(path_type=Path),
              help="The dataset's folder.")
@click.option("--audio", default=None, type=click.Path(path_type=Path, exists=True),
              help="Music of your own to learn from, too: a folder or a file.")
@click.option("--wider", multiple=True, metavar="KEY=VALUE",
              help="Read the dataset with this option for tracks that the recipe's own options "
                   "leave out, such as labels=music; may be repeated.")
@click.option("--method", "methods", multiple=True, default=("masked",), show_default=True,
              type=click.Choice(["masked", "contrastive", "pseudo"]),
              help="Tell what is hidden; tell which excerpts are of one track; or learn what a "
                   "teacher is sure of. May be repeated with --judge.")
@click.option("--epochs", default=20, show_default=True, type=click.IntRange(1, 100_000),
              help="Passes over the music, of masked and contrastive.")
@click.option("--sure", default=0.7, show_default=True, type=click.FloatRange(0, 1),
              help="Score from which on a teacher's label is taken for true.")
@click.option("--unsure", default=0.3, show_default=True, type=click.FloatRange(0, 1),
              help="Score up to which a label is taken for absent, where tracks bear several.")
@click.option("--out", default=None, type=click.Path(path_type=Path, dir_okay=False),
              metavar="FILE.safetensors", help="The trunk.  [default: trunk-<recipe>.safetensors]")
@click.option("--judge", is_flag=True,
              help="Write nothing: compare the network with and without, by artist-grouped folds.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 50),
              help="Of --judge.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of the folds and fits of --judge.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def pretrain(context: click.Context, recipe: str, root: Path, audio: Path | None,
             wider: tuple[str, ...], methods: tuple[str, ...], epochs: int, sure: float,
             unsure: float, out: Path | None, judge: bool, folds: int, seed: int,
             as_json: bool) -> None:
    """Let the network of RECIPE learn from music without labels.

    It learns from the tracks that the recipe learns from, whose labels only 'pseudo' looks at, from
    tracks of the dataset in no valid or test part, and from --audio; never from tracks of those
    parts, nor of their artists where known. A recipe starts from what it has learnt with
    start = "FILE.safetensors" in the branch's model.
    """
    import dataclasses

    from earmark import settings
    from earmark.cli.data._given import pairs
    from earmark.lab import recipe as recipes
    from earmark.lab.explore.exploring import refuse_unwritable
    from earmark.lab.unlabelled import proof
    from earmark.lab.unlabelled.teaching import Teaching
    from earmark.lab.workers import allow_all_cores

    _refuse_idle(context, methods, judge=judge)
    if len(methods) > 1 and not judge:
        raise click.UsageError("one --method makes one trunk; give one, or --judge.")
    teachings = [settings.from_mapping(Teaching, {
        "method": method, "sure": sure, "unsure": unsure,
        "pretext": {"epochs": epochs, **({} if method == "pseudo" else {"method": method})},
    }, where="earmark pretrain") for method in methods]  # fmt: skip
    allow_all_cores()
    loaded = recipes.read(recipe)

    def log(text: str) -> None:
        click.echo(text, err=True)

    path = out or Path(f"trunk-{loaded.name}.safetensors")
    refuse_unwritable(path.parent)
    desk = proof.desk(loaded, root, pairs(wider), audio, log)
    if judge:
        judged = proof.judge(desk, teachings, folds=folds, seed=seed, log=log)
        _tell([dataclasses.asdict(j) for j in judged] if as_json else None, judged, desk, folds)
        return
    told = proof.teach_all(desk, teachings[0], path, log)
    if as_json:
        print_json({**told, "failed": desk.music.failed, "out": str(path)})
        return
    click.echo(f"{told['labelled_rows']} rows learnt from, {told['unlabelled_rows']} without "
               f"labels, {len(desk.music.failed)} tracks or files without rows")
    click.echo(f"trunk: {path}")


def _refuse_idle(context: click.Context, methods: tuple[str, ...], *, judge: bool) -> None:
    """Refuse an option that would do nothing in this call."""
    teacher, rows = "pseudo" in methods, set(methods) != {"pseudo"}
    for names, wanted, needs in (
        (("folds", "seed"), judge, "needs --judge"),
        (("out",), not judge, "is for a trunk, and --judge writes none"),
        (("sure", "unsure"), teacher, "needs --method pseudo"),
        (("epochs",), rows, "is of --method masked and contrastive"),
    ):
        for name in names:
            if typed(context, name) and not wanted:
                raise click.UsageError(f"--{name} {needs}.")


def _tell(values: Any, judged: Any, desk: Any, folds: int) -> None:
    from earmark.cli.evaluate import table

    if values is not None:
        print_json({"candidates": values, "tracks": len(desk.bench.ids),
                    "without_labels": len(desk.music.ids), "folds": folds})
        return
    by = "artist" if any(desk.dataset.tracks[i].artist for i in desk.bench.ids) else "song"
    click.echo(f"{desk.dataset.name}, {len(desk.bench.ids)} tracks and {len(desk.music.ids)} "
               f"without labels, {folds} folds by {by}; the test part was not read")
    for line in table(judged, None, by):
        click.echo(line)
