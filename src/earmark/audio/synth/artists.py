"""Made-up artists: habits drawn once from a seed, so that tracks of one artist sound alike.

This is what makes a split by artist matter: a model may learn the habits instead of the style.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from earmark.audio.synth.drums import Kit
from earmark.audio.synth.style import BAND_EDGES_HZ, Part
from earmark.audio.synth.styles import style_named
from earmark.errors import SettingsError

_FAITHFUL = 0.8
_STARTS = ("Bel", "Cor", "Dra", "El", "Fen", "Gal", "Hol", "Jun", "Kes", "Lor", "Mar", "Nov", "Or")
_ENDS = ("a", "ane", "by", "dale", "eth", "ic", "more", "o", "ras", "ton", "una", "well", "yn")


@dataclass(frozen=True)
class Artist:
    """Habits that all pieces of an artist share.

    Attributes:
        name: any.
        style: the style it plays.
        tonics: favourite keys, as pitch classes.
        minor: how often in minor.
        tempo: favourite place in the style's range of tempo, 0 to 1.
        swing: the same for swing.
        lineup: favourite instrument of each of the style's parts; empty for a part it goes without.
        brightness: factor on the filters of all instruments.
        ring: factor on how long they sound.
        drive: factor on their amplifiers.
        kit: its drums.
        mix_db: what it does to each band's level (see ``style.BAND_EDGES_HZ``).
        loudness_db: against the style's level.
        room: factor on the reverb's length.
        reverb: factor on the reverb's level.
        looseness: factor on the players' timing errors.
        floor_db: against the style's noise floor.
    """

    name: str
    style: str
    tonics: tuple[int, ...]
    minor: float
    tempo: float
    swing: float
    lineup: tuple[str, ...]
    brightness: float
    ring: float
    drive: float
    kit: Kit
    mix_db: tuple[float, ...]
    loudness_db: float
    room: float
    reverb: float
    looseness: float
    floor_db: float


def make_artist(
    name: str, style: str, rng: np.random.Generator, *, character: float = 1.0
) -> Artist:
    """Draw an artist's habits.

    Args:
        character: how far the artist's sound strays from the style's, 0 to 4. The more, the more
            a model gains by learning artists, and the less of it holds for new ones.

    Raises:
        SettingsError: no such style (suggests the nearest), or ``character`` out of range.
    """
    if not 0 <= character <= 4:
        raise SettingsError(f"'character' is {character}; expected 0 to 4.")
    played = style_named(style)
    # About in dB per octave.
    tilt = rng.normal(0, 0.7 * character) * np.linspace(-5, 5, len(BAND_EDGES_HZ) - 1)
    return Artist(
        name=name,
        style=style,
        tonics=tuple(int(t) for t in rng.choice(12, 3, replace=False)),
        minor=float(np.clip(played.minor + rng.normal(0, 0.2), 0.02, 0.98)),
        tempo=float(rng.random()),
        swing=float(rng.random()),
        lineup=tuple(_favourite(part, rng) for part in played.parts),
        brightness=_factor(0.2 * character, rng),
        ring=_factor(0.2 * character, rng),
        drive=_factor(0.25 * character, rng),
        kit=_kit(rng),
        mix_db=tuple(float(d) for d in tilt + rng.normal(0, 1.2 * character, len(tilt))),
        loudness_db=float(rng.normal(0, 1.8 * character)),
        room=_factor(0.3 * character, rng),
        reverb=_factor(0.35 * character, rng),
        looseness=_factor(0.3 * character, rng),
        floor_db=float(rng.normal(0, 4 * character)),
    )


def invent_name(rng: np.random.Generator) -> str:
    """Make up a name, two words that sound like one."""
    return " ".join(
        _STARTS[rng.integers(len(_STARTS))] + _ENDS[rng.integers(len(_ENDS))] for _ in range(2)
    )


def lineup(artist: Artist, parts: tuple[Part, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """Return one piece's instruments, mostly the artist's own; empty for a part left out."""
    return tuple(
        own if rng.random() < _FAITHFUL else _favourite(part, rng)
        for own, part in zip(artist.lineup, parts, strict=True)
    )


def _favourite(part: Part, rng: np.random.Generator) -> str:
    chosen = part.instruments[rng.integers(len(part.instruments))]
    return chosen if rng.random() < part.chance else ""


def _factor(spread: float, rng: np.random.Generator) -> float:
    return float(np.exp(np.clip(rng.normal(0, spread), -2.5 * spread, 2.5 * spread)))


def _kit(rng: np.random.Generator) -> Kit:
    return Kit(
        tuning=_factor(0.12, rng),
        ring=_factor(0.2, rng),
        brightness=_factor(0.15, rng),
        kick_hz=52 * _factor(0.12, rng),
        kick_seconds=0.15 * _factor(0.25, rng),
        click=0.3 * _factor(0.5, rng),
        wires=float(rng.uniform(0.45, 0.8)),
    )
