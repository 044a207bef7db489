"""How far clusters agree with labels: ARI, AMI and V, beside chance and with intervals.

- ARI (Hubert and Arabie, Journal of Classification 2, 1985): of pairs of tracks, corrected for
  chance; AMI (Vinh, Epps and Bailey, JMLR 11, 2010): of information, corrected for chance; V
  (Rosenberg and Hirschberg, EMNLP 2007): of information, *not* corrected, so it grows with the
  number of clusters by itself.
- What chance gives is measured: the same clusters dealt out to the tracks at random.
- The interval is of the delete-a-group jackknife over whole artists. A bootstrap would not do: a
  track drawn twice always agrees with its copy, which lifts a low agreement by more than its error.
  The clusters stay as they are: the interval is of the tracks judged, not of clustering anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging.intervals import Interval
from earmark.labels.dealing import numbered

Numbers = NDArray[np.intp]
BLOCKS = 20
"""Groups of artists that are left out in turn."""
DEALS = 50
"""Times that clusters are dealt out at random."""
_SIDE = 1.96


@dataclass(frozen=True)
class Agreement:
    """One measure of agreement.

    Attributes:
        value: 1 for equal partitions; None where fewer than two labels or tracks are at hand.
        interval: of 95 %; None where there are fewer than two artists.
        chance: the mean when clusters are dealt out at random.
        chance_high: what 95 % of such dealings stay below.
    """

    value: float | None
    interval: Interval | None = None
    chance: float | None = None
    chance_high: float | None = None

    def told(self) -> dict[str, Any]:
        """Return plain values."""
        interval = None if self.interval is None else [round(v, 4) for v in self.interval[:2]]
        return {"value": _rounded(self.value), "interval": interval,
                "chance": _rounded(self.chance), "chance_high": _rounded(self.chance_high)}


def measures() -> dict[str, Callable[[Numbers, Numbers], float]]:
    """Return the measures by name, each of (labels, clusters)."""
    from sklearn import metrics

    return {"ari": metrics.adjusted_rand_score, "ami": metrics.adjusted_mutual_info_score,
            "v": metrics.v_measure_score}


def agreements(
    labels: Numbers, clusters: Numbers, groups: NDArray[Any], rng: np.random.Generator
) -> dict[str, Agreement]:
    """Return the agreement of clusters with labels by each measure.

    Args:
        labels: one a track [shape=(tracks,)].
        clusters: likewise.
        groups: what is equal for tracks by one artist, likewise.
    """
    if len(np.unique(labels)) < 2:
        return {name: Agreement(None) for name in measures()}
    kept = _left_out_in_turn(groups, rng)
    dealt = [rng.permutation(clusters) for _ in range(DEALS)]
    return {name: _agreement(measure, labels, clusters, kept, dealt)
            for name, measure in measures().items()}


def _agreement(
    measure: Callable[[Numbers, Numbers], float], labels: Numbers, clusters: Numbers,
    kept: list[NDArray[np.bool_]], dealt: list[Numbers],
) -> Agreement:
    value = float(measure(labels, clusters))
    by_chance = [float(measure(labels, other)) for other in dealt]
    without = [float(measure(labels[k], clusters[k])) for k in kept]
    return Agreement(value, jackknife(value, without), float(np.mean(by_chance)),
                     float(np.quantile(by_chance, 0.95)))


def jackknife(value: float, without: list[float]) -> Interval | None:
    """Return the 95 % interval about a value from those with each block left out in turn.

    None for fewer than two. Efron and Tibshirani, An Introduction to the Bootstrap (1993),
    chapter 11: the variance is (b - 1) / b times the sum of squares about the mean.
    """
    blocks = len(without)
    if blocks < 2:
        return None
    squares = float(((np.array(without) - np.mean(without)) ** 2).sum())
    side = _SIDE * math.sqrt((blocks - 1) / blocks * squares)
    return Interval(value - side, value + side, 0.95)


def _left_out_in_turn(
    groups: NDArray[Any], rng: np.random.Generator
) -> list[NDArray[np.bool_]]:
    """Return the tracks that stay, for each block of artists that is left out."""
    member = numbered(groups.tolist())
    count = int(member.max(initial=-1)) + 1
    if count < 2:
        return []
    blocks = min(BLOCKS, count)
    block = rng.permutation(np.arange(count) % blocks)[member]
    return [block != b for b in range(blocks)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
