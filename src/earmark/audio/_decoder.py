"""What the decoders have in common."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

STEP_FRAMES = 16_384  # decoded at once: what an error midway may cost, 0.4 s at 44.1 kHz


class DecoderError(Exception):
    """One decoder's reason for not going on: says which decoder and what it said."""


class Decoder(Protocol):
    """An open file; made from its path, or ``DecoderError``.

    Attributes:
        name: of the decoder.
        format: of the container, as the decoder calls it.
        sample_rate: in Hz.
        seconds: duration that the file's header promises; None where it does not.
    """

    name: str
    format: str
    sample_rate: int
    channels: int
    seconds: float | None

    def read(self) -> Samples:
        """Return the next samples [shape=(frames, channels)]; none at the end.

        Raises:
            DecoderError: the decoder gives up.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
