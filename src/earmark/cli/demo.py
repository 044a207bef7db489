"""``earmark demo``: hear it work, on your files or on three pieces composed on the spot."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_STYLES = ("classical", "jazz", "rock")
_SECONDS = 30.0


@click.command()
@click.argument("files", nargs=-1, metavar="[FILES|FOLDERS...]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"),
              show_default=True, help="Where the composed pieces are kept, to be listened to.")
def demo(files: tuple[str, ...], out: Path) -> None:
    """Tag your FILES, or, without any, three short pieces that Earmark composes."""
    from earmark.cli.tag import tag_files

    paths = [Path(f) for f in files] or compose_pieces(out)
    sys.exit(tag_files(paths, "gtzan10", timeline=True))


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
