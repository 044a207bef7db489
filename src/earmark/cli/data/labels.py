"""``earmark data labels``: what labels mean, where they lead, and what is left over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.data._given import given
from earmark.cli.output import print_json, printable

if TYPE_CHECKING:
    from earmark.labels.overview import Overview
    from earmark.labels.taxonomy import Taxonomy


@click.command("labels")
@click.argument("whats", nargs=-1, required=True, metavar="ROOT|NAME...")
@click.option("--to", default=None, metavar="NAME|ROOT|LABELS",
              help="Show where each label leads: among those of a known label set, of the dataset "
                   "in a folder, or of a list with commas.")
@click.option("--taxonomy", "taxonomies", multiple=True, metavar="FILE",
              type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="A TOML file with genres, parents and other names of your own; may be repeated.")
@click.option("--dataset", "name", default=None, metavar="NAME",
              help="Which dataset ROOT holds; told by its layout without.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE",
              help="An option of the dataset, such as labels=all; see earmark data layout NAME.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    whats: tuple[str, ...], to: str | None, taxonomies: tuple[Path, ...], name: str | None,
    options: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Show what labels mean, of the dataset at ROOT or of the known label set NAME.

    Each label with ours that means the same, its group, what it is a kind of and how many tracks
    bear it; then what is left over.
    """
    from earmark.labels.taxonomy import Taxonomy

    taxonomy = Taxonomy.read(*taxonomies)
    goals = _goals(to)
    found = [_overview(what, name, options, goals, taxonomy) for what in whats]
    if as_json:
        print_json({"to": list(goals), "sets": [_facts(each) for each in found]})
        return
    for each in found:
        for line in _lines(each, to):
            click.echo(printable(line))


def _overview(
    what: str, name: str | None, options: tuple[str, ...], to: Sequence[str], taxonomy: Taxonomy
) -> Overview:
    from earmark.labels import bridge, crosswalk
    from earmark.labels.overview import overview

    if what in crosswalk.names() and not Path(what).exists():
        labels = bridge.labels_of(what)
        about = f"{what}: {crosswalk.read(what).sheet.about}"
        return overview(about, labels, what, taxonomy, to=to)
    dataset = _dataset(what, name, options)
    labels = dataset.vocabulary.labels
    return overview(f"{dataset.name}: {dataset.title}", labels,
                    crosswalk.set_of(dataset.name, labels), taxonomy,
                    bearing=[track.labels for track in dataset.tracks.values()], to=to)


def _dataset(what: str, name: str | None, options: tuple[str, ...]) -> Any:
    from earmark.errors import DataError, suggestion
    from earmark.labels import crosswalk

    if not Path(what).exists():
        raise DataError(f"'{what}' is neither a folder nor a known label set."
                        f"{suggestion(what, crosswalk.names())}")
    return given(Path(what), name, options)


def _goals(to: str | None) -> tuple[str, ...]:
    """Return the labels to lead to: of a set, of a list, or of a dataset."""
    from earmark.labels import bridge, crosswalk

    if to is None:
        return ()
    if to in crosswalk.names() and not Path(to).exists():
        return bridge.labels_of(to)
    if "," in to and not Path(to).exists():
        return tuple(dict.fromkeys(label.strip() for label in to.split(",") if label.strip()))
    labels: tuple[str, ...] = _dataset(to, None, ()).vocabulary.labels
    return labels


def _facts(found: Overview) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "about": found.about,
        "labels": [{"label": m.label, "ours": m.ours if m.known else None, "group": m.group,
                    "parents": list(m.parents), "tracks": found.tracks.get(m.label, 0),
                    **_passage(found, m.label)} for m in found.meanings],
        "left_over": list(found.unknown),
    }  # fmt: skip
    if found.to:
        facts |= {"nowhere": list(found.nowhere), "unreached": list(found.unreached),
                  "ways": found.ways, "tracks_kept": found.kept}  # fmt: skip
    return facts


def _passage(found: Overview, label: str) -> dict[str, Any]:
    if label not in found.passages:
        return {}
    return {"to": list(found.passages[label].to), "how": found.passages[label].how}


def _lines(found: Overview, to: str | None) -> Iterator[str]:
    yield f"{found.about} ({len(found.meanings)} labels)"
    yield from _columns([_row(found, meaning.label, n) for n, meaning in enumerate(found.meanings)])
    if found.unknown:
        yield (f"  {len(found.unknown)} of {len(found.meanings)} labels mean none of ours: "
               f"{', '.join(found.unknown)}")
    else:
        yield "  nothing is left over: each label means one of ours"
    if found.to:
        yield from _led(found, to or "")


def _row(found: Overview, label: str, number: int) -> tuple[str, ...]:
    meaning = found.meanings[number]
    parents = ", ".join(meaning.parents)
    cells = (label, meaning.ours if meaning.known else "-", meaning.group, parents)
    if passage := found.passages.get(label):
        cells = (label, f"-> {', '.join(passage.to) or '-'}", passage.how, cells[1])
    return (*cells, str(found.tracks.get(label, 0))) if found.tracks else cells


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "    " + "  ".join(cells).rstrip()


def _led(found: Overview, to: str) -> Iterator[str]:
    ways = ", ".join(f"{n} {how}" for how, n in found.ways.items() if how != "none")
    led = len(found.meanings) - len(found.nowhere)
    yield f"  {led} of {len(found.meanings)} labels lead to {to}{f' ({ways})' if ways else ''}"
    if found.nowhere:
        yield f"  {len(found.nowhere)} lead nowhere: {', '.join(found.nowhere)}"
    if found.unreached:
        yield (f"  {len(found.unreached)} of {len(found.to)} labels of {to} are reached by none: "
               f"{', '.join(found.unreached)}")
    if found.kept is not None:
        yield f"  {found.kept} tracks keep a label"
