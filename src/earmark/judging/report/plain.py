"""Plain JSON values read strictly, with their place in every error.

A run folder may be damaged or mended by hand: whatever is missing or of the wrong kind is one
line that names the file and the key, never a KeyError in the middle of a page.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from earmark.errors import DataError

# Control characters, direction overrides and lone surrogates: they would reorder or break the
# page, steer a terminal, or not be writable at all.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_MOST = 2**53


@dataclass(frozen=True)
class Node:
    """A JSON value and where it stands, as in ``results.json: parts.test.accuracy``."""

    value: Any
    where: str

    def get(self, key: str) -> Node | None:
        """Return what is under ``key``, or None when it is absent or null."""
        found = self._mapping().get(key)
        return None if found is None else self._below(key, found)

    def is_null(self, key: str) -> bool:
        """Tell whether ``key`` is there and null: a value that is not defined."""
        mapping = self._mapping()
        return key in mapping and mapping[key] is None

    def need(self, key: str) -> Node:
        """Return what is under ``key``; a DataError when it is absent or null."""
        found = self.get(key)
        if found is None:
            raise DataError(f"{self.where} lacks '{key}'; the run folder is damaged: run it again.")
        return found

    def items(self) -> list[tuple[str, Node]]:
        """Return the pairs of an object; keys are cleaned for showing."""
        return [(clean(k), self._below(k, v)) for k, v in self._mapping().items()]

    def raw(self) -> dict[str, Any]:
        """Return an object as it is, for what checks it by itself."""
        return self._mapping()

    def elements(self) -> list[Node]:
        """Return the elements of a list."""
        if not isinstance(self.value, list):
            self._refuse("a list")
        return [Node(v, f"{self.where}[{i}]") for i, v in enumerate(self.value)]

    def number(self) -> float:
        """Return a number."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _MOST:
            self._refuse("a number")  # JSON's 1e999 is an infinity
        return float(value)

    def maybe(self, key: str) -> float | None:
        """Return the number under ``key``, or None when it is absent or null."""
        return found.number() if (found := self.get(key)) else None

    def whole(self) -> int:
        """Return a whole number, 0 or more."""
        if type(self.value) is not int or not 0 <= self.value <= _MOST:
            self._refuse("a whole number")
        return int(self.value)

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self._refuse("true or false")
        return bool(self.value)

    def text(self) -> str:
        """Return a text, cleaned for showing."""
        if not isinstance(self.value, str):
            self._refuse("a text")
        return clean(self.value)

    def shown(self) -> str:
        """Return any plain value as a text to show."""
        value = self.value
        if isinstance(value, str):
            return clean(value)
        return f"{value:g}" if isinstance(value, float) else clean(json.dumps(value))

    def _mapping(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            self._refuse("an object")
        return dict(self.value)

    def _below(self, key: str, value: Any) -> Node:
        joint = ": " if self.where.endswith(".json") else "."
        return Node(value, f"{self.where}{joint}{clean(key)}")

    def _refuse(self, expected: str) -> NoReturn:
        given = repr(self.value)
        raise DataError(f"{self.where} is {clean(given[:60])}; expected {expected}. The run folder "
                        "is damaged: run it again.")


def read_json(path: Path) -> Node:
    """Read a JSON file.

    Raises:
        DataError: it cannot be read or parsed, or holds NaN or an infinity.
        FileNotFoundError: there is none.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return Node(json.loads(text, parse_constant=_no_constant), str(path))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged ({error}); run the recipe again in another folder.") \
            from error


def clean(text: str) -> str:
    """Return the text on one line without characters that steer a page or a terminal.

    >>> clean("a\\x1b[31mb")
    'a\ufffd[31mb'
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", " "))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
