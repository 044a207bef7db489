"""Small charts to be looked at beside each other: one threshold curve a label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from earmark.judging.curves import Floats
from earmark.judging.report.several import Panel
from earmark.judging.report.svg import (
    Scale,
    chart,
    element,
    line,
    path,
    shorten,
    text,
    upward,
)

_WIDTH, _HEIGHT = 240.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, _WIDTH - 8, 40.0, _HEIGHT - 24
_USUAL = 0.5


def threshold_panel(name: str, panel: Panel, thresholds: Floats) -> str:
    """Return precision (dashed), recall (dotted) and F1 (solid) by threshold.

    The usual threshold of 0.5 is a thin upright, the chosen one a thick one with the F1 of the
    answers as a dot; where each label has its own, a thick level line at their F1.
    """
    x, y = Scale(0, 1, _LEFT, _RIGHT), Scale(0, 1, _BOTTOM, _TOP)
    curve = panel.curve
    parts = [text(shorten(panel.name, 30), 0, 12, "strong"),
             text(_said(panel, thresholds), 0, 28, "tick"), upward(y, _LEFT, _RIGHT),
             *(text(f"{v:g}", x(v), _BOTTOM + 15, "tick", "middle") for v in (0, 0.5, 1)),
             line(x(_USUAL), _TOP, x(_USUAL), _BOTTOM, "ideal")]
    for values, kind in ((curve.precision, "curve other dashed"), (curve.recall, "curve dotted"),
                         (curve.f1, "curve")):
        parts += [path([(x(t), y(v)) for t, v in run], kind) for run in _runs(thresholds, values)]
    if panel.chosen is not None:
        at = x(panel.chosen)
        parts.append(line(at, _TOP, at, _BOTTOM, "baseline"))
        if panel.f1 is not None:
            parts.append(element("circle", cx=at, cy=y(panel.f1), r=4.5, class_="mark"))
    elif panel.f1 is not None:
        parts.append(line(_LEFT, y(panel.f1), _RIGHT, y(panel.f1), "baseline"))
    return chart(f"threshold-{name}", f"Precision, recall and F1 of {panel.name} by threshold",
                 _said(panel, thresholds), _HEIGHT, *parts, width=_WIDTH)


def _said(panel: Panel, thresholds: Floats) -> str:
    """Return F1 of the answers and where it is highest, in a line."""
    best = panel.curve.best
    if np.isnan(panel.curve.recall).all():
        return "borne by no track"
    told = "–" if panel.f1 is None else f"{panel.f1:.2f}"
    at = ", each its own" if panel.chosen is None else f" at {panel.chosen:.2f}"
    return f"F1 {told}{at}; best {panel.curve.f1[best]:.2f} at {thresholds[best]:.2f}"


def _runs(thresholds: Floats, values: Floats) -> Iterator[NDArray[np.float64]]:
    """Yield the stretches of (threshold, value) that are defined, corners only.

    Points on a straight line between their neighbours are left out: most of a curve is flat, and a
    page holds many curves.
    """
    known = np.flatnonzero(np.isfinite(values))
    for stretch in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        if len(stretch) > 1:
            bends = abs(np.diff(values[stretch], 2)) > 1e-9
            kept = stretch[np.concatenate([[True], bends, [True]])]
            yield np.column_stack([thresholds[kept], values[kept]])
