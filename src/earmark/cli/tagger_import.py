"""``earmark tagger import``: published models become taggers. One small function an importer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from earmark.cli import tagger_import_others as others
from earmark.tagger.importers import CATALOGUE

if TYPE_CHECKING:
    from earmark.tagger.format import Contents

_VARIANTS = ("MTT_musicnn", "MTT_vgg", "MSD_musicnn", "MSD_vgg")


_NEEDS = "\n\n".join(
    f"{name} gives {found.gives}. It needs {found.needs}. Published: {found.where}."
    for name, found in CATALOGUE.items()
)


@click.group("import", epilog=_NEEDS)
def importing() -> None:
    """Open published models as taggers; nothing of theirs is run."""


for command in others.COMMANDS:
    importing.add_command(command)


@importing.command("musicnn")
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option("--variant", type=click.Choice(_VARIANTS), default=_VARIANTS[0], show_default=True,
              help="Which network: trained on MagnaTagATune (MTT) or the Million Song Dataset.")
@click.option("--download", "fetch", is_flag=True,
              help="Fetch the package by pip, which asks the registry it is set up for.")
@click.option("--tail", type=click.Choice(("drop", "keep")), default="drop", show_default=True,
              help="What becomes of a track's rest after its last whole window of 3 s.")
@click.option("--name", default="",
              help="What the tagger is called.  [default: musicnn, or after the variant]")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Write the tagger to this file, ending in .earmark, rather than install it.")
def import_musicnn(source: Path | None, variant: str, fetch: bool, tail: str, name: str,
                   out: Path | None) -> None:
    """Open one of the musicnn package's networks.

    SOURCE is the package's wheel, a zip file of it or its folder; left out, the package that is
    installed here. The package is not imported, and TensorFlow is not needed.
    """
    from earmark.tagger.importers import musicnn

    if fetch and source is not None:
        raise click.UsageError("--download fetches the package; leave out SOURCE or --download.")
    rest: Literal["drop", "keep"] = "keep" if tail == "keep" else "drop"
    if fetch:
        click.echo(f"fetching {musicnn.PACKAGE} {musicnn.VERSION} ...", err=True)
        contents = musicnn.fetch_musicnn(variant, rest, name=name)
    else:
        contents = musicnn.import_musicnn(source, variant, rest, name=name)
    finish(contents, out)


def finish(contents: Contents, out: Path | None) -> None:
    """Write or install a tagger that was imported, and say what it is and how to try it."""
    manifest, card = contents.manifest, contents.manifest.card
    path, name = _put(contents, out)
    click.echo(f"{manifest.name}: {card.title}")
    click.echo(f"  from: {card.source}")
    carried = "; its text and whom to cite travel with the tagger" if card.notice else ""
    click.echo(f"  licence: {card.licence}{carried}")
    for seen in card.seen:
        click.echo(f"  has seen: {seen}")
    click.echo(f"  limits: {card.limits}")
    click.echo(f"written: {path}")
    click.echo(f"try it: earmark tag FILES --tagger {name}" if manifest.labels else
               f"learn your own labels on it: earmark train FOLDER --features embedding:{name}")


def _put(contents: Contents, out: Path | None) -> tuple[Path, str]:
    """Write or install the tagger and return its path and what it is called at the command line."""
    from earmark.errors import TaggerError
    from earmark.tagger import format as tagger_format
    from earmark.tagger.installed import install

    if out is None:
        return install(contents), contents.manifest.name
    if out.suffix != tagger_format.SUFFIX:  # a slip must not cost a song
        raise TaggerError(f"--out {out}: a tagger's file ends in {tagger_format.SUFFIX}.")
    tagger_format.write(contents, out)
    return out, str(out)
