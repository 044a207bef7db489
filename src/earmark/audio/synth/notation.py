"""Rhythm written as text, so that a style's patterns can be read and changed as data.

A pattern is one bar (or another stated number of beats) divided evenly: 16 characters are
sixteenths, 12 are triplets, 8 are eighths. ``.`` is a rest, ``-`` holds the note before it, any
other character starts a note, and what the character means is for the part to say. Spaces are
only for the eye.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Step(NamedTuple):
    """One start in a pattern: where, how long, and the character that was written."""

    start_beats: float
    beats: float
    symbol: str


class Note(NamedTuple):
    """A note to be played; ``velocity`` from 0 (not heard) to 1 (as hard as it goes)."""

    start_beats: float
    beats: float
    midi: int
    velocity: float


class Hit(NamedTuple):
    """One stroke on a drum."""

    start_beats: float
    drum: str
    velocity: float


# Characters that mean no more than how hard: x full, o softer, g a ghost.
LOUDNESS = {"x": 1.0, "o": 0.65, "g": 0.35}


@cache
def steps(pattern: str, beats: float = 4.0) -> tuple[Step, ...]:
    """Read a pattern that fills ``beats``.

    >>> steps("x-.o")
    (Step(start_beats=0.0, beats=2.0, symbol='x'), Step(start_beats=3.0, beats=1.0, symbol='o'))
    """
    text = pattern.replace(" ", "")
    unit = beats / len(text)
    found: list[Step] = []
    for place, symbol in enumerate(text):
        if symbol not in "-.":
            held = len(text[place + 1 :]) - len(text[place + 1 :].lstrip("-"))
            found.append(Step(place * unit, (1 + held) * unit, symbol))
    return tuple(found)


def swung(beat: float, swing: float, unit_beats: float) -> float:
    """Move a place in time as swing does: the first of two units grows, the second shrinks.

    Args:
        swing: the first unit's share of the pair; 0.5 is straight, 2/3 a triplet feel.

    >>> round(swung(0.5, 2 / 3, 0.5), 3), swung(1.0, 2 / 3, 0.5)
    (0.667, 1.0)
    """
    pair = 2 * unit_beats
    whole, within = divmod(beat, pair)
    share = within / pair
    warped = share * 2 * swing if share <= 0.5 else swing + (share - 0.5) * 2 * (1 - swing)
    return (whole + warped) * pair
