"""``earmark features``: feature tables and pictures from audio."""

from __future__ import annotations

import dataclasses
import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.batch import EXIT_SOME_FAILED, leave

if TYPE_CHECKING:
    from earmark.features.base import FrontEnd
    from earmark.lab.extractor import Extractor

_STYLES = ("csv", "json", "parquet", "npy", "png")


@click.group()
def features() -> None:
    """List feature families; extract tables and pictures from audio."""


@features.command("list")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON.")
def list_families(as_json: bool) -> None:
    """List the feature families and their settings."""
    import dataclasses
    import inspect

    from earmark import registry
    from earmark.features import base

    found: dict[str, dict[str, Any]] = {}
    for name in registry.names("features"):
        front_end = base.build({"name": name})
        about = inspect.getdoc(type(front_end)) or ""
        # A description leaves out what is None by default; here it is to be seen.
        described = base.describe(front_end)
        settings = {f.name: described.get(f.name, "none") for f in dataclasses.fields(front_end)}
        found[name] = {"about": " ".join(about.split("\n\n")[0].split()), "settings": settings,
                       "values": len(front_end.columns), "takes_audio": front_end.takes_audio}
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for name, family in found.items():
        click.secho(name, bold=True)
        for line in textwrap.wrap(family["about"], 86):
            click.echo(f"  {line}")
        if family["takes_audio"]:
            given = "  ".join(f"{k}={_plain(v)}" for k, v in family["settings"].items())
            for line in textwrap.wrap(f"settings: {given}", 86, break_on_hyphens=False):
                click.echo(f"  {line}")


def _plain(value: Any) -> str:
    """Return a setting as ``--setting`` takes it."""
    return value if isinstance(value, str) else json.dumps(value)


@features.command("extract")
@click.argument("files", nargs=-1, required=True, metavar="FILES|FOLDERS...")
@click.option("--set", "family", default="gtzan57", show_default=True,
              help="Feature family, of those in `earmark features list`, or "
                   "embedding:NAME[:OUTPUT] for what the installed tagger NAME makes of music.")
@click.option("--setting", "given", multiple=True, metavar="NAME=VALUE",
              help="A setting of the family, such as padding=zeros.")
@click.option("--segment-seconds", "lengths", type=float, multiple=True,
              help="Length of the segments; whole tracks without it. Given several times, the "
                   "tracks are cut in each way, and a column segment_seconds says which.")
@click.option("--format", "style", type=click.Choice(_STYLES), default="csv", show_default=True,
              help="A table of rows, or one file for each picture (npy, png) and an index.csv.")
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="File to write; stdout without it. For npy and png a folder.")
@click.option("--jobs", type=click.IntRange(min=1), default=None,
              help="Files worked on at once.  [default: one a core]")
def extract(files: tuple[str, ...], family: str, given: tuple[str, ...],
            lengths: tuple[float, ...], style: str, out: Path | None, jobs: int | None) -> None:
    """Write the features of each file, or of each segment of it.

    Segments are cut as the family's published tables are. A table's columns: filename,
    start_seconds, then the features. What was made before is taken from the cache, so that an
    interrupted run goes on where it was. Files that cannot be read are named and skipped, and the
    exit code is then 3 (1 when none could be read).
    """
    _refuse_misplaced(style, out)
    from earmark.lab.workers import cores, one_thread_each

    jobs = jobs or cores()

    with one_thread_each():  # numpy asks when it is imported
        import numpy as np  # noqa: F401
    from earmark.audio.load import find_audio
    from earmark.errors import AudioError
    from earmark.features import base
    from earmark.lab import pictures
    from earmark.lab.backbones import front_end_for
    from earmark.lab.extraction import feature_cache
    from earmark.lab.extractor import Extractor, refuse_misfit

    front_end = base.build({**front_end_for(family), **_settings(given)}, where="--setting")
    refuse_lengths(front_end, lengths)
    found = find_audio([Path(f) for f in files])
    if not found:
        raise AudioError(f"no audio files in {', '.join(files)}.")
    refuse_misfit(front_end, style)
    work = Extractor(front_end, tuple(dict.fromkeys(lengths)) or (None,), feature_cache(), style)
    if style in ("npy", "png") and out is not None:
        work = dataclasses.replace(work, folder=out, names=pictures.names(found))
    try:
        failed = _extract_all(found, work, out, jobs)
    except KeyboardInterrupt:
        leave("what is finished is kept; the same command goes on from there")
    sys.exit(0 if not failed else 1 if failed == len(found) else EXIT_SOME_FAILED)


def _extract_all(found: Sequence[Path], work: Extractor, out: Path | None, jobs: int) -> int:
    """Write what comes of all files and return how many failed."""
    from earmark.cli.progress import BatchProgress
    from earmark.lab import pictures
    from earmark.lab.extractor import best_kind
    from earmark.lab.tables import TABLES
    from earmark.lab.workers import run

    if work.names is not None and out is not None:
        table = TABLES["csv"](work.columns, out / pictures.INDEX)
    else:
        table = TABLES[work.style](work.columns, out)
    failed, said = 0, set[str]()
    with BatchProgress("extracting", found) as progress, table:
        for outcome in run(found, work, jobs=jobs, kind=best_kind(found), known=work.known,
                           advance=progress.advance, note=lambda n: progress.say(f"note: {n}")):
            if outcome.error is not None:
                failed += 1
                progress.say(f"earmark: {outcome.error}")
            if outcome.value is not None:
                for note in outcome.value.notes:
                    if note not in said:
                        progress.say(f"note: {note}")
                        said.add(note)
                table.add(list(work.table_rows(outcome.path, outcome.value)))
    return failed


def _refuse_misplaced(style: str, out: Path | None) -> None:
    if style in ("npy", "png"):
        if out is None or (out.exists() and not out.is_dir()):
            raise click.UsageError(f"--format {style} needs --out FOLDER.")
    elif style == "parquet" and out is None:
        raise click.UsageError("--format parquet needs --out FILE.")
    elif out is not None and out.is_dir():
        raise click.UsageError(f"--out {out} is a folder; --format {style} needs a file.")


def refuse_lengths(front_end: FrontEnd, lengths: Sequence[float]) -> None:
    """Refuse lengths of segments that no track is cut into.

    Raises:
        SettingsError: one of them is none.
    """
    from earmark.errors import SettingsError

    for seconds in lengths:
        try:
            front_end.segments(seconds)
        except ValueError as error:
            raise SettingsError(f"--segment-seconds: {error}") from error


def _settings(given: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals:
            raise click.UsageError(f"--setting {item}: expected NAME=VALUE.")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values
