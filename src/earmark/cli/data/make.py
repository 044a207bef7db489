"""``earmark data make``: a dataset sampled, matched with audio, checked, cut and published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.data._given import given, takes_dataset
from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.lab.making.make import Sample


@click.command("make")
@takes_dataset
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
              help="The new dataset's folder, which must not be there yet.")
@click.option("--per-label", default=20, show_default=True, type=click.IntRange(min=1),
              help="Tracks, or albums, of each label.")
@click.option("--unit", type=click.Choice(["track", "album"]), default="track", show_default=True,
              help="What is counted.")
@click.option("--tracks-per-album", default=0, show_default=True, type=click.IntRange(min=0),
              help="At most so many tracks of an album; 0 for all.")
@click.option("--label", "labels", multiple=True, help="Only this label; may be given again.")
@click.option("--audio", multiple=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where to look for the recordings, by artist, title and duration; the "
                   "dataset's own audio without it.")
@click.option("--seconds-tolerance", default=None, type=click.FloatRange(min=0),
              help="Durations further apart are other recordings.  [default: 4]")
@click.option("--any-duration", is_flag=True,
              help="Compare no durations: the audio at hand is excerpts.")
@click.option("--set", "family", default="gtzan57", show_default=True,
              help="Feature family, of those in earmark features list; none for no features.")
@click.option("--segment-seconds", default=None, type=float,
              help="Length of the segments; whole tracks without it.")
@click.option("--no-check", is_flag=True, help="Do not let the doctor listen to what is chosen.")
@click.option("--title", default="", help="Of the new dataset.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of the sample and of the parts.")
@click.option("--plan", "only_plan", is_flag=True,
              help="Only say what would be taken and what of it is at hand.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(root: Path, name: str | None, options: tuple[str, ...], out: Path | None,
            only_plan: bool, as_json: bool, **wanted: Any) -> None:
    """Make a dataset of the tracks that the metadata at ROOT names.

    Tracks are sampled so that every label has enough, found among the audio at hand, checked by
    the doctor, and replaced by others of the same label where they are missing or bad; then cut
    into segments and published as one table of features with a card and a log. Parts are dealt by
    artist.
    """
    if out is None and not only_plan:
        raise click.UsageError("nowhere to write: give --out FOLDER, or --plan to see the plan.")
    from earmark.cli.data._steps import Steps
    from earmark.lab.making import make as making
    from earmark.lab.making import published

    if out is not None:
        published.refuse_taken(out)
    dataset = given(root, name, options)
    settings = _settings(wanted)
    sample = making.draw(dataset, settings, wanted["audio"])
    if only_plan:
        facts = plan_facts(sample)
        print_json(facts) if as_json else click.echo("\n".join(_plan_lines(facts)))
        return
    assert out is not None
    steps = Steps()
    made = making.make(dataset, sample, settings, steps.say, steps.count)
    parts = published.write(made, out)
    report(made, parts, out, as_json)


def report(made: Any, parts: Any, out: Path, as_json: bool) -> None:
    """Print what was written, for ``make`` and ``merge``."""
    from collections import Counter

    counts = Counter(parts.values())
    facts = {
        "folder": str(out), "tracks": len(made.tracks), "labels": list(made.about.groups),
        "task": made.about.task,
        "segments": 0 if made.features is None else len(made.features.rows),
        "parts": {part: counts[part] for part in ("train", "valid", "test") if counts[part]},
        "told": list(made.told),
    }  # fmt: skip
    if as_json:
        print_json(facts)
        return
    click.echo(f"{out}: {facts['tracks']} tracks, {len(made.about.groups)} labels, "
               f"{facts['segments']} segments")
    for line in made.told:
        click.echo(f"  {line}")
    if facts["parts"]:
        click.echo("  parts by artist: " + ", ".join(f"{n} {p}" for p, n in facts["parts"].items()))


def plan_facts(sample: Sample) -> dict[str, Any]:
    """Return what would be taken, label by label, and how much of it is at hand."""
    plan = sample.plan
    return {
        "tracks_wanted": len(plan.tracks),
        "tracks_at_hand": len(sample.files),
        "labels": [
            {"label": label, "tracks_wanted": len(ids),
             "at_hand": sum(i in sample.files for i in ids),
             "standing_by": len(plan.substitutes(label)),
             "standing_by_at_hand": sum(i in sample.files for i in plan.substitutes(label)),
             "units": plan.found[label]}
            for label, ids in plan.chosen.items()
        ],
    }  # fmt: skip


def _plan_lines(facts: dict[str, Any]) -> list[str]:
    width = max(len(row["label"]) for row in facts["labels"])
    lines = [f"{facts['tracks_wanted']} tracks wanted; {facts['tracks_at_hand']} recordings of the "
             "dataset are at hand"]
    lines += [f"  {row['label']:{width}}  {row['tracks_wanted']:5} wanted, {row['at_hand']:5} at "
              f"hand; {row['standing_by_at_hand']:5} of {row['standing_by']} standing by at hand"
              for row in facts["labels"]]
    return lines


def _settings(wanted: dict[str, Any]) -> Any:
    import math

    from earmark.datasets.matching import SECONDS_TOLERANCE
    from earmark.lab.making.make import Making

    tolerance = wanted["seconds_tolerance"]
    if tolerance is not None and not math.isfinite(tolerance):
        raise click.BadParameter(f"{tolerance}; expected seconds, or --any-duration.",
                                 param_hint="--seconds-tolerance")
    family = wanted["family"]
    return Making(
        wanted["per_label"], wanted["unit"], wanted["tracks_per_album"], wanted["labels"],
        features_of(family, wanted["segment_seconds"]), wanted["segment_seconds"],
        None if wanted["any_duration"] else SECONDS_TOLERANCE if tolerance is None else tolerance,
        not wanted["no_check"], wanted["title"], wanted["seed"],
    )  # fmt: skip


def features_of(family: str, segment_seconds: float | None) -> dict[str, Any]:
    """Return the front end that was asked for; nothing for ``none``.

    Raises:
        SettingsError: an unknown family, or segments that no track is cut into.
    """
    from earmark.cli.features import refuse_lengths
    from earmark.features import base
    from earmark.lab.backbones import front_end_for

    if family == "none":
        return {}
    description = dict(front_end_for(family))
    lengths = [] if segment_seconds is None else [segment_seconds]
    refuse_lengths(base.build(description, where="--set"), lengths)
    return description
