"""From a part's patterns and the plan of bars to notes: what each kind of player does.

How a role reads the characters of its patterns:

bass        1 3 5 6 7 8 are steps of the chord, ``a`` leads into the next chord's root
chords      x o g strike the whole chord, loud to faint
arpeggio    1 2 3 … are the chord's notes from the lowest up
power       x strikes root, fifth and octave, m the same muted; b d f raise it by 1, 3, 5 semitones
melody      x starts a note, two bars to a pattern; which one is for ``melody`` to find
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from earmark.audio.synth.form import BEATS_PER_BAR, INTENSITY, Bar, Key
from earmark.audio.synth.melody import sing
from earmark.audio.synth.notation import LOUDNESS, Note, Step, steps
from earmark.audio.synth.style import Part, Role
from earmark.audio.synth.theory import Chord, at_or_above, voicing

_RAISED = {"x": 0, "m": 0, "b": 1, "d": 3, "f": 5}
_MUTED_BEATS = 0.16

# (part, chord, next chord, key, step) -> pitches, lowest first
_Reader = Callable[[Part, Chord, Chord, Key, Step], tuple[int, ...]]


def play(part: Part, bars: list[Bar], key: Key, rng: np.random.Generator) -> list[Note]:
    """Return the notes of one player, in the sections where it plays."""
    if part.role == "melody":
        return sing(part, bars, key, rng)
    verse, chorus = (part.patterns[rng.integers(len(part.patterns))] for _ in range(2))
    notes: list[Note] = []
    for place, bar in enumerate(bars):
        if bar.section in part.sections:
            following = bars[(place + 1) % len(bars)].chords[0]
            pattern = chorus if bar.section == "chorus" else verse
            notes += _bar(part, bar, following, key, pattern)
    return notes


def _bar(part: Part, bar: Bar, following: Chord, key: Key, pattern: str) -> list[Note]:
    notes: list[Note] = []
    for step in _cut_at_chords(steps(pattern), len(bar.chords)):
        now = bar.chord_at(step.start_beats)
        loud = INTENSITY[bar.section] * LOUDNESS.get(step.symbol, 0.9)
        beats = _MUTED_BEATS if part.role == "power" and step.symbol == "m" else step.beats
        start = bar.start_beats + step.start_beats
        pitches = _READERS[part.role](part, now, following, key, step)
        notes += [Note(start, beats, pitch, loud) for pitch in pitches]
    return notes


def _cut_at_chords(written: tuple[Step, ...], chords: int) -> list[Step]:
    """Strike again whatever is held across a change of chord within the bar."""
    if chords == 1:
        return list(written)
    change = BEATS_PER_BAR / chords
    cut: list[Step] = []
    for step in written:
        end = step.start_beats + step.beats
        if step.start_beats < change < end:
            cut.append(Step(step.start_beats, change - step.start_beats, step.symbol))
            cut.append(Step(change, end - change, step.symbol))
        else:
            cut.append(step)
    return cut


def _bass(part: Part, now: Chord, following: Chord, key: Key, step: Step) -> tuple[int, ...]:
    root = at_or_above(key.tonic + now.root, part.low)
    if step.symbol == "a":
        return (at_or_above(key.tonic + following.root, part.low + 1) - 1,)
    third, fifth = now.intervals[1], now.intervals[2]
    if third == 7:  # a power chord has no third; its octave serves
        third, fifth = 12, 7
    seventh = now.intervals[3] if len(now.intervals) > 3 else 10
    above = {"1": 0, "3": third, "5": fifth, "6": 9, "7": seventh, "8": 12}
    return (root + above[step.symbol],)


def _chords(part: Part, now: Chord, following: Chord, key: Key, step: Step) -> tuple[int, ...]:
    return voicing(now, key.tonic, part.low)


def _arpeggio(part: Part, now: Chord, following: Chord, key: Key, step: Step) -> tuple[int, ...]:
    notes = voicing(now, key.tonic, part.low)
    octave, place = divmod(int(step.symbol) - 1, len(notes))
    return (notes[place] + 12 * octave,)


def _power(part: Part, now: Chord, following: Chord, key: Key, step: Step) -> tuple[int, ...]:
    root = at_or_above(key.tonic + now.root, part.low) + _RAISED[step.symbol]
    return (root, root + 7, root + 12)


_READERS: dict[Role, _Reader] = {
    "bass": _bass,
    "chords": _chords,
    "arpeggio": _arpeggio,
    "power": _power,
}
