"""Melodies that can be hummed: short motifs, repeated, answered and bent to the harmony.

A motif is two bars: a rhythm and a contour of scale steps that walks mostly by neighbours. A
section strings motifs together in an old order (A A' B A), and notes on strong beats move to the
nearest note of the chord, so that a repeated motif is the same and yet fits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from earmark.audio.synth.form import BEATS_PER_BAR, INTENSITY, Bar, Key
from earmark.audio.synth.notation import Note, Step, steps
from earmark.audio.synth.style import Part
from earmark.audio.synth.theory import scale_pitches

_MOTIF_BEATS = 2 * BEATS_PER_BAR
_RANGE_SEMITONES = 17
_ORDERS = ("AABA", "ABAB", "AAAB", "ABAC")
# Steps along the scale: mostly neighbours, now and then a leap.
_MOVES = (-3, -2, -1, -1, -1, 0, 1, 1, 1, 2, 4)


class _Motif(NamedTuple):
    rhythm: tuple[Step, ...]
    contour: tuple[int, ...]


def sing(part: Part, bars: list[Bar], key: Key, rng: np.random.Generator) -> list[Note]:
    """Return the melody of a part: verse and chorus have their own motifs and order."""
    pitches = scale_pitches(key.tonic, key.scale, part.low, part.low + _RANGE_SEMITONES)
    tunes = {}
    for section in ("verse", "chorus"):
        motifs = [_motif(part, len(pitches), rng) for _ in range(3)]
        tunes[section] = (motifs, _ORDERS[rng.integers(len(_ORDERS))])
    tunes["intro"] = tunes["verse"]
    notes: list[Note] = []
    for bar in bars:
        if bar.section in part.sections:
            motifs, order = tunes[bar.section]
            motif = motifs["ABC".index(order[bar.place // 2 % len(order)])]
            notes += _bar(motif, bar, pitches, key)
    return notes


def _motif(part: Part, count: int, rng: np.random.Generator) -> _Motif:
    rhythm = steps(part.patterns[rng.integers(len(part.patterns))], _MOTIF_BEATS)
    place = int(rng.integers(count // 4, 3 * count // 4))
    contour = []
    for _ in rhythm:
        contour.append(place)
        place += _MOVES[rng.integers(len(_MOVES))]
        place = abs(place) if place < count else 2 * (count - 1) - place
    return _Motif(rhythm, tuple(contour))


def _bar(motif: _Motif, bar: Bar, pitches: list[int], key: Key) -> list[Note]:
    """Return the half of the motif that falls into this bar."""
    offset = bar.place % 2 * BEATS_PER_BAR
    notes = []
    for step, place in zip(motif.rhythm, motif.contour, strict=True):
        beat = step.start_beats - offset
        if 0 <= beat < BEATS_PER_BAR:
            pitch = pitches[place]
            if beat % 2 == 0 or step.beats >= 1:
                pitch = _nearest(pitch, bar.chord_at(beat).classes(key.tonic))
            loud = INTENSITY[bar.section] * (1.0 if beat % 1 == 0 else 0.85)
            notes.append(Note(bar.start_beats + beat, step.beats, pitch, loud))
    return notes


def _nearest(pitch: int, classes: frozenset[int]) -> int:
    """Return the pitch nearest to ``pitch`` among those classes; the lower of two."""
    return min(range(pitch - 6, pitch + 7), key=lambda p: (p % 12 not in classes, abs(p - pitch)))
