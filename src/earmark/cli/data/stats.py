"""``earmark data stats``: what a dataset holds, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.data._given import given, takes_dataset
from earmark.cli.output import print_json, printable

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset

_SHOWN = 30


@click.command("stats")
@takes_dataset
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every label.")
def command(root: Path, name: str | None, options: tuple[str, ...], as_json: bool) -> None:
    """Count the tracks, artists, labels and parts of the dataset at ROOT."""
    facts = statistics(given(root, name, options))
    if as_json:
        print_json(facts)
        return
    for line in _lines(facts):
        click.echo(printable(line))


def statistics(dataset: Dataset) -> dict[str, Any]:
    """Return the facts: counts of tracks, labels by group, and the parts of each partition."""
    from collections import Counter

    from earmark.datasets.opening import variant

    tracks = list(dataset.tracks.values())
    vocabulary = dataset.vocabulary
    counted = Counter(label for track in tracks for label in track.labels)
    return {
        "dataset": dataset.name,
        "variant": variant(dataset),
        "title": dataset.title,
        "licence": dataset.licence,
        "tracks": len(tracks),
        "with_audio": sum(track.path is not None for track in tracks),
        "artists": len({track.artist for track in tracks} - {None}),
        "albums": len({track.album for track in tracks} - {None}),
        "tracks_without_artist": sum(track.artist is None for track in tracks),
        "task": vocabulary.task,
        "labels_a_track": sum(counted.values()) / max(len(tracks), 1),
        "labels": [{"label": label, "group": vocabulary.group(label), "tracks": counted[label]}
                   for label in vocabulary.labels],
        "partitions": {
            of: {part: dict(Counter(parts.values()))[part] for part in ("train", "valid", "test")
                 if part in parts.values()}
            for of, parts in dataset.partitions().items()
        },
        "feature_tables": [table.path.name for table in dataset.feature_tables()
                           if not table.derived],
        "known_faults": len(dataset.faults()),
        "remarks": dataset.remarks(),
        "fingerprint": dataset.fingerprint,
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    name = facts["dataset"] + (f" ({facts['variant']})" if facts["variant"] else "")
    lines = [
        f"{name}: {facts['title']}",
        f"  {facts['tracks']} tracks, {facts['with_audio']} with audio; {facts['artists']} "
        f"artists, {facts['albums']} albums; {facts['tracks_without_artist']} tracks without "
        "artist",
        f"  {len(facts['labels'])} labels, {facts['task']}, {facts['labels_a_track']:.2f} a track",
    ]
    for of, counts in facts["partitions"].items():
        lines.append(f"  split {of}: " + ", ".join(f"{n} {part}" for part, n in counts.items()))
    if facts["feature_tables"]:
        lines.append(f"  feature tables: {', '.join(facts['feature_tables'])}")
    if facts["known_faults"]:
        lines.append(f"  {facts['known_faults']} known faults: earmark data check lists them")
    lines += [f"  {remark}" for remark in facts["remarks"]]
    lines += _label_lines(facts["labels"])
    return [*lines, f"  licence: {facts['licence']}"]


def _label_lines(labels: list[dict[str, Any]]) -> list[str]:
    ordered = sorted(labels, key=lambda row: (-row["tracks"], row["label"]))
    width = max((len(row["label"]) for row in ordered[:_SHOWN]), default=0)
    lines = [f"    {row['label']:{width}}  {row['tracks']:6}  {row['group']}"
             for row in ordered[:_SHOWN]]
    if len(ordered) > _SHOWN:
        lines.append(f"    and {len(ordered) - _SHOWN} more: --json lists all")
    return lines
