"""How sure a metric is: percentile bootstrap intervals over tracks or over whole artists.

Tracks of one artist resemble one another; where artists are known, drawing artists instead of
tracks gives the honest, wider interval (on the GTZAN test part about twice as wide).
Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 8.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError, SettingsError
from earmark.judging.curves import Floats, Truth
from earmark.judging.metric import Metric, checked
from earmark.labels.dealing import numbered

AnyMetric = Metric | Callable[[NDArray[Any], NDArray[Any]], float]
_BLOCK = 1 << 21  # weights held at once: 16 MB


class Interval(NamedTuple):
    """From ``low`` to ``high``, with ``level`` of the draws between them."""

    low: float
    high: float
    level: float


def bootstrap(
    metric: AnyMetric,
    scores: ArrayLike,
    truth: ArrayLike,
    *,
    groups: Sequence[Hashable] | NDArray[Any] | None = None,
    rng: np.random.Generator,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the percentile bootstrap interval of a metric.

    Args:
        metric: one of ``metrics``, or any function of (scores, truth), which is slower.
        scores: one row a track [shape=(tracks, labels)]; 0/1 answers for ``f1_macro``.
        truth: 0/1 [shape=(tracks, labels)].
        groups: one a track (``splits.group_names``): whole groups are drawn. None: tracks are.
        draws: a draw on which the metric is not defined (no positives) is left out.
        level: share of the draws within.

    Raises:
        DataError: what ``metrics.checked`` refuses, fewer than two tracks or groups, or a metric
            undefined on more than half of the draws. SettingsError: draws or level out of range.
    """
    x, y = checked(scores, truth)
    values = [_values(metric, x, y, w) for w in _weights(len(x), groups, rng, draws)]
    return _percentiles(np.concatenate(values), level)


def paired_difference(
    metric: AnyMetric,
    scores: ArrayLike,
    others: ArrayLike,
    truth: ArrayLike,
    *,
    groups: Sequence[Hashable] | NDArray[Any] | None = None,
    rng: np.random.Generator,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the interval of metric(scores) - metric(others), both on the same drawn tracks.

    An interval that holds no 0 says that the two differ. Arguments and errors as in
    ``bootstrap``.
    """
    (x, y), (z, _) = checked(scores, truth), checked(others, truth)
    values = [
        _values(metric, x, y, w) - _values(metric, z, y, w)
        for w in _weights(len(x), groups, rng, draws)
    ]
    return _percentiles(np.concatenate(values), level)


def several(
    figures: Callable[[Floats], Mapping[str, Floats]],
    rows: int,
    *,
    groups: Sequence[Hashable] | NDArray[Any] | None = None,
    rng: np.random.Generator,
    draws: int = 1000,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Return the intervals of many figures under the same draws, by name.

    Unlike ``bootstrap`` these are basic intervals: the spread of the draws is turned round the
    value, and stretched to hold it. Average precision of few positives comes out too high, and in
    draws, where a row found twice is found next to itself, higher still: percentiles of it lie
    above the truth, in half of all cases altogether, where basic ones hold it in nine of ten
    (docs/metrics.md). Davison and Hinkley, Bootstrap Methods (1997), section 5.2.

    Args:
        figures: takes weights [shape=(draws, rows)] and returns values [shape=(draws,)] by name,
            as ``metric.weighted`` gives them; a difference of two is paired.
        rows: how many tracks are judged.

    Returns:
        Without those figures that are defined on fewer than half of the draws; empty where there
        are fewer than two tracks or groups. Other arguments and errors as in ``bootstrap``.
    """
    if (_numbers(rows, groups) == 0).all():
        return {}
    drawn = [figures(weights) for weights in _weights(rows, groups, rng, draws)]
    joined = {name: np.concatenate([part[name] for part in drawn]) for name in drawn[0]}
    at = {name: float(value[0]) for name, value in figures(np.ones((1, rows))).items()}
    return {name: _turned(at[name], _percentiles(found, level)) for name, found in joined.items()
            if np.isfinite(at[name]) and 2 * np.isfinite(found).sum() >= len(found)}  # fmt: skip


def _turned(value: float, spread: Interval) -> Interval:
    low, high = 2 * value - spread.high, 2 * value - spread.low
    return Interval(min(low, value), max(high, value), spread.level)


class Sample(NamedTuple):
    """What one model was judged on: scores and truth [shape=(rows, labels)] and a group a row."""

    scores: ArrayLike
    truth: ArrayLike
    groups: Sequence[Hashable]


def shared_draws(
    metric: Metric, judged: Sequence[Sequence[Sample]], *, rng: np.random.Generator,
    draws: int = 1000,
) -> Floats:
    """Return a metric under the same drawn groups for several things judged.

    For scores on tracks that differ, by models that differ: where groups are shared they are drawn
    together, so that differences of the values are paired as far as can be.

    Args:
        judged: for each thing, its samples, whose mean it is; a sample none of whose groups is
            drawn, or on which the metric is not defined, is left out of the mean.

    Returns:
        [shape=(things, draws)]; NaN where no sample was left.

    Raises:
        DataError: what ``metrics.checked`` refuses, or fewer than two groups in all.
    """
    member = numbered([group for samples in judged for s in samples for group in s.groups])
    counts = np.concatenate(list(_weights(int(member.max(initial=-1)) + 1, None, rng, draws)))
    at, values = 0, []
    for samples in judged:
        found = []
        for sample in samples:
            x, y = checked(sample.scores, sample.truth)
            found.append(_by_block(metric, x, y, counts, member[at : at + len(x)]))
            at += len(x)
        values.append(_mean_of_defined(np.stack(found)))
    return np.stack(values)


def percentiles(values: Floats, level: float = 0.95) -> Interval:
    """Return the interval that holds ``level`` of the values, those that are NaN left out.

    Raises:
        DataError: more than half of them are NaN. SettingsError: level out of range.
    """
    return _percentiles(values, level)


def _by_block(
    metric: Metric, x: Floats, y: Truth, counts: Floats, member: NDArray[np.intp]
) -> Floats:
    """Return the metric under draws of groups [shape=(draws, groups)], a few draws at a time."""
    step = max(1, _BLOCK // len(x))
    return np.concatenate([metric.weighted(x, y, counts[start : start + step][:, member])
                           for start in range(0, len(counts), step)])


def _mean_of_defined(values: Floats) -> Floats:
    """Return the mean over the first axis, NaN left out; NaN where all are."""
    count = np.isfinite(values).sum(axis=0)
    return np.where(count, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def _weights(
    rows: int, groups: Sequence[Hashable] | NDArray[Any] | None, rng: np.random.Generator,
    draws: int,
) -> Iterator[Floats]:
    """Yield blocks of [shape=(draws, rows)]: how often each row is drawn."""
    member = _numbers(rows, groups)
    units = int(member.max()) + 1
    if units < 2:
        raise DataError(f"{rows} tracks in {units} group; a bootstrap needs at least two groups.")
    if draws < 1:
        raise SettingsError(f"{draws} draws; expected at least 1.")
    step = max(1, _BLOCK // max(rows, units))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        drawn = rng.integers(units, size=(size, units)) + units * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)
        yield counts[:, member].astype(np.float64)


def _numbers(
    rows: int, groups: Sequence[Hashable] | NDArray[Any] | None
) -> NDArray[np.intp]:
    if groups is None:
        return np.arange(rows)
    if len(groups) != rows:
        raise DataError(f"{len(groups)} groups for {rows} tracks; expected one each.")
    return numbered(groups)


def _values(metric: AnyMetric, x: Floats, y: Truth, weights: Floats) -> Floats:
    if isinstance(metric, Metric):
        return metric.weighted(x, y, weights)
    drawn = (np.repeat(np.arange(len(x)), row.astype(np.intp)) for row in weights)
    return np.array([_value(metric, x[rows], y[rows]) for rows in drawn])


def _value(metric: AnyMetric, x: Floats, y: Truth) -> float:
    try:
        return metric(x, y)
    except DataError:
        return float("nan")  # not defined on this draw


def _percentiles(values: Floats, level: float) -> Interval:
    if not 0 < level < 1:
        raise SettingsError(f"the level is {level}; expected between 0 and 1.")
    defined = values[np.isfinite(values)]
    if 2 * len(defined) < len(values):
        raise DataError(f"the metric is defined on {len(defined)} of {len(values)} draws only; "
                        "more tracks that bear the labels are needed.")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)
