"""Inertia and silhouette over the number of clusters, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from earmark.judging.report.svg import WIDTH, Scale, chart, diamond, element, line, path, text
from earmark.lab.explore.clustering import SILHOUETTE_MOST, Sweep
from earmark.lab.explore.section import Figure

_LEFT, _RIGHT = 40.0, WIDTH - 10
_PANEL, _GAP = 120.0, 40.0


@dataclass(frozen=True)
class Published:
    """What others found on more tracks.

    Attributes:
        inertia: by k; only its shares of that of one cluster are compared.
        silhouette: by k.
        by: whose they are.
    """

    inertia: Mapping[int, float]
    silhouette: Mapping[int, float]
    by: str


def over_k(name: str, swept: Sweep, published: Published | None = None) -> Figure | None:
    """Return both curves; None where there are fewer than three numbers of clusters to show."""
    if len(swept.inertia) < 3 or not swept.silhouette:
        return None
    x = Scale(1, SILHOUETTE_MOST, _LEFT, _RIGHT)
    theirs = published or Published({}, {}, "")
    upper = _panel(x, 14, "inertia, share of that of one cluster", _shares(swept.inertia),
                   _shares(theirs.inertia), swept.elbow)
    lower = _panel(x, 14 + _PANEL + _GAP, "silhouette", swept.silhouette, theirs.silhouette,
                   swept.best)
    bottom = 14 + 2 * _PANEL + _GAP
    ticks = "".join(text(str(k), x(k), bottom + 15, "tick", "middle")
                    for k in (1, 5, 10, 15, 20, 25, SILHOUETTE_MOST))
    told = "; ".join(f"{k} clusters: silhouette {v:.3f}" for k, v in swept.silhouette.items())
    svg = chart(f"{name}-k", "K-means over the number of clusters", told, bottom + 38, upper, lower,
                ticks, text("number of clusters", (_LEFT + _RIGHT) / 2, bottom + 32, "tick",
                            "middle"))
    return Figure("How many clusters?", svg, _caption(swept, published))


def _shares(inertia: Mapping[int, float]) -> dict[int, float]:
    whole = inertia.get(1) or 1.0
    return {k: v / whole for k, v in inertia.items()}


def _panel(
    x: Scale, top: float, title: str, values: Mapping[int, float], theirs: Mapping[int, float],
    chosen: int | None,
) -> str:
    every = [*values.values(), *theirs.values(), 0.0]
    y = Scale(min(every), max(every), top + _PANEL, top + 16)
    parts = [text(title, _LEFT, top + 4, "tick")]
    for level in _levels(min(every), max(every)):
        parts += [line(_LEFT, y(level), _RIGHT, y(level), "grid"),
                  text(f"{level:g}", _LEFT - 6, y(level) + 4, "tick", "end")]
    if chosen is not None and chosen in values:
        parts.append(line(x(chosen), top + 16, x(chosen), top + _PANEL, "baseline"))
        parts.append(text(str(chosen), x(chosen) + 5, top + _PANEL - 5, "strong"))
    parts.append(path([(x(k), y(v)) for k, v in values.items()], "curve"))
    parts += [element("circle", cx=x(k), cy=y(v), r=3.0, class_="mark") for k, v in values.items()]
    parts += [diamond(x(k), y(v), 4.5, "mark-open") for k, v in theirs.items()]
    return "".join(parts)


def _levels(low: float, high: float) -> list[float]:
    """Return round values from low to high, 0 among them, three to six of them."""
    steps = (s * 10.0**p for p in range(-4, 2) for s in (1, 2, 5))
    step = next((s for s in steps if (high - low) / s <= 5), 1.0)
    first, last = -int(-low / step), int(high / step)
    return [round(i * step, 6) for i in range(first, last + 1)]


def _caption(swept: Sweep, published: Published | None) -> str:
    said = "K-means: how near tracks are to their centres (above), and how clearly clusters part " \
           "(below; 1 is clearest, 0 says that they touch)."
    if swept.best is not None:
        said += f" Silhouette is highest for {swept.best}: {swept.silhouette[swept.best]:.3f}."
    if swept.elbow is not None:
        said += f" The bend of the upper curve is at {swept.elbow}."
    return said + (f" Diamonds: {published.by}." if published else "")
