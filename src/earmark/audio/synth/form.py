"""The plan of a piece: its bars, each with its section and its chords, and the drums over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from earmark.audio.synth.notation import LOUDNESS, Hit, steps
from earmark.audio.synth.style import Beat, Section, Style
from earmark.audio.synth.theory import SCALES, Chord, chord, key_name

BEATS_PER_BAR = 4.0
INTENSITY: dict[Section, float] = {"intro": 0.75, "verse": 0.88, "chorus": 1.0}


@dataclass(frozen=True)
class Key:
    """A key and the scale its melodies use; ``tonic`` is a pitch class, 0 for C."""

    tonic: int
    minor: bool
    scale: str

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ValueError(f"'{self.scale}' is not a scale.")

    @property
    def name(self) -> str:
        """As musicians say it: ``A minor``."""
        return key_name(self.tonic, minor=self.minor)


@dataclass(frozen=True)
class Bar:
    """One bar; ``place`` counts from its section's start, ``chords`` share it evenly."""

    start_beats: float
    section: Section
    place: int
    last: bool
    chords: tuple[Chord, ...]

    def chord_at(self, beat_in_bar: float) -> Chord:
        """Return the chord that sounds so far into the bar."""
        share = beat_in_bar / BEATS_PER_BAR * len(self.chords)
        return self.chords[min(int(share + 1e-6), len(self.chords) - 1)]


def plan(style: Style, count: int, *, minor: bool, rng: np.random.Generator) -> list[Bar]:
    """Lay out ``count`` bars; every section kind keeps one progression all through."""
    choices = style.minor_progressions if minor else style.major_progressions
    picked = {name: choices[rng.integers(len(choices))].split() for name in ("verse", "chorus")}
    picked["intro"] = picked["verse"]
    bars: list[Bar] = []
    turn = 0
    while len(bars) < count:
        section, length = style.form[turn if turn < len(style.form) else 1 + (turn - 1) % 2]
        for place in range(min(length, count - len(bars))):
            symbols = picked[section][place % len(picked[section])].split("/")
            chords = tuple(chord(symbol) for symbol in symbols)
            start = BEATS_PER_BAR * len(bars)
            bars.append(Bar(start, section, place, place == length - 1, chords))
        turn += 1
    return bars


def drum(style: Style, bars: list[Bar], rng: np.random.Generator) -> list[Hit]:
    """Return every stroke: a beat for the verses, one for the choruses, fills at the changes."""
    if not style.beats:
        return []
    verse, chorus = (style.beats[rng.integers(len(style.beats))] for _ in range(2))
    hits: list[Hit] = []
    for bar in bars:
        beat = chorus if bar.section == "chorus" else verse
        if bar.last and style.fills:
            beat = style.fills[rng.integers(len(style.fills))]
        hits += _strokes(beat, bar)
        if bar.section == "chorus" and bar.place == 0 and style.fills:
            hits.append(Hit(bar.start_beats, "crash", 0.8))
    return hits


def _strokes(beat: Beat, bar: Bar) -> list[Hit]:
    loud = INTENSITY[bar.section]
    return [
        Hit(bar.start_beats + step.start_beats, drum_name, loud * LOUDNESS[step.symbol])
        for drum_name, pattern in beat
        for step in steps(pattern)
    ]
