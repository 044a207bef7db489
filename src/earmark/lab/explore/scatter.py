"""Clouds of points, a few bytes a point: all labels in one picture, and each label by itself.

A point is a line of no length with round ends, so that a thousand are one path. Colour is never
alone: a label's ring bears its number, which the legend names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.svg import WIDTH, chart, element, path, shorten, text
from earmark.lab.explore.space import Doubles

_HEIGHT = 320.0
_ROUNDS = 6  # in which the labels' points are drawn in turn, so that none covers the others
# A picture reaches this share of its middle part (all but this share of the tracks at each side)
# beyond it; what lies further out is put at its edge.
_BEYOND, _BORDER = 0.15, 0.02
_HALF = math.sqrt(2 * math.log(2))  # deviations within which half of a normal plane's points lie
_ACROSS, _GAP, _PANEL = 3, 10.0, 104.0
_DISC = 8.5


def over_all(
    name: str, title: str, places: Doubles, of_track: NDArray[np.intp], names: Sequence[str],
    bears: Sequence[NDArray[np.bool_]], rng: np.random.Generator,
) -> str:
    """Return all tracks in one picture.

    Args:
        places: of the tracks [shape=(tracks, 2)].
        of_track: for each the number of its label, -1 for none [shape=(tracks,)].
        names: of the labels.
        bears: for each label which tracks bear it, for its ring.
    """
    at = _pixels(places, 4, 4, WIDTH - 8, _HEIGHT - 8)
    parts = [_dots(at[of_track < 0], "points rest")]
    turn = rng.integers(_ROUNDS, size=len(at))
    parts += [_dots(at[(turn == r) & (of_track == k)], f"points line-{k}")
              for r in range(_ROUNDS) for k in range(len(names))]
    rings = [_ring(at[its]) for its in bears]
    parts += [path(ring, f"oval line-{k}", closed=True) for k, ring in enumerate(rings)]
    middles = _apart(np.array([at[its].mean(axis=0) for its in bears]).reshape(-1, 2))
    parts += [_disc(k, x, y) for k, (x, y) in enumerate(middles.tolist())]
    counts = [int(its.sum()) for its in bears]
    told = "; ".join(f"{n}: {c} tracks" for n, c in zip(names, counts, strict=True))
    legend, below = _legend(names, counts, _HEIGHT + 6)
    return chart(name, title, told, _HEIGHT + 6 + below, *parts, legend)


def by_label(
    name: str, title: str, places: Doubles, panels: Mapping[str, NDArray[np.bool_]]
) -> str:
    """Return a small picture a label: its tracks over those of all."""
    width = (WIDTH - _GAP * (_ACROSS - 1)) / _ACROSS
    parts = []
    for i, (label, its) in enumerate(panels.items()):
        x, y = (i % _ACROSS) * (width + _GAP), (i // _ACROSS) * (_PANEL + 26)
        at = _pixels(places, x + 3, y + 3, width - 6, _PANEL - 6)
        parts += [element("rect", x=x, y=y, width=width, height=_PANEL, class_="frame"),
                  _dots(at, "points small rest"), _dots(at[its], "points small line-0"),
                  text(shorten(label, 19), x, y + _PANEL + 14, "label")]
    rows = math.ceil(len(panels) / _ACROSS)
    told = "; ".join(f"{label}: {int(its.sum())} tracks" for label, its in panels.items())
    return chart(name, title, told, rows * (_PANEL + 26), *parts)


def _pixels(places: Doubles, x: float, y: float, width: float, height: float) -> Doubles:
    """Return places in a frame, what lies far out at its edge; upward as in the data."""
    low, high = np.quantile(places, [_BORDER, 1 - _BORDER], axis=0)
    size = np.where(high > low, high - low, 1.0)
    share = (np.clip((places - low) / size, -_BEYOND, 1 + _BEYOND) + _BEYOND) / (1 + 2 * _BEYOND)
    return np.column_stack([x + share[:, 0] * width, y + (1 - share[:, 1]) * height])


def _dots(at: Doubles, kind: str) -> str:
    if not len(at):
        return ""
    steps = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in at.tolist())
    return element("path", d=steps, class_=kind)


def _ring(at: Doubles, corners: int = 40) -> list[tuple[float, float]]:
    """Return the ellipse within which half of the points lie, if they lie normally."""
    middle = at.mean(axis=0)
    if len(at) < 2:
        return [(float(middle[0]), float(middle[1]))]
    sizes, axes = np.linalg.eigh(np.cov(at.T))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    points = middle + _HALF * (circle * np.sqrt(np.maximum(sizes, 0))) @ axes.T
    return [(float(x), float(y)) for x, y in points]


def _apart(middles: Doubles) -> Doubles:
    """Return the middles of discs, those that cover one another moved apart."""
    at = middles.copy()
    for _ in range(60):
        for i in range(len(at)):
            for j in range(i):
                away = at[i] - at[j]
                far = float(np.hypot(*away))
                lack = 2 * _DISC + 1 - far
                if lack > 0:
                    step = (away / far if far > 1e-6 else np.array([0.0, 1.0])) * lack / 2
                    at[i] += step
                    at[j] -= step
    return np.clip(at, _DISC, [WIDTH - _DISC, _HEIGHT - _DISC])


def _disc(number: int, x: float, y: float) -> str:
    return (element("circle", cx=x, cy=y, r=_DISC, class_=f"node hue-{number}")
            + text(str(number + 1), x, y + 4, "plain", "middle"))


def _legend(names: Sequence[str], counts: Sequence[int], top: float) -> tuple[str, float]:
    """Return the legend in two columns, and its height."""
    parts = []
    for k, (label, count) in enumerate(zip(names, counts, strict=True)):
        x, y = 10 + (k % 2) * WIDTH / 2, top + 12 + (k // 2) * 22.0
        parts += [_disc(k, x, y), text(f"{shorten(label, 20)} ({count})", x + 14, y + 4, "label")]
    return "".join(parts), 22.0 * math.ceil(len(names) / 2) + 4
