"""From dark to light: a colour table whose lightness rises evenly, so that it also reads as grey.

Night blue, violet, rose, orange, straw and ivory: our own choice. The colours stand where their
lightness puts them, so equal steps of value are equal steps of lightness.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from earmark.audio.dsp import Floats

# red, green, blue in [0, 1], from dark to light
_POINTS = np.array([
    (0.010, 0.012, 0.045), (0.110, 0.075, 0.290), (0.345, 0.105, 0.475), (0.640, 0.180, 0.470),
    (0.875, 0.345, 0.345), (0.965, 0.590, 0.270), (0.975, 0.825, 0.450), (0.995, 0.985, 0.900),
])  # fmt: skip
_STEPS = 1024


def lightness(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE L* in [0, 100] of sRGB colours [shape=(..., 3)] in [0, 1].

    Source: CIE 15, "Colorimetry"; IEC 61966-2-1 (sRGB).
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16,
                    luminance * 24389 / 27)


def colours(shades: Floats) -> Floats:
    """Return red, green and blue [shape=(3, ...)] in [0, 1] of shades in [0, 1]."""
    steps = np.rint(shades * (_STEPS - 1)).astype(np.intp)
    return np.stack([channel[steps] for channel in _table()])


@lru_cache(maxsize=1)
def _table() -> Floats:
    """The colours of all shades [shape=(3, steps)]."""
    # Twice: between two points lightness is not quite straight in red, green and blue.
    at = np.linspace(0, 1, _STEPS)
    fine = np.stack([np.interp(at, np.linspace(0, 1, len(_POINTS)), c) for c in _POINTS.T], axis=1)
    light = lightness(fine)
    light = (light - light[0]) / (light[-1] - light[0])
    return np.stack([np.interp(at, light, c) for c in fine.T]).astype(np.float32)
