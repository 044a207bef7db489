"""``earmark tagger export``: a tagger's graphs for programs that are not Earmark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from earmark.cli.output import print_json, printable

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("export")
@click.argument("name", metavar="NAME|FILE")
@click.option("--out", required=True, type=_FOLDER, metavar="FOLDER",
              help="A new folder for the graphs.")
@click.option("--int8", is_flag=True,
              help="Make each graph in eight bits, too, where that can be done and is faster here; "
                   "told is by how much, and how far its scores are from the first's. Needs "
                   "--data.")
@click.option("--data", default=None, metavar="FOLDER", type=click.Path(path_type=Path),
              help="Music of the kind it is to hear: the ranges of eight bits are seen on it.")
@click.option("--anyway", is_flag=True, help="Write graphs in eight bits that are slower, too.")
@click.option("--json", "as_json", is_flag=True, help="Print what is in the JSON files.")
def export(name: str, out: Path, int8: bool, data: Path | None, anyway: bool,
           as_json: bool) -> None:
    """Write a tagger's ONNX graphs into a folder, each with a JSON file that says all one needs to
    use it elsewhere, and a README.txt.

    Files in --data that cannot be heard are named and passed over; the exit code is then 3.
    """
    from earmark.audio.load import find_audio
    from earmark.cli.batch import EXIT_SOME_FAILED
    from earmark.errors import DataError
    from earmark.lab import elsewhere
    from earmark.tagger.tagger import Tagger

    if int8 != (data is not None):
        raise click.UsageError("--int8 and --data FOLDER go together: eight bits are fitted to "
                               "music.")
    if anyway and not int8:
        raise click.UsageError("--anyway is about --int8; leave it out.")
    audio = find_audio([data]) if data is not None else []
    if data is not None and not audio:
        raise DataError(f"{data}: no audio files; give a folder with music for --data.")
    failed: list[str] = []
    tagger = Tagger.load(name)
    every = elsewhere.write(tagger, out, audio, anyway=anyway, failed=failed.append)
    for line in failed:
        click.echo(f"earmark: {printable(line)}", err=True)
    if as_json:
        print_json(every)
    else:
        for line in _lines(every, tagger.identity, out):
            click.echo(line)
    sys.exit(EXIT_SOME_FAILED if failed else 0)


def _lines(every: list[dict[str, Any]], identity: str, out: Path) -> list[str]:
    from earmark.lab.shapes import sizes

    lines = [identity]
    for about in every:
        (given, shape), *_ = about["inputs"].items()
        wide = about["outputs"][about["output"]]
        lines.append(f"  {about['graph']}: {given} {sizes(shape)} to {about['output']} "
                     f"{sizes(wide)}, weight {about['weight']:.3g}")
        its = about.get("int8", {})
        if why := its.get("left_out"):
            lines.append(f"  not in eight bits: {why}")
        elif its:
            lines.append(f"  {its['file']}: {its['bytes']:,} bytes, {its['faster']:.2f} times as "
                         f"fast, the same top label for {its['same_top_label']:.1%} of "
                         f"{its['rows']} segments, scores within "
                         f"{its['largest_difference']:.3f}")
    return [*lines, f"written: {out}"]
