"""Backing off: where no genre is sure, the one above several of them may be.

A third for each of death, thrash and heavy metal is no answer, but it is metal for certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.labels.vocabulary import Task


@dataclass(frozen=True)
class Parent:
    """A genre above labels of the vocabulary.

    Attributes:
        name: of the genre; it may be a label itself.
        columns: of the labels that are it or are kinds of it, numbers from 0, rising.
        threshold: in [0, 1], of its chance, from which it is named.
        precision: share of the tracks it was named for that bear one of its labels, measured on
            tracks the threshold was not learnt from; None where never named.
    """

    name: str
    columns: tuple[int, ...]
    threshold: float
    precision: float | None = None

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.columns, self.columns[1:], strict=False))
        if len(self.columns) < 2 or self.columns[0] < 0 or not rising:
            raise ValueError(f"the parent '{self.name}' is above the columns "
                             f"{list(self.columns)}; expected two or more, rising from 0.")
        for what, value in (("threshold", self.threshold), ("precision", self.precision)):
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"the {what} of '{self.name}' is {value}; expected between 0 and "
                                 "1.")


def chance(scores: NDArray[Any], columns: Sequence[int], task: Task) -> NDArray[np.float64]:
    """Return the chance [shape=(...,)] that one of the labels in these columns is there.

    Single-label: the sum, since one excludes the other. Multi-label: 1 - product of (1 - score),
    as if labels were independent; thresholds learnt on it make good for what is wrong with that.
    """
    of = np.asarray(scores, dtype=np.float64)[..., list(columns)]
    if task == "single":
        return np.asarray(of.sum(axis=-1).clip(0, 1))
    return np.asarray(1 - np.prod(1 - of.clip(0, 1), axis=-1))


def backed_off(
    row: NDArray[Any], answered: NDArray[Any], parents: Sequence[Parent], task: Task
) -> tuple[tuple[str, float], ...]:
    """Return the parents (name, chance) to name for one track, the surest first.

    Those at or above their threshold none of whose labels is answered; of two, one above the
    other, the lower.

    Args:
        row: calibrated scores [shape=(labels,)].
        answered: 0/1 [shape=(labels,)].
    """
    given = np.asarray(answered)
    found = []
    for parent in parents:
        sure = float(chance(row, parent.columns, task))
        open_still = not given[list(parent.columns)].any()
        if open_still and np.float32(sure) >= np.float32(parent.threshold):
            found.append((parent, sure))
    spans = [frozenset(parent.columns) for parent, _ in found]
    lowest = [pair for pair, span in zip(found, spans, strict=True)
              if not any(other < span for other in spans)]
    return tuple((p.name, sure) for p, sure in sorted(lowest, key=lambda pair: -pair[1]))
