"""Ordered labels with aliases and groups, and the 0/1 matrices made from them.

The order of the labels is part of the vocabulary and travels in the tagger: a score is never
matched to a label by any other means.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, suggestion

Task = Literal["single", "multi"]
GROUPS = ("genre", "instrument", "vocals", "mood", "tempo", "era", "other")
"""In the order in which they are shown."""


@dataclass(frozen=True)
class Vocabulary:
    """Ordered labels.

    Attributes:
        labels: in the order of the columns of every 0/1 matrix and score matrix.
        task: ``single`` when each track bears exactly one label, else ``multi``.
        groups: label to group, one of ``GROUPS``; ``genre`` when absent.
        aliases: other spellings to label.
    """

    labels: tuple[str, ...]
    task: Task = "single"
    groups: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folded: dict[str, str] = {}
        for label in self.labels:
            if not label.strip():
                raise DataError("a label is empty; every label needs a name.")
            if (other := folded.get(fold(label))) is not None:
                raise DataError(f"the labels '{other}' and '{label}' are equal or differ only by "
                                "case or punctuation; merge them.")
            folded[fold(label)] = label
        for name in {*self.groups, *self.aliases.values()} - set(self.labels):
            raise DataError(f"'{name}' is not a label.{suggestion(name, self.labels)}")

    def __len__(self) -> int:
        return len(self.labels)

    def group(self, label: str) -> str:
        """Return the label's group."""
        return self.groups.get(self.canonical(label), "genre")

    def canonical(self, name: str) -> str:
        """Return the label that ``name`` stands for: itself, an alias, or another case.

        Raises:
            DataError: no label is called so; the nearest is offered.

        >>> Vocabulary(("hiphop",), aliases={"rap": "hiphop"}).canonical("Hip-Hop")
        'hiphop'
        """
        if name in self.labels:
            return name
        if name in self.aliases:
            return self.aliases[name]
        folded = {fold(known): target for known, target in self.aliases.items()}
        folded |= {fold(label): label for label in self.labels}
        try:
            return folded[fold(name)]
        except KeyError:
            raise DataError(
                f"no label is called '{name}'.{suggestion(name, [*self.labels, *self.aliases])}"
            ) from None

    def index(self, name: str) -> int:
        """Return the column of a label or alias."""
        return self.labels.index(self.canonical(name))

    def matrix(self, label_sets: Sequence[Iterable[str]]) -> NDArray[np.int8]:
        """Return the 0/1 matrix [shape=(tracks, labels)] of one set of names a track.

        Raises:
            DataError: an unknown label, a label list stored as one printed string, or, for a
                single-label vocabulary, a track without exactly one label.
        """
        columns = {label: i for i, label in enumerate(self.labels)}
        matrix = np.zeros((len(label_sets), len(self.labels)), dtype=np.int8)  # (tracks, labels)
        for row, names in enumerate(label_sets):
            if isinstance(names, str):
                raise DataError(f"the labels of track {row} are the text {names!r}; expected a "
                                "list of labels, one item each.")
            for name in names:
                _refuse_printed_list(name)
                matrix[row, columns[name] if name in columns else self.index(name)] = 1
        counts = matrix.sum(axis=1)
        if self.task == "single" and (wrong := np.flatnonzero(counts != 1)).size:
            raise DataError(f"track {wrong[0]} bears {counts[wrong[0]]} labels; a single-label "
                            "vocabulary needs exactly one.")
        return matrix


def fold(name: str) -> str:
    """Return what is equal for labels that differ only by case, spaces or punctuation.

    >>> fold("Hip-Hop") == fold("hip hop")
    True
    """
    whole = unicodedata.normalize("NFC", name)  # an accent of its own is part of its letter
    return "".join(c for c in whole.casefold() if c.isalnum()) or name


def group_order(group: str) -> tuple[int, str]:
    """Return what sorts groups as they are shown; unheard ones come last, by name.

    >>> sorted(["other", "texture", "vocals", "genre"], key=group_order)
    ['genre', 'vocals', 'other', 'texture']
    """
    return (GROUPS.index(group) if group in GROUPS else len(GROUPS), group)


def _refuse_printed_list(name: str) -> None:
    if name[:1] in "[({" and name[-1:] in "])}" and ("'" in name or '"' in name or "," in name):
        raise DataError(f"{name!r} is a list printed as one label; read it as a list first "
                        "(ast.literal_eval).")
