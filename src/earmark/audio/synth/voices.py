"""How one note sounds: three ways of making a tone, each without a loop over samples.

``Pluck``   a string set moving and left alone. It is Karplus-Strong solved in closed form: in that
            algorithm every period is the one before it, low-passed, so harmonic k of period p is
            its start times a power of p. One inverse FFT over (periods, harmonics) gives them all.
``Wave``    subtractive: one period with many harmonics, read at the note's pitch; a second, darker
            period is faded in, which is a filter closing. Formants make it a voice or a reed.
``Fm``      two sines, one bending the other: electric pianos, bells, some basses.

Tones are float64 [shape=(samples,)], peak near 1, and outlast the time they are held by a release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

# (hz, gain) of each resonance.
Formants = tuple[tuple[float, float], ...]

_TABLE = 4096
# Harmonics end here, as a share of the sample rate, to stay clear of folding.
_HIGHEST = 0.45


class Voice(Protocol):
    """What makes a tone."""

    def tone(
        self, hz: float, held_seconds: float, velocity: float, rate: int, rng: np.random.Generator
    ) -> Samples:
        """Return one note; ``velocity`` in (0, 1] changes its colour, not its level."""


@dataclass(frozen=True)
class Envelope:
    """Loudness over time: up, down towards ``sustain`` (0 to 1), and away after the release."""

    attack_seconds: float
    decay_seconds: float
    sustain: float
    release_seconds: float

    def curve(self, held_seconds: float, rate: int) -> Samples:
        """Return the gain [shape=(samples,)] of a note held so long, ending at nothing."""
        t = _times(held_seconds + self.release_seconds, rate)
        fall = np.exp(-np.maximum(t - self.attack_seconds, 0) / self.decay_seconds)
        gain = np.minimum(t / self.attack_seconds, 1) * (self.sustain + (1 - self.sustain) * fall)
        return gain * _release(t, held_seconds, self.release_seconds)


@dataclass(frozen=True)
class Pluck:
    """A plucked or struck string.

    Attributes:
        ring_seconds: until the fundamental of middle C has fallen by 8.7 dB; lower ones ring on.
        damping: how much sooner high harmonics die.
        position: where along the string it is plucked; harmonics with a node there are missing.
        hardness_hz: harmonics beyond are weaker from the start.
        detune_cents: of a second string; 0 for none.
        knock: loudness of the pick's or hammer's noise.
    """

    ring_seconds: float
    damping: float = 1.0
    position: float = 0.2
    hardness_hz: float = 3000.0
    detune_cents: float = 0.0
    knock: float = 0.1
    release_seconds: float = 0.08

    def tone(
        self, hz: float, held_seconds: float, velocity: float, rate: int, rng: np.random.Generator
    ) -> Samples:
        seconds = held_seconds + self.release_seconds
        t = _times(seconds, rate)
        periods = self._periods(hz, seconds, velocity, rate, rng)
        out = _read_long(periods, hz * t)
        if self.detune_cents:
            out = 0.6 * out + 0.4 * _read_long(periods, hz * t / _ratio(self.detune_cents))
        out = _unit_peak(out) * np.minimum(t / 0.001, 1)
        out += self.knock * velocity * _knock(t, rng)
        return out * _release(t, held_seconds, self.release_seconds)

    def _periods(
        self, hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator
    ) -> Samples:
        """Return every period in turn, one after the other [shape=(periods, size)]."""
        count = max(1, int(_HIGHEST * rate / hz))
        size = 1 << int(np.ceil(np.log2(2 * count + 2)))
        harmonic = np.arange(1, count + 1)
        hardness = self.hardness_hz * (0.4 + 0.6 * velocity) * rng.uniform(0.6, 1.5)
        strength = np.abs(np.sin(np.pi * harmonic * self.position)) / harmonic
        strength /= 1 + (harmonic * hz / hardness) ** 2
        start = strength * np.exp(2j * np.pi * rng.random(count))
        ring = self.ring_seconds * (261.6 / hz) ** 0.5
        loss = (1 + self.damping * (harmonic * hz / 1500) ** 1.2) / (ring * hz)
        period = np.arange(int(np.ceil(seconds * hz)) + 2)
        spectrum = np.zeros((len(period), size // 2 + 1), complex)
        spectrum[:, 1 : count + 1] = start * np.exp(-np.outer(period, loss))
        return np.fft.irfft(spectrum, size, axis=1)


@dataclass(frozen=True)
class Wave:
    """A held tone whose filter moves.

    Attributes:
        rolloff: harmonic k starts at ``k ** -rolloff``: 1 a saw, 2 a triangle.
        even: strength of the even harmonics: 1 a saw, 0 a square or a clarinet.
        open_hz: the filter's corner when open.
        closed_hz: and when closed.
        sweep_seconds: it closes at this pace.
        rise_seconds: it takes so long to open first: the swell of a brass note.
        detune_cents: between three players of one part; 0 for one player.
        vibrato_cents: depth, once the note has lasted a quarter of a second.
        breath: loudness of the noise that goes with the tone.
        formants: (hz, gain) of resonances that stay where they are whatever the pitch; of several
            sets, which are vowels, each note takes one.
        consonant: loudness of the hiss that may begin a note, as in singing.
    """

    envelope: Envelope
    rolloff: float = 1.0
    even: float = 1.0
    open_hz: float = 4000.0
    closed_hz: float = 1200.0
    sweep_seconds: float = 0.3
    rise_seconds: float = 0.001
    detune_cents: float = 0.0
    vibrato_hz: float = 5.2
    vibrato_cents: float = 0.0
    breath: float = 0.0
    formants: tuple[Formants, ...] = ()
    consonant: float = 0.0

    def tone(
        self, hz: float, held_seconds: float, velocity: float, rate: int, rng: np.random.Generator
    ) -> Samples:
        gain = self.envelope.curve(held_seconds, rate)
        t = np.arange(len(gain)) / rate
        phase = hz * t + hz * self._vibrato(t)
        opened = np.minimum(t / self.rise_seconds, 1) * np.exp(-t / self.sweep_seconds)
        out = np.zeros(len(t))
        vowel = self.formants[rng.integers(len(self.formants))] if self.formants else ()
        dark = self._table(hz, self.closed_hz, vowel, rate)
        opening = self.open_hz * (0.4 + 0.6 * velocity) * rng.uniform(0.7, 1.4)
        bright = self._table(hz, opening, vowel, rate) - dark
        for detune in (-self.detune_cents, 0.0, self.detune_cents) if self.detune_cents else (0.0,):
            place = phase * _ratio(detune) + rng.random()
            index = (place * _TABLE).astype(np.int64) & (_TABLE - 1)
            out += dark[index] + opened * bright[index]
        out = _unit_peak(out)
        if self.breath:
            out += self.breath * _smooth_noise(len(t), rng)
        out *= gain
        if self.consonant:
            out += self.consonant * rng.random() * _sibilant(t, rng)
        return out

    def _vibrato(self, t: Samples) -> Samples:
        depth = self.vibrato_cents / 1200 * np.log(2) / (2 * np.pi * self.vibrato_hz)
        grown = np.clip((t - 0.1) / 0.25, 0, 1)
        wobble: Samples = grown * depth * np.sin(2 * np.pi * self.vibrato_hz * t)
        return wobble

    def _table(self, hz: float, corner_hz: float, vowel: Formants, rate: int) -> Samples:
        """Return one period [shape=(_TABLE,)] filtered at ``corner_hz``."""
        count = min(_TABLE // 2, max(1, int(_HIGHEST * rate / hz)))
        harmonic = np.arange(1, count + 1, dtype=np.float64)
        strength: Samples = harmonic**-self.rolloff / np.sqrt(1 + (harmonic * hz / corner_hz) ** 4)
        strength[1::2] *= self.even
        if vowel:
            strength *= _resonance(vowel, harmonic * hz)
        spectrum = np.zeros(_TABLE // 2 + 1, complex)
        spectrum[1 : len(harmonic) + 1] = -0.5j * _TABLE * strength
        return np.fft.irfft(spectrum, _TABLE)


@dataclass(frozen=True)
class Fm:
    """Frequency modulation with one modulator.

    Attributes:
        ratio: the modulator's frequency as a multiple of the note's.
        index: depth at the start of a hard note, in radians.
        index_seconds: it fades at this pace, to a fifth.
    """

    envelope: Envelope
    ratio: float = 1.0
    index: float = 2.0
    index_seconds: float = 0.4
    vibrato_cents: float = 0.0

    def tone(
        self, hz: float, held_seconds: float, velocity: float, rate: int, rng: np.random.Generator
    ) -> Samples:
        gain = self.envelope.curve(held_seconds, rate)
        t = np.arange(len(gain)) / rate
        depth = self.index * (0.3 + 0.7 * velocity) * (0.2 + 0.8 * np.exp(-t / self.index_seconds))
        depth *= min(1.0, _HIGHEST * rate / (hz * (1 + self.ratio * (1 + self.index))))
        carrier = 2 * np.pi * (hz * t + rng.random())
        wobble = self.vibrato_cents / 1200 * np.log(2) * hz / 5.0
        carrier += wobble * np.sin(2 * np.pi * 5.0 * t)
        return np.sin(carrier + depth * np.sin(2 * np.pi * self.ratio * hz * t)) * gain


def _resonance(vowel: Formants, frequency: Samples) -> Samples:
    total = np.full(len(frequency), 0.02)
    for centre, gain in vowel:
        total += gain / (1 + ((frequency - centre) / (60 + 0.1 * centre)) ** 2)
    return total


def _sibilant(t: Samples, rng: np.random.Generator) -> Samples:
    """Return the hiss of an s or t: noise without lows, over in a tenth of a second."""
    white = rng.standard_normal(len(t) + 2)
    shape = np.minimum(t / 0.015, 1) * np.exp(-t / 0.035)
    hiss: Samples = 0.4 * (white[2:] - 2 * white[1:-1] + white[:-2]) * shape
    return hiss


def _times(seconds: float, rate: int) -> Samples:
    return np.arange(max(2, round(seconds * rate))) / rate


def _release(t: Samples, held_seconds: float, release_seconds: float) -> Samples:
    left = np.clip(1 - (t - held_seconds) / release_seconds, 0, 1)
    faded: Samples = left * left  # meets zero without a corner, hence without a click
    return faded


def _ratio(cents: float) -> float:
    return float(2.0 ** (cents / 1200))


def _read_long(periods: Samples, phase: Samples) -> Samples:
    """Read consecutive periods at a phase counted in periods, between samples linearly."""
    place = phase * periods.shape[1]
    index = place.astype(np.int64)
    share = place - index
    flat = periods.reshape(-1)
    read: Samples = flat[index] * (1 - share) + flat[index + 1] * share
    return read


def _unit_peak(samples: Samples) -> Samples:
    return samples / max(float(np.abs(samples).max()), 1e-9)


def _knock(t: Samples, rng: np.random.Generator) -> Samples:
    noise = np.zeros(len(t))
    short = min(len(t), int(0.03 / max(t[1], 1e-9)))
    noise[:short] = rng.standard_normal(short) * np.exp(-t[:short] / 0.006)
    return noise


def _smooth_noise(count: int, rng: np.random.Generator) -> Samples:
    white = rng.standard_normal(count + 2)
    return 0.4 * (white[2:] + white[1:-1] + white[:-2])
