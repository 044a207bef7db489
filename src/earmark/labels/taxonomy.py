"""What labels mean: one name for each thing, its group, and what it is a kind of.

The labels are a graph: each may have several parents (trip hop is downtempo and hip hop), and no
label is its own ancestor. They stand as TOML in ``vocabularies``, a table a group; a user's own
files add labels, or parents and other names to labels that are there::

    [genre]
    gqom = { parents = ["african", "house"], also = ["igqom"] }
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from earmark import settings
from earmark.errors import DataError, EarmarkError, suggestion
from earmark.labels.vocabulary import GROUPS, fold

_VOCABULARIES = Path(__file__).parent / "vocabularies"


@dataclass(frozen=True)
class Term:
    """What a file says of one label.

    Attributes:
        parents: what it is a kind of.
        also: other names for the same.
    """

    parents: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taxonomy:
    """Labels as a graph.

    Attributes:
        groups: label to group.
        terms: label to parents and other names; parents are labels.

    >>> Taxonomy.read().ancestors("Trip-Hop")
    ('downtempo', 'hip hop', 'electronic')
    """

    groups: Mapping[str, str]
    terms: Mapping[str, Term] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for label, group in self.groups.items():
            if group not in GROUPS:
                raise _UnfitError([label], f"the label '{label}' is of the group '{group}'."
                                  f"{suggestion(group, GROUPS)}")
        for label, term in self.terms.items():
            for parent in term.parents:
                if parent not in self.groups:
                    raise _UnfitError([label], f"'{parent}', a parent of '{label}', is not a "
                                      f"label.{suggestion(parent, self.groups)}")
        _refuse_cycles(self.terms)
        _ = self._names

    @classmethod
    def read(cls, *paths: Path) -> Taxonomy:
        """Read Earmark's labels, and what each of the files adds to them.

        Raises:
            SettingsError: a file that cannot be read, or a misspelt key.
            DataError: an unknown group or parent, a name of two labels, a cycle; names the file
                and the line.
        """
        return _read(paths) if paths else _ours()  # a user's file may change

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, in the order of the files."""
        return tuple(self.groups)

    def canonical(self, name: str) -> str | None:
        """Return the label that the name stands for, whatever its case, hyphens or accents.

        None when there is none.
        """
        return self._names.get(folded(name))

    def group_of(self, name: str) -> str:
        """Return the group of a label.

        Raises:
            DataError: no label is called so; so do the methods below.
        """
        return self.groups[self._label(name)]

    def parents(self, name: str) -> tuple[str, ...]:
        """Return what the label is a kind of, nearest meaning first."""
        return self.terms.get(self._label(name), Term()).parents

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Return parents, their parents and so on: nearer ones first, each once."""
        found: dict[str, None] = {}
        level = self.parents(name)
        while level:
            found |= dict.fromkeys(level)
            level = tuple(p for label in level for p in self.parents(label) if p not in found)
        return tuple(found)

    def children(self, name: str) -> tuple[str, ...]:
        """Return the labels that name this one as a parent."""
        return self._children.get(self._label(name), ())

    def _label(self, name: str) -> str:
        if (label := self.canonical(name)) is None:
            raise DataError(f"no label is called '{name}'.{suggestion(name, self.labels)}")
        return label

    @cached_property
    def _names(self) -> dict[str, str]:
        """Folded name to label."""
        found: dict[str, str] = {}
        for label in self.groups:
            for name in (label, *self.terms.get(label, Term()).also):
                if (other := found.setdefault(folded(name), label)) != label:
                    raise _UnfitError([label, other], f"'{name}' stands for '{other}' and for "
                                      f"'{label}'; a name belongs to one label.")
        return found

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for label in self.groups:
            for parent in self.terms.get(label, Term()).parents:
                found[parent] = (*found.get(parent, ()), label)
        return found


def folded(name: str) -> str:
    """Return what is equal for names that differ by case, spaces, punctuation or accents.

    >>> folded("Drum & Bass") == folded("drum and bass"), folded("Forró") == folded("forro")
    (True, True)
    """
    plain = unicodedata.normalize("NFKD", name.replace("&", " and "))
    return fold("".join(c for c in plain if not unicodedata.combining(c)))


@cache
def _ours() -> Taxonomy:
    return _read(())


def _read(paths: tuple[Path, ...]) -> Taxonomy:
    groups: dict[str, str] = {}
    terms: dict[str, Term] = {}
    for path in (*(_VOCABULARIES / f"{group}.toml" for group in GROUPS), *paths):
        for group, table in settings.read_toml(path).items():
            if not isinstance(table, dict):
                raise DataError(f"{path}: '{group}' is no table; expected [group] and labels.")
            for label, values in table.items():
                try:
                    _add(groups, terms, label, group, values)
                except EarmarkError as error:
                    place = _place([path], [label]) or f"{path}: "
                    raise type(error)(f"{place}{error}") from error
    try:
        return Taxonomy(groups, terms)
    except _UnfitError as error:
        raise DataError(f"{_place(paths, error.labels)}{error}") from error


class _UnfitError(DataError):
    """Labels that do not go together."""

    def __init__(self, labels: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.labels = labels


def _place(paths: Sequence[Path], labels: Iterable[str]) -> str:
    """Return file and line of the first of the labels that a user's file names, as a prefix."""
    for label in labels:
        for path in reversed(paths):
            if line := _line(path, label):
                return f"{path}, line {line}: "
    return ""


def _line(path: Path, label: str) -> int:
    """Return the number of the line that a label stands on; 0 for none."""
    key = re.compile(rf"""\s*(["']?){re.escape(label)}\1\s*=""")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if key.match(line)), 0)


def _add(groups: dict[str, str], terms: dict[str, Term], label: str, group: str,
         values: object) -> None:  # fmt: skip
    if not isinstance(values, dict):
        raise DataError(f"{label} is {values!r}; expected {{}} or parents and other names.")
    if not label.strip() or not label.isprintable():
        raise DataError(f"{label!r} is not a label; expected a printable name.")
    if groups.setdefault(label, group) != group:
        raise DataError(f"{label} is of the group '{group}' here and of '{groups[label]}' in "
                        "another file; a label has one group.")
    given, had = settings.from_mapping(Term, values, where=label), terms.get(label, Term())
    terms[label] = Term(_united(had.parents, given.parents), _united(had.also, given.also))


def _united(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def _refuse_cycles(terms: Mapping[str, Term]) -> None:
    """Take away labels whose parents are gone until none is left; what stays is a cycle."""
    left = {label: set(term.parents) for label, term in terms.items()}
    while free := [label for label, parents in left.items() if not parents & left.keys()]:
        for label in free:
            del left[label]
    if left:
        label = next(iter(left))
        path = [label]
        while path.count(label := next(iter(sorted(left[path[-1]] & left.keys())))) == 0:
            path.append(label)
        cycle = path[path.index(label):]
        raise _UnfitError(cycle, f"{' < '.join([*cycle, label])}: no label may be a kind of "
                          "itself; take one of these parents away.")
