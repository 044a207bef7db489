"""Matrices of shaded squares with names: which label goes with which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.svg import WIDTH, chart, element, shorten, text
from earmark.lab.explore.drawing import text_width
from earmark.lab.explore.matrix import SHADES, cells


def heatmap(
    name: str, title: str, told: str, names: tuple[Sequence[str], Sequence[str]],
    strength: NDArray[np.float64], keys: Mapping[float, str],
) -> str:
    """Return a matrix of shaded squares, its names at the left and on top.

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
                     class_="ground"), _shades(strength, left, top, cell),
             _gaps(strength.shape, left, top, cell)]
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


def _shades(strength: NDArray[np.float64], left: float, top: float, cell: float) -> str:
    known = np.nan_to_num(strength)
    # What is weak is still something: it may not round to nothing.
    least = 1 / SHADES
    values = np.where((known != 0) & (np.abs(known) < least), np.sign(known) * least, known)
    rows, cols = values.shape
    return cells(values, left, top, cell * cols, cell * rows)


def _gaps(shape: tuple[int, ...], left: float, top: float, cell: float) -> str:
    """Return lines in the page's colour between the squares."""
    rows, cols = shape
    across = "".join(f"M{left:.1f} {top + cell * i:.1f}h{cell * cols:.1f}" for i in range(rows + 1))
    down = "".join(f"M{left + cell * i:.1f} {top:.1f}v{cell * rows:.1f}" for i in range(cols + 1))
    return element("path", d=across + down, class_="gap")


def _keys(
    keys: Mapping[float, str], left: float, top: float, width: float
) -> tuple[str, float]:
    drawn, x, y = [], left, top + 12
    for value, name in keys.items():
        wide = 28 + text_width(name)
        if x > left and x + wide > width:
            x, y = left, y + 20
        drawn += [element("rect", x=x, y=y - 10, width=12.0, height=12.0,
                          class_="cell" if value >= 0 else "cell less",
                          fill_opacity=max(abs(value), 0.02)), text(name, x + 17, y, "label")]
        x += wide
    return "".join(drawn), y + 8 - top
