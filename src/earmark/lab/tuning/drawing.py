"""Pictures of a search: scores over trials, what matters, and a slice along every setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
from earmark.lab.tuning.ranges import word

_LEFT, _RIGHT, _TOP = 44.0, WIDTH - 12, 12.0
_BOTTOM = 210.0
_FEW = 8  # names that fit below a slice without being shortened to nothing
_LETTER = 6.2  # pixels of a tick's letter
Values = Mapping[str, Any]


def history(found: Values, metric: str) -> str:
    """Return the score of every trial, and the best so far."""
    shown = [t for t in found["trials"] if t["score"] is not None]
    x = Scale(0, max(1, len(found["trials"]) - 1), _LEFT + 6, _RIGHT - 6)
    y = _height(shown)
    best, steps = -math.inf, list[tuple[float, float]]()
    for trial in (t for t in shown if t["state"] == "complete"):
        if trial["score"] > best:
            steps += [(x(trial["number"]), y(best))] if steps else []
            best = trial["score"]
        steps.append((x(trial["number"]), y(best)))
    marks = "".join(_mark(t, x(t["number"]), y(t["score"]), found) for t in shown)
    told = f"{metric} of {len(shown)} trials; the best, trial {found['best']['trial']}: {best:.3f}"
    return chart("tune-history", f"{metric} of every trial", told, _BOTTOM + 40, _upward(y),
                 *(text(str(n), x(n), _BOTTOM + 15, "tick", "middle")
                   for n in _whole_levels(len(found["trials"]) - 1)),
                 text("trial", (_LEFT + _RIGHT) / 2, _BOTTOM + 32, "tick", "middle"),
                 path(steps, "curve"), marks)


def sliced(found: Values, place: str, metric: str) -> str:
    """Return the scores of all trials by their value of one setting."""
    shown = [t for t in found["trials"] if t["score"] is not None and place in t["values"]]
    its, y = found["space"][place], _height([t for t in found["trials"] if t["score"] is not None])
    x, ticks = _choices(its["choices"]) if "choices" in its else _numbers(its)
    points = [(t, at) for t in shown if (at := x(t["values"][place])) is not None]
    # What is better is drawn last, on top.
    points.sort(key=lambda pair: (pair[0]["state"] == "complete", pair[0]["score"]))
    name = found["names"][place]
    told = f"{metric} of {len(points)} trials by {name}"
    return chart(f"tune-slice-{sorted(found['space']).index(place)}", told, told, _BOTTOM + 24,
                 _upward(y), ticks, *(_mark(t, at, y(t["score"]), found) for t, at in points))


def levels(low: float, high: float) -> list[float]:
    """Return three to six round values within [low, high].

    >>> levels(0.52, 0.61)
    [0.52, 0.54, 0.56, 0.58, 0.6]
    """
    steps = (s * 10.0**p for p in range(-6, 308) for s in (1, 2, 5))
    step = next((s for s in steps if (high - low) / s <= 5), None)
    if step is None:
        return [low, high]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 9) for i in range(first, last + 1)]


def _height(shown: Sequence[Values]) -> Scale:
    """Return a scale that has all scores of trials judged to the end, and some room."""
    scores = [t["score"] for t in shown]
    low, high = min(scores), max(scores)
    room = 0.08 * (high - low) or 0.02
    return Scale(max(0.0, low - room), min(1.0, high + room), _BOTTOM, _TOP)


def _upward(y: Scale) -> str:
    return "".join(line(_LEFT, y(v), _RIGHT, y(v), "grid")
                   + text(f"{v:g}", _LEFT - 6, y(v) + 4, "tick", "end")
                   for v in levels(y.low, y.high))


def _whole_levels(most: int) -> list[int]:
    return sorted({int(v) for v in levels(0, max(1, most)) if v == int(v)})


def _mark(trial: Values, x: float, y: float, found: Values) -> str:
    if trial["number"] == found["best"]["trial"]:
        return element("circle", cx=x, cy=y, r=7.0, class_="mark")
    if trial["given"]:
        return element("rect", x=x - 5, y=y - 5, width=10.0, height=10.0, class_="known")
    if trial["state"] == "pruned":
        return diamond(x, y, 4.0, "mark-open")
    return element("circle", cx=x, cy=y, r=4.0, class_="dot")


def _numbers(its: Values) -> tuple[Callable[[Any], float | None], str]:
    """Return where numbers stand, and their ticks."""
    turn: Callable[[float], float] = math.log10 if its["log"] else float
    scale = Scale(turn(its["low"]), turn(its["high"]), _LEFT + 8, _RIGHT - 8)

    def place(value: Any) -> float | None:
        inside = isinstance(value, int | float) and its["low"] <= value <= its["high"]
        return scale(turn(value)) if inside else None

    values = _decades(its["low"], its["high"]) if its["log"] else levels(its["low"], its["high"])
    ticks = "".join(line(scale(turn(v)), _TOP, scale(turn(v)), _BOTTOM, "grid")
                    + text(f"{v:g}", scale(turn(v)), _BOTTOM + 15, "tick", "middle")
                    for v in values)
    return place, ticks


def _decades(low: float, high: float) -> list[float]:
    """Return round values within [low, high] for a scale of orders of magnitude."""
    within: list[float] = []
    for digits in ((1,), (1, 3), (1, 2, 5), range(1, 10)):
        within = [d * 10.0**e for e in range(-12, 13) for d in digits
                  if low * (1 - 1e-9) <= d * 10.0**e <= high * (1 + 1e-9)]
        if len(within) >= 3:
            return [float(f"{v:.9g}") for v in within]
    return [low, high]


def _choices(values: Sequence[Any]) -> tuple[Callable[[Any], float | None], str]:
    """Return where each choice stands, and its name; trials of one choice stand above it."""
    width = (_RIGHT - _LEFT) / len(values)
    places = [_LEFT + (i + 0.5) * width for i in range(len(values))]
    most = max(4, int(width / _LETTER)) if len(values) <= _FEW else 4

    def place(value: Any) -> float | None:
        return places[values.index(value)] if value in values else None

    return place, "".join(text(shorten(word(v), most), x, _BOTTOM + 15, "tick", "middle")
                          for v, x in zip(values, places, strict=True))
