"""Measurements shown as they are given: tables made of any mapping of plain values.

What is measured about label sets and about changed label rates grows with the lab; the page shows
all of it without knowing it by name. Values become rows, mappings of the same kind become a table
together, ``notes`` and ``note`` are sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from earmark.judging.report.metric_names import TITLES as METRIC_TITLES
from earmark.judging.report.plain import Node
from earmark.judging.report.told import NAMES, sentences

TITLES = {
    "thresholds": "How the thresholds were chosen",
    "label_sets": "Sets of labels with a promised error rate",
    "parents": "When the genre above is named",
    "held_out": "Decisions on a part held out of all learning",
    "on_test": "Decisions on the test part",
    "shift": "Where labels are not as frequent as in what was learnt",
}
_DRAWN = "calibration"  # which has a section and pictures of its own
_MOST_DEEP = 6
_MOST_LISTED = 6
_NOTES = ("note", "notes")


@dataclass(frozen=True)
class GivenTable:
    """One table; ``numbers`` tells of each column whether it is set to the right.

    ``header`` is empty where each row is but a name and its value; ``text`` then says them in a
    sentence, where they are of a known kind.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]
    text: str = ""


@dataclass(frozen=True)
class Given:
    """One section: its name in results.json, its title, its tables and its notes."""

    name: str
    title: str
    tables: tuple[GivenTable, ...]
    notes: tuple[str, ...]


def read_given(name: str, node: Node | None) -> Given | None:
    """Return what stands under ``name``; None where nothing does.

    Raises:
        DataError: it is no mapping, or nested more than six deep.
    """
    if node is None:
        return None
    return Given(name, TITLES.get(name, name.replace("_", " ")), tuple(_tables("", node)),
                 tuple(_notes(node)))


def _notes(node: Node) -> Iterator[str]:
    for key in _NOTES:
        if its := node.get(key):
            yield from ([e.text() for e in its.elements()] if isinstance(its.value, list)
                        else [its.text()])


def _tables(title: str, node: Node, deep: int = 1) -> Iterator[GivenTable]:
    children = [(_name(k), v) for k, v in node.items()
                if not (deep == 1 and k in (*_NOTES, _DRAWN))]
    plain = [(k, v) for k, v in children if not _is_nested(v)]
    if plain:
        yield GivenTable(title, (), tuple((k, _shown(v)) for k, v in plain), (False, False),
                         _told(node))
    rows = [(k, v) for k, v in children if _is_row(v)]
    if rows:
        yield _of_rows(title, rows)
    for key, its in children:
        if isinstance(its.value, list) and _is_nested(its):
            yield _of_rows(key, [(str(i + 1), e) for i, e in enumerate(its.elements())])
        elif _is_nested(its) and not _is_row(its):
            if deep == _MOST_DEEP:
                its.text()  # refuses it, by its place
            yield from _tables(f"{title}: {key}" if title else key, its, deep + 1)


def _told(node: Node) -> str:
    try:
        return sentences(node.raw())
    except (TypeError, ValueError):  # values of another kind than these keys have
        return ""


def _name(key: str) -> str:
    plain = key.replace("_", " ")
    return METRIC_TITLES.get(key, NAMES.get(plain, plain))


def _is_nested(node: Node) -> bool:
    value = node.value
    return bool(isinstance(value, dict) and value) or (isinstance(value, list) and
                                       any(isinstance(v, dict) for v in value))


def _is_row(node: Node) -> bool:
    """Tell whether it is a mapping of plain values: a row among others of its kind."""
    return bool(isinstance(node.value, dict) and node.value and
                not any(_is_nested(v) for _, v in node.items()))


def _of_rows(title: str, rows: list[tuple[str, Node]]) -> GivenTable:
    """Return a table of mappings, with a column for each key that any of them has."""
    columns = list(dict.fromkeys(key for _, node in rows for key, _ in node.items()))
    cells = []
    for name, node in rows:
        its = dict(node.items())
        cells.append((name, [_shown(its[c]) if c in its else "–" for c in columns]))
    return _table(title, ("", *map(_name, columns)), cells)


def _table(title: str, header: tuple[str, ...], rows: list[tuple[str, list[str]]]) -> GivenTable:
    numbers = (False, *(all(_is_number(cells[i]) for _, cells in rows)
                        for i in range(len(header) - 1)))
    return GivenTable(title, header, tuple((name, *cells) for name, cells in rows), numbers)


def _is_number(cell: str) -> bool:
    return cell in ("–", "undefined") or cell.lstrip("-")[:1].isdigit()


def _are_numbers(values: list[Any]) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _shown(node: Node) -> str:
    value = node.value
    if value is None:
        return "undefined"
    if value in ({}, []):
        return "none"
    if isinstance(value, list) and len(value) > _MOST_LISTED and _are_numbers(value):
        low, high = (_shown(Node(v, node.where)) for v in (min(value), max(value)))
        return f"{len(value)} values, {low} to {high}"
    if isinstance(value, list):
        return ", ".join(_shown(e) for e in node.elements())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        number = node.number()
        return f"{number:.3f}" if abs(number) < 1000 else f"{number:.0f}"
    return node.shown()
