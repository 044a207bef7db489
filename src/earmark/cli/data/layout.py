"""``earmark data layout``: what a dataset looks like on disk, and where to get it."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset, Source


@click.command("layout")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str, as_json: bool) -> None:
    """Show what the dataset NAME must look like on disk, its options, and where to get it."""
    from earmark import registry

    facts = described(registry.load("datasets", name))
    if as_json:
        print_json(facts)
        return
    for line in _lines(facts):
        click.echo(line)


def described(kind: type[Dataset]) -> dict[str, Any]:
    """Return what the dataset's class says of itself."""
    from earmark.datasets.opening import options_of

    return {
        "name": kind.name, "title": kind.title, "licence": kind.licence,
        "citation": kind.citation, "url": kind.url, "layout": kind.layout.strip("\n"),
        "where": kind.where,
        "options": {name: {"type": _type(hint), "choices": list(typing.get_args(hint)),
                           "default": default if default is None else str(default)}
                    for name, (hint, default) in options_of(kind).items()},
        "sources": [asdict(source) for source in kind.sources],
    }  # fmt: skip


def _type(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint)) if not typing.get_args(hint) else "choice"


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield f"{facts['name']}: {facts['title']}"
    for key in ("licence", "citation", "url"):
        yield f"  {key}: {facts[key]}"
    yield "  on disk:"
    yield from (f"    {line}".rstrip() for line in facts["layout"].splitlines())
    yield f"  where to get it: {facts['where']}"
    if facts["options"]:
        yield "  options (--option KEY=VALUE):"
    for name, option in facts["options"].items():
        takes = ", ".join(map(str, option["choices"])) or option["type"]
        yield f"    {name}: {takes}; by default {option['default']}"
    yield from _source_lines(facts)


def _source_lines(facts: dict[str, Any]) -> Iterator[str]:
    from earmark.cli.data._sources import parts_in_words
    from earmark.datasets.base import Source

    sources = [Source(**source) for source in facts["sources"]]
    if not sources:
        return
    yield f"  to download (earmark data download {facts['name']}): {parts_in_words(sources)}"
    yield from (f"    {line}" for line in map(_source_line, sources))


def _source_line(source: Source) -> str:
    from earmark.datasets._disk import in_words

    size = "size unknown" if source.bytes is None else in_words(source.bytes)
    checksum = source.checksum or "no checksum published"
    return f"{source.part}  {source.file}  {size}  {checksum}  {source.url}"
