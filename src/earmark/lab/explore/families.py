"""What labels are kinds of: the dataset's labels under their parents in Earmark's taxonomy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from earmark.datasets._files import counted
from earmark.judging.report.plain import clean
from earmark.judging.report.svg import WIDTH, Scale, chart, element, line, shorten, text
from earmark.lab.explore.drawing import Bar, group_hue, named_bars
from earmark.lab.explore.section import Figure, Section
from earmark.lab.explore.tally import Tally, listed
from earmark.labels import crosswalk
from earmark.labels.crosswalk import Crosswalk, Meaning

_ROWS = 26  # a picture
_PICTURES = 4
_BARS = 20
_INDENT = 14.0
_LEFT, _ROW = 200.0, 20.0


@dataclass(frozen=True)
class Families:
    """A dataset's labels in the taxonomy.

    Attributes:
        labels: of the dataset.
        meanings: of the labels, in their order.
        walk: what says so.
    """

    labels: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    walk: Crosswalk

    @classmethod
    def of(cls, labels: tuple[str, ...], dataset: str) -> Families:
        """Return the families of a dataset's labels."""
        name = crosswalk.set_of(dataset, labels)
        walk = crosswalk.read(name) if name else crosswalk.plain()
        return cls(labels, tuple(walk.meaning(label) for label in labels), walk)

    def ancestors(self, column: int) -> tuple[str, ...]:
        """Return what a label is a kind of, in the taxonomy's words, nearer ones first."""
        found: dict[str, None] = dict.fromkeys(self.meanings[column].parents)
        for parent in self.meanings[column].parents:
            found |= dict.fromkeys(self.walk.taxonomy.ancestors(parent))
        return tuple(found)

    @cached_property
    def above(self) -> tuple[tuple[int, ...], ...]:
        """For each label the columns of those it is a kind of, nearer ones first."""
        columns: dict[str, list[int]] = {}
        for column, meaning in enumerate(self.meanings):
            columns.setdefault(meaning.ours, []).append(column)
        return tuple(tuple(c for name in self.ancestors(k) for c in columns.get(name, ()) if c != k)
                     for k in range(len(self.labels)))

    def root(self, column: int) -> str:
        """Return the name of a label's family: the first of its ancestors that has no parent."""
        roots = [name for name in self.ancestors(column)
                 if not self.walk.taxonomy.parents(name)]
        return roots[0] if roots else self.meanings[column].ours

    @cached_property
    def members(self) -> dict[str, tuple[int, ...]]:
        """Family to the columns of its labels."""
        found: dict[str, list[int]] = {}
        for column in range(len(self.labels)):
            found.setdefault(self.root(column), []).append(column)
        return {root: tuple(its) for root, its in found.items()}

    @property
    def unknown(self) -> tuple[str, ...]:
        """The labels that the taxonomy does not know."""
        return tuple(m.label for m in self.meanings if not m.known)


def section(tally: Tally, dataset: str) -> Section:
    """Return the dataset's labels by family, and how often a label's parents stand beside it."""
    found = Families.of(tally.vocabulary.labels, dataset)
    kept = implied(tally, found)
    figures = [*_tree(tally, found), *_implied(tally, found, kept)]
    notes = [f"Parents are those of Earmark's own taxonomy; counts are of {len(tally.ids)} tracks."]
    if found.unknown:
        notes.append(f"It does not know {listed(map(clean, found.unknown))}.")
    if not figures:
        notes.append("No label here is a kind of another, or of the same thing as another.")
    return Section("families", "What labels are kinds of", _numbers(tally, found, kept),
                   tuple(figures), tuple(notes))


def implied(tally: Tally, found: Families) -> dict[tuple[int, int], float]:
    """Return (label, one of the dataset's that it is a kind of) to the share of the first's tracks
    that bear both."""
    return {(k, above): float(tally.together[k, above] / tally.counts[k])
            for k in range(len(found.labels)) if tally.counts[k] for above in found.above[k]}


def _borne(tally: Tally, columns: Sequence[int]) -> int:
    """Return how many tracks bear any of the labels."""
    return int(tally.truth[:, list(columns)].any(axis=1).sum())


def _numbers(
    tally: Tally, found: Families, kept: Mapping[tuple[int, int], float]
) -> dict[str, Any]:
    labels = found.labels
    return {
        "tracks": len(tally.ids),
        "families": {root: {"labels": [labels[k] for k in its], "tracks": _borne(tally, its)}
                     for root, its in found.members.items()},
        "labels": [{"label": m.label, "ours": m.ours, "known": m.known, "parents": list(m.parents),
                    "ancestors": list(found.ancestors(k)), "family": found.root(k)}
                   for k, m in enumerate(found.meanings)],
        "with_parent": [{"label": labels[k], "parent": labels[above], "share": round(share, 6)}
                        for (k, above), share in kept.items()],
    }  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """A row of the tree: a family or a label; None tracks for what has no bar."""

    name: str
    depth: int
    tracks: int | None
    group: str = ""


def _tree(tally: Tally, found: Families) -> list[Figure]:
    families = {root: its for root, its in found.members.items() if len(its) > 1}
    if not families:
        return []
    sizes = {root: _borne(tally, its) for root, its in families.items()}
    order = sorted(families, key=lambda root: (-sizes[root], root))
    packed = _packed([_family_rows(tally, found, root, sizes[root]) for root in order])
    largest = families[order[0]]
    said = f"The largest family of {len(order)} with several labels is {clean(order[0])}: " \
           f"{counted(len(largest), 'label')} on {counted(sizes[order[0]], 'track')}. The pale " \
           "bar counts every track that bears any label of the family."
    if (shown := sum(row.depth == 0 for rows in packed for row in rows)) < len(order):
        said += f" Drawn: the {shown} largest."
    captions = [said, *["Families of fewer tracks."] * (len(packed) - 1)]
    return [Figure("Families of labels" if not i else "More families",
                   _tree_chart(rows, f"families-tree-{i}", caption), caption)
            for i, (rows, caption) in enumerate(zip(packed, captions, strict=True))]


def _packed(families: Sequence[list[_Row]]) -> list[list[_Row]]:
    """Return the rows of as many pictures as may be, families kept whole."""
    packed: list[list[_Row]] = [[]]
    for rows in families:
        if packed[-1] and len(packed[-1]) + len(rows) > _ROWS:
            if len(packed) == _PICTURES:
                break
            packed.append([])
        packed[-1] += rows
    return packed


def _family_rows(tally: Tally, found: Families, root: str, size: int) -> list[_Row]:
    """Return a family and below it its labels, each under the nearest that it is a kind of."""
    members = found.members[root]
    below: dict[int | None, list[int]] = {}
    for k in members:
        parent = next((above for above in found.above[k] if above in members), None)
        below.setdefault(parent, []).append(k)
    rows = [_Row(root, 0, size)]
    waiting = [(k, 1) for k in _commonest(tally, below.get(None, []))]
    while waiting:
        k, depth = waiting.pop(0)
        rows.append(_Row(tally.names[k], depth, int(tally.counts[k]),
                         tally.vocabulary.group(found.labels[k])))
        waiting = [(c, depth + 1) for c in _commonest(tally, below.get(k, []))] + waiting
    if len(rows) > _ROWS:
        left = len(rows) - _ROWS + 1
        rows = [*rows[: _ROWS - 1], _Row(f"and {left} more", 1, None)]
    return rows


def _commonest(tally: Tally, columns: Sequence[int]) -> list[int]:
    return sorted(columns, key=lambda k: (-tally.counts[k], tally.vocabulary.labels[k]))


def _tree_chart(rows: Sequence[_Row], name: str, told: str) -> str:
    scale = Scale(0, max(row.tracks or 0 for row in rows) or 1, _LEFT, WIDTH - 46)
    drawn = []
    for i, row in enumerate(rows):
        y, x = 4 + _ROW * (i + 0.5), _INDENT * row.depth
        drawn += [text(shorten(clean(row.name), int((_LEFT - x - 8) / 7)), x, y + 4,
                       "label" if row.depth else "strong"),
                  line(x - 8, y, x - 3, y, "stem") if row.depth else ""]
        if row.tracks is not None:
            drawn += [element("rect", x=_LEFT, y=y - 6, height=12.0,
                              width=max(scale(row.tracks) - _LEFT, 0.5),
                              fill_opacity=0.7 if row.group else 0.35,
                              class_=group_hue(row.group) if row.group else "soft"),
                      text(str(row.tracks), WIDTH, y + 4, "value", "end")]  # fmt: skip
    return chart(name, "Labels under their families", told, 8 + _ROW * len(rows), *drawn)


def _implied(tally: Tally, found: Families, kept: Mapping[tuple[int, int], float]) -> list[Figure]:
    nearest = {(k, above[0]): kept[k, above[0]] for k, above in enumerate(found.above)
               if above and (k, above[0]) in kept}  # fmt: skip
    if not nearest or tally.vocabulary.task == "single":
        return []
    labels = tally.names
    order = sorted(nearest, key=lambda pair: (-tally.counts[pair[0]], pair))
    rows = [Bar(f"{labels[k]}, a kind of {labels[above]}", nearest[k, above],
                f"{nearest[k, above]:.0%}") for k, above in order[:_BARS]]
    middle = float(np.median(list(nearest.values())))
    said = "The share of a label's tracks that bear its nearest parent as well: " \
           f"{middle:.0%} for the middle one of {counted(len(nearest), 'label')} with a parent " \
           "in the dataset. " \
           "Where it is low, annotators named the kind and left the family out."
    return [Figure("Is the parent named as well?", named_bars(
        "families-implied", "Share of a label's tracks that bear its parent too", rows), said)]
