"""Matrices as coloured cells, few bytes each: one path a shade, equal neighbours drawn as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.svg import WIDTH, chart, element, shorten, text

SHADES = 10
_LEGIBLE = 11.0  # pixels a row needs to bear its name
_MOST_GROUPS = 6
_TALL = 17.0  # a line of the legend


@dataclass(frozen=True)
class Group:
    """Neighbours that are outlined together.

    Attributes:
        first: where they begin, as a share of the side.
        last: where they end, likewise.
        name: what they are.
    """

    first: float
    last: float
    name: str


def square(
    name: str, title: str, values: NDArray[np.float64], groups: Sequence[Group],
    names: Sequence[str],
) -> str:
    """Return a square matrix of values in [-1, 1], with its groups on the diagonal.

    Rows bear their names where there is room; else the largest groups are named below.

    Args:
        names: of the rows; more than there are rows where rows are means over several.
    """
    named = len(names) == len(values) and WIDTH / len(values) >= _LEGIBLE + 2
    left = 150.0 if named else 2.0
    side = WIDTH - left - 2
    marked = () if named else groups[:_MOST_GROUPS]
    rows = _row_names(names, left, side) if named else ""
    told = f"{len(names)} by {len(names)} values; " + "; ".join(g.name for g in groups[:12])
    return chart(
        name, title, told, side + 6 + _TALL * len(marked),
        cells(values, left, 2, side, side), rows,
        *(_outline(g, left, side) for g in groups), *_numbered(marked, left, side),
        *(text(f"{i}  {shorten(g.name, 54)}", 2, side + 18 + _TALL * (i - 1), "label")
          for i, g in enumerate(marked, 1)),
    )  # fmt: skip


def cells(
    values: NDArray[np.float64], x: float, y: float, width: float, height: float
) -> str:
    """Return cells for values in [-1, 1]: blue above 0, orange below, the fuller the further."""
    levels = np.rint(np.clip(values, -1, 1) * SHADES).astype(int)
    across, down = width / levels.shape[1], height / levels.shape[0]
    steps: dict[int, list[str]] = {}
    for row, line in enumerate(levels):
        ends = np.flatnonzero(np.diff(line, append=SHADES + 1))
        begin = 0
        for end in (ends + 1).tolist():
            if level := int(line[begin]):
                steps.setdefault(level, []).append(
                    f"M{x + begin * across:.1f} {y + row * down:.1f}h{(end - begin) * across:.1f}"
                    f"v{down:.1f}h{-(end - begin) * across:.1f}z")
            begin = end
    return "".join(
        element("path", d="".join(found), class_="cell solid" if level > 0 else "cell solid less",
                fill_opacity=abs(level) / SHADES) for level, found in sorted(steps.items())
    )


def _row_names(names: Sequence[str], left: float, side: float) -> str:
    down = side / len(names)
    return "".join(text(shorten(n, 22), left - 6, 2 + (i + 0.5) * down + 4, "label", "end")
                   for i, n in enumerate(names))


def _outline(group: Group, left: float, side: float) -> str:
    size = (group.last - group.first) * side
    return element("rect", x=left + group.first * side, y=2 + group.first * side, width=size,
                   height=size, class_="outline")


def _numbered(groups: Sequence[Group], left: float, side: float) -> list[str]:
    """Return numbers beside the groups: right of them, or left where the edge is near."""
    parts = []
    for number, group in enumerate(groups, 1):
        middle = 2 + (group.first + group.last) / 2 * side + 4
        near_edge = group.last * side > side - 16
        x = left + (group.first if near_edge else group.last) * side + (-4 if near_edge else 4)
        parts.append(text(str(number), x, middle, "strong halo", "end" if near_edge else "start"))
    return parts
