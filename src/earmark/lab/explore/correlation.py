"""Which features say the same: their correlations, groups of like ones, and what pruning drops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.lab.explore import matrix
from earmark.lab.explore.matrix import Group
from earmark.lab.explore.section import Explored, Figure, Section
from earmark.lab.explore.space import Doubles
from earmark.models.pruning import Dropped, Pruning, correlations, pruned

MOST_DRAWN = 128
"""Columns drawn one by one; of more, neighbours are averaged."""
ALIKE = 0.7
"""Columns that correlate so on average stand in one group."""
RULES: tuple[tuple[Pruning, float], ...] = (("twice", 0.7), ("pairwise", 0.95))
"""That of a student project (vinay-pv) and the usual one, each with its threshold."""
_MOST_LISTED = 50
_MOST_OPTIMAL = 150  # the best order of leaves takes the cube of their number


def section(found: Explored) -> Section:
    """Return correlations as a picture, and what both rules of pruning drop."""
    r = correlations(found.rows)
    order, group = ordered(r)
    constant = np.flatnonzero(np.diag(r) == 0)
    numbers = {
        "columns": len(r), "constant": [found.columns[c] for c in constant],
        "pairs_at_least": {f"{t:g}": _pairs_at_least(r, t) for t in (0.5, 0.7, 0.9, 0.95, 0.99)},
        "strongest": _strongest(r, found.columns),
        "groups": [[found.columns[c] for c in members] for members in _members(group)],
        "pruning": {rule: _told(pruned(found.rows, rule, threshold), threshold, found.columns)
                    for rule, threshold in RULES},
    }  # fmt: skip
    figures = (_picture(r, order, group, found.columns),) if len(r) > 1 else ()
    return Section("features-correlation", "Features that say the same", numbers, figures,
                   _notes(found, numbers))


def ordered(r: Doubles) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the columns so ordered that like ones are neighbours, and the group of each column.

    By average linkage of 1 - |r|, cut where groups correlate by less than ``ALIKE`` on average.
    """
    if len(r) < 2:
        return np.arange(len(r)), np.zeros(len(r), dtype=np.intp)
    from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
    from scipy.spatial.distance import squareform

    distances = 1 - np.abs(r)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "average",
                   optimal_ordering=len(r) <= _MOST_OPTIMAL)
    return leaves_list(tree).astype(np.intp), fcluster(tree, 1 - ALIKE, "distance").astype(np.intp)


def _told(found: Sequence[Dropped], threshold: float, columns: Sequence[str]) -> dict[str, Any]:
    listed = [{"column": columns[d.column], "partner": columns[d.partner], "r": round(d.r, 4)}
              for d in found]
    return {"threshold": threshold, "kept": len(columns) - len(found), "dropped": listed}


def _pairs_at_least(r: Doubles, threshold: float) -> int:
    return int((np.abs(r[np.triu_indices(len(r), 1)]) >= threshold).sum())


def _strongest(r: Doubles, columns: Sequence[str]) -> list[dict[str, Any]]:
    first, second = np.triu_indices(len(r), 1)
    values = r[first, second]
    best = np.argsort(-np.abs(values), kind="stable")[:_MOST_LISTED]
    return [{"columns": [columns[first[i]], columns[second[i]]], "r": round(float(values[i]), 4)}
            for i in best]


def _members(group: NDArray[np.intp]) -> list[list[int]]:
    """Return the columns of each group of two or more, the largest group first."""
    members = [np.flatnonzero(group == g).tolist() for g in np.unique(group)]
    return sorted((m for m in members if len(m) > 1), key=lambda m: (-len(m), m))


def _picture(
    r: Doubles, order: NDArray[np.intp], group: NDArray[np.intp], columns: Sequence[str]
) -> Figure:
    shown = r[np.ix_(order, order)]
    averaged = len(r) > MOST_DRAWN
    if averaged:
        shown = _blocks(np.abs(shown), MOST_DRAWN)
    place = np.argsort(order)
    groups = [Group(int(place[m].min()) / len(r), (int(place[m].max()) + 1) / len(r),
                    ", ".join(columns[c] for c in m)) for m in _members(group)]
    names = [columns[c] for c in order]
    svg = matrix.square("features-correlation", "Correlations of the features", shown, groups,
                         names)
    return Figure("Correlations of the features", svg, _caption(r, groups, averaged))


def _blocks(values: Doubles, most: int) -> Doubles:
    """Return means over ``most`` blocks of neighbours a side."""
    starts = np.linspace(0, len(values), most + 1).astype(int)[:-1]
    sizes = np.diff([*starts, len(values)])
    sums = np.add.reduceat(np.add.reduceat(values, starts, axis=0), starts, axis=1)
    means: Doubles = sums / np.outer(sizes, sizes)
    return means


def _caption(r: Doubles, groups: Sequence[Group], averaged: bool) -> str:
    pairs = len(r) * (len(r) - 1) // 2
    said = (f"{_pairs_at_least(r, ALIKE)} of {pairs} pairs of features correlate by {ALIKE:g} or "
            "more, either way. Like features stand side by side; ")
    said += (f"{len(groups)} groups of them are outlined." if groups else
             "none are so alike that they make a group.")
    colours = (f" Each cell is the mean of |r| over several of the {len(r)} features."
               if averaged else " Blue: they rise together; orange: one falls as the other rises.")
    return said + colours


def _notes(found: Explored, numbers: dict[str, Any]) -> tuple[str, ...]:
    notes = []
    for rule, threshold in RULES:
        told = numbers["pruning"][rule]
        what = ("that comes first in two or more pairs" if rule == "twice" else
                "that is the later of a pair")
        notes.append(f"Pruning '{rule}' drops a feature {what} with |r| >= {threshold:g}: "
                     f"{len(told['dropped'])} of {numbers['columns']}"
                     f"{_examples(told['dropped'])}; {told['kept']} stay.")
    if constant := numbers["constant"]:
        notes.append(f"{len(constant)} features have one value on all {len(found.rows)} tracks and "
                     f"go with none: {', '.join(constant[:5])}{', …' * (len(constant) > 5)}.")
    return tuple(notes)


def _examples(dropped: Sequence[dict[str, Any]]) -> str:
    if not dropped:
        return ""
    best = max(dropped, key=lambda d: abs(d["r"]))
    return f", most clearly {best['column']}, whose r with {best['partner']} is {best['r']:.3f}"
