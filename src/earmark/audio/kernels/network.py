"""Running medians as branch-free networks of minima and maxima that share their sorting.

Sixteen neighbouring medians of 31 have 16 values in common. They are sorted once, by merging
sorted halves; then the sixteen are halved again and again: each half adds the values its own
windows have beyond the common ones, in sorted order, and keeps only the ranks that can still
become a median. Sorted runs are shared with the neighbouring sixteen too. That takes 28 minima and
maxima a median where a median network of its own takes 274, and is exact.

Source: Batcher, "Sorting networks and their applications", 1968; Adams, "Fast median filters using
separable sorting networks", 2021 (the sharing, there in two dimensions).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Step(NamedTuple):
    """``values[result] = (max if larger else min)(values[left], values[right])``."""

    larger: bool
    result: int
    left: int
    right: int


class Network(NamedTuple):
    """A straight line of steps over numbered places.

    Attributes:
        inputs: the first so many places hold neighbouring values of the input.
        steps: in order; a result is written once, or again when nothing reads the old value.
        outputs: places of the neighbouring medians.
        places: how many there are.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    places: int


@lru_cache(maxsize=8)
def median_network(width: int, groups: int) -> Network:
    """Return the network of ``groups * (width + 1) / 2`` neighbouring running medians.

    Args:
        width: values a median; one less than a power of two, at least 3.
        groups: neighbouring groups that share their sorted runs.
    """
    group = (width + 1) // 2
    if width < 3 or group & (group - 1):
        raise ValueError(f"width is {width}; expected 3, 7, 15, 31 or another power of two less 1.")
    builder = _Builder()
    values = list(range(width - 1 + group * groups))
    builder.places = len(values)
    medians: list[int] = []
    for first in range(0, group * groups, group):
        common = builder.sort(values[first + group - 1 : first + width])
        medians += builder.medians(values, first, group, width, common)
    return _packed(len(values), builder.live(medians), medians)


class _Builder:
    """Writes down steps; the same step is written once."""

    def __init__(self) -> None:
        self.places = 0
        self._steps: dict[tuple[bool, int, int], Step] = {}

    def medians(
        self, values: list[int], first: int, size: int, width: int, kept: list[int]
    ) -> list[int]:
        """Return the medians of ``size`` windows from ``first`` on, of whose common values those
        in ``kept``, sorted, can become medians."""
        if size == 1:
            return kept
        half = size // 2
        made = []
        left = values[first + half - 1 : first + size - 1]
        right = values[first + width : first + width + half]
        for start, beyond in ((first, left), (first + half, right)):
            merged = self._merge(kept, self.sort(beyond))
            made += self.medians(values, start, half, width, merged[half:size])
        return made

    def sort(self, values: list[int]) -> list[int]:
        """Return places that hold the values in ascending order."""
        if len(values) == 1:
            return values
        half = len(values) // 2
        return self._merge(self.sort(values[:half]), self.sort(values[half:]))

    def _merge(self, one: list[int], other: list[int]) -> list[int]:
        """Batcher's odd-even merge of two ascending runs."""
        if not one or not other:
            return one or other
        if len(one) == len(other) == 1:
            return list(self._exchange(one[0], other[0]))
        even, odd = self._merge(one[::2], other[::2]), self._merge(one[1::2], other[1::2])
        merged = even[:1]
        for low, high in zip(even[1:], odd, strict=False):
            merged += self._exchange(low, high)
        paired = min(len(even) - 1, len(odd))
        return merged + even[1 + paired :] + odd[paired:]

    def _exchange(self, one: int, other: int) -> tuple[int, int]:
        return self._step(False, one, other), self._step(True, one, other)

    def _step(self, larger: bool, one: int, other: int) -> int:
        key = (larger, min(one, other), max(one, other))
        if key not in self._steps:
            self._steps[key] = Step(larger, self.places, one, other)
            self.places += 1
        return self._steps[key].result

    def live(self, outputs: list[int]) -> list[Step]:
        """Return the steps that the outputs need."""
        needed, steps = set(outputs), list[Step]()
        for step in reversed(self._steps.values()):
            if step.result in needed:
                steps.append(step)
                needed |= {step.left, step.right}
        return steps[::-1]


def _packed(inputs: int, steps: list[Step], outputs: list[int]) -> Network:
    """Give places that are no longer read to later results; inputs are never written over."""
    last = {place: n for n, step in enumerate(steps) for place in (step.left, step.right)}
    last |= dict.fromkeys(outputs, len(steps))
    home: dict[int, int] = {place: place for place in range(inputs)}
    free, places = list[int](), inputs
    packed = []
    for n, step in enumerate(steps):
        left, right = home[step.left], home[step.right]
        for place in {step.left, step.right}:
            if last[place] == n and place >= inputs:
                free.append(home[place])
        if not free:
            free, places = [places], places + 1
        home[step.result] = free.pop()
        packed.append(Step(step.larger, home[step.result], left, right))
    return Network(inputs, tuple(packed), tuple(home[place] for place in outputs), places)
