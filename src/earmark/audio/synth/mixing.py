"""From notes and strokes to sound: every different note is made once and then laid in by slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.audio.synth.drums import BALANCE, STROKES, Kit, stroke
from earmark.audio.synth.instruments import Instrument
from earmark.audio.synth.notation import Hit, Note, swung
from earmark.audio.synth.theory import hz

Samples = NDArray[np.float64]

_VELOCITIES = 3
# What counts as sounding when a bus is measured, against its peak: -46 dB.
_SOUNDING = 0.005
_CABINET_HZ = 4200.0


@dataclass(frozen=True)
class Clock:
    """Where beats fall: tempo, swing and the players' errors."""

    tempo_bpm: float
    swing: float
    swing_unit_beats: float
    loose_seconds: float
    rate: int

    def seconds(self, beats: float) -> float:
        """Return how long so many beats last."""
        return beats * 60 / self.tempo_bpm

    def sample(self, beat: float, rng: np.random.Generator) -> int:
        """Return the sample at which someone plays what is written at ``beat``."""
        exact = self.seconds(swung(beat, self.swing, self.swing_unit_beats))
        return max(0, round((exact + rng.normal(0, self.loose_seconds)) * self.rate))


def perform(
    notes: list[Note],
    instrument: Instrument,
    clock: Clock,
    count: int,
    rng: np.random.Generator,
    *,
    strum_seconds: float = 0.0,
) -> Samples:
    """Play one part [shape=(count,)], its sounding places at an RMS of 1; zeros if it is silent.

    Notes written at one place are one chord: they share the player's error, and are strummed from
    the lowest up.
    """
    bus, made = np.zeros(count), dict[tuple[int, int, int], Samples]()
    chord_beat, chord_start, string = -1.0, 0, 0
    for note in notes:
        if note.start_beats != chord_beat:
            chord_beat, string = note.start_beats, 0
            chord_start = clock.sample(chord_beat, rng)
        start = chord_start + round(string * strum_seconds * clock.rate)
        string += 1
        layer = max(1, round(note.velocity * _VELOCITIES))
        key = (note.midi, round(note.beats * 48), layer)
        if key not in made:
            held, soft = clock.seconds(note.beats) * 0.96, layer / _VELOCITIES
            made[key] = instrument.voice.tone(hz(note.midi), held, soft, clock.rate, rng)
        _lay(bus, made[key], start, note.velocity**1.5 * rng.uniform(0.7, 1.0))
    bus = _level(bus)
    return _level(_amplify(bus, instrument.drive, clock.rate)) if instrument.drive else bus


def drum_up(
    hits: list[Hit], kit: Kit, clock: Clock, count: int, rng: np.random.Generator
) -> Samples:
    """Play the drums [shape=(count,)], levelled like a part."""
    bus, made = np.zeros(count), dict[str, list[Samples]]()
    for turn, hit in enumerate(hits):
        if hit.drum not in made:
            made[hit.drum] = [stroke(hit.drum, kit, clock.rate, rng) for _ in range(STROKES)]
        sound = made[hit.drum][turn % STROKES]
        gain = BALANCE[hit.drum] * hit.velocity * rng.uniform(0.85, 1.0)
        _lay(bus, sound, clock.sample(hit.start_beats, rng), gain)
    return _level(bus)


def _lay(bus: Samples, sound: Samples, start: int, gain: float) -> None:
    end = min(len(bus), start + len(sound))
    if start < end:
        bus[start:end] += gain * sound[: end - start]


def _level(bus: Samples) -> Samples:
    magnitude = np.abs(bus)
    sounding = bus[magnitude > _SOUNDING * magnitude.max(initial=0.0)]
    return bus / np.sqrt(np.mean(sounding**2)) if len(sounding) else bus


def _amplify(bus: Samples, drive: float, rate: int) -> Samples:
    """Distort a whole bus, as an amplifier does, and take off the fizz as its cabinet does.

    All notes go through together: the beating of a power chord's notes is the sound of it.
    """
    folded = np.tanh(drive * bus + 0.15 * min(drive, 1.0))  # a little one-sided: even harmonics
    taps = np.sinc(2 * _CABINET_HZ / rate * (np.arange(25) - 12)) * np.hanning(27)[1:-1]
    return np.convolve(folded - folded.mean(), taps / taps.sum(), mode="same")
