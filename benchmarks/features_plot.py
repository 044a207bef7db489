"""The races as one picture: bars on a logarithmic scale, with the ratios beside them."""

from __future__ import annotations

import math
from typing import Any

from earmark.judging.report.svg import element, escape

_WIDTH, _LEFT, _RIGHT, _BAR, _GAP = 720.0, 150.0, 560.0, 15.0, 34.0
_COLOURS = {
    "librosa": "#8d99a6", "torchaudio": "#b7a57a", "earmark": "#3d7ea6",
    "earmark[fast]": "#12507b", "floor": "#d9b08c",
}  # fmt: skip
_STYLE = ("text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600}"
          ".small{font-size:11px;fill:#555}"
          "@media(prefers-color-scheme:dark){text{fill:#eee}.small{fill:#bbb}}")


def draw(found: dict[str, Any]) -> str:
    """Return the SVG of a finished run of ``benchmarks.features``."""
    races = found["races"]
    most = max(max(race["cpu_ms"].values()) for race in races)
    parts, y = [_text(f"{found['unit']}; logarithmic scale", _LEFT, 16, "small")], 34.0
    for race in races:
        parts.append(_text(f"{race['title']}  (floor: {race['floor is']})", _LEFT, y, "title"))
        y += 6
        for name, ms in race["cpu_ms"].items():
            length = (_RIGHT - _LEFT) * _share(ms, most)
            parts.append(element("rect", x=_LEFT, y=y, width=length, height=_BAR - 3,
                                 fill=_COLOURS[name]))  # fmt: skip
            parts.append(_text(name, _LEFT - 8, y + 10, anchor="end"))
            parts.append(_text(_told(race, name, ms), _LEFT + length + 6, y + 10, "small"))
            y += _BAR
        y += _GAP - _BAR / 2
    body = element("style", _STYLE) + "".join(parts)
    return element("svg", body, xmlns="http://www.w3.org/2000/svg",
                   viewBox=f"0 0 {_WIDTH:g} {y:g}", role="img",
                   aria_label="CPU time of feature extraction") + "\n"  # fmt: skip


def _share(ms: float, most: float) -> float:
    return max(0.01, math.log10(max(ms, 1)) / math.log10(most))


def _told(race: dict[str, Any], name: str, ms: float) -> str:
    told = f"{ms:.0f} ms" if ms >= 100 else f"{ms:.1f} ms"
    ratio = race["ratios"].get(f"librosa / {name}")
    return f"{told}, {ratio:.1f}x faster than librosa" if ratio else told


def _text(content: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    return element("text", escape(content), x=x, y=y, class_=kind, text_anchor=anchor)
