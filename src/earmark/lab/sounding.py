"""Rows made of sound anew for every epoch: a random excerpt of the track, changed at random.

What is judged are the rows gathered once, as everywhere. What is learnt from is decoded, cut,
changed and turned into a row when a batch asks for it, by the loader's workers, so that stretched,
shifted and noisy versions need no room on the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.audio import load
from earmark.audio.augment import Waves
from earmark.errors import AudioError
from earmark.features.base import FrontEnd
from earmark.picked import Picked, pick


class Sounding:
    """Rows that a network learns from by hearing them again; else an array like any other.

    Attributes:
        rows: as gathered. paths: of the track of each row.
        seconds: length of an excerpt; None for whole tracks.
        lengths: of the tracks in seconds, one a row.
    """

    def __init__(
        self, rows: NDArray[np.float32], paths: Sequence[Path], front_end: FrontEnd,
        seconds: float | None, lengths: Sequence[float], waves: Waves | None,
    ) -> None:
        self.rows, self.paths, self.front_end = rows, tuple(paths), front_end
        self.seconds, self.lengths, self.waves = seconds, tuple(lengths), waves

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return tuple(self.rows.shape)

    @property
    def ndim(self) -> int:
        """As of an array."""
        return self.rows.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        return self.rows.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """Return rows as gathered."""
        return self.rows[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.rows, dtype=dtype)

    def picked(self, keep: NDArray[Any]) -> Sounding:
        """Return some of the rows."""
        numbers = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        return Sounding(pick(self.rows, numbers), [self.paths[k] for k in numbers],
                        self.front_end, self.seconds, [self.lengths[k] for k in numbers],
                        self.waves)

    def drawn(self, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return a row of a random excerpt of the track, changed at random; the row as gathered
        where the file cannot be read any more."""
        try:
            samples = self._excerpt(number, rng)
        except AudioError:
            found: NDArray[np.float32] = np.asarray(self.rows[number])
            return found
        if self.waves is not None:
            samples = self.waves(samples, self.front_end.sample_rate, rng)
        return self.front_end(samples)

    def _excerpt(self, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        rate, path = self.front_end.sample_rate, self.paths[number]
        if self.seconds is None:
            return load.load(path, sample_rate=rate).samples
        wanted = self.front_end.segments(self.seconds).length(rate) or 1
        free = max(0, int(self.lengths[number] * rate) - wanted)
        begin = int(rng.integers(0, free + 1))
        return np.resize(_part(path, rate, begin, wanted), wanted)  # repeats what is too short

    def __getstate__(self) -> dict[str, Any]:
        """Say what a loader's worker needs; a mapped array is said by its place."""
        rows = self.rows
        if isinstance(rows, np.memmap):
            rows = Picked(rows, np.arange(len(rows)))  # type: ignore[assignment]
        return {**vars(self), "rows": rows}


def _part(path: Path, rate: int, begin: int, length: int) -> NDArray[np.float32]:
    """Return samples from ``begin`` on; decoding ends with them."""
    parts, at = [], 0
    for block in load.stream(path, sample_rate=rate):
        parts.append(block[max(0, begin - at) : max(0, begin + length - at)])
        at += len(block)
        if at >= begin + length:
            break
    found = np.concatenate(parts)
    if not len(found):
        raise AudioError(f"{path}: is shorter than it was.")
    return found
