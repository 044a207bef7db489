"""``earmark tagger``: what taggers there are, what they say of themselves, whether they work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from earmark.cli.output import print_json
from earmark.cli.tagger_export import export
from earmark.cli.tagger_import import importing


@click.group()
def tagger() -> None:
    """List, show, check, import, export and remove taggers."""


tagger.add_command(importing)
tagger.add_command(export)


@tagger.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_taggers(as_json: bool) -> None:
    """List the taggers that come with Earmark or were added, and what can be imported."""
    from earmark.cli._shelf import shelf

    rows = shelf()
    if as_json:
        print_json([row.plain for row in rows])
        return
    width = max(len(row.name) for row in rows)
    for row in rows:
        click.echo(f"{row.name:<{width}}  {row.line}")


@tagger.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Remove a tagger that was added; one that comes with Earmark stays."""
    from earmark.tagger import installed

    click.echo(f"removed: {installed.remove(name)}")


@tagger.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show a tagger's card: labels, front ends, how it decides, scores with their protocol, limits.
    """
    from earmark import settings
    from earmark.tagger.tagger import Tagger

    loaded = Tagger.load(name)
    values = settings.to_mapping(loaded.manifest)
    if as_json:
        print_json({**values, "sha256": loaded.contents.digest})
        return
    from earmark.cli._decisions import decision_lines

    rules = decision_lines(loaded.manifest.decisions, loaded.vocabulary) if values["labels"] else []
    for line in _card_lines(values, loaded.identity, rules):
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


def _card_lines(values: dict[str, Any], identity: str, rules: Sequence[str]) -> list[str]:
    card = values["card"]
    lines = [identity, f"  {card['title']}", f"  limits: {card['limits']}",
             *_origin_lines(card), *_label_lines(values["labels"], values["groups"])]
    for branch in values["branches"]:
        front_end = dict(branch["front_end"])
        name = front_end.pop("name")
        # What a backbone listens through, its hash and its notice are in --json.
        detail = ", ".join(f"{k} {v}" for k, v in front_end.items()
                           if not isinstance(v, dict) and k != "graph")
        lines.append(f"  listens by: {name} ({detail}) on {_cut(branch['segments'])}, weight "
                     f"{branch['weight']:g}")
    lines += [f"  {line}" for line in rules]
    lines += [f"  in eight bits: {said}" for said in card["made_with"].get("int8", "").split("; ")
              if said]
    lines += [f"  has seen: {seen}" for seen in card["seen"]]
    return lines + [_score_line(result) for result in card["results"]]


def _label_lines(labels: Sequence[str], groups: Mapping[str, str]) -> list[str]:
    """Name the labels, a line a group where there are several."""
    if not labels:
        return ["  labels: none; a backbone, on which labels are learnt"]
    from earmark.labels.vocabulary import group_order

    found: dict[str, list[str]] = {}
    for label in labels:
        found.setdefault(groups.get(label, "genre"), []).append(label)
    if len(found) == 1:
        return [f"  labels: {', '.join(labels)}"]
    return ["  labels:", *(f"    {group}: {', '.join(found[group])}"
                           for group in sorted(found, key=group_order))]


def _origin_lines(card: dict[str, Any]) -> list[str]:
    """Say whose it is and where it is from."""
    lines = [f"licence: {card['licence']}"]
    lines += [f"{key}: {card[key]}" for key in ("source", "citation") if card[key]]
    return [f"  {line}" for line in lines]


def _cut(segments: dict[str, Any]) -> str:
    if frames := segments.get("frames"):
        rest = ", the rest left out" if segments["tail"] == "drop" else ""
        return f"segments of {frames} frames{rest}"
    seconds = segments["seconds"]
    return "whole tracks" if seconds == "none" else f"segments of {seconds:g} s"


def _score_line(result: dict[str, Any]) -> str:
    interval = result.get("interval_by_artist") or {}
    wide = (f" [{interval['low']:.3f}, {interval['high']:.3f}] by artist" if interval else "")
    return (f"  {result['what']} {result['metric']}: {result['value']:.3f}{wide}; "
            f"{result['protocol']}; split {result['split']}, unit {result['unit']}, "
            f"seed {'not said' if result['seed'] == 'none' else result['seed']}")
