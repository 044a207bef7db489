"""Opening a dataset by name, folder and options; guessing which dataset a folder holds."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from earmark import registry
from earmark.datasets.base import Dataset
from earmark.datasets.manifest import find_table
from earmark.errors import SettingsError, suggestion

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def open_dataset(
    name: str, root: Path | str, options: Mapping[str, Any] | None = None
) -> Dataset:
    """Return a dataset by its registered name; nothing is read yet.

    Args:
        options: of the dataset's constructor; texts are turned into what it takes.

    Raises:
        SettingsError: no such dataset or option, or a value that the option does not take; the
            nearest is offered.
    """
    kind = registry.load("datasets", name)
    known = options_of(kind)
    given = {}
    for key, value in (options or {}).items():
        if key not in known:
            says = suggestion(key, known) if known else " It has none."
            raise SettingsError(f"the dataset '{name}' has no option '{key}'.{says}")
        given[key] = _converted(value, known[key][0], f"option '{key}' of '{name}'")
    dataset: Dataset = kind(root, **given)
    return dataset


def options_of(kind: type[Dataset]) -> dict[str, tuple[Any, Any]]:
    """Return a dataset's options: name to (type, default).

    >>> options_of(registry.load("datasets", "synthetic"))["labels"][1]
    'genre'
    """
    hints = typing.get_type_hints(kind.__init__)
    parameters = list(inspect.signature(kind.__init__).parameters.values())[2:]  # self, root
    return {p.name: (hints[p.name], p.default) for p in parameters}


def variant(dataset: Dataset) -> str:
    """Return the options that are not as by default, such as ``labels=all``; empty for none."""
    return ", ".join(f"{name}={getattr(dataset, name)}"
                     for name, (_, default) in options_of(type(dataset)).items()
                     if getattr(dataset, name) != default)


def recognised(root: Path) -> str:
    """Return the name of the dataset that a folder or table holds.

    A published one by its layout, else a manifest where there is a table, else a folder a label.
    """
    for name in registry.names("datasets"):
        if registry.load("datasets", name).recognises(root):
            return name
    is_table = root.is_file() or find_table(root) is not None
    return "manifest" if is_table else "folder"


def _converted(value: Any, hint: Any, what: str) -> Any:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise SettingsError(f"{what} is '{value}'.{suggestion(str(value), map(str, choices))}")
        return value
    if hint is bool and str(value).lower() in _BOOLEANS:
        return _BOOLEANS[str(value).lower()]
    if hint is int:
        try:
            return int(str(value))
        except ValueError:
            raise SettingsError(f"{what} is '{value}'; expected a whole number.") from None
    if hint is bool:
        raise SettingsError(f"{what} is '{value}'; expected true or false.")
    return value
