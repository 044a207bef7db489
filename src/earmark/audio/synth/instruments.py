"""The orchestra: each instrument is a voice's settings, the label listeners give it, and its amp.

Several instruments share a label on purpose (three kinds of guitar): the label is the truth a
tagger is to learn, the instrument is what happens to sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from earmark.audio.synth.voices import Envelope, Fm, Formants, Pluck, Voice, Wave


@dataclass(frozen=True)
class Instrument:
    """What plays a part.

    Attributes:
        label: as in the truth.
        drive: gain into the amplifier's distortion; 0 for none.
    """

    label: str
    voice: Voice
    drive: float = 0.0


_HELD = Envelope(0.01, 0.3, 0.8, 0.08)
_BOWED = Envelope(0.09, 0.5, 0.85, 0.25)
_SWELL = Envelope(0.6, 2.0, 0.8, 0.9)
_STRUCK = Envelope(0.003, 0.7, 0.0, 0.15)

_SECTION = Wave(
    _BOWED, rolloff=1.1, open_hz=3200, closed_hz=2200, sweep_seconds=1.0, rise_seconds=0.08,
    detune_cents=9,
)  # fmt: skip
_REED = Wave(
    Envelope(0.03, 0.5, 0.8, 0.1), open_hz=4500, closed_hz=3000, sweep_seconds=0.7,
    rise_seconds=0.04, breath=0.04,
)  # fmt: skip
# Where the mouth resonates for each vowel, after the usual tables for men and women, averaged.
_AH: Formants = ((730, 1.0), (1150, 0.6), (2600, 0.3), (3500, 0.15))
_EE: Formants = ((310, 1.0), (2300, 0.4), (3000, 0.3), (3700, 0.15))
_EH: Formants = ((560, 1.0), (1850, 0.5), (2550, 0.3), (3500, 0.15))
_OH: Formants = ((480, 1.0), (870, 0.5), (2500, 0.25))
_OO: Formants = ((340, 1.0), (760, 0.3), (2400, 0.15))
_SINGER = Wave(
    Envelope(0.05, 0.8, 0.85, 0.12), rolloff=0.65, open_hz=7000, closed_hz=5000, sweep_seconds=0.5,
    rise_seconds=0.04, detune_cents=5, vibrato_hz=5.4, vibrato_cents=24, breath=0.03,
    consonant=1.5,
)  # fmt: skip

INSTRUMENTS: dict[str, Instrument] = {
    # Strings that are plucked or struck.
    "nylon guitar": Instrument("guitar", Pluck(0.7, 1.2, 0.25, 1800)),
    "steel guitar": Instrument("guitar", Pluck(0.9, 0.6, 0.13, 4200, 4, 0.15)),
    "clean guitar": Instrument("guitar", Pluck(0.8, 0.8, 0.18, 3000, 0, 0.08), drive=0.8),
    "muted guitar": Instrument("guitar", Pluck(0.10, 1.0, 0.15, 3200, 0, 0.2)),
    "crunch guitar": Instrument("guitar", Pluck(1.2, 0.7, 0.15, 3500, 5, 0.1), drive=2.5),
    "metal guitar": Instrument("guitar", Pluck(1.8, 0.5, 0.1, 5000, 7, 0.1), drive=6.0),
    "lead guitar": Instrument("guitar", Pluck(2.5, 0.4, 0.12, 4500, 3, 0.05), drive=4.0),
    "banjo": Instrument("banjo", Pluck(0.22, 0.5, 0.08, 6000, 0, 0.25)),
    "harp": Instrument("harp", Pluck(1.3, 1.0, 0.35, 2500)),
    "piano": Instrument("piano", Pluck(1.1, 1.0, 0.12, 2600, 2, 0.05, 0.15)),
    "bright piano": Instrument("piano", Pluck(0.9, 0.7, 0.12, 4500, 3, 0.08, 0.12)),
    # Keys.
    "electric piano": Instrument("electric piano", Fm(_STRUCK, 1.0, 1.6, 0.5)),
    "bell keys": Instrument("electric piano", Fm(Envelope(0.002, 1.0, 0, 0.3), 3.5, 1.4, 0.3)),
    "organ": Instrument(
        "organ", Wave(Envelope(0.006, 1, 1, 0.05), 0.9, 0.6, 3500, 2500, 0.3, vibrato_cents=9)
    ),
    # Bowed, blown and sung.
    "strings": Instrument("strings", replace(_SECTION, vibrato_cents=14, breath=0.02)),
    "low strings": Instrument(
        "strings", replace(_SECTION, rolloff=1.2, open_hz=1600, closed_hz=1000, vibrato_cents=10)
    ),
    "solo violin": Instrument(
        "strings",
        replace(_REED, envelope=_BOWED, vibrato_cents=22, formants=(((480, 0.6), (2900, 0.5)),)),
    ),
    "fiddle": Instrument(
        "strings",
        replace(
            _REED, rolloff=0.8, open_hz=5500, closed_hz=3800, vibrato_cents=12,
            formants=(((520, 0.5), (2700, 0.8)),),
        ),
    ),
    "brass": Instrument(
        "brass",
        replace(_REED, rolloff=0.9, closed_hz=900, rise_seconds=0.06, detune_cents=7, breath=0.02),
    ),
    "trumpet": Instrument(
        "brass",
        replace(
            _REED, rolloff=0.7, closed_hz=1800, rise_seconds=0.05, vibrato_cents=16,
            formants=(((1200, 0.7), (2400, 0.4)),),
        ),
    ),
    "sax": Instrument(
        "saxophone",
        replace(
            _REED, rolloff=0.75, even=0.8, closed_hz=1700, vibrato_cents=18, breath=0.09,
            formants=(((650, 0.8), (1500, 0.5), (2800, 0.2)),),
        ),
    ),
    "flute": Instrument(
        "flute",
        replace(_REED, rolloff=2.0, even=0.7, closed_hz=2000, vibrato_cents=16, breath=0.1),
    ),
    "harmonica": Instrument(
        "harmonica",
        replace(
            _REED, rolloff=0.6, even=0.7, closed_hz=3200, detune_cents=3, vibrato_cents=20,
            breath=0.06, formants=(((900, 0.5), (2200, 0.6)),),
        ),
    ),
    "voice ah": Instrument("voice", replace(_SINGER, formants=(_AH, _EE, _OH, _EH))),
    "voice oh": Instrument(
        "voice", replace(_SINGER, rolloff=1.0, vibrato_cents=28, formants=(_OH, _OO, _AH, _EH))
    ),
    # Synthesizers.
    "saw lead": Instrument("synth", Wave(_HELD, 1, 1, 6000, 2500, 0.4, 0.002, 9, 5.5, 12)),
    "square lead": Instrument("synth", Wave(_HELD, 1, 0.05, 5000, 2200, 0.3, 0.002, 4, 5.5, 14)),
    "pluck synth": Instrument(
        "synth", Wave(Envelope(0.002, 0.18, 0.05, 0.1), 1, 0.8, 7000, 500, 0.09, 0.001, 8)
    ),
    "stab synth": Instrument(
        "synth", Wave(Envelope(0.003, 0.25, 0.2, 0.12), 0.9, 1, 5000, 700, 0.14, 0.002, 12)
    ),
    "warm pad": Instrument("synth", Wave(_SWELL, 1.2, 1, 2200, 1100, 2.0, 0.6, 10, 4, 5, 0.02)),
    "airy pad": Instrument("synth", Wave(_SWELL, 1.0, 0.6, 4500, 1500, 2.5, 0.8, 13, 4, 5, 0.1)),
    # Basses.
    "upright bass": Instrument("bass", Pluck(0.28, 2.5, 0.3, 900, 0, 0.12)),
    "finger bass": Instrument("bass", Pluck(0.45, 1.5, 0.22, 1400, 0, 0.06)),
    "pick bass": Instrument("bass", Pluck(0.5, 1.0, 0.12, 2600, 0, 0.12), drive=1.5),
    "synth bass": Instrument(
        "bass", Wave(Envelope(0.003, 0.25, 0.5, 0.05), 1, 1, 2600, 250, 0.12, 0.001, 5)
    ),
    "acid bass": Instrument(
        "bass",
        Wave(Envelope(0.002, 0.2, 0.3, 0.04), 0.8, 1, 3600, 300, 0.1, formants=(((900, 0.5),),)),
        drive=2.0,
    ),
    "sub bass": Instrument("bass", Wave(Envelope(0.006, 0.8, 0.8, 0.06), 2.2, 0.6, 500, 220, 0.1)),
    "dub bass": Instrument("bass", Wave(Envelope(0.01, 0.5, 0.6, 0.06), 1.8, 0.5, 600, 280, 0.15)),
}  # fmt: skip


def coloured(instrument: Instrument, *, brightness: float, ring: float, drive: float) -> Instrument:
    """Return the instrument as one artist has it: filter, ring and amp scaled by their factors."""
    voice = instrument.voice
    if isinstance(voice, Pluck):
        voice = replace(
            voice,
            hardness_hz=voice.hardness_hz * brightness,
            ring_seconds=voice.ring_seconds * ring,
            damping=voice.damping / brightness,
        )
    elif isinstance(voice, Wave):
        voice = replace(
            voice,
            open_hz=voice.open_hz * brightness,
            closed_hz=voice.closed_hz * brightness,
            sweep_seconds=voice.sweep_seconds * ring,
            detune_cents=voice.detune_cents * ring,
        )
    elif isinstance(voice, Fm):
        voice = replace(voice, index=voice.index * brightness)
    return replace(instrument, voice=voice, drive=instrument.drive * drive)
