"""Settings are frozen dataclasses: written as TOML, read strictly, compared by fingerprint.

A setting that is misspelt is an error that names its neighbour, never a default used in silence.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from earmark.errors import SettingsError, suggestion

T = TypeVar("T")
_NONE = "none"
_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text",
          tuple: "a list"}  # fmt: skip


def from_mapping(cls: type[T], values: Mapping[str, Any], *, where: str = "settings") -> T:
    """Build the frozen dataclass ``cls`` from plain values, strictly.

    Nested dataclasses and tuples of them are built from nested tables. ``where`` names the
    source in errors.

    Raises:
        SettingsError: an unknown, missing or ill-typed setting, or one that ``cls`` refuses.
    """
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise SettingsError(f"{where}: unknown setting '{key}'.{suggestion(key, fields)}")
    hints = typing.get_type_hints(cls)
    given = {k: _convert(v, hints[k], f"{where}: '{k}'") for k, v in values.items()}
    missing = [
        n
        for n, f in fields.items()
        if n not in given
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        named = ", ".join(f"'{n}'" for n in missing)
        raise SettingsError(f"{where}: missing setting{'s' * (len(missing) > 1)} {named}.")
    try:
        return cls(**given)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from error


def to_mapping(settings: Any) -> dict[str, Any]:
    """Return the settings as plain values.

    TOML has no null: what is None is left out where that is the default, and ``"none"`` elsewhere.
    """
    return {
        f.name: _NONE if (value := getattr(settings, f.name)) is None else _plain(value)
        for f in dataclasses.fields(settings)
        if f.init and (getattr(settings, f.name) is not None or _is_no_default(f))
    }


def _is_no_default(field: dataclasses.Field[Any]) -> bool:
    """Tell whether leaving the setting out would not make it None."""
    return field.default is not None


def fingerprint(value: Any) -> str:
    """Return 16 hex digits that change when, and only when, the plain value changes.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SettingsError: when it cannot be read or parsed; names the file and the place.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}") from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_mapping(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value + 0.0  # -0.0 is 0.0, but would be written otherwise
    return value


def _convert(value: Any, hint: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _convert_union(value, arguments, where)
    if origin is typing.Literal:
        if value not in arguments:
            known = [str(a) for a in arguments]
            raise SettingsError(f"{where} is {value!r}.{suggestion(str(value), known)}")
        return value
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_convert(v, arguments[0], f"{where}[{i}]") for i, v in enumerate(value))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return from_mapping(hint, value, where=where)
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):  # TOML has nan and inf
        raise SettingsError(f"{where} is {value}; expected a finite number.")
    expected = origin or hint
    wrong = isinstance(value, bool) and expected is not bool  # a bool is an int to Python
    if expected is not Any and (wrong or not isinstance(value, expected)):
        if expected is tuple and isinstance(value, Mapping):
            key = where.rpartition("'")[0].rpartition("'")[2]
            raise SettingsError(f"{where} is one table; expected a list of tables: write "
                                f"[[{key}]], with two brackets.")
        name = _WORDS.get(expected) or getattr(expected, "__name__", str(expected))
        if dataclasses.is_dataclass(expected):
            name = "a table, in single brackets"
        raise SettingsError(f"{where} is {value!r}; expected {name}.")
    return value


def _convert_union(value: Any, choices: tuple[Any, ...], where: str) -> Any:
    if type(None) in choices and (value is None or (value == _NONE and str not in choices)):
        return None
    last: SettingsError | None = None
    for choice in choices:
        if choice is type(None):
            continue
        try:
            return _convert(value, choice, where)
        except SettingsError as error:
            last = error
    words = [arg for c in choices if typing.get_origin(c) is typing.Literal
             for arg in typing.get_args(c)]
    if words and (plain := [_WORDS[c] for c in choices if c in _WORDS]):
        named = ", ".join(f"'{word}'" for word in words)
        raise SettingsError(f"{where} is {value!r}; expected {' or '.join(plain)}, or {named}.")
    raise last or SettingsError(f"{where} is {value!r}, which is not allowed.")
