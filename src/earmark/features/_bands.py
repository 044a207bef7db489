"""What the families of mel bands over time share, whatever they make of the bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earmark.features._colours import colours
from earmark.features._png import png


class Bands:
    """Bands over time [shape=(n_mels, frames)], the lowest first; for a front end with the settings
    below."""

    sample_rate: int
    hop_length: int
    n_mels: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The bands, ``mel1`` the lowest."""
        return tuple(f"mel{band}" for band in range(1, self.n_mels + 1))

    @property
    def frames_per_second(self) -> float:
        """How many frames a second has."""
        return self.sample_rate / self.hop_length

    def png(self, values: NDArray[np.float32]) -> bytes:
        """Return values as a coloured PNG file, the highest band on top and the highest value
        lightest."""
        lowest, highest = values.min(), values.max()
        shades = (values[::-1] - lowest) / max(highest - lowest, np.float32(1))
        return png(colours(shades))
