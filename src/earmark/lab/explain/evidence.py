"""How much a tagger holds by a label, as a number that parts can be taken from.

Evidence is the logarithm of the odds of the label's track score, before calibration: scores near 1
hardly move when a part is taken away, their odds do; and calibration by stairs has steps on which
nothing moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from earmark.errors import AudioError, SettingsError, TaggerError, suggestion
from earmark.features import base as features
from earmark.features.base import FrontEnd
from earmark.judging.decisions import calibrate
from earmark.tagger.tagger import Tagger

Scores = NDArray[np.float32]
_SURE = 1e-6  # odds of scores nearer to 0 or 1 are counted as those of this


def log_odds(score: float) -> float:
    """Return the logarithm of a score's odds, within +-13.8.

    >>> log_odds(0.5)
    0.0
    >>> round(log_odds(0.0), 1)
    -13.8
    """
    score = min(max(float(score), _SURE), 1 - _SURE)
    return math.log(score / (1 - score))


@dataclass(frozen=True)
class Listener:
    """A tagger that can be asked for its scores of samples in memory."""

    tagger: Tagger

    @cached_property
    def front_ends(self) -> list[FrontEnd]:
        """One a branch."""
        return [features.build(branch.front_end) for branch in self.tagger.manifest.branches]

    @property
    def sample_rate(self) -> int:
        """The highest rate that any branch listens at, in Hz."""
        return max(front_end.sample_rate for front_end in self.front_ends)

    def refuse_deaf(self) -> None:
        """Refuse a tagger that cannot hear.

        Raises:
            TaggerError: it is a backbone alone, or a branch takes ready-made numbers.
        """
        name = self.tagger.manifest.name
        if not self.tagger.manifest.labels:
            raise TaggerError(f"tagger {name} is a backbone and names nothing by itself; explain a "
                              "tagger that learnt labels on it.")
        for front_end in self.front_ends:
            if not front_end.takes_audio:
                raise TaggerError(f"tagger {name} takes ready-made '{front_end.name}' features and "
                                  "hears no sound; explain the run it is of instead: earmark "
                                  "explain RUN --data FOLDER")

    def scores(self, samples: NDArray[np.float32], sample_rate: int) -> Scores:
        """Return the scores before calibration [shape=(labels,)]; zeros where nothing is to be
        heard, as may be where all that was to be heard was taken away."""
        try:
            return self.tagger.uncalibrated(samples, sample_rate)
        except AudioError:
            return np.zeros(len(self.tagger.manifest.labels), np.float32)

    def calibrated(self, scores: Scores) -> Scores:
        """Return scores as the tagger shows them."""
        manifest = self.tagger.manifest
        return calibrate(scores, manifest.decisions, manifest.vocabulary).astype(np.float32)

    def column(self, label: str | None, scores: Scores) -> int:
        """Return a label's number; that of the best score where none is named.

        Raises:
            SettingsError: the tagger has no such label; the nearest is offered.
        """
        labels = self.tagger.manifest.labels
        if label is None:
            return int(np.argmax(self.calibrated(scores)))
        if label not in labels:
            raise SettingsError(f"tagger {self.tagger.manifest.name} has no label '{label}'."
                                f"{suggestion(label, labels)}")
        return labels.index(label)
