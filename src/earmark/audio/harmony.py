"""Pitch classes of a constant-Q transform and what is made of them, equal to librosa 0.11's.

Time runs down the rows, as everywhere: chroma is ``(frames, 12)`` from C on.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from earmark.audio.cqt import BINS_PER_OCTAVE
from earmark.audio.dsp import Floats

_TINY = float(np.finfo(np.float32).tiny)
_CENS_STEPS = (0.4, 0.2, 0.1, 0.05)  # shares of a frame that count a quarter each
_CENS_FRAMES = 43  # length of the smoothing window, its zero ends included


def fold(magnitudes: Floats) -> Floats:
    """Return the sum over octaves [shape=(frames, 12)] of constant-Q magnitudes from C on.

    Args:
        magnitudes: [shape=(frames, 12 * octaves)].
    """
    folded = magnitudes[:, :BINS_PER_OCTAVE].copy()
    for low in range(BINS_PER_OCTAVE, magnitudes.shape[1], BINS_PER_OCTAVE):
        folded += magnitudes[:, low : low + BINS_PER_OCTAVE]
    return folded


def chroma_cqt(folded: Floats) -> Floats:
    """Return chroma [shape=(frames, 12)], the strongest class of each frame 1; all 0 where silent.

    Args:
        folded: what ``fold`` returns.
    """
    return _over(folded, folded.max(axis=1, keepdims=True))


def chroma_cens(folded: Floats) -> Floats:
    """Return chroma energy normalised statistics [shape=(frames, 12)], each frame of unit length.

    The share of each class is rounded to quarters on a logarithmic scale and smoothed over 41
    frames; what is left is the course of the harmony, without loudness and articulation. All 0
    where it is silent for as long.

    Args:
        folded: of the whole sound; what ``fold`` returns.

    Source: Müller & Ewert, "Chroma toolbox", ISMIR 2011.
    """
    shares = _over(folded, folded.sum(axis=1, dtype=np.float64, keepdims=True))
    quarters = np.zeros(shares.shape, np.uint8)
    for step in _CENS_STEPS:
        quarters += shares > np.float32(step)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_CENS_FRAMES) / (_CENS_FRAMES - 1))
    window /= 4 * window.sum()
    half = _CENS_FRAMES // 2
    smoothed = np.empty(shares.shape, np.float32)
    for column, quarter in zip(smoothed.T, quarters.T, strict=True):
        column[:] = np.convolve(quarter, window)[half : half + len(quarter)]
    lengths = np.sqrt(np.einsum("tc,tc->t", smoothed, smoothed, dtype=np.float64))
    return _over(smoothed, lengths[:, None])



def tonnetz(chroma: Floats) -> Floats:
    """Return the tonal centroid [shape=(frames, 6)]: where the frame lies on the circles of
    fifths, minor thirds and major thirds, two coordinates each; all 0 where silent.

    Source: Harte, Sandler & Gasser, "Detecting harmonic change in musical audio", 2006.
    """
    shares = _over(chroma, chroma.sum(axis=1, dtype=np.float64, keepdims=True))
    centroid: Floats = shares @ _circles()
    return centroid


@lru_cache(maxsize=1)
def _circles() -> Floats:
    """Return the six coordinates of each pitch class [shape=(12, 6)]."""
    classes = np.arange(12)
    circles = ((7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5))  # half turns a semitone, radius
    columns = [
        radius * wave(np.pi * turns * classes)
        for turns, radius in circles
        for wave in (np.sin, np.cos)
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _over(values: Floats, sizes: NDArray[np.floating]) -> Floats:
    """Divide each frame by its size, and leave those without one as they are."""
    quotients: Floats = (values / np.where(sizes < _TINY, 1, sizes)).astype(np.float32)
    return quotients
