"""``earmark features``: feature tables from audio."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from earmark.cli.batch import EXIT_SOME_FAILED, outcomes
from earmark.cli.output import printable


@click.group()
def features() -> None:
    """Extract feature tables from audio."""


@features.command("extract")
@click.argument("files", nargs=-1, required=True, metavar="FILES|FOLDERS...")
@click.option("--set", "family", default="gtzan57", show_default=True, help="Feature family.")
@click.option("--setting", "given", multiple=True, metavar="NAME=VALUE",
              help="A setting of the family, such as padding=zeros.")
@click.option("--segment-seconds", type=float, default=None,
              help="Length of the segments; whole tracks without it.")
@click.option("--format", "style", type=click.Choice(["csv", "json", "parquet"]), default="csv",
              show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="File to write; stdout without it (not for parquet).")
@click.option("--jobs", type=click.IntRange(min=1), default=None,
              help="Files worked on at once.  [default: one a core]")
def extract(files: tuple[str, ...], family: str, given: tuple[str, ...],
            segment_seconds: float | None, style: str, out: Path | None,
            jobs: int | None) -> None:
    """Write one row of features for each file, or for each segment of it.

    Segments are cut as the family's published tables are. Columns: filename, start_seconds, then
    the features. Rows already made are taken from the cache.
    """
    from earmark.audio.load import find_audio
    from earmark.errors import AudioError, SettingsError
    from earmark.features import base
    from earmark.lab.batches import cached_extract, feature_cache

    if style == "parquet" and out is None:
        raise click.UsageError("--format parquet needs --out FILE.")
    front_end = base.build({"name": family, **_settings(given)}, where="--setting")
    try:
        front_end.segments(segment_seconds)
    except ValueError as error:
        raise SettingsError(f"--segment-seconds: {error}") from error
    found = find_audio([Path(f) for f in files])
    if not found:
        raise AudioError(f"no audio files in {', '.join(files)}.")
    cache = feature_cache()
    notes: list[str] = []
    done = outcomes(
        found, lambda p: cached_extract(p, front_end, segment_seconds, cache, notes), jobs,
        "extracting",
    )
    for note in dict.fromkeys(notes):
        click.echo(f"note: {printable(note)}", err=True)
    table = [[str(o.path), float(start), *map(float, row)]
             for o in done if o.value for row, start in zip(*o.value, strict=True)]
    if table:
        _write(["filename", "start_seconds", *front_end.columns], table, style, out)
    failed = sum(o.error is not None for o in done)
    sys.exit(0 if not failed else 1 if failed == len(done) else EXIT_SOME_FAILED)


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


def _write(columns: list[str], table: list[list[Any]], style: str, out: Path | None) -> None:
    content = {"csv": _csv, "json": _json, "parquet": _parquet}[style](columns, table)
    if out is None:
        click.echo(content, nl=False)
        return
    from earmark.store import write_bytes

    write_bytes(out, content)


def _csv(columns: list[str], table: list[list[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[0], *(f"{value:.9g}" for value in row[1:])] for row in table)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _json(columns: list[str], table: list[list[Any]]) -> bytes:
    rows = [dict(zip(columns, row, strict=True)) for row in table]
    return (json.dumps(rows, indent=1, allow_nan=False) + "\n").encode()


def _parquet(columns: list[str], table: list[list[Any]]) -> bytes:
    from earmark.errors import require

    pyarrow = require("pyarrow", extra="train", purpose="writing Parquet")
    parquet = require("pyarrow.parquet", extra="train", purpose="writing Parquet")
    buffer = io.BytesIO()
    named = [[row[0].encode("utf-8", "replace").decode(), *row[1:]] for row in table]
    values = dict(zip(columns, map(list, zip(*named, strict=True)), strict=True))
    parquet.write_table(pyarrow.table(values), buffer)
    return buffer.getvalue()
