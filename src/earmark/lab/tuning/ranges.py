"""What a setting may be: between two numbers, or one of several values.

On the command line and in a model's ``search``: ``0.01..10:log``, ``1..31``, ``relu;tanh``,
``[64];[256];[512,128]``. In a TOML file: ``{ low = 0.01, high = 10, log = true }`` and
``{ choices = [[64], [256]] }``.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from earmark.errors import SettingsError, suggestion

_WORDS = re.compile(r"[\w.:+/ -]+")
_LOG = ":log"
_GRAMMAR = ("expected LOW..HIGH (with :log where orders of magnitude count) or values with "
            "semicolons between, such as relu;tanh or [64];[512,128].")
_KEYS = ("low", "high", "log", "choices")


@dataclass(frozen=True)
class Between:
    """Numbers from ``low`` to ``high``, both among them.

    Attributes:
        low: whole numbers are tried where both bounds are whole, any numbers otherwise.
        log: try every order of magnitude alike.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"it goes from {self.low} to {self.high}; expected a lower and a "
                             "higher number.")
        if self.log and self.low <= 0:
            raise ValueError(f"it starts at {self.low}; with log, expected a number above 0.")

    @property
    def whole(self) -> bool:
        """Whether whole numbers are tried."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def ends(self) -> tuple[Any, ...]:
        """The lowest and the highest value."""
        return (self.low, self.high)

    def holds(self, value: Any) -> bool:
        """Tell whether the value may be tried."""
        number = isinstance(value, int if self.whole else int | float)
        return number and not isinstance(value, bool) and self.low <= value <= self.high

    def plain(self) -> dict[str, Any]:
        """Return what a TOML table would say."""
        return {"low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True)
class OneOf:
    """Some values.

    Attributes:
        values: plain ones, as TOML has them: numbers, texts, truth values and lists of them.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if len(self.values) < 2 or len(set(self.texts)) < len(self.values):
            raise ValueError(f"its choices are {', '.join(self.texts) or 'none'}; expected two or "
                             "more, each once.")

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as JSON."""
        return tuple(json.dumps(v, ensure_ascii=False) for v in self.values)

    @property
    def ends(self) -> tuple[Any, ...]:
        """All values."""
        return self.values

    def holds(self, value: Any) -> bool:
        """Tell whether the value may be tried."""
        return json.dumps(value, ensure_ascii=False) in self.texts

    def plain(self) -> dict[str, Any]:
        """Return what a TOML table would say."""
        return {"choices": list(self.values)}


Range = Between | OneOf


def parse(text: str, where: str) -> Range:
    """Return a range from its words.

    Raises:
        SettingsError: it is none; says how one is written.

    >>> parse("1..31", "k"), parse("0.1..10:log", "c"), parse("[64];[9,3]", "sizes").values
    (Between(low=1, high=31, log=False), Between(low=0.1, high=10, log=True), ([64], [9, 3]))
    """
    try:
        if ";" not in text and ".." in text:
            low, _, high = text.removesuffix(_LOG).partition("..")
            return Between(_number(low), _number(high), text.endswith(_LOG))
        return OneOf(tuple(_value(part.strip()) for part in text.split(";")))
    except ValueError as error:
        raise SettingsError(f"{where}: '{text}' is no range: {error} {_hint(error)}".strip()) \
            from error


def from_table(values: Any, where: str) -> Range:
    """Return a range from a TOML table.

    Raises:
        SettingsError: it is none, or a key of it is misspelt.
    """
    if not isinstance(values, Mapping):
        raise SettingsError(f"{where} is {values!r}; expected a table: {{ low = 1, high = 9 }} or "
                            "{ choices = [...] }.")
    for key in values:
        if key not in _KEYS:
            raise SettingsError(f"{where}: unknown key '{key}'.{suggestion(key, _KEYS)}")
    try:
        if "choices" in values:
            return _choices(values)
        low, high = (_is_number(values.get(key), key) for key in ("low", "high"))
        if not isinstance(log := values.get("log", False), bool):
            raise ValueError(f"'log' is {log!r}; expected true or false.")
        return Between(low, high, log)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from error


def word(value: Any) -> str:
    """Return a setting's value for people.

    >>> word(0.0123456), word([64, 32]), word(None), word(7)
    ('0.01235', '[64, 32]', 'chosen by the model', '7')
    """
    if value is None:
        return "chosen by the model"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _choices(values: Mapping[str, Any]) -> OneOf:
    if len(values) > 1 or not isinstance(values["choices"], list):
        raise ValueError("expected 'choices' alone, as a list, or 'low' and 'high'.")
    try:
        return OneOf(tuple(values["choices"]))
    except TypeError as error:  # a date
        raise ValueError("'choices' has values that no setting takes; expected numbers, texts, "
                         "true, false and lists.") from error


def _is_number(value: Any, key: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"'{key}' is {value!r}; expected a number." if value is not None
                         else f"missing '{key}', a number.")
    return value


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"'{text.strip()}' is no number.") from None


def _value(text: str) -> Any:
    """Return a value as TOML reads it; a word without quotes is a text."""
    try:
        found = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        found = {}
    if len(found) == 1 and isinstance(found["value"], str | int | float | bool | list):
        return found["value"]
    if not _WORDS.fullmatch(text):
        raise ValueError(f"'{text}' is no value.")
    return text


def _hint(error: ValueError) -> str:
    return "" if "expected" in str(error) else _GRAMMAR
