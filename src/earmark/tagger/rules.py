"""The decisions in a tagger file: the format they need, and what no tagger may ask for.

A tagger is written in the oldest format that can say all it says, so that an Earmark that does not
know the newer rules still reads those that use none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from earmark import settings
from earmark.judging.decisions import Decisions
from earmark.judging.parents import Parent
from earmark.labels.vocabulary import Task

_BEFORE, _NOW = 2, 3
# What format 2 does not know, by the table it stands in.
_ADDED = {"": ("most", "label_sets", "parents"), "calibration": ("stairs",),
          "unknown": ("columns",)}  # fmt: skip
_MOST_KNOTS = 1000  # a label's; fitting thins them to far fewer
_MOST_PARENTS = 500  # each is compared with each


def format_of(decisions: Decisions, task: Task) -> int:
    """Return the number of the oldest format that can hold the decisions."""
    plain = told(decisions)
    added = any(key in _table(plain, name) for name, keys in _ADDED.items() for key in keys)
    # Format 2 knows "unknown" of single-label work alone.
    return _NOW if added or (task == "multi" and decisions.unknown is not None) else _BEFORE


def told(decisions: Decisions) -> dict[str, Any]:
    """Return the decisions as plain values, without those rules of format 3 that say nothing."""
    plain = settings.to_mapping(decisions)
    for name, keys in _ADDED.items():
        table = _table(plain, name)
        for key in keys:
            if not table.get(key):
                table.pop(key, None)
    return plain


def _table(plain: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = plain.get(name, {}) if name else plain
    return found


def fault(decisions: Decisions, task: Task, labels: Sequence[str]) -> str:
    """Return one line on why a tagger of these labels cannot bear these decisions, or ``""``."""
    given = len(decisions.thresholds)
    if given != len(labels) and (given or task == "multi"):
        return f"{len(labels)} labels but {given} thresholds."
    stairs = decisions.calibration.stairs if decisions.calibration else ()
    knots = max((len(rise.scores) for rise in stairs), default=0)
    if knots > _MOST_KNOTS:
        return f"stairs of {knots} knots; expected at most {_MOST_KNOTS} a label."
    return decisions.misfit(task, len(labels)) or _fault_of_parents(decisions.parents, labels)


def _fault_of_parents(parents: Sequence[Parent], labels: Sequence[str]) -> str:
    if len(parents) > _MOST_PARENTS:
        return f"{len(parents)} parents; expected at most {_MOST_PARENTS}."
    named = {parent.name for parent in parents}
    if len(named) != len(parents):
        return "two parents bear one name."
    columns = {label: k for k, label in enumerate(labels)}
    for parent in parents:
        if not parent.name.strip() or not parent.name.isprintable():
            return f"a parent is called {parent.name!r}; expected a name that can be printed."
        # Else it could be named beside itself.
        if columns.get(parent.name, parent.columns[0]) not in parent.columns:
            return (f"the parent '{parent.name}' is a label and not among those it is above; give "
                    "it its own column.")
    return ""
