"""Which tracks bear which labels, as a matrix, and what is counted on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset
from earmark.errors import DataError
from earmark.judging.report.plain import clean
from earmark.judging.splits import Split
from earmark.labels.vocabulary import Vocabulary

_SEPARATOR = "---"
_BLOCK = 65_536  # tracks multiplied at once: counts stay exact in single precision


@dataclass(frozen=True)
class Tally:
    """The labels of some tracks.

    Attributes:
        ids: of the tracks.
        truth: 0/1 [shape=(tracks, labels)]; a track may bear no label.
        vocabulary: the labels, in the columns' order.
    """

    ids: tuple[str, ...]
    truth: NDArray[np.int8]
    vocabulary: Vocabulary

    @classmethod
    def of(cls, dataset: Dataset, ids: Iterable[str] | None = None) -> Tally:
        """Return the labels of the tracks with these ids, or of all.

        Raises:
            DataError: none of them bears a label.
        """
        ids = tuple(dataset.tracks if ids is None else ids)
        # As if of several labels: here a track without any is counted, not refused.
        lenient = dataclasses.replace(dataset.vocabulary, task="multi")
        truth = lenient.matrix([dataset.tracks[i].labels for i in ids])
        if not truth.any():
            raise DataError(f"{dataset.root}: none of the {len(ids)} tracks bears a label; "
                            "expected a dataset with labels to explore.")
        return cls(ids, truth, dataset.vocabulary)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many tracks bear each label [shape=(labels,)]."""
        return np.asarray(self.truth.sum(axis=0, dtype=np.int64))

    @cached_property
    def together(self) -> NDArray[np.int64]:
        """How many tracks bear both of two labels; the diagonal has the counts
        [shape=(labels, labels)]."""
        found = np.zeros((len(self.vocabulary),) * 2, np.int64)
        for begin in range(0, len(self.truth), _BLOCK):
            block = self.truth[begin : begin + _BLOCK].astype(np.float32)
            found += np.rint(block.T @ block).astype(np.int64)
        return found

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The labels as pictures show them: without the group or genre that some sets write before
        them (``genre---rock``), where they stay apart without it."""
        labels = tuple(clean(label) for label in self.vocabulary.labels)
        tails = tuple(label.rpartition(_SEPARATOR)[2] or label for label in labels)
        return tails if len(set(tails)) == len(labels) else labels

    @property
    def commonest(self) -> NDArray[np.intp]:
        """The columns, the commonest label first; equals by name."""
        names = np.asarray(self.vocabulary.labels, dtype=np.str_)
        return np.lexsort((names, -self.counts))


def unheld(dataset: Dataset, split: Split | None) -> tuple[str, ...]:
    """Return the tracks that may be looked at closely: all, or those of train and valid."""
    if split is None:
        return tuple(dataset.tracks)
    return tuple(sorted([*split.ids("train"), *split.ids("valid")]))


def listed(names: Iterable[str], most: int = 20) -> str:
    """Return so many names and how many more there are.

    >>> listed("abcd", 2)
    'a, b and 2 more'
    """
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
