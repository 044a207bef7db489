"""Mel scales and the triangular filters that sum a spectrum into mel bands.

Three forms are met in published models. Slaney's scale is linear below 1 kHz; HTK's is logarithmic
throughout; both have triangles that are straight in Hz. Kaldi, and AudioSet's VGGish, take HTK's
scale and triangles that are straight in mel; with VGGish's 64 bands that is up to 0.0044 of a
triangle's height.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Scale = Literal["slaney", "htk", "kaldi"]
Norm = Literal["slaney", "none"]

_LINEAR_STEP, _CORNER_HZ = 200 / 3, 1000.0
_CORNER = _CORNER_HZ / _LINEAR_STEP
_LOG_STEP = np.log(6.4) / 27
_HTK_CORNER_HZ = 700.0


@dataclass(frozen=True)
class MelShape:
    """Where mel bands lie and what form they have.

    Attributes:
        fmin_hz: where the lowest band begins.
        fmax_hz: where the highest band ends; None for half the sample rate.
        scale: ``slaney``, ``htk``, or ``kaldi`` (HTK's, with triangles straight in mel).
        norm: ``slaney`` for triangles of equal area over Hz, ``none`` for height 1.
    """

    fmin_hz: float = 0.0
    fmax_hz: float | None = None
    scale: Scale = "slaney"
    norm: Norm = "slaney"


SLANEY = MelShape()
"""librosa's default: from 0 Hz to half the sample rate, of equal area."""


def mel_frequencies(count: int, low_hz: float, high_hz: float, scale: Scale = "slaney") -> Doubles:
    """Return ``count`` frequencies in Hz, evenly spaced on a mel scale [shape=(count,)].

    Source: Slaney, "Auditory Toolbox", 1998; O'Shaughnessy, "Speech communication", 1987, for HTK.
    """
    low, high = to_mel(np.asarray([low_hz, high_hz], np.float64), scale)
    mels = np.linspace(low, high, count)
    if scale != "slaney":
        return _HTK_CORNER_HZ * np.expm1(mels)
    above = np.exp(_LOG_STEP * (mels - _CORNER))
    return np.where(mels < _CORNER, mels * _LINEAR_STEP, _CORNER_HZ * above)


def to_mel(hz: Doubles, scale: Scale) -> Doubles:
    """Return frequencies on a mel scale; HTK's without its factor 1127, which cancels."""
    if scale != "slaney":
        return np.log1p(hz / _HTK_CORNER_HZ)
    above = _CORNER + np.log(np.maximum(hz, _CORNER_HZ) / _CORNER_HZ) / _LOG_STEP
    return np.where(hz < _CORNER_HZ, hz / _LINEAR_STEP, above)


@lru_cache(maxsize=16)
def mel_filters(
    sample_rate: int, n_fft: int, n_mels: int = 128, shape: MelShape = SLANEY
) -> Floats:
    """Return triangular mel filters [shape=(n_mels, 1 + n_fft // 2)].

    A band narrower than a bin may be fed by none. 0 Hz feeds no band.
    """
    high_hz = sample_rate / 2 if shape.fmax_hz is None else shape.fmax_hz
    edges = mel_frequencies(n_mels + 2, shape.fmin_hz, high_hz, shape.scale)
    bins = np.arange(1 + n_fft // 2, dtype=np.float64) * (sample_rate / n_fft)
    if shape.scale == "kaldi":
        triangles = _triangles(to_mel(edges, "kaldi"), to_mel(bins, "kaldi"))
    else:
        triangles = _triangles(edges, bins)
    if shape.norm == "slaney":
        triangles *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return triangles.astype(np.float32)


def _triangles(edges: Doubles, places: Doubles) -> Doubles:
    """Return triangles of height 1 over places [shape=(len(edges) - 2, places)]."""
    widths = np.diff(edges)
    ramps = edges[:, None] - places
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    triangles: Doubles = np.maximum(0, np.minimum(rising, falling))
    return triangles
