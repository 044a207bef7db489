"""Occlusion: a part is taken away, and what the label's evidence loses is that part's share.

Any tagger can be explained so, since nothing of it is used but its scores. Parts are taken from
the sound itself: windows of time and bands of frequency one at a time, or every cell of their
grid. Shares need not add up: what two parts say both, neither loses alone.

Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks", 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.lab.explain.grid import Doubles, Grid
from earmark.lab.explain.sound import DEPTH_DB, Sound

Way = Literal["sound", "picture", "gradients"]
Evidence = Callable[[NDArray[np.float32]], float]
"""Samples to the logarithm of a label's odds."""


@dataclass(frozen=True)
class Shares:
    """What each part says for a label: above 0 it speaks for it, below 0 against.

    Attributes:
        way: parts were taken from the sound or from the front end's picture of it, or the shares
            were found by gradients.
        windows: in ``unit`` [shape=(windows,)].
        bands: likewise [shape=(bands,)].
        cells: of each window and band [shape=(windows, bands)]; None where they were not asked.
        passes: how many sounds, or pictures, the tagger heard for it.
        notes: what is to be known of them.
    """

    way: Way
    windows: Doubles
    bands: Doubles
    cells: Doubles | None
    passes: int
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What shares are counted in."""
        return "logit" if self.way == "gradients" else "log odds"

    @property
    def map(self) -> Doubles:
        """A value for each cell [shape=(windows, bands)]: its own share where it was asked, else
        the mean of its window's and its band's, each in parts of the largest of its kind."""
        if self.cells is not None:
            return self.cells
        return (_scaled(self.windows)[:, None] + _scaled(self.bands)) / 2


def parts(grid: Grid, *, cells: bool) -> NDArray[np.int8]:
    """Return what is taken away, one part after another: all windows, all bands and, if asked,
    all cells [shape=(parts, windows, bands)], 1 where something is taken."""
    windows, bands = np.eye(grid.windows, dtype=np.int8), np.eye(grid.bands, dtype=np.int8)
    shape = (-1, grid.windows, grid.bands)
    found = [np.broadcast_to(windows[:, :, None], (grid.windows, *shape[1:])),
             np.broadcast_to(bands[:, None, :], (grid.bands, *shape[1:]))]
    if cells:
        found.append(np.eye(grid.windows * grid.bands, dtype=np.int8).reshape(shape))
    return np.concatenate(found)


def shares(way: Way, drops: Doubles, grid: Grid, passes: int, notes: tuple[str, ...]) -> Shares:
    """Return the drops of all ``parts`` as shares."""
    windows, bands, cells = np.split(drops, [grid.windows, grid.windows + grid.bands])
    return Shares(way, windows, bands, cells.reshape(grid.windows, grid.bands) if len(cells)
                  else None, passes, notes)


def occlude(
    evidence: Evidence, sound: Sound, grid: Grid, *, cells: bool = False,
    depth_db: float = DEPTH_DB,
    step: Callable[[int, int], None] = lambda done, of: None,
) -> Shares:
    """Return the shares of windows and bands, taken from the sound.

    Args:
        cells: ask every cell too: as many passes as there are.
        step: called after each pass with how many are done, and of how many.
    """
    whole = evidence(sound.samples)
    taken = parts(grid, cells=cells)
    drops = np.zeros(len(taken))
    for number, part in enumerate(taken):
        drops[number] = whole - evidence(sound.without(part.astype(np.float64), grid, depth_db))
        step(number + 1, len(taken))
    return shares("sound", drops, grid, len(taken), ())


def _scaled(values: Doubles) -> Doubles:
    return values / (np.abs(values).max() or 1.0)
