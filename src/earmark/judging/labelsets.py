"""Sets of labels that hold the truth as often as promised: split conformal prediction.

Thresholds are chosen so that tracks like those they were learnt from (exchangeable ones) keep the
promise whatever the model is worth; a weak model pays with large sets. Where label rates or the
music differ, the promise does not carry over: measure it there.

Sources: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Angelopoulos
and Bates, Conformal Prediction: A Gentle Introduction (2023); Angelopoulos et al., Conformal Risk
Control (2024), for the promise on the share of labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Promise = Literal["all", "share"]


@dataclass(frozen=True)
class LabelSets:
    """Which labels may well be there.

    Attributes:
        error: promised, between 0 and 1.
        promise: ``all``: at most the share ``error`` of tracks bear a label that their set lacks;
            ``share``: of a track's labels at most the share ``error`` is lacking, in the mean.
        thresholds: of calibrated scores, in [0, 1], one a label: a label at or above is in the set.
        tracks: how many they were learnt from.
        coverage: measured on tracks they were not learnt from: the share of tracks whose set
            lacks nothing, or of a track's labels that is in it.
        size: mean number of labels in those sets.
    """

    error: float
    promise: Promise
    thresholds: tuple[float, ...]
    tracks: int = 0
    coverage: float | None = None
    size: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.error < 1:
            raise ValueError(f"'error' of label sets is {self.error}; expected between 0 and 1.")
        for value in self.thresholds:
            if not 0 <= value <= 1:
                raise ValueError(f"a threshold of label sets is {value}; expected between 0 and 1.")
        if not (0 <= (self.coverage or 0) <= 1 and 0 <= (self.size or 0) <= len(self.thresholds)
                and self.tracks >= 0):
            raise ValueError(f"label sets of coverage {self.coverage}, size {self.size}, from "
                             f"{self.tracks} tracks; expected a share, at most one of each label, "
                             "and 0 tracks or more.")

    def __call__(self, scores: NDArray[Any]) -> NDArray[np.int8]:
        """Return the 0/1 matrix of the sets, of the calibrated scores' shape (..., labels).

        The best label is always in its set: an empty set says nothing.
        """
        table = np.asarray(scores).astype(np.float32)
        chosen = table >= np.asarray(self.thresholds, dtype=np.float32)
        return np.asarray(chosen | (table >= table.max(axis=-1, keepdims=True)), dtype=np.int8)
