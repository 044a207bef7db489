"""``earmark tagger``: what taggers there are, what they say of themselves, whether they work."""

from __future__ import annotations

import json
from typing import Any

import click


@click.group()
def tagger() -> None:
    """List, show and check taggers."""


@tagger.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_taggers(as_json: bool) -> None:
    """List the taggers that come with Earmark."""
    from earmark.tagger import format as tagger_format
    from earmark.tagger.tagger import find, names

    found = {name: tagger_format.read(find(name)).manifest for name in names()}
    if as_json:
        rows = [{"name": n, "title": m.card.title, "labels": m.labels} for n, m in found.items()]
        click.echo(json.dumps(rows, indent=1))
        return
    for name, manifest in found.items():
        click.echo(f"{name}  {len(manifest.labels)} labels  {manifest.card.title}")


@tagger.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show a tagger's card: labels, front ends, scores with their protocol, limits."""
    from earmark import settings
    from earmark.tagger.tagger import Tagger

    loaded = Tagger.load(name)
    values = settings.to_mapping(loaded.manifest)
    if as_json:
        click.echo(json.dumps({**values, "sha256": loaded.contents.digest}, indent=1))
        return
    for line in _card_lines(values, loaded.identity):
        click.echo(line)


@tagger.command("check")
@click.argument("names", nargs=-1, required=True)
def check(names: tuple[str, ...]) -> None:
    """Replay the check inside each tagger: the same sound must give the same scores here."""
    from earmark.tagger.tagger import Tagger

    for name in names:
        loaded = Tagger.load(name)
        worst = loaded.check()
        click.echo(f"{loaded.identity}: sound; its check agrees within {worst:.1e}")


def _card_lines(values: dict[str, Any], identity: str) -> list[str]:
    card = values["card"]
    lines = [identity, f"  {card['title']}", f"  limits: {card['limits']}",
             f"  licence: {card['licence']}", f"  labels: {', '.join(values['labels'])}"]
    for branch in values["branches"]:
        front_end = dict(branch["front_end"])
        name = front_end.pop("name")
        detail = ", ".join(f"{k} {v}" for k, v in front_end.items())
        seconds = branch["segments"].get("seconds")
        cut = f"segments of {seconds:g} s" if seconds else "whole tracks"
        lines.append(f"  listens by: {name} ({detail}) on {cut}, weight {branch['weight']:g}")
    lines += [f"  has seen: {seen}" for seen in card["seen"]]
    return lines + [_score_line(result) for result in card["results"]]


def _score_line(result: dict[str, Any]) -> str:
    interval = result.get("interval_by_artist") or {}
    wide = (f" [{interval['low']:.3f}, {interval['high']:.3f}] by artist" if interval else "")
    return (f"  {result['what']} {result['metric']}: {result['value']:.3f}{wide}; "
            f"{result['protocol']}; split {result['split']}, unit {result['unit']}, "
            f"seed {result['seed']}")
