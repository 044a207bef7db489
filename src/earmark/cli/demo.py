"""``earmark demo``: all of it in three minutes, with music composed on the spot."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from earmark.lab.journey import Comparison

_STYLES = ("classical", "jazz", "rock")
_SECONDS = 65.0
_MOST_OF_MUSIC = 3


@click.command()
@click.argument("files", nargs=-1, metavar="[FILES|FOLDERS...]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"),
              show_default=True, help="Where the music, the reports and the tagger are kept.")
def demo(files: tuple[str, ...], out: Path) -> None:
    """Compose music, find its copies, train and judge three taggers, and tag.

    Three pieces are tagged, and your FILES, and a few files of ~/Music where there are any.
    Training needs the extra 'train' and is left out where it is not installed.
    """
    from earmark.errors import AudioError
    from earmark.lab.workers import allow_all_cores

    allow_all_cores()
    for file in files:
        if not os.path.lexists(file):
            raise AudioError(f"{file}: no such file; check the name and the folder.")
    pieces = compose_pieces(out / "pieces")
    tagger = None
    if importlib.util.find_spec("sklearn") is None:
        click.echo("scikit-learn is not installed, so nothing is trained: in Earmark's folder, "
                   "pip install '.[train]'", err=True)
    else:
        tagger = _train(out)
    sys.exit(_tag(pieces, [Path(f) for f in files], tagger))


def compose_pieces(folder: Path) -> list[Path]:
    """Write three pieces of made-up music as wav files and return their paths."""
    import numpy as np
    import soundfile

    from earmark.audio.synth import compose
    from earmark.store import atomic_write

    paths = []
    for seed, style in enumerate(_STYLES):
        piece = compose(style, rng=np.random.default_rng(seed), seconds=_SECONDS)
        path = folder / f"{style}.wav"
        with atomic_write(path) as file:
            soundfile.write(file, piece.samples, piece.sample_rate, format="WAV")
        paths.append(path)
    click.echo(f"composed {len(paths)} pieces of {_SECONDS:g} s in {folder}", err=True)
    return paths


def _train(out: Path) -> Path:
    from earmark.lab import journey

    with _bar("composing a collection") as progress:
        dataset = journey.compose(out / "collection", os.cpu_count() or 1, progress)
    click.echo(f"a collection of {len(dataset.tracks)} pieces by made-up artists lies in "
               f"{dataset.root}")
    pairs, planted = journey.copies(dataset)
    click.echo(f"copies found by ear: {len(pairs)} pairs, {planted} were planted")
    for pair in pairs:
        click.echo(f"  {pair.a} = {pair.b}  ({pair.kind}, {pair.similarity:.2f})")
    with _bar("training") as progress:
        steps = iter(range(1, 2 * len(journey.MODELS) + 1))
        found = journey.learn(
            dataset, out / "runs", lambda _: progress(next(steps), 2 * len(journey.MODELS)))
    _print_table(found)
    click.echo(f"reports: {out / 'runs' / 'compare.html'} and report.html in each run")
    tagger = out / "demo.earmark"
    tagger.write_bytes(journey.tagger_of(out / "runs", found).read_bytes())
    click.echo(f"tagger: {tagger}")
    return tagger


def _tag(pieces: Sequence[Path], files: Sequence[Path], tagger: Path | None) -> int:
    from earmark.cli._shelf import import_command
    from earmark.cli.tag import tag_files
    from earmark.tagger.installed import PREFERRED, usual

    if tagger is not None:
        click.echo(f"\nthe pieces, by {tagger.name}:")
        tag_files(pieces, [str(tagger)])
    own = [*files, *_some_of_music()] if files or _some_of_music() else []
    names = usual()
    click.echo("\nthe pieces" + (" and your music" if own else "") + f", by {' and '.join(names)}:")
    code = tag_files([*pieces, *own], names, timeline=True)
    for name in PREFERRED:
        if name not in names:
            click.echo(f"instruments, voices and moods as well: {import_command(name)}")
    return code


def _print_table(found: Sequence[Comparison]) -> None:
    click.echo("\naccuracy on the test part, by track   artists on both sides   unheard artists")
    for row in found:
        click.echo(f"  {row.model:34}  {row.leaky:^21.2f}   {row.honest:^15.2f}")
    mean = sum(row.leaky - row.honest for row in found) / len(found)
    click.echo(f"the leak is worth {100 * mean:+.0f} points on average; only the last column "
               "tells how new music will be tagged\n")


def _some_of_music() -> list[Path]:
    """Return a few files of the user's music folder, the first of each subfolder."""
    from earmark.audio.load import AUDIO_SUFFIXES

    folder = Path(os.path.expanduser("~")) / "Music"  # noqa: PTH111 - Path.home may raise
    try:
        found = (p for p in folder.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES)
        return sorted(islice(found, _MOST_OF_MUSIC))
    except OSError:
        return []


@contextmanager
def _bar(title: str) -> Iterator[Any]:
    """Show a progress bar on stderr and give the function that moves it: (done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                  console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
