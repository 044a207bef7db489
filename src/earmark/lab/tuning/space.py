"""The settings of a recipe that are tried, and recipes with other values in their places.

A setting is named by its dotted place: ``branches.0.model.alpha``. Only what a branch learns and
averages with may be tried. Dataset, split and folds say which tracks are judged and how: who tries
those out finds the easiest exam, not the best model.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from earmark import registry, settings
from earmark.errors import SettingsError, suggestion
from earmark.features import base as features
from earmark.lab.backbones import complete
from earmark.lab.building import build_model
from earmark.lab.recipe import BranchChoice, Recipe
from earmark.lab.tuning.ranges import Between, Range, from_table, parse
from earmark.labels.vocabulary import Task

_PARTS = ("front_end", "model", "weight")
_WHY = ("settings of branches' models and front ends, and their weights, can be tried; dataset, "
        "split and all else stay as they are, so that every trial is judged alike")


@dataclass(frozen=True)
class Space:
    """A recipe and what is tried for some of its settings.

    Attributes:
        ranges: by the settings' dotted places.
    """

    recipe: Recipe
    task: Task
    ranges: Mapping[str, Range]

    @cached_property
    def given(self) -> dict[str, Any]:
        """The recipe's own values of what is tried, defaults among them."""
        return {path: _plain(_found(self.recipe, self.task, path)[0]) for path in self.ranges}

    def recipe_with(self, values: Mapping[str, Any]) -> Recipe:
        """Return the recipe with other values in some places.

        Raises:
            SettingsError: a model or front end refuses them.
        """
        branches = list(self.recipe.branches)
        for path, value in values.items():
            number, part, keys = _split(path)
            before = getattr(branches[number], part)
            branches[number] = dataclasses.replace(
                branches[number], **{part: _put(before, keys, copy.deepcopy(value))})
        if min(b.weight for b in branches) < 0 or not any(b.weight for b in branches):
            raise SettingsError("the branches' weights must be 0 or more, and one of them above 0.")
        for branch in branches:
            build_model(branch, self.task)
            features.build(complete(branch.front_end))
        return dataclasses.replace(self.recipe, branches=tuple(branches))

    @property
    def plain(self) -> dict[str, Any]:
        """The ranges as TOML tables."""
        return {path: its.plain() for path, its in sorted(self.ranges.items())}

    @cached_property
    def short(self) -> dict[str, str]:
        """A name for people for each setting: the end of its place, as much as tells them apart."""
        ends = {path: path.split(".") for path in self.ranges}
        many = len(self.recipe.branches) > 1
        names = {path: ".".join(keys[3:]) or keys[2] for path, keys in ends.items()}
        alike = len(set(names.values())) < len(names)
        return {path: f"{ends[path][1]}.{ends[path][2]}.{name}" if alike
                else f"{ends[path][1]}.{name}" if many else name for path, name in names.items()}


def space(recipe: Recipe, task: Task, ranges: Mapping[str, Range]) -> Space:
    """Return the space of a recipe; without ranges, the one that its models state.

    Raises:
        SettingsError: a place that is none or may not be tried (the nearest is offered), a range
            of the wrong kind, or one in which the recipe takes no value; no ranges, and no model
            that states any.
    """
    ranges = ranges or _stated(recipe)
    fitting = {path: _fitting(recipe, task, path, its) for path, its in ranges.items()}
    made = Space(recipe, task, dict(sorted(fitting.items())))
    made.recipe_with({})  # a slip in the recipe itself is none of the ranges' faults
    for path, its in made.ranges.items():
        _refuse_impossible(made, path, its)
    return made


def from_words(words: Iterable[str], file: Path | None = None) -> dict[str, Range]:
    """Return ranges from ``FIELD=RANGE`` and from a TOML file with a table for each field.

    Raises:
        SettingsError: what is no range, or a field that is given twice.
    """
    found: dict[str, Range] = {}
    if file is not None:
        found = {path: from_table(its, f"{file}: '{path}'")
                 for path, its in settings.read_toml(file).items()}
        if not found:
            raise SettingsError(f"{file}: holds no ranges; expected a table for each setting, such "
                                'as "branches.0.model.alpha" = { low = 0.01, high = 10 }.')
    for word in words:
        path, equals, its = word.partition("=")
        path = path.strip()
        if not equals:
            raise SettingsError(f"'{word}' names no range; expected FIELD=RANGE, such as "
                                "branches.0.model.alpha=0.01..10:log.")
        if path in found:
            raise SettingsError(f"'{path}' is given two ranges; expected one.")
        found[path] = parse(its.strip(), path)
    return found


def _stated(recipe: Recipe) -> dict[str, Range]:
    """Return what the recipe's models say is worth trying."""
    found = {}
    for number, branch in enumerate(recipe.branches):
        family = registry.load("models", str(branch.model.get("name", "")))
        for key, its in family.search.items():
            path = f"branches.{number}.model.{key}"
            found[path] = parse(its, path)
    if not found:
        models = ", ".join(sorted({str(b.model.get("name")) for b in recipe.branches}))
        raise SettingsError(f"{models} states nothing to try; say what with --vary FIELD=RANGE, "
                            "such as --vary branches.0.model.pca=5..50.")
    return found


def _split(path: str) -> tuple[int, str, list[str]]:
    """Return a place's branch, part and the keys within."""
    _, number, part, *keys = path.split(".")
    return int(number), part, keys


def _found(recipe: Recipe, task: Task, path: str) -> tuple[Any, Any]:
    """Return what stands at a place of the recipe, and the type that belongs there.

    Raises:
        SettingsError: there is no such place, or none that may be tried.
    """
    head, *rest = path.split(".")
    places = [f.name for f in dataclasses.fields(Recipe)]
    if head not in places:
        raise SettingsError(f"a recipe has no setting '{path}'.{suggestion(head, places)}")
    if head != "branches":
        raise SettingsError(f"'{path}' cannot be tried: {_WHY}.")
    count = len(recipe.branches)
    if not rest or not rest[0].isdecimal() or int(rest[0]) >= count:
        known = "branches.0" if count == 1 else f"branches.0 to branches.{count - 1}"
        raise SettingsError(f"'{path}' is in no branch; the recipe '{recipe.name}' has {known}.")
    return _in_branch(recipe.branches[int(rest[0])], task, path, rest[1:])


def _in_branch(
    branch: BranchChoice, task: Task, path: str, keys: Sequence[str]
) -> tuple[Any, Any]:
    part = keys[0] if keys else ""
    known = [f.name for f in dataclasses.fields(BranchChoice)]
    if part not in known:
        raise SettingsError(f"'{path}': a branch has no setting '{part}'."
                            f"{suggestion(part, known)}")
    if part not in _PARTS:
        raise SettingsError(f"'{path}' cannot be tried: {_WHY}.")
    if part == "weight":
        return branch.weight, float
    if len(keys) == 1:
        raise SettingsError(f"'{path}' is a table; name a setting in it, such as {path}.name.")
    if keys[1:] == ["name"]:
        return getattr(branch, part).get("name"), str
    built = build_model(branch, task) if part == "model" else features.build(
        complete(branch.front_end))
    return _inside(built, path, keys[1:])


def _inside(value: Any, path: str, keys: Sequence[str]) -> tuple[Any, Any]:
    """Follow keys through settings, tables and lists."""
    hint: Any = Any
    for key in keys:
        if dataclasses.is_dataclass(value):
            names = [f.name for f in dataclasses.fields(value) if f.init and f.name != "task"]
            if key not in names:
                raise SettingsError(f"'{path}': there is no setting '{key}'."
                                    f"{suggestion(key, names)}")
            hint = typing.get_type_hints(type(value))[key]
            value = getattr(value, key)
        elif isinstance(value, Mapping) and key in value:
            hint, value = Any, value[key]
        elif isinstance(value, list | tuple) and key.isdecimal() and int(key) < len(value):
            hint, value = Any, value[int(key)]
        else:
            raise SettingsError(f"'{path}': there is nothing called '{key}' in it; choices such as "
                                "[64];[512,128] try whole lists.")
    return value, hint


def _fitting(recipe: Recipe, task: Task, path: str, its: Range) -> Range:
    """Return the range, of whole numbers only where the setting takes them."""
    _, hint = _found(recipe, task, path)
    if not isinstance(its, Between) or hint is Any:
        return its
    kinds = {hint, *typing.get_args(hint)}
    if its.whole and float in kinds and int not in kinds:
        return Between(float(its.low), float(its.high), its.log)
    if not its.whole and int in kinds and float not in kinds:
        raise SettingsError(f"'{path}' goes from {its.low} to {its.high}, but it takes whole "
                            "numbers; write both ends without a point.")
    if not kinds & {int, float}:
        raise SettingsError(f"'{path}' takes no range of numbers; "
                            "give its values with semicolons between.")
    return its


def _refuse_impossible(made: Space, path: str, its: Range) -> None:
    refused: SettingsError | None = None
    for value in its.ends:
        try:
            made.recipe_with({path: value})
            return
        except SettingsError as error:
            refused = error
    raise SettingsError(f"'{path}': no value of its range can be: {refused}") from refused


def _put(values: Any, keys: Sequence[str], value: Any) -> Any:
    """Return a copy of tables and lists with another value in one place."""
    if not keys:
        return value
    head, *rest = keys
    if isinstance(values, list | tuple):
        changed = list(values)
        changed[int(head)] = _put(changed[int(head)], rest, value)
        return changed
    return {**values, head: _put(values.get(head, {}), rest, value)}


def _plain(value: Any) -> Any:
    """Return a setting as JSON would give it back; None stands for what is chosen by itself."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return settings.to_mapping(value)
    return json.loads(json.dumps(value, default=list))
