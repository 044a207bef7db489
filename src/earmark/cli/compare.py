"""``earmark compare``: finished runs side by side, like with like."""

from __future__ import annotations

from pathlib import Path

import click

from earmark.cli.output import print_json

_OTHERS = ("audit.json", "explore.json")  # what audits and explorations leave beside runs


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="FILE.html",
              help="Write a page to this file; tables on the terminal without it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--mixed", is_flag=True,
              help="Also put runs of unlike protocols in one table, labelled so.")
def compare(runs: tuple[Path, ...], out: Path | None, as_json: bool, mixed: bool) -> None:
    """Set finished RUNS side by side: scores with intervals, and differences on the same tracks.

    Runs are ranked within one protocol (dataset and options, split, unit, metric, averaging, leaky
    or contaminated or neither), never across; what keeps them apart is said. Published scores of
    the very same protocol stand beside yours.
    """
    from earmark.judging.report import comparison, side_by_side
    from earmark.store import write_text

    found = comparison.compare(_runs(runs), mixed=mixed)
    if out:
        write_text(out, side_by_side.page(found))
    if as_json:
        print_json(comparison.plain(found))
    elif out:
        click.echo(out)
    else:
        click.echo(side_by_side.markdown(found), nl=False)


def _runs(given: tuple[Path, ...]) -> list[Path]:
    """Return the run folders, without what lies beside them where runs/* was given."""
    beside = [path for path in given if path.name == "ledger.jsonl"
              or any((path / name).is_file() for name in _OTHERS)]
    if beside:
        click.echo(f"left out, no runs: {', '.join(map(str, beside))}", err=True)
    return [path for path in given if path not in beside]
