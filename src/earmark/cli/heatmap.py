"""The timeline as a heat map in the terminal: a row a label, a column a stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from earmark.labels.tags import Tags

if TYPE_CHECKING:
    from rich.console import Console

_SHADES = " ░▒▓█"
_COLOURS = ("grey37", "blue", "cyan", "yellow", "bright_red")
_CELL = 2  # characters a column
_MOST_CELLS = 60


def draw(tags: Tags, top: int, console: Console) -> None:
    """Print the ``top`` labels of the track along time; nothing for a single segment, whose
    scores are the track's."""
    from rich.text import Text

    if tags.timeline is None or len(tags.timeline.scores) < 2:
        return
    rows = _rows(tags, top)
    width = max(len(name) for name in rows)
    cells = columns(tags, list(rows.values()))
    for name, row in zip(rows, cells, strict=True):
        line = Text(f"  {name:>{width}} ")
        for value in row:
            level = 0 if np.isnan(value) else min(int(value * len(_SHADES)), len(_SHADES) - 1)
            line.append((" " if np.isnan(value) else _SHADES[level]) * _CELL, _COLOURS[level])
        console.print(line)
    console.print(Text(f"  {'':>{width}} {_axis(tags.seconds, cells.shape[1] * _CELL)}", "dim"))


def _rows(tags: Tags, top: int) -> dict[str, str]:
    """Return what each row is called and whose scores it shows: of synonyms the best one's."""
    if not tags.groups:
        return {label: label for label, _ in tags.top(top)}
    from earmark.labels.grouped import best

    return {shown.name: shown.label for shown in best(tags, top)}


def columns(tags: Tags, names: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return scores [shape=(names, columns)], neighbouring segments averaged into at most 60
    columns; NaN where all of them are silent."""
    timeline = tags.timeline
    assert timeline is not None
    picked = [timeline.labels.index(name) for name in names]
    silent = (np.nan,) * len(names)
    rows = [silent if r is None else tuple(r[k] for k in picked) for r in timeline.scores]
    scores = np.asarray(rows, dtype=np.float64).T  # (names, segments)
    groups = np.array_split(np.arange(scores.shape[1]), min(_MOST_CELLS, scores.shape[1]))
    return np.stack([_mean(scores[:, group]) for group in groups], axis=1)


def _mean(
    scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    heard = ~np.isnan(scores)
    total = np.where(heard, scores, 0).sum(axis=1)
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.where(
        heard.any(axis=1), total / np.maximum(heard.sum(axis=1), 1), np.nan
    )
    return mean


def _axis(seconds: float, width: int) -> str:
    end = f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
    return "0:00" if width < len(end) + 6 else "0:00" + end.rjust(width - 4)
