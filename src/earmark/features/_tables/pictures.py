"""Published spectrogram pictures in one npz file, read back to the spectra they show.

Arrays: ``X`` [shape=(pictures, 370, 496)] uint8, the lowest frequency first, and ``name``
[shape=(pictures,)], such as ``blues/blues.00000.png``. A picture was drawn without smoothing, so a
column is one spectrum and a bin fills two to four rows alike. Where its rows begin depends on who
drew it: cells were placed by their edges, and 128 of 129 bins are shown, or by their centres, and
all are. White, 255, stands for no power at all: its logarithm was left undrawn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.features._tables.named import refuse_ids
from earmark.store import read_npz

ROWS, SPECTRA = 370, 496
BINS = 128  # those shown in all pictures
_UNDRAWN = 255
_HEIGHT = 369.6  # of the plot, in pixels
_BY_EDGES = np.floor(np.arange(BINS) * _HEIGHT / BINS).astype(np.int64)
_BY_CENTRES = np.rint(np.arange(BINS + 1) * _HEIGHT / (BINS + 1)).astype(np.int64)


class Pictures(NamedTuple):
    """Pictures as they lie in the file.

    Attributes:
        path: of the file.
        levels: [shape=(pictures, 370, 496)].
        names: one a picture.
    """

    path: Path
    levels: NDArray[np.uint8]
    names: tuple[str, ...]

    def cells(self, which: slice) -> NDArray[np.float32]:
        """Return the levels of some pictures' bins in [0, 1] [shape=(pictures, 128, 496)].

        Raises:
            DataError: a picture's rows do not come from bins.
        """
        shown = np.stack([self._bins(k) for k in range(*which.indices(len(self.names)))])
        cells = (shown.astype(np.float32) + np.float32(0.5)) / np.float32(256)
        cells[shown == _UNDRAWN] = 0
        return cells

    def _bins(self, number: int) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = self.levels[number]
        for begins in (_BY_EDGES, _BY_CENTRES):
            alike = np.diff(begins, append=ROWS)
            if np.array_equal(picture, np.repeat(picture[begins], alike, axis=0)):
                return picture[begins[:BINS]]
        raise DataError(f"{self.path}: the rows of the picture '{self.names[number]}' do not come "
                        f"from {BINS} or {BINS + 1} bins; expected it as published, neither "
                        "smoothed nor turned.")


def read_pictures(path: Path) -> Pictures:
    """Read the published pictures.

    Raises:
        DataError: the file cannot be read as npz or holds Python objects; an array is missing or
            of another shape or type; a picture is there twice or has no name; there are none.
    """
    arrays = read_npz(path, ("X", "name"))
    levels, names = arrays["X"], arrays["name"]
    _refuse_shapes(path, levels, names)
    refuse_ids(path, names, "picture")
    return Pictures(path, levels, tuple(names.tolist()))


def _refuse_shapes(path: Path, levels: NDArray[Any], names: NDArray[Any]) -> None:
    if levels.dtype != np.uint8 or levels.shape[1:] != (ROWS, SPECTRA):
        raise DataError(f"{path}: 'X' is {levels.dtype} of shape {levels.shape}; expected uint8, "
                        f"(pictures, {ROWS}, {SPECTRA}).")
    if not len(levels):
        raise DataError(f"{path}: holds no pictures; expected at least one.")
    if names.dtype.kind != "U" or names.shape != (len(levels),):
        raise DataError(f"{path}: 'name' is {names.dtype} of shape {names.shape}; expected text, "
                        f"one a picture, ({len(levels)},).")
