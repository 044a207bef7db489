"""Drums from sines that fall and noise that fades; no samples.

A kit is an artist's: tuned, damped and recorded once. Each drum is struck a few times with fresh
noise, and the strokes are used in turn, so that no two neighbours are the same stroke.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

STROKES = 3


@dataclass(frozen=True)
class Kit:
    """How a drum kit is built.

    Attributes:
        tuning: factor on every drum's pitch, about 0.8 to 1.25.
        ring: factor on every decay.
        brightness: factor on the noise's band edges.
        kick_hz: where the kick comes to rest.
        kick_seconds: its decay.
        click: loudness of the beater.
        wires: share of noise in the snare, 0 to 1.
    """

    tuning: float = 1.0
    ring: float = 1.0
    brightness: float = 1.0
    kick_hz: float = 52.0
    kick_seconds: float = 0.16
    click: float = 0.3
    wires: float = 0.6


def stroke(drum: str, kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    """Return one stroke, float64 [shape=(samples,)], peak near 1."""
    sound = _DRUMS[drum](kit, rate, rng)
    fade = min(len(sound), rate // 100)
    sound[-fade:] *= np.linspace(1, 0, fade)
    return sound / max(float(np.abs(sound).max()), 1e-9)


def _times(seconds: float, rate: int) -> Samples:
    return np.arange(round(seconds * rate)) / rate


def _falling(t: Samples, from_hz: float, to_hz: float, pace_seconds: float) -> Samples:
    """Return a sine whose pitch falls exponentially."""
    phase = to_hz * t + (from_hz - to_hz) * pace_seconds * (1 - np.exp(-t / pace_seconds))
    return np.sin(2 * np.pi * phase)


def _band(
    count: int, low_hz: float, high_hz: float, rate: int, rng: np.random.Generator
) -> Samples:
    """Return noise between two soft edges, of unit variance."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / rate) + 1e-6
    spectrum /= np.sqrt(1 + (low_hz / frequency) ** 4) * np.sqrt(1 + (frequency / high_hz) ** 4)
    noise = np.fft.irfft(spectrum, count)
    return noise / (float(noise.std()) + 1e-9)


def _hiss(
    seconds: float, low_hz: float, high_hz: float, kit: Kit, rate: int, rng: np.random.Generator
) -> tuple[Samples, Samples]:
    """Return the times of a stroke and as much band noise, edges scaled by the kit."""
    t = _times(seconds, rate)
    return t, _band(len(t), low_hz * kit.brightness, high_hz * kit.brightness, rate, rng)


def _kick(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    decay = kit.kick_seconds * kit.ring
    t, noise = _hiss(4 * decay + 0.05, 1500, 6000, kit, rate, rng)
    body = _falling(t, 4.5 * kit.kick_hz, kit.kick_hz, 0.03) * np.exp(-t / decay)
    return np.tanh(1.6 * body) + kit.click * 0.5 * noise * np.exp(-t / 0.006)


def _snare(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.45 * kit.ring, 1200, 8500, kit, rate, rng)
    skin = _falling(t, 330 * kit.tuning, 185 * kit.tuning, 0.02) * np.exp(-t / (0.07 * kit.ring))
    rattle = 0.5 * noise * np.exp(-t / (0.09 * kit.ring))
    return (1 - kit.wires) * 1.4 * skin + kit.wires * rattle


def _clap(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.35 * kit.ring, 900, 5000, kit, rate, rng)
    gain = 0.6 * np.exp(-np.maximum(t - 0.03, 0) / (0.07 * kit.ring)) * (t > 0.03)
    for late in (0.0, 0.011, 0.022):
        gain += (t >= late) * np.exp(-np.maximum(t - late, 0) / 0.005)
    return gain * noise


def _rim(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.12, 1500, 6000, kit, rate, rng)
    wood = np.sin(2 * np.pi * 820 * kit.tuning * t) + np.sin(2 * np.pi * 1730 * kit.tuning * t)
    return wood * np.exp(-t / 0.014) + 0.3 * noise * np.exp(-t / 0.005)


def _hat(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.14 * kit.ring, 6500, 16000, kit, rate, rng)
    return noise * np.exp(-t / (0.028 * kit.ring))


def _open_hat(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.5 * kit.ring, 6000, 16000, kit, rate, rng)
    return noise * np.exp(-t / (0.14 * kit.ring))


def _shaker(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.12, 4500, 12000, kit, rate, rng)
    return noise * np.minimum(t / 0.02, 1) * np.exp(-t / 0.03)


def _brush(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(0.3, 2000, 7500, kit, rate, rng)
    return noise * np.minimum(t / 0.03, 1) * np.exp(-t / 0.09)


def _ride(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(1.0 * kit.ring, 5000, 14000, kit, rate, rng)
    return (0.8 * _metal(t, 1.0, kit) + 0.5 * noise) * (
        0.7 * np.exp(-t / (0.06 * kit.ring)) + 0.3 * np.exp(-t / (0.35 * kit.ring))
    )


def _crash(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
    t, noise = _hiss(1.8 * kit.ring, 2800, 14000, kit, rate, rng)
    return (noise + 0.4 * _metal(t, 0.7, kit)) * np.exp(-t / (0.5 * kit.ring))


def _metal(t: Samples, scale: float, kit: Kit) -> Samples:
    """Return partials in no harmonic order, as in a sheet of bronze."""
    partials = np.array([1130.0, 2087.0, 3219.0, 4411.0, 5893.0]) * scale * kit.tuning
    total: Samples = np.sin(2 * np.pi * np.outer(partials, t)).sum(axis=0)
    return total / len(partials)


def _tom(base_hz: float) -> Callable[[Kit, int, np.random.Generator], Samples]:
    def tom(kit: Kit, rate: int, rng: np.random.Generator) -> Samples:
        t, noise = _hiss(0.5 * kit.ring, 800, 4000, kit, rate, rng)
        rest_hz = base_hz * kit.tuning
        skin = _falling(t, 1.6 * rest_hz, rest_hz, 0.04) * np.exp(-t / (0.15 * kit.ring))
        return skin + 0.12 * noise * np.exp(-t / 0.02)

    return tom


_DRUMS: dict[str, Callable[[Kit, int, np.random.Generator], Samples]] = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "rim": _rim,
    "hat": _hat,
    "open hat": _open_hat,
    "shaker": _shaker,
    "brush": _brush,
    "ride": _ride,
    "crash": _crash,
    "tom": _tom(150.0),
    "low tom": _tom(95.0),
}

DRUMS = tuple(_DRUMS)
# A drummer's own balance, before the style's.
BALANCE = {
    "kick": 1.0, "snare": 0.8, "clap": 0.6, "rim": 0.45, "hat": 0.22, "open hat": 0.25,
    "shaker": 0.2, "brush": 0.25, "ride": 0.3, "crash": 0.4, "tom": 0.7, "low tom": 0.8,
}  # fmt: skip
