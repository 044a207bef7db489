"""One new file in a folder is a new entry; a typo is answered with the nearest name."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import earmark.models
from earmark import registry
from earmark.errors import SettingsError
from earmark.models.base import Model

TOY = """
from earmark.models.base import Model

class Abstract(Model):
    pass

class {class_name}(Abstract):
    name = "{name}"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A second folder of models, beside the package's own."""
    monkeypatch.setattr(earmark.models, "__path__", [*earmark.models.__path__, str(tmp_path)])
    registry._entries.cache_clear()
    yield tmp_path
    registry._entries.cache_clear()
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(f"earmark.models.{file.stem}", None)
        vars(earmark.models).pop(file.stem, None)


def test_the_kinds_have_entries() -> None:
    assert "gtzan" in registry.names("datasets")
    assert "gtzan57" in registry.names("features")
    assert all(registry.names(kind) == sorted(registry.names(kind)) for kind in registry.KINDS)


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_entry_is_loaded_by_its_name(kind: str) -> None:
    for name in registry.names(kind):
        assert registry.load(kind, name).name == name


def test_a_new_file_is_a_new_entry(folder: Path) -> None:
    (folder / "toy_model_a.py").write_text(TOY.format(class_name="Toy", name="toy"))
    assert registry.load("models", "toy").__name__ == "Toy"
    assert issubclass(registry.load("models", "toy"), Model)


def test_files_with_an_underscore_are_not_entries(folder: Path) -> None:
    (folder / "_toy_model.py").write_text(TOY.format(class_name="Toy", name="hidden-toy"))
    assert "hidden-toy" not in registry.names("models")


def test_two_entries_of_one_name_are_refused(folder: Path) -> None:
    for stem in ("toy_model_b", "toy_model_c"):
        (folder / f"{stem}.py").write_text(TOY.format(class_name="Toy", name="toy"))
    with pytest.raises(SettingsError, match=r"called 'toy': .*_b and .*_c; rename"):
        registry.names("models")


def test_packages_outside_add_entries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        @staticmethod
        def load() -> Any:
            return type("Outside", (Model,), {"name": "outside"})

    groups = {"earmark.models": [Point()]}
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: groups.get(group, []))
    assert registry.load("models", "outside").__name__ == "Outside"


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("datasets", "gtzn", "no dataset is called 'gtzn'. Did you mean 'gtzan'?"),
        ("features", "gtzan75", "no feature family is called 'gtzan75'. Did you mean 'gtzan57'?"),
        ("models", "zzzzzz", "no model is called 'zzzzzz'. Known: "),
        ("dataset", "gtzan", "no registry is called 'dataset'. Did you mean 'datasets'?"),
    ],
)
def test_a_typo_is_answered(kind: str, name: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace("?", r"\?")):
        registry.load(kind, name)
