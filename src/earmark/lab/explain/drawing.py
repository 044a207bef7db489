"""The spectrogram with what speaks for a label in red and against it in blue, and bars beside it.

Bars say the sign by their side as well: above or to the right speaks for, below or left against.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio.melbands import to_mel
from earmark.features.image import Image
from earmark.judging.report.svg import Scale, chart, element, line, text
from earmark.lab.explain.grid import Doubles, Grid
from earmark.lab.explain.occlusion import Shares
from earmark.lab.explain.sound import Sound

_LEFT, _TOP, _WIDE, _HIGH = 56.0, 8.0, 720.0, 260.0
_BARS, _GAP = 110.0, 18.0
_PIXELS = (260, 720)  # rows, columns
_FOR, _AGAINST = (0.93, 0.11, 0.14), (0.10, 0.42, 1.0)
_STRONGEST = 0.75  # how far the largest share covers the spectrogram
_TICKS_HZ = (200, 500, 1000, 2000, 4000, 8000, 16_000)
_STEPS_SECONDS = (0.5, 1, 2, 5, 10, 20, 60, 120)


@dataclass(frozen=True)
class _Axes:
    """Where the picture's time and frequency lie, in pixels."""

    across: Scale
    up: Scale

    @classmethod
    def of(cls, sound: Sound) -> _Axes:
        highest = float(to_mel(np.asarray([sound.sample_rate / 2]), "slaney")[0])
        return cls(Scale(0, sound.seconds, _LEFT, _LEFT + _WIDE),
                   Scale(0, highest, _TOP + _HIGH, _TOP))

    def y(self, hz: float) -> float:
        return self.up(float(to_mel(np.asarray([hz]), "slaney")[0]))


def draw(label: str, sound: Sound, grid: Grid, shares: Shares) -> str:
    """Return the picture as SVG."""
    axes = _Axes.of(sound)
    below = _TOP + _HIGH + 34
    picture = base64.b64encode(Image().png(overlaid(sound, grid, shares.map))).decode()
    image = element("image", href=f"data:image/png;base64,{picture}", x=_LEFT, y=_TOP, width=_WIDE,
                    height=_HIGH, preserveAspectRatio="none")
    drawn = [image, _frame(_LEFT, _TOP, _WIDE, _HIGH), _hz_ticks(axes, sound),
             _time_ticks(axes, sound), _window_bars(axes, grid, shares.windows, below, shares.unit),
             _band_bars(axes, grid, shares.bands)]
    return chart("explained", f"What spoke for {label}", _said(sound, grid, shares),
                 below + _BARS + 24, *drawn, width=_LEFT + _WIDE + _GAP + _BARS + 12)


def overlaid(sound: Sound, grid: Grid, cells: Doubles) -> NDArray[np.float32]:
    """Return the mel spectrum in grey, the highest band on top, under red where cells speak for the
    label and blue where against [shape=(3, height, width)] in [0, 1]."""
    rows, columns = _PIXELS
    front_end = Image(sample_rate=sound.sample_rate, height=rows, width=columns, colour="grey")
    grey = np.repeat(front_end(sound.samples), 3, axis=0)
    highest = float(to_mel(np.asarray([sound.sample_rate / 2]), "slaney")[0])
    mels = (np.arange(rows)[::-1] + 0.5) / rows * highest
    edges = to_mel(grid.hz, "slaney")
    band = np.clip(np.searchsorted(edges, mels, side="right") - 1, 0, grid.bands - 1)
    moments = (np.arange(columns) + 0.5) / columns * sound.seconds
    window = np.clip(np.searchsorted(grid.times, moments, side="right") - 1, 0, grid.windows - 1)
    strength = cells[np.ix_(window, band)].T / (np.abs(cells).max() or 1.0)
    colour = np.where(strength > 0, np.reshape(_FOR, (3, 1, 1)), np.reshape(_AGAINST, (3, 1, 1)))
    cover = _STRONGEST * np.abs(strength)
    return ((1 - cover) * grey + cover * colour).clip(0, 1).astype(np.float32)


def _frame(x: float, y: float, width: float, height: float) -> str:
    return element("rect", x=x, y=y, width=width, height=height, class_="frame")


def _hz_ticks(axes: _Axes, sound: Sound) -> str:
    shown = [hz for hz in _TICKS_HZ if hz < 0.49 * sound.sample_rate]
    marks = [line(_LEFT - 4, axes.y(hz), _LEFT, axes.y(hz), "grid")
             + text(f"{hz}", _LEFT - 7, axes.y(hz) + 4, "tick", "end") for hz in shown]
    return "".join(marks) + text("Hz", _LEFT - 7, _TOP + 8, "tick", "end")


def _time_ticks(axes: _Axes, sound: Sound) -> str:
    step = next((s for s in _STEPS_SECONDS if sound.seconds / s <= 16), 300)
    marks = []
    for k in range(int(sound.seconds / step) + 1):
        x = axes.across(k * step)
        marks += [line(x, _TOP + _HIGH, x, _TOP + _HIGH + 4, "grid"),
                  text(f"{sound.start_seconds + k * step:g}", x, _TOP + _HIGH + 16, "tick",
                       "middle")]
    return "".join(marks) + text("s", _LEFT + _WIDE + 10, _TOP + _HIGH + 16, "tick")


def _window_bars(axes: _Axes, grid: Grid, shares: Doubles, top: float, unit: str) -> str:
    most = float(np.abs(shares).max()) or 1.0
    scale = Scale(-most, most, top + _BARS, top) if shares.min() < 0 else Scale(
        0, most, top + _BARS, top)
    zero, drawn = scale(0), []
    for a, b, share in zip(grid.times, grid.times[1:], shares, strict=False):
        x, y = axes.across(float(a)), scale(float(share))
        drawn.append(element("rect", x=x + 0.5, width=max(axes.across(float(b)) - x - 1, 0.5),
                             y=min(y, zero), height=abs(y - zero), class_=_kind(share)))
    drawn += [line(_LEFT, zero, _LEFT + _WIDE, zero, "axis"),
              text(f"{most:+.2f}", _LEFT - 7, top + 8, "tick", "end"),
              text("0", _LEFT - 7, zero + 4, "tick", "end")]
    if shares.min() < 0:
        drawn.append(text(f"{-most:+.2f}", _LEFT - 7, top + _BARS + 2, "tick", "end"))
    return "".join(drawn) + text(f"share of each window, {unit}", _LEFT, top + _BARS + 18,
                                 "tick")


def _band_bars(axes: _Axes, grid: Grid, shares: Doubles) -> str:
    left = _LEFT + _WIDE + _GAP
    most = float(np.abs(shares).max()) or 1.0
    scale = Scale(-most if shares.min() < 0 else 0, most, left, left + _BARS)
    zero, drawn = scale(0), []
    for a, b, share in zip(grid.hz, grid.hz[1:], shares, strict=False):
        bottom, top, x = axes.y(float(a)), axes.y(float(b)), scale(float(share))
        drawn.append(element("rect", x=min(x, zero), width=abs(x - zero), y=top + 0.5,
                             height=max(bottom - top - 1, 0.5), class_=_kind(share)))
    under = _TOP + _HIGH + 16
    drawn += [line(zero, _TOP, zero, _TOP + _HIGH, "axis"),
              text(f"{most:+.2f}", left + _BARS, under, "tick", "end")]
    return "".join(drawn) + text("share of each band", left + _BARS, under + 16, "tick", "end")


def _kind(share: float) -> str:
    return "for" if share > 0 else "against"


def _said(sound: Sound, grid: Grid, shares: Shares) -> str:
    window, band = int(np.argmax(shares.windows)), int(np.argmax(shares.bands))
    start = sound.start_seconds + grid.times[window]
    return (f"Mel spectrum of {sound.seconds:.1f} s. The window from {start:.1f} s speaks most for "
            f"the label ({shares.windows[window]:+.2f} {shares.unit}), and the band from "
            f"{grid.hz[band]:.0f} to {grid.hz[band + 1]:.0f} Hz ({shares.bands[band]:+.2f}).")
