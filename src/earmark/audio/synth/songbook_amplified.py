"""The songbook of the electric band: metal, pop, reggae, rock."""

from __future__ import annotations

from earmark.audio.synth.style import Part, Style, Tone

METAL = Style(
    name="metal",
    tempo_bpm=(104, 192),
    energy=0.95,
    minor=0.92,
    major_progressions=("I5 bVII5 IV5 I5",),
    minor_progressions=(
        "i5 i5 bVI5 bVII5", "i5 bII5 i5 bIII5", "i5 i5 bII5 i5", "i5 bVI5 bIII5 bVII5",
        "i5/bVI5 bVII5/i5",
    ),
    scales=("minor pentatonic", "phrygian"),
    parts=(
        Part(
            "power", ("metal guitar",),
            (
                "xmmmxmmmxmmxmmx-", "mmmmmmmmmmmmx-b-", "x-------x---b---", "mmxmmxmmxmmxmmd-",
                "mxmmxmmxmmxmb-x-",
            ),
            2, 35, reverb=0.1,
        ),
        Part("bass", ("pick bass",), ("1111111111111111", "1-1-1-1-1-1-1-1-"), -3, 28, reverb=0.0),
        Part(
            "melody", ("lead guitar", "metal guitar", "voice ah"),
            (
                "x-x-x-x-xxxxx-------x-x-x-------", "xxxxxxxxxxxxxxxxx-------x-------",
                "x-------x-------x---x---x-------", "x---x-x-x---x-x-x---------------",
            ),
            -1, 57, chance=0.75, sections=("chorus",), reverb=0.3,
        ),
        Part("chords", ("metal guitar", "crunch guitar"), ("x---------------", "x-------x-------"),
             -4, 47, chance=0.6, sections=("chorus",), reverb=0.2),
    ),
    tone=Tone(
        (-18, -10.5, -8.5, -8, -14, -14, -13.5, -13, -10.5, -9.5, -13.5, -42),
        0.154, squeeze=0.4, floor_db=-59,
        reverb_seconds=0.9, reverb=0.12,
    ),
    beats=(
        (("kick", "xxxxxxxxxxxxxxxx"), ("snare", "....x.......x..."), ("ride", "x.x.x.x.x.x.x.x.")),
        (("kick", "x.xxx.xxx.xxx.xx"), ("snare", "..x...x...x...x."), ("open hat",
         "x...x...x...x...")),
        (("kick", "x..x..x..x..x.x."), ("snare", "........x......."), ("crash",
         "x...x...x...x...")),
    ),
    fills=(
        (("kick", "xxxxxxxxxxxxxxxx"), ("snare", "....x...xxxx...."), ("tom", "............xxxx")),
        (("kick", "x.x.x.x.x.x.x.x."), ("low tom", "........xxxx...."), ("tom",
         "............xxxx")),
    ),
    drums_db=5,
    loose_seconds=0.004,
)  # fmt: skip

POP = Style(
    name="pop",
    tempo_bpm=(88, 132),
    energy=0.62,
    minor=0.3,
    major_progressions=("I V vi IV", "vi IV I V", "I vi IV V", "IV I V vi", "I IV vi V"),
    minor_progressions=("i bVI bIII bVII", "i bVII bVI bVII", "i iv bVI bVII"),
    scales=("major", "minor"),
    parts=(
        Part("bass", ("synth bass", "finger bass", "sub bass"),
             ("1---1---1---1-1-", "1-----1-1-----1-", "1-1-1-1-1-1-1-1-", "1--1--1-1--1--8-"), 0,
             33,
             reverb=0.05),
        Part(
            "chords", ("bright piano", "stab synth", "bell keys", "clean guitar", "steel guitar"),
            ("x---x---x---x---", "x--x--x-x--x--x-", "x-x-..x-..x-x-..", "x-----x---x-----"),
            -3, 56, strum_seconds=0.005,
        ),
        Part("arpeggio", ("pluck synth", "bell keys", "clean guitar"),
             ("1.3.2.4.1.3.2.4.", "1231231212312312", "4.3.2.1.4.3.2.3."), -6, 62, chance=0.6),
        Part("chords", ("warm pad", "airy pad", "strings"), ("x---------------",), -7, 55,
             chance=0.7, sections=("verse", "chorus"), reverb=0.5),
        Part(
            "melody", ("voice ah", "voice oh", "saw lead", "square lead"),
            (
                "x-x-x---x-x-x-----x-x---x-------", "..x-x-x-x-x---x-x-----......x-x-",
                "x--x--x-x-------x--x--x-x-------", "x-x-x-x-x---x---..x-x-x-x-------",
                "x---x-x---x-x-x-x-------........",
            ),
            5, 62, sections=("verse", "chorus"), reverb=0.45,
        ),
    ),
    tone=Tone(
        (-13, -6.5, -12.5, -10, -6.5, -8, -13, -17, -16, -18, -18, -16),
        0.19, match=0.75, squeeze=0.2,
        floor_db=-71, reverb_seconds=1.4, reverb=0.25,
    ),
    beats=(
        (("kick", "x...x...x...x..."), ("clap", "....x.......x..."), ("hat", "x.o.x.o.x.o.x.o.")),
        (("kick", "x.....x.x......."), ("snare", "....x.......x..."), ("hat", "xoxoxoxoxoxoxoxo")),
        (("kick", "x..x..x...x....."), ("snare", "....x.......x..."), ("hat", "x.x.x.x.x.x.x.x."),
         ("shaker", "xoxoxoxoxoxoxoxo")),
    ),
    fills=(
        (("kick", "x...x...x...x..."), ("snare", "....x.......xxxx"), ("hat", "x.o.x.o.x.o.....")),
        (("kick", "x.....x.x......."), ("snare", "....x...x.x.xoxo"), ("tom", "..........x...x.")),
    ),
    drums_db=6,
    loose_seconds=0.004,
)  # fmt: skip

REGGAE = Style(
    name="reggae",
    tempo_bpm=(64, 98),
    energy=0.4,
    minor=0.45,
    major_progressions=("I IV I V", "I ii I ii", "I vi ii V", "I V IV IV", "IV I IV V"),
    minor_progressions=("i iv i V", "i bVII i bVII", "i bVI bVII i", "iv i iv i"),
    scales=("major pentatonic", "minor pentatonic"),
    parts=(
        Part("bass", ("dub bass", "finger bass", "sub bass"),
             ("1-..1-3-5-..5---", "....1-1-3-5-..1-", "1---..5-8-5-3---", "1-1-..5-..1-7-8-"), 2,
             31,
             reverb=0.05),
        Part("chords", ("clean guitar", "muted guitar"), ("..x...x...x...x.", "..xo..xo..xo..xo"),
             -2, 57, strum_seconds=0.006),
        Part("chords", ("organ", "bright piano", "electric piano"),
             ("..x.oxx.....oxx.", "..x...x...x...x.", ".oxo.oxo.oxo.oxo"), -4, 55, chance=0.85),
        Part(
            "melody", ("voice oh", "voice ah", "trumpet", "organ", "brass", "sax"),
            (
                "x-x-x---......x-x-x-x---........", "..x-x-x-x-x-x-------............",
                "x---x-x-x-------..x-x---x-------", "......x-x-x---........x-x-x---..",
            ),
            3, 60, sections=("verse", "chorus"), reverb=0.6,
        ),
        Part("melody", ("brass", "trumpet"),
             ("............x.x-............x.x-", "........x-x-x-.................."), -2, 58,
             chance=0.4, sections=("chorus",), reverb=0.5),
    ),
    tone=Tone(
        (-14.5, -6.5, -3.5, -13, -12, -13.5, -15.5, -16.5, -17, -17, -16, -30),
        0.125, squeeze=0.12, floor_db=-57,
        reverb_seconds=1.6, reverb=0.3,
    ),
    beats=(
        (("kick", "........x......."), ("rim", "........x......."), ("hat", "x.o.x.o.x.o.x.o.")),
        (("kick", "........x......."), ("snare", "........x......."), ("hat", "x.oox.oox.oox.oo"),
         ("rim", "...x......x..x..")),
        (("kick", "x...x...x...x..."), ("snare", "........x......."), ("hat", "..x...x...x...x.")),
    ),
    fills=(
        (("kick", "........x......."), ("snare", "........x..xx.xx"), ("hat", "x.o.x.o.x.......")),
        (("tom", "x.xx..x........."), ("kick", "........x......."), ("snare", "........x...xx..")),
    ),
    drums_db=4,
    swing=(0.52, 0.62),
    swing_unit_beats=0.25,
    loose_seconds=0.009,
)  # fmt: skip

ROCK = Style(
    name="rock",
    tempo_bpm=(96, 152),
    energy=0.75,
    minor=0.45,
    major_progressions=("I bVII IV I", "I IV V IV", "I V vi IV", "I bVII bVI bVII", "I IV I V"),
    minor_progressions=("i bVII bVI bVII", "i bVI bVII i", "i bIII bVII iv", "i iv bVI V"),
    scales=("mixolydian", "minor pentatonic"),
    parts=(
        Part("bass", ("pick bass", "finger bass"),
             ("1-1-1-1-1-1-1-1-", "1---1-1-1---1-a-", "1--1--1-1---5---"), -1, 28, reverb=0.05),
        Part("power", ("crunch guitar",),
             ("x---x-x-..x-x-x-", "x-x-x-x-x-x-x-x-", "x-----x-x-----d-", "x-..x-x-..x-x---",
              "m-m-x-m-m-x-m-x-"), 0, 40, reverb=0.15),
        Part("chords", ("crunch guitar", "clean guitar", "steel guitar", "organ"),
             ("x---x-x-x-x-x-x-", "x---------------", "x---x---x---x-ox"), -4, 52, chance=0.8,
             sections=("verse", "chorus"), strum_seconds=0.01),
        Part(
            "melody", ("lead guitar", "voice ah", "voice oh"),
            (
                "x-x-x---x-x-x-------x-x-x---....", "x---x---x-x-x---x-------........",
                "..x-x-x-x---x-x-x-------........", "x-xxx-x-x---....x-xxx-x-x-------",
            ),
            4, 59, sections=("verse", "chorus"), reverb=0.35,
        ),
    ),
    tone=Tone(
        (-16.5, -8.5, -9, -5, -8.5, -10, -13.5, -14.5, -14, -15.5, -17, -37),
        0.132, squeeze=0.2, floor_db=-63,
        reverb_seconds=1.1, reverb=0.2,
    ),
    beats=(
        (("kick", "x.......x.x....."), ("snare", "....x.......x..."), ("hat", "x.x.x.x.x.x.x.x.")),
        (("kick", "x.x.....x..x...."), ("snare", "....x.......x..."), ("open hat",
         "x...x...x...x...")),
        (("kick", "x.....xx..x....."), ("snare", "....x..g.g..x..."), ("ride", "x.o.x.o.x.o.x.o.")),
    ),
    fills=(
        (("kick", "x.......x......."), ("snare", "....x...xxxx...."), ("tom", "............xxxx")),
        (("kick", "x.......x......."), ("snare", "....x.x.x.x.xxxx"), ("crash",
         "...............x")),
    ),
    drums_db=5,
    loose_seconds=0.007,
)  # fmt: skip
