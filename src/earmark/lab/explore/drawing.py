"""What the pictures of an exploration share: bars, and marks told apart by shape and hue.

Colours are the classes ``hue-0`` to ``hue-9`` of ``templates/explore.css``, which has a light and
a dark value for each; what is told apart by hue differs in shape or place as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from earmark.judging.report.svg import (
    WIDTH,
    Scale,
    chart,
    diamond,
    element,
    line,
    path,
    shorten,
    text,
)

HUES = 10
_GROUP_HUES = {"genre": 0, "instrument": 1, "vocals": 2, "mood": 3, "tempo": 4, "era": 8}
_OTHER_HUE = 6
_CHARACTER = 0.6  # of a text's size, the width of a letter in the widest of the page's faces
_SHAPES = 5
_LEFT, _RIGHT = 166.0, WIDTH - 46
_NAME = 22
_ROW = 20.0


@dataclass(frozen=True)
class Bar:
    """A number with its name.

    Attributes:
        value: its length, 0 or more.
        told: the value as it is written at its end.
        expected: drawn as a short upright; None for none.
    """

    name: str
    value: float
    told: str
    expected: float | None = None


def group_hue(group: str) -> str:
    """Return the colour class of a group of labels."""
    return f"hue-{_GROUP_HUES.get(group, _OTHER_HUE)}"


def text_width(content: str, size: float = 12.0) -> float:
    """Return how wide a text may be, in pixels; rather more than less."""
    return _CHARACTER * size * len(content)


def bars(name: str, title: str, rows: Sequence[Bar], *, hue: str = "hue-0") -> str:
    """Return a bar a row, its name at the left and its number at the right."""
    scale = _lengths(rows, _LEFT)
    drawn = []
    for i, row in enumerate(rows):
        y = 4 + _ROW * (i + 0.5)
        drawn += [text(shorten(row.name, _NAME), _LEFT - 8, y + 4, "label", "end"),
                  _bar(row, scale, y - 6, 12, hue), text(row.told, WIDTH, y + 4, "value", "end")]
    return chart(name, title, _told(rows), 8 + _ROW * len(rows), *drawn)


def named_bars(name: str, title: str, rows: Sequence[Bar], *, hue: str = "hue-0") -> str:
    """Return a bar a row below its name, for names too long to stand beside bars."""
    scale, step = _lengths(rows, 0.0), 30.0
    drawn = []
    for i, row in enumerate(rows):
        y = 4 + step * i
        drawn += [text(shorten(row.name, 52), 0, y + 11, "label"),
                  _bar(row, scale, y + 16, 8, hue), text(row.told, WIDTH, y + 24, "value", "end")]
    return chart(name, title, _told(rows), 8 + step * len(rows), *drawn)


def _lengths(rows: Sequence[Bar], start: float) -> Scale:
    most = max((max(row.value, row.expected or 0) for row in rows), default=0)
    return Scale(0, most or 1, start, _RIGHT)


def _bar(row: Bar, scale: Scale, y: float, height: float, hue: str) -> str:
    drawn = element("rect", x=scale(0), y=y, width=max(scale(row.value) - scale(0), 0.5),
                    height=height, class_=hue, fill_opacity=0.7)
    if row.expected is not None:
        at = scale(row.expected)
        drawn += line(at, y - 3, at, y + height + 3, "baseline")
    return drawn


def _told(rows: Sequence[Bar]) -> str:
    return "; ".join(f"{row.name} {row.told}" for row in rows)


def mark(number: int, x: float, y: float, size: float, kind: str) -> str:
    """Return the mark of a number: circle, diamond, square, triangle or hexagon, in turn."""
    shape = number % _SHAPES
    if shape == 0:
        return element("circle", cx=x, cy=y, r=size, class_=kind)
    if shape == 1:
        return diamond(x, y, 1.25 * size, kind)
    turn = {2: math.pi / 4, 3: -math.pi / 2, 4: 0.0}[shape]
    count = {2: 4, 3: 3, 4: 6}[shape]
    corners = [turn + 2 * math.pi * i / count for i in range(count)]
    return path([(x + 1.2 * size * math.cos(a), y + 1.2 * size * math.sin(a)) for a in corners],
                kind, closed=True)


def legend(items: Sequence[tuple[int, str, str]], top: float, width: float) -> tuple[str, float]:
    """Return marks with names in lines, and the height they take.

    Args:
        items: the mark's number, its colour class and its name.
    """
    drawn, x, y = [], 0.0, top + 12
    for number, hue, name in items:
        wide = 24 + text_width(name)
        if x and x + wide > width:
            x, y = 0.0, y + 20
        drawn += [mark(number, x + 7, y - 4, 5, f"node {hue}"), text(name, x + 17, y, "label")]
        x += wide
    return "".join(drawn), y + 8 - top
