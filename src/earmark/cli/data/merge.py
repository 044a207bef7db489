"""``earmark data merge``: several datasets as one, through the taxonomy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset


@click.command("merge")
@click.argument("roots", nargs=-1, required=True, metavar="[NAME=]ROOT...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="The new dataset's folder, which must not be there yet.")
@click.option("--option", "options", multiple=True, metavar="NAME.KEY=VALUE",
              help="An option of the dataset NAME, such as fma.subset=medium.")
@click.option("--to", default=None, metavar="LABELS",
              help="Bring all labels to these: a label set (gtzan10, mumu15 ...) or names parted "
                   "by commas; all labels, as the taxonomy calls them, without it.")
@click.option("--taxonomy", multiple=True, type=click.Path(path_type=Path), metavar="FILE.toml",
              help="Labels, parents and other names of your own.")
@click.option("--set", "family", default=None,
              help="Feature family; none for no features.  [default: that of the datasets, where "
                   "all are made ones of one kind]")
@click.option("--segment-seconds", default=None, type=float,
              help="Length of the segments; whole tracks without it.")
@click.option("--title", default="A merged dataset", show_default=True, help="Its title.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of the parts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(roots: tuple[str, ...], out: Path, options: tuple[str, ...], to: str | None,
            taxonomy: tuple[Path, ...], family: str | None, segment_seconds: float | None,
            title: str, seed: int, as_json: bool) -> None:
    """Join the datasets at the ROOTs into one.

    NAME says which dataset a ROOT holds, as earmark data list calls it, such as fma=FOLDER.

    Each row keeps where it is from and what it was called there. An artist that is in several of
    them stands in one part only.
    """
    from earmark.cli.data.make import report
    from earmark.lab.making import published
    from earmark.lab.making.merge import Merging, merge, wanted_labels
    from earmark.labels.taxonomy import Taxonomy

    published.refuse_taken(out)
    datasets = _datasets(roots, options)
    terms = Taxonomy.read(*taxonomy)
    front_end, seconds = _features(datasets, family, segment_seconds)
    merging = Merging(wanted_labels(to), front_end, seconds, title, seed)
    made = merge(datasets, merging, terms, lambda text: click.echo(text, err=True))
    parts = published.write(made, out)
    report(made, parts, out, as_json)


def _datasets(roots: tuple[str, ...], options: tuple[str, ...]) -> list[Dataset]:
    from earmark import registry
    from earmark.cli.data._given import given

    known = registry.names("datasets")
    named: list[tuple[str | None, str]] = []
    for root in roots:
        first, mark, rest = root.partition("=")
        named.append((first, rest) if mark and first in known else (None, root))
    of: dict[str, list[str]] = {}
    for option in options:
        name, mark, rest = option.partition(".")
        if not mark or "=" not in rest:
            raise click.BadParameter(f"'{option}'; expected NAME.KEY=VALUE.",
                                     param_hint="--option")
        of.setdefault(name, []).append(rest)
    found = []
    for called, root in named:
        dataset = given(Path(root), called, ())
        if dataset.name in of:
            dataset = given(Path(root), dataset.name, tuple(of[dataset.name]))
        found.append(dataset)
    if strange := sorted(of.keys() - {dataset.name for dataset in found}):
        raise click.BadParameter(f"none of the datasets is '{strange[0]}'.", param_hint="--option")
    return found


def _features(
    datasets: list[Dataset], family: str | None, seconds: float | None
) -> tuple[dict[str, object], float | None]:
    """Return front end and segment length: as asked, or those that all made datasets share."""
    from earmark.cli.data.make import features_of
    from earmark.datasets.made import Made

    if family is not None:
        front_end = features_of(family, seconds)
        return front_end, seconds if front_end else None
    if seconds is not None:
        raise click.UsageError("--segment-seconds needs --set FAMILY: without it the features are "
                               "those that the datasets bring.")
    about = [dataset.about for dataset in datasets if isinstance(dataset, Made)]
    alike = len(about) == len(datasets) and all(
        (a.front_end, a.segment_seconds) == (about[0].front_end, about[0].segment_seconds)
        for a in about)
    return (dict(about[0].front_end), about[0].segment_seconds) if alike else ({}, None)
