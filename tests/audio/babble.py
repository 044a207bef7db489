"""Speech-like sound: syllables of a buzzing voice through moving resonances, hisses and pauses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_VOWELS_HZ = ((730, 1090), (270, 2290), (300, 870), (530, 1840), (570, 840), (440, 1020))


def babble(seconds: float, rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return speech-like sound [shape=(n,)], at most 0.5: four or five syllables a second in
    phrases of two seconds or so, with breaths between."""
    out = np.zeros(round(seconds * rate))
    place = 0.1
    phrase_end = place + rng.uniform(1.5, 2.8)
    pitch_hz = rng.uniform(95, 200)
    while place < seconds:
        if place > phrase_end:
            place += rng.uniform(0.3, 0.7)
            phrase_end = place + rng.uniform(1.5, 2.8)
        if rng.random() < 0.5:
            place = _lay(out, _hiss(rng.uniform(0.05, 0.1), rate, rng), place, rate)
        length = rng.uniform(0.1, 0.26)
        place = _lay(out, _vowel(length, pitch_hz * rng.uniform(0.85, 1.2), rate, rng), place, rate)
        place += rng.uniform(0.01, 0.07)
    return (0.5 * out / np.abs(out).max()).astype(np.float32)


def _lay(out: NDArray[np.float64], sound: NDArray[np.float64], place: float, rate: int) -> float:
    start = round(place * rate)
    end = min(len(out), start + len(sound))
    if start < end:
        out[start:end] += sound[: end - start]
    return place + len(sound) / rate


def _hiss(seconds: float, rate: int, rng: np.random.Generator) -> NDArray[np.float64]:
    noise = np.diff(rng.standard_normal(round(seconds * rate) + 1))
    return 0.05 * noise * np.hanning(len(noise))


def _vowel(
    seconds: float, pitch_hz: float, rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Harmonics of a falling pitch, each as loud as two resonances let it be."""
    t = np.arange(round(seconds * rate)) / rate
    formants = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 - 0.15 * t / seconds)) / rate
    sound = np.zeros(len(t))
    for harmonic in range(1, int(3500 / pitch_hz)):
        hz = harmonic * pitch_hz
        gain = sum(1 / (1 + ((hz - formant) / 90) ** 2) for formant in formants)
        sound += gain / harmonic**0.5 * np.sin(harmonic * phase)
    return rng.uniform(0.5, 1) * sound * np.hanning(len(t)) ** 0.5
