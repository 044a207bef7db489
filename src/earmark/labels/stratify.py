"""Dealing groups of rows that bear several labels each, so that rare labels stand in every part.

Iterative stratification (Sechidis, Tsoumakas and Vlahavas, 'On the stratification of multi-label
data', ECML PKDD 2011) deals single rows, those of the rarest label first, each to the part that
lacks the label most. Here whole groups are dealt, artists or albums. One that holds half of a rare
label, and one that is half of everything, both leave little choice, so groups go by their weight in
chi-squared, the sum of (held - wanted)^2 / wanted over all parts and labels: the heaviest first,
each to where that sum grows least. Single rows of a rare label come first by this rule, too.

Standing in a part goes before shares. A label with no more groups left than parts that lack it
goes to one of those, and what is missing in the end is brought there by chains of moves, where
these can be found: labels that share groups may stand in each other's way.

Pairs of labels are not counted (second-order stratification): whole artists would keep the shares
of the labels themselves less well, see ``benchmarks/results/stratification.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.intp]
Doubles = NDArray[np.float64]
_SIZE = 2.0  # how much the number of rows weighs beside a label that all rows bear
_SPREAD = 0.3  # of the chance in the order, in natural logarithms of the weight
_STARTS, _DEALT = 8, 10_000  # so many deals to choose from, of so many groups in all
_SWEEPS = 20
_LEAST = 1e-9  # gains below are rounding
_DEPTH = 4  # moves in a chain
_TRIES, _TRIES_EACH = 20_000, 500  # moves tried, in all and for one label that a part lacks


class Load(NamedTuple):
    """How many rows of each label every group has; only what is not 0 is kept.

    Attributes:
        starts: where each group's entries begin, and the number of all [shape=(groups + 1,)].
        label: of each entry; the last of all labels stands for the rows themselves.
        rows: of the group that bear it [shape=(entries,)].
        labels: how many there are, with the last.
    """

    starts: Numbers
    label: Numbers
    rows: Doubles
    labels: int

    @classmethod
    def of(cls, member: Numbers, matrix: NDArray[np.generic]) -> Load:
        """Return the load of groups.

        Args:
            member: the number of each row's group [shape=(rows,)].
            matrix: 0/1 [shape=(rows, labels)].
        """
        at, bears = np.nonzero(matrix)
        width = matrix.shape[1] + 1
        keys = np.concatenate([member[at] * width + bears, member * width + width - 1])
        found, rows = np.unique(keys, return_counts=True)
        starts = np.searchsorted(found // width, np.arange(int(member.max(initial=-1)) + 2))
        return cls(starts, found % width, rows.astype(np.float64), width)

    def total(self) -> Doubles:
        """Return the rows of each label [shape=(labels,)]."""
        return np.bincount(self.label, self.rows, self.labels).astype(np.float64)

    def group(self) -> Numbers:
        """Return the group of each entry."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def by_group(self, values: NDArray[np.generic]) -> Doubles:
        """Return the sum of the values of each group's entries [shape=(groups,)]."""
        return np.bincount(self.group(), values, len(self.starts) - 1).astype(np.float64)


def deal(load: Load, shares: Doubles, rng: np.random.Generator) -> Numbers:
    """Return the part of each group [shape=(groups,)]: the best of some deals.

    A label stands in as many parts as it has groups, up to all, as far as that can be found.

    Args:
        shares: of the parts, each above 0, together 1.
    """
    groups = len(load.starts) - 1
    starts = max(1, min(_STARTS, _DEALT // max(groups, 1)))
    hands = (_dealt(load, shares, rng, _TRIES // starts) for _ in range(starts))
    return min(hands, key=_Hand.lack_of).part


def _dealt(load: Load, shares: Doubles, rng: np.random.Generator, tries: int) -> _Hand:
    hand = _Hand(load, shares)
    weight = load.by_group(load.rows**2 / load.total()[load.label])
    hand.deal(np.argsort(-weight * np.exp(_SPREAD * rng.standard_normal(len(weight)))))
    hand.even_out()
    if hand.mend(tries):
        hand.even_out()
    return hand


class _Hand:
    """Groups in their parts, and what each part lacks.

    Attributes:
        part: of each group; -1 for one not dealt yet [shape=(groups,)].
        lack: rows wanted less rows held [shape=(labels, parts)].
        weight: of squared lacks in chi-squared [shape=(labels, parts)].
        bearers: groups of each part that bear a label [shape=(labels, parts)].
        needed: parts that each label can stand in [shape=(labels,)].
    """

    def __init__(self, load: Load, shares: Doubles) -> None:
        self.load = load
        self.part = np.full(len(load.starts) - 1, -1, dtype=np.intp)
        self.lack = load.total()[:, None] * shares
        # As if a row at least were wanted: many labels of one row would all go to the largest part.
        self.weight = 1 / np.maximum(self.lack, 1)
        self.weight[-1] *= _SIZE
        self.bearers = np.zeros(self.lack.shape, dtype=np.intp)
        self.groups_of = np.bincount(load.label, minlength=load.labels)
        self.needed = np.minimum(self.groups_of, len(shares))

    def lack_of(self) -> tuple[int, float]:
        """Return how often a label is missing from a part it could stand in, and chi-squared."""
        return self.missing(), float((self.lack**2 * self.weight).sum())

    def missing(self) -> int:
        return int(self.needed.sum() - np.count_nonzero(self.bearers))

    def deal(self, order: Numbers) -> None:
        """Deal the groups in this order."""
        left = self.groups_of.copy()
        for group in order.tolist():
            label, _ = self._entries(group)
            urgent = label[left[label] <= self.lack.shape[1]]
            if len(urgent):  # the last groups of a label are for the parts that lack it
                absent = self.needed[urgent] - np.count_nonzero(self.bearers[urgent], axis=1)
                urgent = urgent[left[urgent] <= absent]
            self._place(group, self._best(group, urgent))
            left[label] -= 1

    def even_out(self) -> None:
        """Move groups one by one, as long as that helps."""
        for _ in range(_SWEEPS):
            moved = 0
            for group in self._restless().tolist():
                part = int(self.part[group])
                self._take(group)
                best = self._best(group, self._entries(group)[0])
                self._place(group, best)
                moved += best != part
            if not moved:
                return

    def mend(self, tries: int) -> bool:
        """Bring labels to parts that lack them, trying so many moves; return whether any helped."""
        before, self._tries = self.missing(), tries
        for label in np.argsort(self.groups_of, kind="stable").tolist():
            for part in np.argsort(-self.lack[label], kind="stable").tolist():
                short = self.needed[label] - np.count_nonzero(self.bearers[label])
                if short > 0 and not self.bearers[label, part] and self._tries > 0:
                    rest = max(self._tries - _TRIES_EACH, 0)
                    self._tries -= rest
                    self._chain([(label, part)], self.missing(), _DEPTH, frozenset())
                    self._tries += rest
        return self.missing() < before

    def _chain(
        self, wanted: Sequence[tuple[int, int]], now: int, depth: int, moved: frozenset[int]
    ) -> bool:
        """Bring the first wanted label to its part, then what that took away, until fewer labels
        are missing than ``now``; undo it all where that does not come about."""
        label, part = wanted[0]
        for group in self._movable(label, part):
            if self._tries <= 0:
                return False
            if group in moved:
                continue
            self._tries -= 1
            here = int(self.part[group])
            self._take(group)
            self._place(group, part)
            if self.missing() < now:
                return True
            lost = [(at, here) for at in self._entries(group)[0].tolist()
                    if not self.bearers[at, here]]  # fmt: skip
            still = [(at, to) for at, to in [*wanted[1:], *lost] if not self.bearers[at, to]]
            if depth > 1 and still and self._chain(still, now, depth - 1, moved | {group}):
                return True
            self._take(group)
            self._place(group, here)
        return False

    def _movable(self, label: int, part: int) -> list[int]:
        """Return the groups that bear a label where it is more than once, the smallest first."""
        spare = self.bearers[label] > 1
        spare[part] = False
        entries = np.flatnonzero(self.load.label == label)
        groups = np.searchsorted(self.load.starts, entries, side="right") - 1
        groups = groups[spare[self.part[groups]]]
        rows = self.load.rows[self.load.starts[groups + 1] - 1]
        smallest_first: list[int] = groups[np.argsort(rows, kind="stable")].tolist()
        return smallest_first

    def _restless(self) -> Numbers:
        """Return the groups that had better be elsewhere, the most urgent first."""
        load, own = self.load, self.part
        label, count, mine = load.label, load.rows, own[load.group()]
        stay = load.by_group(-(count + 2 * self.lack[label, mine]) * count
                             * self.weight[label, mine])  # fmt: skip
        lost = load.by_group(self.bearers[label, mine] == 1)
        gain, new = np.full(len(own), -np.inf), np.zeros(len(own), dtype=bool)
        for part in range(self.lack.shape[1]):
            cost = load.by_group((count - 2 * self.lack[label, part]) * count
                                 * self.weight[label, part])  # fmt: skip
            found = load.by_group(self.bearers[label, part] == 0)
            found[own == part] = lost[own == part]
            cost[own == part] = stay[own == part]
            gain = np.maximum(gain, np.where(found >= lost, stay - cost, -np.inf))
            new |= found > lost
        better = np.flatnonzero(new | (gain > _LEAST))
        return better[np.lexsort((-gain[better], ~new[better]))]

    def _best(self, group: int, urgent: Numbers) -> int:
        """Return the part for a group that is in none: of those that most of the urgent labels
        are missing from, the one where chi-squared grows least."""
        label, count = self._entries(group)
        cost = count @ ((count[:, None] - 2 * self.lack[label]) * self.weight[label])
        if len(urgent):
            new = np.count_nonzero(self.bearers[urgent] == 0, axis=0)
            cost[new < new.max()] = np.inf
        return int(cost.argmin())

    def _entries(self, group: int) -> tuple[Numbers, Doubles]:
        where = slice(self.load.starts[group], self.load.starts[group + 1])
        return self.load.label[where], self.load.rows[where]

    def _place(self, group: int, part: int) -> None:
        label, count = self._entries(group)
        self.lack[label, part] -= count
        self.bearers[label, part] += 1
        self.part[group] = part

    def _take(self, group: int) -> None:
        label, count = self._entries(group)
        part = self.part[group]
        self.lack[label, part] += count
        self.bearers[label, part] -= 1
        self.part[group] = -1
