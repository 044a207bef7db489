"""The folder is the registry: a module in ``earmark/<kind>`` is listed by being there.

Each class in it that derives from the kind's base and has a ``name`` is an entry. Packages
outside add theirs through the entry-point group ``earmark.<kind>``, one entry point a class.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import pkgutil
from functools import cache
from typing import Any

from earmark.errors import SettingsError, suggestion

# kind (the folder) -> base class in its base.py
KINDS = {"datasets": "Dataset", "features": "FrontEnd", "models": "Model"}


def names(kind: str) -> list[str]:
    """Return the sorted names of all entries of a kind.

    >>> "gtzan" in names("datasets")
    True
    """
    return sorted(_entries(kind))


def load(kind: str, name: str) -> Any:
    """Return the class registered under ``name``.

    Raises:
        SettingsError: the name is not known; the nearest one is offered.
    """
    entries = _entries(kind)
    if name not in entries:
        raise SettingsError(f"no {kind[:-1] if kind != 'features' else 'feature family'} is "
                            f"called '{name}'.{suggestion(name, entries)}")
    return entries[name]


@cache
def _entries(kind: str) -> dict[str, type]:
    if kind not in KINDS:
        raise SettingsError(f"no registry is called '{kind}'.{suggestion(kind, KINDS)}")
    package = importlib.import_module(f"earmark.{kind}")
    base = getattr(importlib.import_module(f"earmark.{kind}.base"), KINDS[kind])
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "base" and not module.name.startswith("_"):
            for entry in _classes(f"earmark.{kind}.{module.name}", base):
                _add(found, entry)
    for point in importlib.metadata.entry_points(group=f"earmark.{kind}"):
        _add(found, point.load())
    return found


def _classes(module_name: str, base: type) -> list[type]:
    module = importlib.import_module(module_name)
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and value.__module__ == module_name
        and issubclass(value, base)
        and "name" in vars(value)
    ]


def _add(found: dict[str, type], entry: Any) -> None:
    if entry.name in found:
        raise SettingsError(
            f"two entries are called '{entry.name}': {found[entry.name].__module__} and "
            f"{entry.__module__}; rename one."
        )
    found[entry.name] = entry
