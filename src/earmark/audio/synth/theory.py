"""Keys, scales and chords, as numbers: everything a part needs to know of harmony.

Pitches are MIDI numbers (60 is middle C, 69 is 440 Hz). A chord is written as musicians write it,
relative to the key: ``I``, ``vi``, ``bVII``, ``ii7``, ``Imaj7``, ``V9``, ``i5`` (a power chord).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}

_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_SHIFTS = {"": 0, "b": -1, "#": 1}
# Keyed by (minor?, what follows the numeral).
_QUALITIES: dict[tuple[bool, str], tuple[int, ...]] = {
    (False, ""): (0, 4, 7),
    (True, ""): (0, 3, 7),
    (False, "7"): (0, 4, 7, 10),
    (True, "7"): (0, 3, 7, 10),
    (False, "maj7"): (0, 4, 7, 11),
    (False, "9"): (0, 4, 7, 10, 14),
    (True, "9"): (0, 3, 7, 10, 14),
    (False, "6"): (0, 4, 7, 9),
    (False, "sus"): (0, 5, 7),
    (False, "5"): (0, 7, 12),
    (True, "5"): (0, 7, 12),
    (True, "b5"): (0, 3, 6, 10),
}
_SYMBOL = re.compile(r"([b#]?)([IV]+|[iv]+)(.*)")


@dataclass(frozen=True)
class Chord:
    """A chord in a key.

    Attributes:
        root: semitones from the tonic.
        intervals: semitones from the root, ascending.
    """

    root: int
    intervals: tuple[int, ...]

    def classes(self, tonic: int) -> frozenset[int]:
        """Return the pitch classes (0 to 11) that sound when ``tonic`` is the key note."""
        return frozenset((tonic + self.root + i) % 12 for i in self.intervals)


@cache
def chord(symbol: str) -> Chord:
    """Read one chord symbol.

    Raises:
        ValueError: not a symbol known here.

    >>> chord("bVII7")
    Chord(root=10, intervals=(0, 4, 7, 10))
    """
    match = _SYMBOL.fullmatch(symbol)
    quality = match and _QUALITIES.get((match[2].islower(), match[3]))
    if match is None or quality is None or match[2].upper() not in _DEGREES:
        raise ValueError(f"'{symbol}' is not a chord symbol; expected one like 'I', 'vi', 'V7'.")
    return Chord((_DEGREES[match[2].upper()] + _SHIFTS[match[1]]) % 12, quality)


def hz(midi: float) -> float:
    """Return the frequency of a pitch in equal temperament.

    >>> hz(69), hz(57)
    (440.0, 220.0)
    """
    return float(440.0 * 2.0 ** ((midi - 69) / 12))


def at_or_above(pitch: int, low: int) -> int:
    """Return ``pitch`` moved by octaves to the first place from ``low`` up."""
    return low + (pitch - low) % 12


def voicing(of: Chord, tonic: int, low: int) -> tuple[int, ...]:
    """Return the chord's notes packed closely from ``low`` up, ascending.

    Close packing keeps common notes in place from one chord to the next, as a player's hand does.
    """
    return tuple(sorted({at_or_above(tonic + of.root + i, low) for i in of.intervals}))


def scale_pitches(tonic: int, scale: str, low: int, high: int) -> list[int]:
    """Return the scale's pitches from ``low`` to ``high``, both included."""
    classes = {(tonic + step) % 12 for step in SCALES[scale]}
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]


def key_name(tonic: int, *, minor: bool) -> str:
    """Name a key.

    >>> key_name(9, minor=True)
    'A minor'
    """
    return f"{PITCH_NAMES[tonic % 12]} {'minor' if minor else 'major'}"
