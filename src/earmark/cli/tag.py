"""``earmark tag``: files and folders in, genres and tags out."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from earmark.cli.batch import EXIT_SOME_FAILED, Outcome, outcomes
from earmark.cli.output import print_json, printable
from earmark.labels.tags import Tags

if TYPE_CHECKING:
    from earmark.tagger.tagger import Tagger

Answers = tuple[Tags, ...]  # one a tagger
_SHARED = 2  # columns of a CSV row that say the same whichever tagger: file, seconds


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILES|FOLDERS...")
@click.option("--tagger", "taggers", multiple=True, metavar="NAME|FILE",
              help="A tagger by name (see 'earmark tagger list') or the path of a .earmark file; "
                   "may be given several times.  [default: gtzan10-net, and musicnn, where "
                   "imported]")
@click.option("--top", default=3, show_default=True, type=click.IntRange(min=1),
              help="How many labels to show for each file, or for each group of labels.")
@click.option("--sets", is_flag=True,
              help="Show the labels that may well fit, as surely as the tagger promises; --json "
                   "and --csv always have them.")
@click.option("--timeline", is_flag=True, help="Show how the scores change along the track.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="Print one CSV row a file.")
@click.option("--jobs", type=click.IntRange(min=1), default=None,
              help="Files worked on at once.  [default: one a core]")
def tag(files: tuple[str, ...], taggers: tuple[str, ...], top: int, sets: bool, timeline: bool,
        as_json: bool, as_csv: bool, jobs: int | None) -> None:
    """Name the genres and tags of audio files, whole songs of any length.

    Folders are searched for audio. A file that cannot be tagged is named and skipped, and the
    exit code is then 3 (1 when no file could be tagged).
    """
    if "" in files:
        raise click.UsageError("an empty file name; give a file or folder ('.' for this one).")
    if "" in taggers:
        raise click.UsageError("--tagger is empty; expected a tagger's name or file.")
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other; choose one.")
    if as_csv and timeline:
        raise click.UsageError("--csv has no room for a timeline; use --json with --timeline.")
    sys.exit(tag_files([Path(f) for f in files], taggers, top=top, sets=sets, timeline=timeline,
                       style="json" if as_json else "csv" if as_csv else "text", jobs=jobs))


def tag_files(paths: Sequence[Path], names: Sequence[str] = (), *, top: int = 3,
              sets: bool = False, timeline: bool = False, style: str = "text",
              jobs: int | None = None) -> int:
    """Tag all files by all taggers, the usual ones where none is named, and print the answers;
    return the exit code."""
    from earmark.audio import kernels
    from earmark.audio.load import find_audio
    from earmark.audio.queued import likely_seconds
    from earmark.cli._answers import TextPrinter
    from earmark.errors import AudioError
    from earmark.graphs.session import single_threads

    taggers = load_taggers(names)
    if sets:
        _refuse_without_sets(taggers)
    found = find_audio(paths)
    if not found:
        raise AudioError(f"no audio files in {', '.join(map(str, paths))}; expected music such as "
                         "wav, flac, mp3, ogg or opus.")
    if len(found) > 1:
        kernels.expect(likely_seconds(found))
    show = TextPrinter(top, _names(taggers), sets=sets).show if style == "text" else None

    def work(path: Path) -> Answers:
        return tuple(tagger.tag(path, timeline=timeline) for tagger in taggers)

    with single_threads() if len(found) > 1 else nullcontext():
        done = outcomes(found, work, jobs, "tagging", show)
    if style == "json":
        _print_json(done, taggers)
    elif style == "csv":
        _print_csv(done, taggers)
    elif any(o.value for o in done):
        for name, tagger in zip(_names(taggers), taggers, strict=True):
            click.echo(f"{name}: {tagger.manifest.card.limits}", err=True)
            if sets:
                click.echo(f"{name}: {_worth(tagger)}", err=True)
    return exit_code(done)


def exit_code(done: Sequence[Outcome[Any]]) -> int:
    """Return 0 when all went well, 3 when some files failed, 1 when all did."""
    failed = sum(o.error is not None for o in done)
    return 0 if not failed else 1 if failed == len(done) else EXIT_SOME_FAILED


def _refuse_without_sets(taggers: Sequence[Tagger]) -> None:
    from earmark.errors import TaggerError

    if not any(tagger.manifest.decisions.label_sets for tagger in taggers):
        raise TaggerError(f"--sets: {', '.join(_names(taggers))} promises no label sets; leave "
                          "--sets out, or name a tagger with them ('earmark tagger show NAME').")


def _worth(tagger: Tagger) -> str:
    """What the tagger's label sets are worth."""
    from earmark.cli._decisions import label_sets_line

    sets = tagger.manifest.decisions.label_sets
    return label_sets_line(sets) if sets else "label sets: none are promised"


def load_taggers(names: Sequence[str]) -> list[Tagger]:
    """Return the taggers that are named, each once; the usual ones where none is."""
    from earmark.tagger.tagger import Tagger

    found = [Tagger.load(name) for name in dict.fromkeys(names)] if names else _usual()
    return list({tagger.identity: tagger for tagger in found}.values())


def _usual() -> list[Tagger]:
    """The taggers used where none is named; an added one that is damaged must not keep the others
    from tagging."""
    from earmark.errors import TaggerError
    from earmark.tagger.installed import bundled, usual
    from earmark.tagger.tagger import Tagger

    found = []
    for name in usual():
        try:
            found.append(Tagger.load(name))
        except TaggerError as error:
            if name in bundled():
                raise
            click.echo(f"earmark: {printable(str(error))} Tagging goes on without it; 'earmark "
                       f"tagger remove {name}' takes it away.", err=True)
    return found


def _names(taggers: Sequence[Tagger]) -> list[str]:
    """What the taggers are called: by name, by name and fingerprint where names are equal."""
    given = Counter(tagger.manifest.name for tagger in taggers)
    return [tagger.identity if given[tagger.manifest.name] > 1 else tagger.manifest.name
            for tagger in taggers]


def _print_json(done: Sequence[Outcome[Answers]], taggers: Sequence[Tagger]) -> None:
    failed = [{"file": str(o.path), "error": o.error} for o in done if o.error]
    answers = [o.value for o in done if o.value]
    if len(taggers) == 1:
        print_json({"tagger": taggers[0].identity, "files": [a[0].to_json() for a in answers],
                    "failed": failed})
        return
    print_json({"taggers": [tagger.identity for tagger in taggers],
                "files": [_several_json(a) for a in answers], "failed": failed})


def _several_json(answers: Answers) -> dict[str, Any]:
    from earmark.cli._answers import notes

    plain = [tags.to_json() for tags in answers]
    return {"file": plain[0]["file"], "seconds": plain[0]["seconds"], "notes": notes(answers),
            "answers": plain}


def _print_csv(done: Sequence[Outcome[Answers]], taggers: Sequence[Tagger]) -> None:
    from earmark.labels.tags import csv_header

    headers = [csv_header(tagger.manifest.labels, parents=bool(rules.parents),
                          label_set=rules.label_sets is not None)
               for tagger in taggers for rules in [tagger.manifest.decisions]]
    rows = [[tags.csv_row() for tags in o.value] for o in done if o.value]
    if len(taggers) == 1:
        table = [headers[0], *(row[0] for row in rows)]
    else:
        own = [[f"{name}: {column}" for column in header]
               for name, header in zip(_names(taggers), headers, strict=True)]
        shared = headers[0][:_SHARED]
        table = [shared + _after(own, len(shared)),
                 *(row[0][: len(shared)] + _after(row, len(shared)) for row in rows)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    click.echo(text.getvalue(), nl=False)


def _after(rows: Sequence[list[str]], n: int) -> list[str]:
    return [cell for row in rows for cell in row[n:]]
