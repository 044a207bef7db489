"""``earmark audit --robust``: taggers under disturbances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from earmark.cli.batch import EXIT_SOME_FAILED
from earmark.cli.output import print_json

if TYPE_CHECKING:
    from earmark.lab.robust.music import Music


def bench(what: str, root: Path | None, options: Mapping[str, str], labels: str,
          names: tuple[str, ...], seconds: float, tracks: int | None, folder: Path,
          card: Path | None, as_json: bool) -> int:
    """Judge the taggers, print what was found and return the exit code."""
    from earmark.cli.tag import load_taggers
    from earmark.cli.train import Progress
    from earmark.judging.report import robust as told
    from earmark.lab.robust import Settings, cards, robustness

    if "" in names:
        raise click.UsageError("--tagger is empty; expected a tagger's name or file.")
    taggers = load_taggers(names)
    if card is not None:
        cards.refuse(card)
        if len(taggers) != 1:
            raise click.UsageError("--write-card is of one tagger; name it with --tagger.")
    music = _music(what, root, options, labels)
    with Progress() as log:
        values = robustness(taggers, music, folder, Settings(seconds, tracks), log=log)
    if card is not None:
        cards.write(taggers[0], values, card)
    if as_json:
        print_json(values)
    else:
        for line in told.lines(values):
            click.echo(line)
        click.echo(f"page: {folder / 'robust.html'}")
    if card is not None:
        click.echo(f"tagger with these figures on its card: {card}", err=as_json)
    return EXIT_SOME_FAILED if values["failed"] else 0


def _music(what: str, root: Path | None, options: Mapping[str, str], labels: str) -> Music:
    """Return a dataset by name, a folder or table of labelled music, or files without labels."""
    from earmark.datasets.opening import open_dataset, recognised
    from earmark.errors import DataError
    from earmark.lab import teach
    from earmark.lab.robust import music

    if root is not None:
        if labels != "folders":
            raise click.UsageError("--labels is for a folder of your own music, without --data.")
        return music.of_dataset(open_dataset(what, root, options))
    path = Path(what)
    if options:
        raise click.UsageError("--option is for a published dataset, given with --data.")
    if not teach.is_collection(what):
        if path.is_file():
            return music.of_files(path)
        raise DataError(f"{what}: no such folder or table of music; a dataset by name needs "
                        "--data, its folder.")
    if labels == "none":
        return music.of_files(path)
    if labels == "filetags":
        return music.of_dataset(teach.collection(path, "filetags"))
    name = recognised(path)
    if name == "folder" and music.is_unlabelled(path):
        return music.of_files(path)
    return music.of_dataset(open_dataset(name, path))
