"""Composing: a style, an artist and a generator give a piece and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from earmark.audio.synth.artists import Artist, invent_name, lineup, make_artist
from earmark.audio.synth.form import BEATS_PER_BAR, Bar, Key, drum, plan
from earmark.audio.synth.instruments import INSTRUMENTS, coloured
from earmark.audio.synth.mastering import Desk, master
from earmark.audio.synth.mixing import Clock, drum_up, perform
from earmark.audio.synth.parts import play
from earmark.audio.synth.style import Style
from earmark.audio.synth.styles import style_named
from earmark.errors import SettingsError

MOODS = ("calm", "dark", "energetic", "happy", "sad")
TEMPO_WORDS = ("slow", "medium", "fast")
INSTRUMENT_LABELS = tuple(sorted({"drums", *(i.label for i in INSTRUMENTS.values())}))

_SLOW_BELOW_BPM, _FAST_FROM_BPM = 90.0, 125.0


@dataclass(frozen=True, eq=False)
class Piece:
    """A composed piece and what is true of it.

    Attributes:
        samples: float32 mono [shape=(n,)], at most 0.9.
        style: one of ``STYLES``.
        artist: the artist's name.
        key: such as ``A minor``.
        instruments: labels of what is to be heard, sorted.
        mood: one of ``MOODS``.
        tempo_word: one of ``TEMPO_WORDS``.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    style: str
    artist: str
    tempo_bpm: float
    key: str
    instruments: tuple[str, ...]
    mood: str
    tempo_word: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The multi-label truth: style, instruments, tempo word, mood."""
        return (self.style, *self.instruments, self.tempo_word, self.mood)


def compose(
    style: str,
    *,
    rng: np.random.Generator,
    seconds: float = 30.0,
    sample_rate: int = 22_050,
    artist: Artist | None = None,
) -> Piece:
    """Compose and record a piece; equal generators give equal samples.

    Args:
        seconds: its length, 1 to 3600; it may end in the middle of things, as excerpts do.
        sample_rate: 8000 to 96000.
        artist: who plays; None invents one.

    Raises:
        SettingsError: an unknown style, an artist of another style, or a value out of range.

    >>> piece = compose("reggae", rng=np.random.default_rng(1), seconds=2)
    >>> piece.samples.shape, piece.labels[0]
    ((44100,), 'reggae')
    """
    played = style_named(style)
    _check(seconds, sample_rate)
    artist = artist or make_artist(invent_name(rng), style, rng)
    if artist.style != style:
        raise SettingsError(f"'{artist.name}' plays {artist.style}; expected an artist of {style}.")
    clock = _clock(played, artist, sample_rate, rng)
    key = _key(played, artist, rng)
    bars = plan(
        played,
        int(seconds / clock.seconds(BEATS_PER_BAR)) + 1,
        minor=key.minor,
        rng=rng,
    )
    dry, send, heard = _record(played, artist, bars, key, clock, round(seconds * sample_rate), rng)
    swell = _swell(len(bars), played.tone.swell_db, clock, len(dry), rng)
    samples = master(dry * swell, send * swell, _desk(played, artist), sample_rate, rng)
    return Piece(
        samples=samples.astype(np.float32),
        sample_rate=sample_rate,
        style=style,
        artist=artist.name,
        tempo_bpm=clock.tempo_bpm,
        key=key.name,
        instruments=tuple(sorted(heard)),
        mood=_mood(played.energy, clock.tempo_bpm, minor=key.minor),
        tempo_word=_tempo_word(clock.tempo_bpm),
    )


def _check(seconds: float, sample_rate: int) -> None:
    if not 1 <= seconds <= 3600:
        raise SettingsError(f"'seconds' is {seconds}; expected 1 to 3600.")
    if not 8000 <= sample_rate <= 96_000:
        raise SettingsError(f"'sample_rate' is {sample_rate}; expected 8000 to 96000.")


def _clock(style: Style, artist: Artist, rate: int, rng: np.random.Generator) -> Clock:
    low, high = style.tempo_bpm
    place = np.clip(artist.tempo + rng.normal(0, 0.15), 0, 1)
    from_swing, to_swing = style.swing
    return Clock(
        tempo_bpm=float(low + place * (high - low)),
        swing=from_swing + artist.swing * (to_swing - from_swing),
        swing_unit_beats=style.swing_unit_beats,
        loose_seconds=style.loose_seconds * artist.looseness,
        rate=rate,
    )


def _key(style: Style, artist: Artist, rng: np.random.Generator) -> Key:
    minor = bool(rng.random() < artist.minor)
    tonic = artist.tonics[rng.integers(len(artist.tonics))]
    return Key(tonic, minor, style.scales[minor])


def _record(
    style: Style,
    artist: Artist,
    bars: list[Bar],
    key: Key,
    clock: Clock,
    count: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], set[str]]:
    """Play all parts; return the mix, what goes to the room, and the labels heard."""
    dry, send = np.zeros(count), np.zeros(count)
    heard: set[str] = set()
    for part, name in zip(style.parts, lineup(artist, style.parts, rng), strict=True):
        if not name:
            continue
        instrument = coloured(
            INSTRUMENTS[name], brightness=artist.brightness, ring=artist.ring, drive=artist.drive
        )
        notes = play(part, bars, key, rng)
        bus = perform(notes, instrument, clock, count, rng, strum_seconds=part.strum_seconds)
        bus *= 10 ** (part.level_db / 20)
        dry += bus
        send += part.reverb * bus
        if bus.any():
            heard.add(instrument.label)
    hits = drum(style, bars, rng)
    if hits:
        bus = 10 ** (style.drums_db / 20) * drum_up(hits, artist.kit, clock, count, rng)
        dry += bus
        send += 0.15 * bus
        heard.add("drums")
    return dry, send, heard


def _swell(
    bars: int, depth_db: float, clock: Clock, count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the gain [shape=(count,)] with which players breathe: a new aim every other bar."""
    aims = rng.uniform(-depth_db, 0, bars // 2 + 2)
    places = np.arange(len(aims)) * clock.seconds(2 * BEATS_PER_BAR) * clock.rate
    fine = np.linspace(0, count, 1 + count // 1024)  # decibels need no finer grid
    gain = 10 ** (np.interp(fine, places, aims) / 20)
    swell: NDArray[np.float64] = np.interp(np.arange(count), fine, gain)
    return swell


def _desk(style: Style, artist: Artist) -> Desk:
    tone = replace(
        style.tone,
        floor_db=style.tone.floor_db + artist.floor_db,
        reverb_seconds=style.tone.reverb_seconds * artist.room,
        reverb=style.tone.reverb * artist.reverb * 2,
    )
    return Desk(tone, artist.mix_db, tone.rms * 10 ** (artist.loudness_db / 20))


def _tempo_word(tempo_bpm: float) -> str:
    if tempo_bpm < _SLOW_BELOW_BPM:
        return "slow"
    return "medium" if tempo_bpm < _FAST_FROM_BPM else "fast"


def _mood(energy: float, tempo_bpm: float, *, minor: bool) -> str:
    felt = energy + 0.25 * (tempo_bpm - 110) / 60
    if felt >= 0.75:
        return "energetic"
    if felt < 0.25:
        return "calm"
    if minor:
        return "sad" if felt < 0.5 else "dark"
    return "happy"
