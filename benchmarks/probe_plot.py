"""How a personal tagger grows: accuracy by the tracks of each label, one line a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.judging.report.svg import Scale, element, escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640.0, 340.0, 56.0, 520.0, 40.0, 290.0
_COLOURS = ("#8d6e2f", "#12507b", "#7a2f5b")
_STYLE = ("text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:12px;fill:#555}"
          "line{stroke:#8884;stroke-width:1}"
          "@media(prefers-color-scheme:dark){text{fill:#eee}.small{fill:#bbb}}")


def draw(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the SVG of the curves: name to points."""
    counts = [point["tracks_of_each_label"] for point in next(iter(curves.values()))]
    x, y = Scale(0, max(counts), _LEFT, _RIGHT), Scale(0, 1, _BOTTOM, _TOP)
    parts = [_text("Accuracy on artists not heard; band: 8 of 10 folds; composed music, 10 styles",
                   _LEFT - 40, 20)]
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(element("line", x1=_LEFT, y1=y(value), x2=_RIGHT, y2=y(value)))
        parts.append(_text(f"{value:g}", _LEFT - 8, y(value) + 4, "small", "end"))
    parts += [_text(str(n), x(n), _BOTTOM + 18, "small", "middle") for n in counts]
    parts.append(_text("tracks of each label learnt from", (_LEFT + _RIGHT) / 2, _BOTTOM + 38,
                       "small", "middle"))  # fmt: skip
    for (name, points), colour in zip(curves.items(), _COLOURS, strict=False):
        parts += _curve(name, points, colour, x, y)
    body = element("style", _STYLE) + "".join(parts)
    told = "; ".join(f"{name} {points[-1]['accuracy']:.2f}" for name, points in curves.items())
    return element("svg", body, xmlns="http://www.w3.org/2000/svg",
                   viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}", role="img",
                   aria_label=f"Accuracy by tracks of each label; with {counts[-1]}: {told}") + "\n"


def _curve(
    name: str, points: Sequence[Mapping[str, Any]], colour: str, x: Scale, y: Scale
) -> list[str]:
    def at(key: str) -> list[str]:
        return [f"{x(p['tracks_of_each_label']):.1f},{y(p[key]):.1f}" for p in points]

    last = points[-1]
    band = element("polygon", points=" ".join([*at("low"), *reversed(at("high"))]), fill=colour,
                   fill_opacity=0.15)  # fmt: skip
    line = element("polyline", points=" ".join(at("accuracy")), fill="none", stroke=colour,
                   stroke_width=2.5)  # fmt: skip
    dots = [element("circle", cx=x(p["tracks_of_each_label"]), cy=y(p["accuracy"]), r=4,
                    fill=colour) for p in points]  # fmt: skip
    said = _text(f"{name} {last['accuracy']:.2f}", _RIGHT + 10, y(last["accuracy"]) + 4)
    return [band, line, *dots, said]


def _text(content: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    return element("text", escape(content), x=x, y=y, class_=kind, text_anchor=anchor)
