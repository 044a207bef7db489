"""The labels of a published split's parts, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.plain import clean
from earmark.judging.report.svg import WIDTH, Scale, chart, line, shorten, text
from earmark.judging.splits import PARTS, Split
from earmark.lab.explore.drawing import legend, mark
from earmark.lab.explore.section import Figure, Section
from earmark.lab.explore.tally import Tally, listed

_DRAWN = 25
_LEAST = 20
"""Labels on fewer tracks are left out of the most uneven: their shares are chance."""

_HUES = {"train": "hue-0", "valid": "hue-2", "test": "hue-1"}
_LEFT, _RIGHT, _ROW = 166.0, WIDTH - 14, 20.0


def compared(tally: Tally, split: Split) -> Section:
    """Return the share of each part's tracks that bear each label: counts, and nothing closer."""
    present = [part for part in PARTS if split.counts[part]]
    borne = _borne(tally, split, present)  # (parts, labels)
    sizes = np.asarray([split.counts[part] for part in present])
    shares = borne / sizes[:, None]
    common = [k for k in tally.commonest.tolist() if tally.counts[k]][:_DRAWN]
    ratio = _unevenness(borne, sizes)
    uneven = [k for k in np.argsort(-ratio, kind="stable").tolist() if ratio[k] > 1][:_DRAWN]
    figures = [_figure(tally, present, shares, common, "parts-common", "The commonest labels",
                       _said_of_common(tally, shares, common))]
    if uneven and len(present) > 1 and len(common) == _DRAWN:
        k = uneven[0]
        said = f"{tally.names[k]} differs most: " + ", ".join(
            f"{share:.2%} of {part}" for part, share in zip(present, shares[:, k], strict=True))
        figures.append(_figure(tally, present, shares, uneven, "parts-uneven",
                               "The labels that differ most",
                               f"{said}. Labels on at least {_LEAST} tracks."))
    return Section("parts", f"The parts of the split ‘{clean(split.name)}’ side by side",
                   _numbers(tally, split, present, shares, ratio), tuple(figures),
                   tuple(_missing(tally, present, borne)))


def _borne(tally: Tally, split: Split, present: Sequence[str]) -> NDArray[np.int64]:
    part_of = np.asarray([split.parts.get(i, "") for i in tally.ids])
    return np.stack([tally.truth[part_of == part].sum(axis=0, dtype=np.int64)
                     for part in present])


def _unevenness(borne: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the largest share over the smallest, half a track added to each; 0 for rare labels."""
    shares = (borne + 0.5) / (sizes[:, None] + 1)
    ratio: NDArray[np.float64] = shares.max(axis=0) / shares.min(axis=0)
    return np.where(borne.sum(axis=0) >= _LEAST, ratio, 0.0)


def _said_of_common(tally: Tally, shares: NDArray[np.float64], common: Sequence[int]) -> str:
    apart = shares[:, common].max(axis=0) - shares[:, common].min(axis=0)
    widest = int(apart.argmax())
    return f"Share of each part's tracks that bear the label. Among the {len(common)} commonest " \
           f"the parts are at most {100 * apart[widest]:.1f} points apart " \
           f"({tally.names[common[widest]]})."


def _figure(
    tally: Tally, present: Sequence[str], shares: NDArray[np.float64], shown: Sequence[int],
    name: str, title: str, said: str,
) -> Figure:
    bottom = 4 + _ROW * len(shown)
    scale, ticks = _ratios(shares[:, shown], bottom)
    names = [tally.names[k] for k in shown]
    rows = [_row(names[i], shares[:, k], present, scale, 4 + _ROW * (i + 0.5))
            for i, k in enumerate(shown)]
    items = [(i, _HUES[part], part) for i, part in enumerate(present)]
    keys, height = legend(items, bottom + 22, WIDTH)
    told = "; ".join(f"{n}: " + ", ".join(f"{part} {s:.2%}" for part, s in
                                          zip(present, shares[:, k], strict=True))
                     for n, k in zip(names, shown, strict=True))
    return Figure(title, chart(name, title, told, bottom + 22 + height, *ticks, *rows, keys), said)


def _ratios(
    shares: NDArray[np.float64], bottom: float
) -> tuple[Callable[[float], float], list[str]]:
    """Return a logarithmic scale, on which equal ratios are equally long, and its ticks.

    A share of 0 stands at the left border.
    """
    low = max(float(shares[shares > 0].min()), 1e-5) / 1.15
    high = max(float(shares.max()) * 1.15, 2 * low)
    log = Scale(math.log(low), math.log(high), _LEFT, _RIGHT)

    def scale(share: float) -> float:
        return log(math.log(max(share, low)))

    steps = _round(low, high, (1, 2, 5))
    if len(steps) < 3:
        steps = _round(low, high, (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))
    shown: list[float] = []
    for step in steps:
        if not shown or scale(step) - scale(shown[-1]) > 34:
            shown.append(step)
    return scale, [line(scale(v), 4, scale(v), bottom, "grid")
                   + text(f"{100 * v:g}%", scale(v), bottom + 14, "tick", "middle") for v in shown]


def _round(low: float, high: float, digits: Sequence[float]) -> list[float]:
    return [m * 10.0**e for e in range(-5, 1) for m in digits if low <= m * 10.0**e <= high]


def _row(
    name: str, shares: NDArray[np.float64], present: Sequence[str],
    scale: Callable[[float], float], y: float,
) -> str:
    drawn = [text(shorten(name, 22), _LEFT - 8, y + 4, "label", "end"),
             line(scale(float(shares.min())), y, scale(float(shares.max())), y, "whisker")]
    drawn += [mark(i, scale(float(share)), y, 4.5, f"node {_HUES[part]}")
              for i, (part, share) in enumerate(zip(present, shares, strict=True))]
    return "".join(drawn)


def _numbers(
    tally: Tally, split: Split, present: Sequence[str], shares: NDArray[np.float64],
    ratio: NDArray[np.float64],
) -> dict[str, Any]:
    labels = tally.vocabulary.labels
    return {
        "split": split.name, "tracks": {part: split.counts[part] for part in present},
        "tracks_in_no_part": len(set(tally.ids) - split.parts.keys()),
        "shares": [{"label": labels[k],
                    **{part: round(float(s), 6)
                       for part, s in zip(present, shares[:, k], strict=True)},
                    "largest_over_smallest": round(float(ratio[k]), 6) if ratio[k] else None}
                   for k in tally.commonest.tolist()],
    }  # fmt: skip


def _missing(tally: Tally, present: Sequence[str], borne: NDArray[np.int64]) -> list[str]:
    notes = []
    for part, its in zip(present, borne, strict=True):
        gone = [tally.names[k]
                for k in np.flatnonzero((its == 0) & (borne.sum(axis=0) > 0))]
        if gone:
            why = "nothing can be learnt of them" if part == "train" else \
                "scores of these labels are undefined there"
            notes.append(f"No track of {part} bears {listed(gone)}: {why}.")
    return notes
