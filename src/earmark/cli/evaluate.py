"""``earmark evaluate``: recipes side by side on the same folds, the test part untouched."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.lab.choose import Judged


@click.command()
@click.argument("recipes", nargs=-1, required=True)
@click.option("--data", "root", required=True, type=click.Path(path_type=Path),
              help="The dataset's folder.")
@click.option("--folds", default=5, show_default=True, type=click.IntRange(2, 50),
              help="Artist-grouped folds.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1, 50),
              help="How often, with other folds each time.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of the folds and the fits.")
@click.option("--nested", is_flag=True,
              help="Also judge the choice of the best, made anew in every outer fold.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(recipes: tuple[str, ...], root: Path, folds: int, repeats: int, seed: int,
             nested: bool, as_json: bool) -> None:
    """Cross-validate RECIPES on the tracks they learn from, best judged against the first.

    No artist (song, where none is known) stands on two sides of a fold, and the test part is not
    read.
    """
    from earmark.lab import choose
    from earmark.lab import recipe as reader
    from earmark.lab.workers import allow_all_cores

    allow_all_cores()
    loaded = [reader.read(name) for name in recipes]
    bench = choose.bench(loaded, root, lambda text: click.echo(text, err=True))
    judged = choose.judge(bench, loaded, folds=folds, repeats=repeats, seed=seed)
    whole = choose.nested(bench, loaded, folds=folds, seed=seed) if nested else None
    if as_json:
        values = {"candidates": [dataclasses.asdict(j) for j in judged], "nested": whole,
                  "tracks": len(bench.ids), "folds": folds, "repeats": repeats, "seed": seed}
        print_json(values)
        return
    by = "artist" if any(bench.dataset.tracks[i].artist for i in bench.ids) else "song"
    note = "" if by == "artist" else ", no artist being known"
    click.echo(f"{bench.dataset.name}, {len(bench.ids)} tracks, {repeats} x {folds} folds by "
               f"{by}{note}, unit track, seed {seed}; the test part was not read")
    for line in table(judged, whole, by):
        click.echo(line)


def table(
    judged: Sequence[Judged], whole: Mapping[str, Any] | None, by: str = "artist"
) -> list[str]:
    """Return a line a candidate, best first, with the paired difference from the first given.

    Args:
        by: what folds kept whole and intervals are drawn by.
    """
    width = max(len(j.name) for j in judged)
    lines = []
    for j in sorted(judged, key=lambda j: -j.value):
        line = (f"  {j.name:{width}}  {_word(j.metric)} {j.value:.3f} [{j.by_artist.low:.3f}, "
                f"{j.by_artist.high:.3f}] by {by}  log loss {j.log_loss:.3f}")
        line += f"  f1 macro {j.f1_macro:.3f}" if j.f1_macro is not None else ""
        line += f"  ROC AUC macro {j.roc_auc_macro:.3f}" if j.roc_auc_macro is not None else ""
        if j.difference:
            line += (f"  {j.mean_difference:+.3f} [{j.difference.low:+.3f}, "
                     f"{j.difference.high:+.3f}] against {judged[0].name}")
        lines.append(line)
    if whole:
        interval = whole["by_artist"]
        lines.append(f"  choosing among them, nested: {_word(whole['metric'])} "
                     f"{whole['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}] by "
                     f"{by}; chosen: {', '.join(whole['chosen'])}")
    return lines


def _word(metric: str) -> str:
    return "PR AUC macro" if metric == "pr_auc_macro" else metric
