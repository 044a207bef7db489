"""What the families of pictures share: limits of their settings, and decibels over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from earmark.audio import mel
from earmark.audio.chunks import Chunk, Passes, chunks
from earmark.audio.dsp import Floats, Padding

Reference = Literal["one", "max"]

FLOAT32_DB = 80.0  # deeper down float32 is off by more than 0.001 dB


def refuse_frames(sample_rate: int, n_fft: int, hop_length: int) -> None:
    """Refuse frames that cannot be.

    Raises:
        ValueError: names the setting.
    """
    if not 1000 <= sample_rate <= 192_000:
        raise ValueError(f"'sample_rate' is {sample_rate}; expected 1000 to 192000 Hz.")
    if not 64 <= n_fft <= 65_536 or n_fft % 2:
        raise ValueError(f"'n_fft' is {n_fft}; expected an even number, 64 to 65536.")
    if not 1 <= hop_length <= n_fft:
        raise ValueError(f"'hop_length' is {hop_length}; expected 1 to 'n_fft', which is {n_fft}.")


def refuse_count(name: str, value: int, least: int, most: int) -> None:
    """Refuse a number of rows or bands outside its limits.

    Raises:
        ValueError: names the setting.
    """
    if not least <= value <= most:
        raise ValueError(f"'{name}' is {value}; expected {least} to {most}.")


def refuse_top_db(top_db: float | None) -> None:
    """Refuse a range of decibels that is none.

    Raises:
        ValueError: it is not above 0.
    """
    if top_db is not None and not 0 < top_db <= 300:
        raise ValueError(f"'top_db' is {top_db:g}; expected more than 0 and at most 300 dB.")


def mel_decibels(
    passes: Passes, sample_rate: int, n_fft: int, hop_length: int, n_mels: int, padding: Padding,
    top_db: float | None,
) -> Iterator[tuple[Chunk, Floats]]:  # fmt: skip
    """Yield each chunk with its mel decibels (reference 1) [shape=(frames, n_mels)].

    Args:
        top_db: how far below the sound's highest value they will be cut off.
    """
    exact = top_db is None or top_db > FLOAT32_DB
    for chunk in chunks(passes(), n_fft, hop_length, padding):
        bands = mel.powers(chunk.samples, sample_rate, n_fft, hop_length, n_mels,
                           exact=exact)
        yield chunk, mel.to_decibels(bands)


def over_time(pieces: list[Floats], out: Floats | None = None) -> Floats:
    """Return pieces [shape=(frames, rows)] one after another as rows over time
    [shape=(rows, frames)], letting go of each once it is copied: a long sound is not held twice.

    Args:
        out: takes the rows.
    """
    shape = (pieces[0].shape[1], sum(map(len, pieces)))
    rows = np.empty(shape, np.float32) if out is None else out
    end = rows.shape[1]
    while pieces:
        piece = pieces.pop()
        rows[:, end - len(piece) : end] = piece.T
        end -= len(piece)
    return rows


def relate(decibels: Floats, reference: Reference, top_db: float | None) -> Floats:
    """Cut decibels off ``top_db`` below their highest and, for ``max``, make that 0; in place."""
    highest = decibels.max()
    if top_db is not None:
        np.maximum(decibels, highest - np.float32(top_db), out=decibels)
    if reference == "max":
        decibels -= highest
    return decibels
