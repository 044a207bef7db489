"""Matrices of shaded squares with names: which label goes with which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.svg import WIDTH, chart, element, shorten, text
from earmark.lab.explore.drawing import text_width

LEVELS = 10  # of shade


def matrix(
    name: str, title: str, told: str, names: tuple[Sequence[str], Sequence[str]],
    strength: NDArray[np.float64], keys: Mapping[float, str],
) -> str:
    """Return a matrix of shaded squares, its names at the left and on top.

    Squares of one shade are one path, so that a matrix of 60 x 60 stays small on the page.

    Args:
        names: of the rows and of the columns.
        strength: in [-1, 1]: blue above 0, orange below, blank at 0 and where NaN
            [shape=(rows, columns)].
        keys: strength to what it means, for the legend.
    """
    rows, cols = ([shorten(n, 26) for n in its] for its in names)
    cell = float(np.clip(640 / max(len(rows), len(cols), 1), 11, 30))
    size = min(12.0, cell - 1)
    kind = "label" if size >= 12 else "small"
    left, top = (8 + max((text_width(n, size) for n in its), default=0) for its in (rows, cols))
    drawn = [element("rect", x=left, y=top, width=cell * len(cols), height=cell * len(rows),
                     class_="ground"), *_shades(strength, left, top, cell)]
    middle = cell / 2 + size / 3
    drawn += [text(n, left - 5, top + cell * i + middle, kind, "end") for i, n in enumerate(rows)]
    drawn += [_upright(n, left + cell * i + middle, top - 5, kind) for i, n in enumerate(cols)]
    width = max(left + cell * len(cols), WIDTH)
    below, height = _keys(keys, left, top + cell * len(rows) + 12, width)
    return chart(name, title, told, top + cell * len(rows) + 12 + height, *drawn, below,
                 width=width + 2)


def _upright(content: str, x: float, y: float, kind: str) -> str:
    inner = text(content, 0, 0, kind)
    return element("g", inner, transform=f"translate({x:.2f} {y:.2f}) rotate(-90)")


def _shades(
    strength: NDArray[np.float64], left: float, top: float, cell: float
) -> list[str]:
    level = np.rint(np.nan_to_num(strength) * LEVELS).astype(int)
    # What is weak is still something: it may not round to nothing.
    level = np.where((level == 0) & (strength != 0) & np.isfinite(strength),
                     np.sign(np.nan_to_num(strength)).astype(int), level)
    side = cell - 1
    drawn = []
    for shade in np.unique(level[level != 0]).tolist():
        places = np.argwhere(level == shade)
        steps = "".join(f"M{left + cell * c + 0.5:.4g} {top + cell * r + 0.5:.4g}h{side:.3g}"
                        f"v{side:.3g}h-{side:.3g}z" for r, c in places.tolist())
        drawn.append(element("path", d=steps, class_="heat" if shade > 0 else "heat cold",
                             fill_opacity=abs(shade) / LEVELS))
    return drawn


def _keys(
    keys: Mapping[float, str], left: float, top: float, width: float
) -> tuple[str, float]:
    drawn, x, y = [], left, top + 12
    for value, name in keys.items():
        wide = 28 + text_width(name)
        if x > left and x + wide > width:
            x, y = left, y + 20
        drawn += [element("rect", x=x, y=y - 10, width=12.0, height=12.0,
                          class_="heat" if value >= 0 else "heat cold",
                          fill_opacity=max(abs(value), 0.02)), text(name, x + 17, y, "label")]
        x += wide
    return "".join(drawn), y + 8 - top
