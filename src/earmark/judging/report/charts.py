"""The charts of the report, each a piece of inline SVG.

Meaning is never in colour alone: what is told apart differs in shape, dash or fill as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from earmark.judging.intervals import Interval
from earmark.judging.report.learnt import CurvePoint, Reliability
from earmark.judging.report.scores import LabelScore
from earmark.judging.report.svg import (
    WIDTH,
    Scale,
    across,
    chart,
    diamond,
    element,
    line,
    path,
    shorten,
    text,
    upward,
)

_LEFT, _RIGHT = 120.0, WIDTH - 50
_ROW = 30.0


@dataclass(frozen=True)
class Bar:
    """A score with its intervals.

    Attributes:
        name: at the left.
        value: in [0, 1].
        narrow: interval by track, drawn thick.
        wide: interval by artist, drawn thin.
        baseline: drawn as a short upright.
        doubtful: True for scores that are no estimate (leaky, or learnt from): an open diamond.
    """

    name: str
    value: float
    narrow: Interval | None = None
    wide: Interval | None = None
    baseline: float | None = None
    doubtful: bool = False

_RAREST = 1000  # one in so many scores is the fewest that a bin is drawn for


def intervals(name: str, title: str, bars: Sequence[Bar]) -> str:
    """Return a dot and its two intervals for each score, one below the other."""
    scale = Scale(0, 1, _LEFT, _RIGHT)
    bottom = 8 + _ROW * len(bars)
    rows = [_interval_row(bar, scale, 8 + _ROW * (i + 0.5)) for i, bar in enumerate(bars)]
    told = "; ".join(f"{bar.name} {bar.value:.3f}" for bar in bars)
    return chart(name, title, told, bottom + 22, across(scale, 8, bottom), *rows)


def _interval_row(bar: Bar, scale: Scale, y: float) -> str:
    dash = " dashed" if bar.doubtful else ""
    parts = [text(shorten(bar.name, 18), _LEFT - 8, y + 4, "label", "end")]
    if bar.baseline is not None:
        parts.append(line(scale(bar.baseline), y - 8, scale(bar.baseline), y + 8, "baseline"))
    if wide := bar.wide:
        parts.append(line(scale(wide.low), y, scale(wide.high), y, f"whisker{dash}"))
        parts += [line(scale(v), y - 4, scale(v), y + 4, "whisker") for v in wide[:2]]
    if narrow := bar.narrow:
        parts.append(line(scale(narrow.low), y, scale(narrow.high), y, "interval"))
    x = scale(bar.value)
    parts.append(diamond(x, y, 6.5, "mark-open") if bar.doubtful
                 else element("circle", cx=x, cy=y, r=4.5, class_="mark"))
    parts.append(text(f"{bar.value:.3f}", WIDTH - 4, y + 4, "value", "end"))
    return "".join(parts)


def box(name: str, folds: Sequence[float]) -> str:
    """Return a box plot of fold accuracies: quartiles, extremes and every fold as a dot."""
    low, first, median, third, high = (
        float(v) for v in np.quantile(folds, [0, 0.25, 0.5, 0.75, 1])
    )
    scale, y = Scale(0, 1, 20, WIDTH - 20), 42.0
    dots = [element("circle", cx=scale(v), cy=y + 40, r=3.5, class_="dot") for v in folds]
    told = (f"{len(folds)} folds: median {median:.3f}, quartiles {first:.3f} and {third:.3f}, "
            f"lowest {low:.3f}, highest {high:.3f}")
    return chart(
        name, "Accuracy of the folds", told, 128, across(scale, 8, 96),
        line(scale(low), y, scale(first), y, "whisker"),
        line(scale(third), y, scale(high), y, "whisker"),
        *(line(scale(v), y - 8, scale(v), y + 8, "whisker") for v in (low, high)),
        element("rect", x=scale(first), y=y - 16, width=max(scale(third) - scale(first), 1.0),
                height=32.0, class_="box"),
        line(scale(median), y - 16, scale(median), y + 16, "median"),
        text(f"{median:.3f}", scale(median), 20, "value", "middle"), *dots,
    )


def label_bars(name: str, labels: Sequence[LabelScore]) -> str:
    """Return a bar of F1 with precision (diamond) and recall (circle) for each label."""
    scale = Scale(0, 1, _LEFT, _RIGHT)
    bottom = 8 + 24.0 * len(labels)
    rows = [_label_row(label, scale, 8 + 24.0 * (i + 0.5)) for i, label in enumerate(labels)]
    told = "; ".join(f"{label.name}: F1 {_told(label.f1)}, precision {_told(label.precision)}, "
                     f"recall {_told(label.recall)}" for label in labels)
    return chart(name, "F1, precision and recall of each label", told, bottom + 22,
                 across(scale, 8, bottom), *rows)


def _label_row(label: LabelScore, scale: Scale, y: float) -> str:
    parts = [text(shorten(label.name, 18), _LEFT - 8, y + 4, "label", "end"),
             text(_told(label.f1), WIDTH - 4, y + 4, "value", "end")]
    if label.f1 is not None:
        parts.append(element("rect", x=scale(0), y=y - 7, width=scale(label.f1) - scale(0),
                             height=14.0, class_="bar"))
    if label.precision is not None:
        parts.append(diamond(scale(label.precision), y, 5.5, "mark-open"))
    if label.recall is not None:
        parts.append(element("circle", cx=scale(label.recall), cy=y, r=4.0, class_="mark"))
    return "".join(parts)


def shares(name: str, title: str, values: Sequence[tuple[str, float]]) -> str:
    """Return a bar for each share in [0, 1]."""
    scale = Scale(0, 1, _LEFT, _RIGHT)
    bottom = 8 + 24.0 * len(values)
    rows = []
    for i, (label, share) in enumerate(values):
        y = 8 + 24.0 * (i + 0.5)
        rows += [text(shorten(label, 18), _LEFT - 8, y + 4, "label", "end"),
                 element("rect", x=scale(0), y=y - 7, width=scale(share) - scale(0), height=14.0,
                         class_="bar"),
                 text(f"{share:.0%}", WIDTH - 4, y + 4, "value", "end")]
    told = "; ".join(f"{label} {share:.0%}" for label, share in values)
    return chart(name, title, told, bottom + 22, across(scale, 8, bottom), *rows)


def reliability(name: str, found: Mapping[str, Reliability]) -> str:
    """Return how often scores are right by how high they are, before and after calibration.

    Marks are larger where more scores are. Of many scores those bins are left out that hold fewer
    than one in a thousand: a handful tells nothing, and would be drawn like thousands.
    """
    x, y = Scale(0, 1, 40, WIDTH - 20), Scale(0, 1, 310, 12)
    parts = [across(x, 12, 310, "score"), upward(y, 40, WIDTH - 20),
             line(x(0), y(0), x(1), y(1), "ideal")]
    told = []
    for when, its in found.items():
        rows = sum(b.count for b in its.bins)
        bins = [b for b in its.bins if b.count * _RAREST >= rows]
        points = [(x(b.confidence), y(b.accuracy)) for b in bins]
        sizes = [3 + 2.5 * (b.count / max(b.count for b in bins)) ** 0.25 for b in bins]
        kind = "curve dashed other" if when == "before" else "curve"
        parts.append(path(points, kind) if points else "")
        parts += [
            diamond(*p, size + 1, "mark-open") if when == "before"
            else element("circle", cx=p[0], cy=p[1], r=size, class_="mark")
            for p, size in zip(points, sizes, strict=True)
        ]
        told += [f"{when}: " + ", ".join(f"sure {b.confidence:.2f} right {b.accuracy:.2f} "
                                         f"({b.count} tracks)" for b in its.bins)]
    return chart(name, "Share of right answers by confidence", "; ".join(told), 346, *parts)


def learning_curve(name: str, points: Sequence[CurvePoint]) -> str:
    """Return accuracy over the number of tracks learnt from, with its band."""
    x = Scale(0, max(p.tracks for p in points) or 1, 40, WIDTH - 20)
    y = Scale(0, 1, 240, 12)
    band = [p for p in points if p.low is not None and p.high is not None]
    outline = [(x(p.tracks), y(p.low or 0)) for p in band]
    outline += [(x(p.tracks), y(p.high or 0)) for p in reversed(band)]
    ticks = [text(str(p.tracks), x(p.tracks), 255, "tick", "middle") for p in _spaced(points, x)]
    told = "; ".join(f"{p.tracks} tracks {p.accuracy:.3f}" for p in points)
    return chart(
        name, "Accuracy by number of tracks learnt from", told, 278, upward(y, 40, WIDTH - 20),
        path(outline, "band", closed=True) if len(band) > 1 else "",
        path([(x(p.tracks), y(p.accuracy)) for p in points], "curve"),
        *(element("circle", cx=x(p.tracks), cy=y(p.accuracy), r=4.5, class_="mark")
          for p in points),
        *ticks, text("tracks learnt from", (40 + WIDTH - 20) / 2, 272, "tick", "middle"),
    )


def _spaced(points: Sequence[CurvePoint], x: Scale) -> list[CurvePoint]:
    """Return the points whose ticks do not touch, the last one always among them."""
    kept: list[CurvePoint] = []
    for point in reversed(points):
        if not kept or x(kept[-1].tracks) - x(point.tracks) >= 34:
            kept.append(point)
    return kept


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@dataclass(frozen=True)
class Gap:
    """One model under a leaky and an honest protocol."""

    model: str
    leaky: Bar
    honest: Bar


def gaps(name: str, found: Sequence[Gap]) -> str:
    """Return for each model its leaky and its honest score, and the distance between them."""
    scale = Scale(0, 1, 20, WIDTH - 50)
    parts = []
    for i, gap in enumerate(found):
        top = 8 + 104.0 * i
        parts += [
            text(shorten(gap.model, 60), 20, top + 16, "strong"),
            _gap_row(gap.leaky, scale, top + 38), _gap_row(gap.honest, scale, top + 70),
        ]
    told = "; ".join(f"{g.model}: {g.leaky.value:.3f} {g.leaky.name}, {g.honest.value:.3f} "
                     f"{g.honest.name}" for g in found)
    bottom = 8 + 104.0 * len(found)
    return chart(name, "The same model under leaky and honest splits", told, bottom + 22,
                 across(scale, 8, bottom), *parts)


def _gap_row(bar: Bar, scale: Scale, y: float) -> str:
    kept = text(shorten(bar.name, 52), 20, y + 2, "tick")
    row = _interval_row(Bar("", bar.value, bar.narrow, bar.wide, bar.baseline, bar.doubtful),
                        scale, y + 13)
    return kept + row
