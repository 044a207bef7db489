"""What is said of a part of tracks: all metrics, intervals of the chief ones, and what they beat.

Intervals are those of tracks as drawn and, where artists are known, of whole artists, which is
the honest one. All figures are taken of the same draws, and differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.judging import metrics
from earmark.judging.curves import (
    Floats,
    LabelCurves,
    Truth,
    area_under_roc,
    average_precision,
    mean_defined,
)
from earmark.judging.decisions import Decisions, answers
from earmark.judging.intervals import Interval, bootstrap, several
from earmark.judging.metric import checked
from earmark.judging.metrics import summary
from earmark.labels.vocabulary import Vocabulary

OF_SCORES = (metrics.roc_auc_macro, metrics.pr_auc_macro, metrics.pr_auc_micro, metrics.lrap)
OF_ANSWERS = (metrics.f1_micro, metrics.f1_macro, metrics.f1_samples)
_DRAWS = {"single": 2000, "multi": 1000}
_FEWEST, _MOST_CELLS = 200, 2_500_000_000  # draws, and draws x rows x labels: about a minute
_Groups = Sequence[Hashable] | NDArray[Any] | None


def measure(
    scores: ArrayLike, truth: ArrayLike, vocabulary: Vocabulary, *, rng: np.random.Generator,
    decisions: Decisions | None = None, learnt_truth: ArrayLike | None = None,
    groups: _Groups = None, draws: int | None = None, dataset: str = "",
    answered: ArrayLike | None = None, ranked: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return ``metrics.summary`` with intervals, as plain JSON-able values.

    An interval is ``{"low", "high", "level"}`` and is called ``<metric>_interval_by_track`` or,
    where groups are given, ``<metric>_interval_by_artist`` besides: of ``accuracy`` in
    single-label work, else of ``OF_SCORES`` and ``OF_ANSWERS``. Multi-label work has besides:

    - ``draws``: how many were drawn;
    - ``f1_micro_minus_constant``, where ``learnt_truth`` is given: by how much the answers beat
      the one best set given to all rows, with ``value``, ``low``, ``high``, ``level`` and ``by``
      (what was drawn, ``artist`` where groups are given, else ``track``);
    - ``f1_micro_minus_fixed``, where decisions are other than each label from 0.5 up: by how much
      they beat that, likewise.

    What rows cannot have (too few, none with positives) is left out.

    Args:
        scores: calibrated, of tracks [shape=(rows, labels)]. truth: 0/1, likewise.
        groups: the artist of each row, to draw whole.
        draws: None for 2000 in single-label work and 1000 in multi-label work, there fewer, but
            no less than 200, in tables of more than 2.5 million cells.

    Other arguments and errors as in ``metrics.summary`` and, single-label, ``bootstrap``.
    """
    x, y = checked(scores, truth)
    found = summary(x, y, vocabulary, decisions, learnt_truth=learnt_truth, dataset=dataset,
                    answered=answered, ranked=ranked)
    draws = _draws(vocabulary, x.size) if draws is None else draws
    if vocabulary.task == "single":
        return found | _single(x, y, groups, rng, draws)
    # As ``summary`` has it: that no label fits is no answer here.
    closed = replace(decisions or Decisions.usual(vocabulary), unknown=None)
    given = _answers(x, vocabulary, closed) if answered is None else checked(answered, y)[0]
    others = _others(x, vocabulary, closed, learnt_truth)
    figures = _figures(x if ranked is None else checked(ranked, y)[0], y, given, others)
    by_track = several(figures, len(x), rng=rng, draws=draws)
    by_artist = several(figures, len(x), groups=groups, rng=rng, draws=draws) if (
        groups is not None) else {}  # fmt: skip
    return {
        **found, "draws": draws, **_intervals(by_track, "track"), **_intervals(by_artist, "artist"),
        **_beaten(y, given, others, by_artist or by_track, "artist" if by_artist else "track"),
    }  # fmt: skip


def _draws(vocabulary: Vocabulary, cells: int) -> int:
    usual = _DRAWS[vocabulary.task]
    return usual if vocabulary.task == "single" else max(_FEWEST, min(usual, _MOST_CELLS // cells))


def _single(
    x: Floats, y: Truth, groups: _Groups, rng: np.random.Generator, draws: int
) -> dict[str, Any]:
    draw = partial(bootstrap, metrics.accuracy, x, y, rng=rng, draws=draws)
    found = {"accuracy_interval_by_track": draw()._asdict()}
    if groups is not None:
        found["accuracy_interval_by_artist"] = draw(groups=groups)._asdict()
    return found


def _answers(x: Floats, vocabulary: Vocabulary, decisions: Decisions) -> Floats:
    return answers(x, vocabulary, decisions).astype(np.float64)


def _figures(
    x: Floats, y: Truth, given: Floats, others: Mapping[str, Floats]
) -> Callable[[Floats], dict[str, Floats]]:
    """Return what gives all figures with an interval under weights [shape=(draws, rows)]."""
    by_label = LabelCurves(x, y)

    def figures(weights: Floats) -> dict[str, Floats]:
        areas = by_label.figures(weights, area_under_roc, average_precision)
        found = {"roc_auc_macro": mean_defined(areas[0]), "pr_auc_macro": mean_defined(areas[1])}
        found |= {m.name: m.weighted(x, y, weights) for m in OF_SCORES if m.name not in found}
        found |= {m.name: m.weighted(given, y, weights) for m in OF_ANSWERS}
        return found | {name: found["f1_micro"] - metrics.f1_micro.weighted(other, y, weights)
                        for name, other in others.items()}  # fmt: skip

    return figures


def _others(
    x: Floats, vocabulary: Vocabulary, decisions: Decisions, learnt_truth: ArrayLike | None
) -> dict[str, Floats]:
    """Return the answers to compare with, by name of the difference."""
    usual = Decisions.usual(vocabulary)
    found: dict[str, Floats] = {}
    if learnt_truth is not None:
        found["f1_micro_minus_constant"] = metrics.constant_answers(learnt_truth, len(x)).astype(
            np.float64)
    if (decisions.thresholds, decisions.most) != (usual.thresholds, usual.most):
        found["f1_micro_minus_fixed"] = _answers(x, vocabulary, usual)
    return found


def _intervals(found: Mapping[str, Interval], by: str) -> dict[str, Any]:
    names = [metric.name for metric in (*OF_SCORES, *OF_ANSWERS) if metric.name in found]
    return {f"{name}_interval_by_{by}": _within_range(found[name])._asdict() for name in names}


def _within_range(interval: Interval) -> Interval:
    """Return the interval cut to [0, 1]: turned round a value near the end it may reach beyond."""
    return interval._replace(low=max(interval.low, 0.0), high=min(interval.high, 1.0))


def _beaten(
    y: Truth, given: Floats, others: Mapping[str, Floats], found: Mapping[str, Interval], by: str
) -> dict[str, Any]:
    f1 = metrics.f1_micro
    return {name: {"value": f1(given, y) - f1(other, y), **found[name]._asdict(), "by": by}
            for name, other in others.items() if name in found}  # fmt: skip
