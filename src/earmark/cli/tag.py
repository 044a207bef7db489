"""``earmark tag``: files and folders in, genres and tags out."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earmark.cli.batch import EXIT_SOME_FAILED, Outcome, outcomes
from earmark.cli.output import print_json, printable
from earmark.labels.tags import Tags

if TYPE_CHECKING:
    from rich.text import Text


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES|FOLDERS...")
@click.option("--tagger", "tagger_name", default="gtzan10", show_default=True,
              help="A tagger by name (see 'earmark tagger list') or the path of a .earmark file.")
@click.option("--top", default=3, show_default=True, type=click.IntRange(min=1),
              help="How many labels to show for each file.")
@click.option("--timeline", is_flag=True, help="Show how the scores change along the track.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="Print one CSV row a file.")
@click.option("--jobs", type=click.IntRange(min=1), default=None,
              help="Files worked on at once.  [default: one a core]")
def tag(files: tuple[str, ...], tagger_name: str, top: int, timeline: bool, as_json: bool,
        as_csv: bool, jobs: int | None) -> None:
    """Name the genres and tags of audio files, whole songs of any length.

    Folders are searched for audio. A file that cannot be tagged is named and skipped, and the
    exit code is then 3 (1 when no file could be tagged).
    """
    if "" in files:
        raise click.UsageError("an empty file name; give a file or folder ('.' for this one).")
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other; choose one.")
    if as_csv and timeline:
        raise click.UsageError("--csv has no room for a timeline; use --json with --timeline.")
    sys.exit(tag_files([Path(f) for f in files], tagger_name, top=top, timeline=timeline,
                       style="json" if as_json else "csv" if as_csv else "text", jobs=jobs))


def tag_files(paths: Sequence[Path], tagger_name: str, *, top: int = 3, timeline: bool = False,
              style: str = "text", jobs: int | None = None) -> int:
    """Tag all files and print the answers; return the exit code."""
    from earmark.audio import kernels
    from earmark.audio.load import find_audio
    from earmark.audio.queued import likely_seconds
    from earmark.errors import AudioError
    from earmark.graphs.session import single_threads
    from earmark.tagger.tagger import Tagger

    tagger = Tagger.load(tagger_name)
    found = find_audio(paths)
    if not found:
        raise AudioError(f"no audio files in {', '.join(map(str, paths))}; expected music such as "
                         "wav, flac, mp3, ogg or opus.")
    if len(found) > 1:
        kernels.expect(likely_seconds(found))
    show = _TextPrinter(top).show if style == "text" else None
    with single_threads() if len(found) > 1 else nullcontext():
        done = outcomes(found, lambda p: tagger.tag(p, timeline=timeline), jobs, "tagging", show)
    if style == "json":
        _print_json(done, tagger.identity)
    elif style == "csv":
        _print_csv(done, tagger.manifest.labels)
    elif any(o.value for o in done):
        click.echo(f"{tagger.manifest.name}: {tagger.manifest.card.limits}", err=True)
    return exit_code(done)


def exit_code(done: Sequence[Outcome[Tags]]) -> int:
    """Return 0 when all went well, 3 when some files failed, 1 when all did."""
    failed = sum(o.error is not None for o in done)
    return 0 if not failed else 1 if failed == len(done) else EXIT_SOME_FAILED


def _print_json(done: Sequence[Outcome[Tags]], identity: str) -> None:
    answer = {
        "tagger": identity,
        "files": [o.value.to_json() for o in done if o.value],
        "failed": [{"file": str(o.path), "error": o.error} for o in done if o.error],
    }
    print_json(answer)


def _print_csv(done: Sequence[Outcome[Tags]], labels: Sequence[str]) -> None:
    from earmark.labels.tags import csv_header

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(csv_header(labels))
    writer.writerows(o.value.csv_row() for o in done if o.value)
    click.echo(text.getvalue(), nl=False)


class _TextPrinter:
    """Prints each answer as it comes, in colour on a terminal."""

    def __init__(self, top: int) -> None:
        from rich.console import Console

        self.top = top
        self.console = Console(highlight=False, soft_wrap=True)

    def show(self, outcome: Outcome[Tags]) -> None:
        tags = outcome.value
        if tags is None:
            return
        from rich.text import Text

        minutes, seconds = divmod(round(tags.seconds), 60)
        name = Text(printable(tags.file), "bold")
        self.console.print(Text.assemble(name, f"  {minutes}:{seconds:02d}"))
        self.console.print(self._answer(tags))
        for note in tags.notes:
            self.console.print(Text(f"  note: {note}", "yellow"))
        if tags.timeline is not None:
            from earmark.cli.heatmap import draw

            draw(tags, self.top, self.console)

    def _answer(self, tags: Tags) -> Text:
        from rich.text import Text

        best = [(label, f"{label} {score:.2f}") for label, score in tags.top(self.top)]
        if tags.unknown:
            nearest = "  ".join(text for _, text in best)
            return Text.assemble("  ", ("unknown", "yellow"), (f" (nearest: {nearest})", "dim"))
        line = Text("  ")
        for label, text in best:
            line.append(text, "green" if label in tags.tags else "dim").append("  ")
        return line


Shower = Callable[[Outcome[Tags]], None]
