"""``earmark data download``: fetch the files that a dataset is published in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.output import print_json, printable

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset, Source
    from earmark.datasets.fetching import Fetched

_ASKED_BYTES = 1_000_000_000


@click.command("download")
@click.argument("name")
@click.option("--to", "root", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="The folder to make or complete; then it is the dataset's ROOT.")
@click.option("--part", "parts", multiple=True, metavar="PART",
              help="What to fetch, such as metadata; may be given several times; all for all.")
@click.option("--from", "mirror", default=None, metavar="URL-PREFIX",
              help="Fetch from URL-PREFIX/FILE, not from the publisher; or set EARMARK_MIRROR.")
@click.option("--yes", is_flag=True, help="Do not ask before fetching more than 1 GB.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    name: str, root: Path, parts: tuple[str, ...], mirror: str | None, yes: bool, as_json: bool
) -> None:
    """Fetch the dataset NAME into a folder, check it and unpack it.

    Run again, it fetches what is missing or damaged, and goes on where it was interrupted.
    """
    from earmark import registry
    from earmark.cli.data._transfers import TransferProgress
    from earmark.datasets.fetching import fetch, unpack_all

    kind = registry.load("datasets", name)
    sources = _chosen(kind, parts)
    _announce(kind, sources, mirror, yes)
    with TransferProgress() as progress:
        fetched = fetch(sources, root, mirror=mirror, progress=progress)
        unpacked = unpack_all(fetched, progress)
    facts = {
        "dataset": name, "root": str(root), "files": [_plain(f, root) for f in fetched],
        "unpacked": [{"archive": archive, "written": of.written, "kept": of.kept,
                      "aside": list(of.aside), "left_out": list(of.left_out)}
                     for archive, of in unpacked.items()],
    }  # fmt: skip
    if as_json:
        print_json(facts)
        return
    for line in _lines(facts):
        click.echo(printable(line))


def _chosen(kind: type[Dataset], parts: Sequence[str]) -> list[Source]:
    from earmark.cli.data._sources import parts_in_words
    from earmark.datasets.fetching import choose
    from earmark.errors import DataError

    if not kind.sources:
        raise DataError(f"{kind.name}: cannot be fetched by program; where to get it: "
                        f"{kind.where}")
    if not parts and len({source.part for source in kind.sources}) > 1:
        raise click.UsageError("say what to fetch with --part: "
                               f"{parts_in_words(kind.sources)}, or all.")
    return choose(kind.sources, None if not parts or "all" in parts else parts)


def _announce(
    kind: type[Dataset], sources: Sequence[Source], mirror: str | None, yes: bool
) -> None:
    """Say under which licence and how much; ask where it is much and somebody is there."""
    from earmark.cli.data._sources import total_in_words
    from earmark.datasets.fetching import sizes

    found = sizes(sources, mirror)
    click.echo(f"{kind.title}: {total_in_words(found)}", err=True)
    click.echo(f"licence: {kind.licence}", err=True)
    is_much = sum(size or 0 for size in found) > _ASKED_BYTES
    if is_much and not yes and sys.stdin.isatty() and sys.stderr.isatty():
        click.confirm("Fetch it?", abort=True, err=True)


def _plain(fetched: Fetched, root: Path) -> dict[str, Any]:
    return {"file": fetched.path.relative_to(root).as_posix(), "url": fetched.source.url,
            "checksum": fetched.checksum, "published": fetched.published,
            "new": fetched.new}  # fmt: skip


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = []
    for file in facts["files"]:
        state = "fetched" if file["new"] else "at hand"
        line = f"{state}: {file['file']}  {file['checksum']}"
        if not file["published"]:
            line += " (none is published: kept in download.json)"
        lines.append(line)
    for of in facts["unpacked"]:
        lines.append(f"unpacked: {of['archive']}: {of['written']} files new, {of['kept']} at hand")
        lines += [f"  differed and is now {file}.bad: {file}" for file in of["aside"]]
        lines += [f"  a link that leads nowhere is left out: {file}" for file in of["left_out"]]
    return lines
