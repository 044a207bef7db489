"""What a style is: the nouns in which the songbooks are written.

A style is data. Everything a piece may vary in is a range or a tuple of choices, and the ranges of
neighbouring styles overlap, so that telling them apart takes more than one feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["bass", "chords", "arpeggio", "melody", "power"]
Section = Literal["intro", "verse", "chorus"]
# (drum, pattern of one bar) for every drum that plays.
Beat = tuple[tuple[str, str], ...]

# Edges of the twelve bands of a tone curve: octaves up to 1.4 kHz, half octaves above (in Hz).
BAND_EDGES_HZ = (0, 44, 88, 177, 354, 707, 1414, 2000, 2828, 4000, 5657, 8000, 11_026)


@dataclass(frozen=True)
class Part:
    """One player.

    Attributes:
        role: how its patterns are read (see ``parts``).
        instruments: one of them is chosen.
        patterns: one bar each (two bars for a melody); verse and chorus choose among them.
        level_db: loudness in the mix.
        low: MIDI pitch from which it plays upward.
        chance: how often a piece has this player at all.
        sections: where it plays.
        reverb: share sent to the room.
        strum_seconds: from one string of a chord to the next.
    """

    role: Role
    instruments: tuple[str, ...]
    patterns: tuple[str, ...]
    level_db: float
    low: int
    chance: float = 1.0
    sections: tuple[Section, ...] = ("intro", "verse", "chorus")
    reverb: float = 0.3
    strum_seconds: float = 0.0


@dataclass(frozen=True)
class Tone:
    """How records of this style are mixed and mastered.

    Attributes:
        curve_db: power in each band of ``BAND_EDGES_HZ``, relative to the whole.
        match: how far a mix is drawn to that curve, 0 to 1.
        rms: level of the finished piece, full scale 1.
        squeeze: compression, 0 (none) to 1 (all loudness even).
        floor_db: noise of room, tape and vinyl, relative to the music.
        swell_db: how far phrases of a few bars rise and fall.
        reverb_seconds: until the room is silent.
        reverb: level of the room.
    """

    curve_db: tuple[float, ...]
    rms: float
    match: float = 0.7
    squeeze: float = 0.4
    floor_db: float = -52.0
    swell_db: float = 2.0
    reverb_seconds: float = 1.2
    reverb: float = 0.25


@dataclass(frozen=True)
class Style:
    """A style.

    Attributes:
        name: also its label.
        tempo_bpm: lowest and highest.
        energy: 0 (calm) to 1 (wild); with the mode and the tempo it makes the mood.
        minor: how often it is in minor.
        major_progressions: chord symbols, one bar each; ``ii7/V7`` is half a bar each.
        minor_progressions: the same, in minor.
        scales: for melodies, in major and in minor.
        parts: the players.
        beats: drum patterns; empty for none.
        fills: patterns for the last bar of a section.
        drums_db: loudness of the drums in the mix.
        swing: lowest and highest, 0.5 straight (see ``notation.swung``).
        swing_unit_beats: what swings, eighths (0.5) or sixteenths (0.25).
        loose_seconds: standard deviation of the players' timing.
        form: sections and their bars; after the last, the second comes again.
    """

    name: str
    tempo_bpm: tuple[float, float]
    energy: float
    minor: float
    major_progressions: tuple[str, ...]
    minor_progressions: tuple[str, ...]
    scales: tuple[str, str]
    parts: tuple[Part, ...]
    tone: Tone
    beats: tuple[Beat, ...] = ()
    fills: tuple[Beat, ...] = ()
    drums_db: float = 0.0
    swing: tuple[float, float] = (0.5, 0.5)
    swing_unit_beats: float = 0.5
    loose_seconds: float = 0.008
    form: tuple[tuple[Section, int], ...] = (("intro", 2), ("verse", 4), ("chorus", 4))
