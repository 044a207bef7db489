"""Dealing whole groups out to parts, so that each part gets its share of every label.

Serves splits, folds and choices within train. Where each row bears one label, the largest groups
go first, each to the part that is then nearest to its wanted number of rows of every label. That is
the idea of scikit-learn's ``StratifiedGroupKFold``, here also for unequal parts. Where rows bear
several labels, or none, see ``stratify``: there it is the rare labels that need care.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.labels import stratify


def deal_groups(
    member: NDArray[np.intp], labels: NDArray[Any], shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Return the part of each row [shape=(rows,)].

    Args:
        member: the number of each row's group (``numbered``).
        labels: 0/1 matrix [shape=(rows, labels)].
        shares: of the parts, together 1; a part with a share of 0 gets nothing.
    """
    if (np.asarray(labels).sum(axis=1) == 1).all():
        return deal_largest_first(member, labels, shares, rng)
    wanted = np.flatnonzero(shares > 0)
    dealt = stratify.deal(stratify.Load.of(member, labels), shares[wanted], rng)
    return wanted[dealt[member]]


def deal_largest_first(
    member: NDArray[np.intp], labels: NDArray[Any], shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Return the part of each row, as ``deal_groups`` does for rows of one label each."""
    # A last column of ones, so that the sizes of the parts count, too.
    columns = np.column_stack([labels, np.ones(len(labels))])
    load = np.zeros((int(member.max(initial=-1)) + 1, columns.shape[1]))  # (groups, labels + 1)
    np.add.at(load, member, columns)
    return _deal(load, shares, rng)[member]


def _deal(
    load: NDArray[np.float64], shares: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return the part of each group: the one where it most lessens the squared lack of labels.

    With a lack d (wanted less held), taking a load g changes the sum of d^2 by g (g - 2 d).
    Each label is weighed by its inverse count, so that rare ones count too.
    """
    totals = load.sum(axis=0)
    weights = 1 / np.maximum(totals, 1)
    # Sizes count fully among single rows, or few tracks a label would all round to one part. With
    # larger groups they count less, or labels come out less even than StratifiedGroupKFold's.
    weights[-1] *= len(load) / max(totals[-1], 1)
    lack = shares[:, None] * totals  # wanted - held (parts, labels + 1)
    dealt = np.zeros(len(load), dtype=np.intp)
    shuffled = rng.permutation(len(load))
    for group in shuffled[np.argsort(-load[shuffled, -1], kind="stable")]:
        taken = load[group]
        part = int(((taken - 2 * lack) @ (taken * weights)).argmin())
        lack[part] -= taken
        dealt[group] = part
    return dealt


def numbered(groups: Sequence[Hashable] | NDArray[Any]) -> NDArray[np.intp]:
    """Return the number of each one's group, groups being counted as they first appear."""
    numbers: dict[Hashable, int] = {}
    found = [numbers.setdefault(group, len(numbers)) for group in groups]
    return np.array(found, dtype=np.intp)
