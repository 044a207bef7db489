"""The parts that spoke for a label, to be heard: the rest is muted.

Muted is 24 dB down, hardly to be heard, and not silence: with holes of silence in it a tagger takes
a sound for something else altogether.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.lab.explain.grid import Doubles, Grid
from earmark.lab.explain.sound import Sound
from earmark.store import write_bytes

MUTED_DB = 24.0
_WHOLE = 0.5  # of the largest share: cells from here on are kept as they are


@dataclass(frozen=True)
class Spoken:
    """A sound in two: what spoke for a label, and the rest.

    Attributes:
        kept: [shape=(n,)] as long as the sound, within full scale.
        rest: likewise, with what spoke for it muted.
        share: of the sound's energy, what was kept, in [0, 1].
    """

    kept: NDArray[np.float32]
    rest: NDArray[np.float32]
    share: float


def gains(cells: Doubles) -> Doubles:
    """Return how much of each cell is kept, in [0, 1]: nothing where it speaks against, all where
    its share is half the largest or more."""
    most = cells.max(initial=0.0)
    return np.clip(cells / (_WHOLE * most), 0, 1) if most > 0 else np.zeros_like(cells)


def spoken(sound: Sound, cells: Doubles, grid: Grid) -> Spoken | None:
    """Return the sound in two, by the shares of its cells [shape=(windows, bands)]; None where no
    cell speaks for the label."""
    kept_gains = gains(cells)
    if not kept_gains.any():
        return None
    through = sound.spread(kept_gains, grid)
    least = 10 ** (-MUTED_DB / 20)
    kept = sound.masked(least + (1 - least) * through)
    rest = sound.masked(1 - (1 - least) * through)
    peak = max(1.0, float(np.abs(kept).max()), float(np.abs(rest).max()))
    energy = float(np.square(sound.samples, dtype=np.float64).sum())
    share = float(np.square(kept, dtype=np.float64).sum()) / energy
    return Spoken(kept / np.float32(peak), rest / np.float32(peak), min(share, 1.0))


def write(path: Path, samples: NDArray[np.float32], sample_rate: int) -> None:
    """Write samples in [-1, 1] as a 16-bit WAV file, whole or not at all.

    Raises:
        EarmarkError: the file cannot be written.
    """
    import soundfile

    made = io.BytesIO()
    whole = np.clip(np.round(samples * 32767), -32767, 32767).astype(np.int16)
    soundfile.write(made, whole, sample_rate, format="WAV", subtype="PCM_16")
    write_bytes(path, made.getvalue())


def file_name(label: str) -> str:
    """Return what the WAV of a label is called: safe on every system.

    >>> file_name("R&B / soul")
    'spoke-for-r-b-soul.wav'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60]
    return f"spoke-for-{plain or 'label'}.wav"
