"""Occlusion: a part is taken away, and what the label's evidence loses is that part's share.

Any tagger can be explained so, since nothing of it is used but its scores. Parts are taken from
the sound itself: windows of time and bands of frequency one at a time, or every cell of their
grid. Shares need not add up: what two parts say both, neither loses alone.

Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks", 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


@dataclass(frozen=True)
class Parts:
    """What is taken away, one part after another: all windows, all bands and, if asked, all cells.

    Each is made when it is asked for: all of a fine grid's together would be gigabytes.
    """

    grid: Grid
    cells: bool

    def __len__(self) -> int:
        """Return how many there are."""
        windows, bands = self.grid.windows, self.grid.bands
        return windows + bands + windows * bands * self.cells

    def __iter__(self) -> Iterator[NDArray[np.int8]]:
        """Yield them."""
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> NDArray[np.int8]:
        """Return a part [shape=(windows, bands)], 1 where something is taken."""
        windows, bands = self.grid.windows, self.grid.bands
        part = np.zeros((windows, bands), np.int8)
        if number < windows:
            part[number] = 1
        elif number < windows + bands:
            part[:, number - windows] = 1
        else:
            part.flat[number - windows - bands] = 1
        return part


def shares(way: Way, drops: Doubles, grid: Grid, passes: int, notes: tuple[str, ...]) -> Shares:
    """Return the drops of all ``Parts`` as shares."""
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
    taken = Parts(grid, cells)
    drops = np.zeros(len(taken))
    for number, part in enumerate(taken):
        drops[number] = whole - evidence(sound.without(part.astype(np.float64), grid, depth_db))
        step(number + 1, len(taken))
    return shares("sound", drops, grid, len(taken), ())


def _scaled(values: Doubles) -> Doubles:
    return values / (np.abs(values).max() or 1.0)
