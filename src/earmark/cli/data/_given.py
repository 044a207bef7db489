"""The arguments that say which dataset is meant, shared by the commands on one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from earmark.datasets.base import Dataset

_Command = Callable[..., Any]


def takes_dataset(command: _Command) -> _Command:
    """Add ROOT, ``--dataset`` and ``--option``, which ``given`` turns into a dataset."""
    add = [
        click.argument("root", type=click.Path(path_type=Path)),
        click.option("--dataset", "name", default=None, metavar="NAME",
                     help="Which dataset ROOT holds; told by its layout without."),
        click.option("--option", "options", multiple=True, metavar="KEY=VALUE",
                     help="An option of the dataset, such as subset=small; see earmark data "
                          "layout NAME."),
    ]  # fmt: skip
    for decorate in reversed(add):
        command = decorate(command)
    return command


def given(root: Path, name: str | None, options: tuple[str, ...]) -> Dataset:
    """Return the dataset that the arguments name.

    Raises:
        DataError: no such folder or file. SettingsError: an unknown dataset or option.
    """
    from earmark.datasets.opening import open_dataset, recognised
    from earmark.errors import DataError

    if not root.exists():
        raise DataError(f"{root}: no such folder; expected one that holds a dataset.")
    return open_dataset(name or recognised(root), root, pairs(options))


def pairs(options: tuple[str, ...]) -> dict[str, str]:
    """Return what ``--option`` was given.

    Raises:
        BadParameter: one that is not KEY=VALUE.
    """
    found = {}
    for option in options:
        key, mark, value = option.partition("=")
        if not mark or not key:
            raise click.BadParameter(f"'{option}'; expected KEY=VALUE.", param_hint="--option")
        found[key] = value
    return found
