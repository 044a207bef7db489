"""What the search for near duplicates is tried on: pieces that are nearly another, and copies."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.audio.synth import make_artist
from earmark.audio.synth.artists import lineup
from earmark.audio.synth.form import BEATS_PER_BAR, Key, drum, plan
from earmark.audio.synth.instruments import INSTRUMENTS, coloured
from earmark.audio.synth.mastering import Desk, master
from earmark.audio.synth.mixing import Clock, drum_up, perform
from earmark.audio.synth.parts import play
from earmark.audio.synth.styles import style_named

Samples = NDArray[np.float32]

RATE = 22_050
LATER = 2 * RATE + 77  # no whole number of frames
HEARD_DB = -15.0  # a change of the sound, against the sound, from which on a tune is another
REQUIRED = ("mp3 64", "6 dB softer", "6 dB louder", "2 s later", "2 s later, softer, mp3 64",
            "2 s later, louder, mp3 64")  # fmt: skip
WAYS = (*REQUIRED, "noise -20 dB", "mp3 24", "2 s later, mp3 24")
_LEVELS = {64: 0.65, 24: 0.9}  # libsndfile's compression for a bit rate in kbit/s at 22 050 Hz


def song(style: str, seed: int, seconds: float, *, tune: int = 0, take: int = 0) -> Samples:
    """Return a piece [shape=(n,)] whose parts are seeded apart.

    Equal but for ``tune``: all but the melody is the same to the sample, before mastering. Equal
    but for ``take``: the same notes, played anew.
    """
    who, played = np.random.default_rng((seed, 1)), style_named(style)
    artist = make_artist("x", style, who)
    clock = _clock(played, artist)
    minor = bool(who.random() < artist.minor)
    key = Key(artist.tonics[0], minor, played.scales[minor])
    bars = plan(played, int(seconds / clock.seconds(BEATS_PER_BAR)) + 1, minor=minor, rng=who)
    dry, send = np.zeros((2, round(seconds * RATE)))
    for number, (part, name) in enumerate(zip(played.parts, lineup(artist, played.parts, who),
                                              strict=True)):  # fmt: skip
        if name:
            its = tune if part.role == "melody" else 0
            notes = play(part, bars, key, np.random.default_rng((seed, 2, number, its)))
            instrument = coloured(INSTRUMENTS[name], brightness=artist.brightness,
                                  ring=artist.ring, drive=artist.drive)  # fmt: skip
            bus = perform(notes, instrument, clock, len(dry),
                          np.random.default_rng((seed, 3, number, its, take)),
                          strum_seconds=part.strum_seconds)  # fmt: skip
            bus *= 10 ** (part.level_db / 20)
            dry += bus
            send += part.reverb * bus
    if hits := drum(played, bars, np.random.default_rng((seed, 4))):
        bus = drum_up(hits, artist.kit, clock, len(dry), np.random.default_rng((seed, 5, take)))
        bus *= 10 ** (played.drums_db / 20)
        dry += bus
        send += 0.15 * bus
    tone = replace(played.tone, reverb=played.tone.reverb * artist.reverb * 2,
                   reverb_seconds=played.tone.reverb_seconds * artist.room)  # fmt: skip
    desk = Desk(tone, artist.mix_db, tone.rms)
    return master(dry, send, desk, RATE, np.random.default_rng((seed, 6))).astype(np.float32)


def changed(
    samples: Samples, start: int, count: int, way: str, rng: np.random.Generator
) -> Samples:
    """Return a copy of a stretch of samples, changed in one of ``WAYS``."""
    begin = start + LATER if "later" in way else start
    copy = samples[begin : begin + count]
    if "softer" in way:
        copy = np.float32(0.5) * copy
    if "louder" in way:
        copy = np.clip(2 * copy, -1, 1)
    if "noise" in way:
        noise = rng.standard_normal(len(copy)).astype(np.float32)
        copy = copy + np.float32(0.1 * copy.std()) * noise
    if "mp3" in way:
        copy = through_mp3(copy, int(way.rpartition(" ")[2]))
    return copy


def through_mp3(samples: Samples, kilobits: int) -> Samples:
    """Encode at a constant bit rate and decode."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="MP3", subtype="MPEG_LAYER_III",
                    compression_level=_LEVELS[kilobits], bitrate_mode="CONSTANT")  # fmt: skip
    written = 8 * len(buffer.getvalue()) / (len(samples) / RATE) / 1000
    assert kilobits <= written < 1.1 * kilobits, f"{written:.0f} kbit/s written"
    buffer.seek(0)
    decoded, _ = soundfile.read(buffer, dtype="float32")
    return np.asarray(decoded, np.float32)


def _clock(style: Any, artist: Any) -> Clock:
    (low, high), (straight, swung) = style.tempo_bpm, style.swing
    return Clock(low + artist.tempo * (high - low), straight + artist.swing * (swung - straight),
                 style.swing_unit_beats, style.loose_seconds * artist.looseness, RATE)  # fmt: skip
