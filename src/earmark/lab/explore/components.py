"""How many directions the features really have: principal components, scaled and unscaled.

A student project (vinay-pv) kept .999 of the variance of 518 features with 33 components because
it did not scale them: a few columns in hertz held nearly all of the variance. Both are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from earmark.judging.report.svg import WIDTH, Scale, chart, element, line, path, text, upward
from earmark.lab.explore.section import Explored, Figure, Section
from earmark.lab.explore.space import Components, principal

WANTED = (0.9, 0.95, 0.99, 0.999)
"""Shares of the variance that components are counted for."""
_MOST_LISTED = 100
_HEAVIEST = 5
_BOTTOM = 230.0


def section(found: Explored, scaled: Components) -> Section:
    """Return how variance is spread over components.

    Args:
        scaled: components of the standardised columns.
    """
    raw = principal(found.rows)
    kinds = {"scaled": scaled, "unscaled": raw}
    numbers = {kind: _told(its, found.columns) for kind, its in kinds.items()}
    if scaled.needed(WANTED[0]) == 0:
        return Section("features-variance", _TITLE, numbers, (), (
            "No feature varies, so there are no components.",))
    figure = Figure("Variance held by the first components", _picture(kinds),
                    _caption(scaled, raw))
    return Section("features-variance", _TITLE, numbers, (figure,),
                   (_why(scaled, raw, found.columns),))


_TITLE = "How many directions the features have"


def _told(its: Components, columns: Sequence[str]) -> dict[str, Any]:
    shares = its.shares[:_MOST_LISTED]
    return {
        "components": len(its.shares),
        "shares": [round(float(s), 6) for s in shares],
        "cumulated": [round(float(s), 6) for s in np.cumsum(shares)],
        "needed": {f"{share:g}": its.needed(share) for share in WANTED},
        "heaviest": [heaviest(its, i, columns) for i in range(min(2, len(its.axes)))],
    }


def heaviest(its: Components, component: int, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns that a component is mostly made of, with their weights."""
    axis = its.axes[component]
    best = np.argsort(-np.abs(axis), kind="stable")[:_HEAVIEST]
    return [{"column": columns[c], "weight": round(float(axis[c]), 4)} for c in best.tolist()]


def _picture(kinds: dict[str, Components]) -> str:
    most = max(len(its.shares) for its in kinds.values())
    x, y = Scale(0, np.log10(max(most, 2)), 40, WIDTH - 10), Scale(0, 1, _BOTTOM, 12)
    curves, told = [], []
    for kind, its in kinds.items():
        held = np.cumsum(its.shares)
        points = [(x(np.log10(i)), y(share)) for i, share in enumerate(held.tolist(), 1)]
        other = " dashed other" if kind == "unscaled" else ""
        curves += [path(points, f"curve{other}"),
                   *(_marked(x, y, share, its.needed(share), kind) for share in WANTED[:3])]
        told += [f"{kind}: " + ", ".join(f"{its.needed(s)} for {s:.1%}" for s in WANTED)]
    middle = (x.start + x.stop) / 2
    return chart("features-variance", "Variance held by the first components", "; ".join(told), 290,
                 upward(y, 40, WIDTH - 10), _ticks(x, most), *curves,
                 text("number of components", middle, _BOTTOM + 32, "tick", "middle"), _legend())


def _marked(x: Scale, y: Scale, share: float, needed: int, kind: str) -> str:
    if not needed:
        return ""
    at = (x(np.log10(needed)), y(share))
    return element("circle", cx=at[0], cy=at[1], r=4.0,
                   class_="mark" if kind == "scaled" else "mark-open")


def _ticks(x: Scale, most: int) -> str:
    steps = [v for p in range(5) for v in (10**p, 2 * 10**p, 5 * 10**p) if v <= most]
    return "".join(line(x(np.log10(v)), 12, x(np.log10(v)), _BOTTOM, "grid")
                   + text(str(v), x(np.log10(v)), _BOTTOM + 15, "tick", "middle") for v in steps)


def _legend() -> str:
    y = _BOTTOM + 52
    return (line(40, y - 4, 66, y - 4, "curve") + text("standardised columns", 72, y, "label")
            + line(220, y - 4, 246, y - 4, "curve dashed other")
            + text("as they are", 252, y, "label"))


def _caption(scaled: Components, raw: Components) -> str:
    share, most = WANTED[0], WANTED[-1]
    return (f"{share:.0%} of the variance of the standardised features takes {scaled.needed(share)}"
            f" of {scaled.axes.shape[1]} components, {most:.1%} takes {scaled.needed(most)}. "
            f"Unscaled it takes {raw.needed(share)} and {raw.needed(most)}. Marks stand at 90%, "
            "95% and 99%.")


def _why(scaled: Components, raw: Components, columns: Sequence[str]) -> str:
    first = heaviest(raw, 0, columns)[0]
    if raw.shares[0] < 2 * scaled.shares[0]:
        return (f"Scaling matters little here: the first component holds {scaled.shares[0]:.1%} of "
                f"the variance with it and {raw.shares[0]:.1%} without.")
    return (f"Unscaled, {raw.shares[0]:.1%} of the variance lies along the first component "
            f"(scaled: {scaled.shares[0]:.1%}), and {first['weight'] ** 2:.0%} of that direction is"
            f" {first['column']}: what is kept then follows the units of the features and not what "
            "they tell apart.")
