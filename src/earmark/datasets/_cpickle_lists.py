"""Lists that Python 2 pickled (``.cP`` files), read without ever running what they say.

A pickle is a program: loading one from a stranger runs whatever it names. Published splits of
MagnaTagATune are pickled lists of file names, though, so those are read here by an interpreter of
our own that knows how to build texts, whole numbers, lists and tuples. An order to import, call or
restore anything else is refused before it does anything, and so is a list named a second time,
since a few lines of those can grow without bound.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from earmark.errors import DataError

Item = Any
"""A text, a whole number, or a list or tuple of these."""

_BYTES = 64_000_000
_DEPTH = 8
_ATOMS = {
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
    "BINUNICODE8", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4",
}  # fmt: skip
_STORES = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
_FETCHES = {"GET", "BINGET", "LONG_BINGET"}
_NOTHING = {"PROTO", "FRAME"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_FIRST = b"(]}c"  # of protocols 0 and 1: a mark, a list, a dictionary, an import
_MARK = object()


def is_pickle(content: bytes) -> bool:
    """Tell whether a file's bytes begin as a pickle's do, of any protocol.

    >>> is_pickle(b"(lp1\\nS'a'\\np2\\na."), is_pickle(b"track_id,part\\na,train\\n")
    (True, False)
    """
    if content[:1] == b"\x80":
        return content[1:2] in {b"\2", b"\3", b"\4", b"\5"}
    return content[:1] in {bytes([c]) for c in _FIRST} and content.rstrip()[-1:] == b"."


def read_pickled_list(path: Path) -> list[Item]:
    """Return the list in a ``.cP`` file: texts, whole numbers, and lists and tuples of them.

    Raises:
        DataError: it cannot be read, is larger than 64 MB, no pickle, no list, or holds anything
            else; whatever it names is neither imported nor run.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    if len(content) > _BYTES:
        raise DataError(f"{path}: is larger than {_BYTES // 1_000_000} MB; expected a list of "
                        "file names.")
    found = _Machine(path).run(_orders(path, content))
    if not isinstance(found, list):
        raise DataError(f"{path}: is a pickled {type(found).__name__}; expected a list.")
    return found


def _orders(path: Path, content: bytes) -> Iterator[tuple[str, Any]]:
    try:
        for order, argument, _ in pickletools.genops(content):
            yield order.name, argument
    except (ValueError, IndexError, UnicodeError, OverflowError) as error:
        raise DataError(f"{path}: is no whole pickle of a list: {error}.") from error


class _Machine:
    """The stack and the memo of a pickle, for texts, numbers, lists and tuples only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, orders: Iterator[tuple[str, Any]]) -> Item:
        for name, argument in orders:
            if name == "STOP":
                break
            if name not in _NOTHING:
                self._do(name, argument)
        if len(self.stack) != 1 or self.stack[0] is _MARK:
            raise self._refusal("ends before its list is whole")
        result: Item = self.stack[0]
        self._check_depth(result)
        return result

    def _do(self, name: str, argument: Any) -> None:
        if name in _ATOMS:
            self.stack.append(argument)
        elif name in _STORES:
            self.memo[len(self.memo) if argument is None else argument] = self._top()
        elif name in _FETCHES:
            self.stack.append(self._fetched(argument))
        elif name in _TUPLES:
            self.stack.append(tuple(self._popped(_TUPLES[name])))
        elif name in _CONTAINERS:
            _CONTAINERS[name](self)
        else:
            raise self._refusal(f"holds the order {name}, which is none of a list of texts and "
                                "numbers, and was not carried out")

    def _mark(self) -> None:
        self.stack.append(_MARK)

    def _empty_list(self) -> None:
        self.stack.append([])

    def _list(self) -> None:
        self.stack.append(self._above_mark())

    def _tuple(self) -> None:
        self.stack.append(tuple(self._above_mark()))

    def _append(self) -> None:
        (item,) = self._popped(1)
        self._extend([item])

    def _appends(self) -> None:
        self._extend(self._above_mark())

    def _extend(self, items: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, list):
            raise self._refusal("puts items into what is no list")
        target.extend(items)

    def _fetched(self, number: int) -> Any:
        if number not in self.memo:
            raise self._refusal("fetches what it has not stored")
        if not isinstance(self.memo[number], (str, int)):
            raise self._refusal("names a list a second time")
        return self.memo[number]

    def _top(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise self._refusal("uses an item that is not there")
        return self.stack[-1]

    def _popped(self, count: int) -> list[Any]:
        items = self.stack[len(self.stack) - count :]
        if len(items) < count or _MARK in items:
            raise self._refusal("uses an item that is not there")
        del self.stack[len(self.stack) - count :]
        return items

    def _above_mark(self) -> list[Any]:
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                items = self.stack[place + 1 :]
                del self.stack[place:]
                return items
        raise self._refusal("ends a list that was not begun")

    def _check_depth(self, item: Item) -> None:
        level: list[Item] = [item]
        for _ in range(_DEPTH):
            level = [inner for outer in level if isinstance(outer, (list, tuple))
                     for inner in outer]  # fmt: skip
        if level:
            raise self._refusal(f"nests lists deeper than {_DEPTH}")

    def _refusal(self, what: str) -> DataError:
        return DataError(f"{self.path}: as a pickle, {what}; expected a plain list of file names.")


_CONTAINERS: dict[str, Callable[[_Machine], None]] = {
    "MARK": _Machine._mark, "EMPTY_LIST": _Machine._empty_list, "LIST": _Machine._list,
    "TUPLE": _Machine._tuple, "APPEND": _Machine._append, "APPENDS": _Machine._appends,
}  # fmt: skip
