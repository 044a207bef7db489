"""Writes ``docs/recipes.md`` from the settings' own docstrings."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from earmark.audio.augment.waves import Draw, Waves
from earmark.audio.segments import Segments
from earmark.judging.how import HowDecided
from earmark.lab import recipe
from earmark.models._training import Augment, Training

PAGE = Path(__file__).parent / "recipes.md"
_HEAD = """# Recipes

A recipe is a TOML file that says all a run depends on but for the data: `earmark train my.toml
--data FOLDER`. `earmark tune`, `evaluate`, `audit` and `pretrain` take it, too. Those that come
with Earmark are given by name alone:
{names}.
A setting that is misspelt is refused with the nearest name, those that are missing are named. Where
no default is shown below nothing is set, which TOML can say by `"none"`. This page is made from the
settings' own descriptions by `make docs`.

```toml
name = "my-network"
folds = 5

[dataset]
name = "folder"            # a folder for each label; earmark data list says which others there are

[split]
by = "auto"
fractions = {{ train = 0.6, valid = 0.2, test = 0.2 }}

[[branches]]               # several are averaged
training_seconds = 10.0    # the length learnt from, and
segments = {{ seconds = 10.0 }}   # the length that songs are cut into when they are tagged
front_end = {{ name = "logmel" }}  # earmark features list says which there are

[branches.model]
name = "cnn:statistics"
training = {{ epochs = 40, patience = 8 }}
augment = {{ mixup = 0.2 }}

[tagger]
name = "my-network"
title = "My genres by a network"
licence = "MIT"
limits = "knows the genres of my folders"
```

Classical models (`classical:logistic`, `classical:svm` and so on) take their settings in `model`
alone; which networks there are is in [networks](networks.md).
"""
_TABLES: tuple[tuple[str, str, type], ...] = (
    ("At the top", "", recipe.Recipe), ("`[dataset]`", "", recipe.DatasetChoice),
    ("`[split]`", "", recipe.SplitChoice), ("`[[branches]]`", "", recipe.BranchChoice),
    ("`segments`", "of a branch", Segments), ("`training`", "of a network's `model`", Training),
    ("`augment`", "of a network's `model`", Augment),
    ("`waves`", "of a branch with listen = \"anew\"", Waves),
    ("`[tagger]`", "", recipe.TaggerChoice), ("`[decisions]`", "with decide = true", HowDecided),
    ("`[export]`", "", recipe.ExportChoice),
)


def page() -> str:
    """Return the whole page."""
    names = ", ".join(f"`{name}`" for name in recipe.names())
    return _HEAD.format(names=names) + "".join(_section(*table) for table in _TABLES)


def _section(title: str, where: str, table: type) -> str:
    said = dict(_attributes(table))
    lines = [f"\n## {title}{', ' if where else ''}{where}\n",
             "| setting | default | others | what |", "|---|---|---|---|"]
    for name, default in _defaults(table):
        what = said[name].replace("``", "`").replace("|", "\\|")
        others = ", ".join(its for its in _choices(table, name) if its != default)
        lines.append(f"| `{name}` | {default} | {others} | {what} |")
    return "\n".join(lines) + "\n"


def _attributes(table: type) -> Iterator[tuple[str, str]]:
    """Yield each attribute's description, as one line; those on one line are parted."""
    _, _, text = (table.__doc__ or "").partition("Attributes:")
    known = {field.name for field in dataclasses.fields(table)}
    text = re.sub(r"\s+", " ", text.split("\n\n")[0]).strip()
    places = [found for found in re.finditer(r"(?:^|(?<=[.;] ))((?:\w+, )*\w+): ", text)
              if set(found[1].split(", ")) <= known]
    for found, following in zip(places, [*places[1:], None], strict=True):
        for name in found[1].split(", "):
            yield name, text[found.end() : following.start() if following else None].strip()


def _choices(table: type, name: str) -> Iterator[str]:
    """Yield the words that a setting takes, where it takes but some."""
    hint = typing.get_type_hints(table)[name]
    for its in (hint, *typing.get_args(hint)):
        if typing.get_origin(its) is typing.Literal:
            yield from (f"`{_toml(word)}`" for word in typing.get_args(its))


def _defaults(table: type) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(table):
        if field.default_factory is not dataclasses.MISSING:
            yield field.name, _shown(field.default_factory())
        elif field.default is dataclasses.MISSING:
            yield field.name, "needed"
        else:
            yield field.name, _shown(field.default)


def _shown(value: Any) -> str:
    if isinstance(value, Draw):
        return f"{value.probability:g}, {value.low:g} to {value.high:g}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "as below"
    return "" if value is None else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(its)}" for key, its in value.items()) + " }"
    return json.dumps(value)  # the same for words, numbers and lists of them


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
