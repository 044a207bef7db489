"""The songbook of dance floor and machine: ambient, disco, hip-hop, techno."""

from __future__ import annotations

from earmark.audio.synth.style import Part, Style, Tone

AMBIENT = Style(
    name="ambient",
    tempo_bpm=(54, 86),
    energy=0.1,
    minor=0.5,
    major_progressions=("Imaj7 IV Imaj7 vi7", "I I Isus IV", "IV I vi7 V"),
    minor_progressions=("i9 bVI i9 iv7", "i bVII iv bVI"),
    scales=("major pentatonic", "minor pentatonic"),
    parts=(
        Part("chords", ("warm pad", "airy pad", "strings"), ("x---------------",), 0, 50,
             reverb=0.8),
        Part("bass", ("sub bass", "low strings"), ("1---------------",), -3, 33, reverb=0.4),
        Part("arpeggio", ("bell keys", "pluck synth", "piano", "harp"),
             ("1...3...2...4...", "1.....3.....5...", "1.2.4.2.3.2.4.2."), -4, 60, chance=0.85,
             reverb=0.9),
        Part("melody", ("flute", "voice oh", "bell keys", "electric piano"),
             ("x---------------x-------........", "........x-----------x-----------"), -1, 62,
             chance=0.7, sections=("verse", "chorus"), reverb=0.9),
    ),
    tone=Tone(
        (-17, -8, -7.5, -7, -7.5, -9, -15, -17, -21, -23, -27.5, -35),
        0.07, squeeze=0.05, swell_db=6, floor_db=-55,
        reverb_seconds=4.0, reverb=0.6,
    ),
    beats=(
        (("shaker", "..o...o...o...o."),),
        (("kick", "o..............."), ("hat", "....g.......g...")),
    ),
    drums_db=-11,
    loose_seconds=0.02,
    form=(("intro", 2), ("verse", 8), ("chorus", 8)),
)  # fmt: skip

DISCO = Style(
    name="disco",
    tempo_bpm=(108, 132),
    energy=0.78,
    minor=0.5,
    major_progressions=("I vi ii V", "ii7 V7 Imaj7 vi7", "I IV I V", "IV V iii7 vi"),
    minor_progressions=("i7 iv7 bVII bIII", "i bVI bVII i", "i7 i7 iv7 V7", "i bVII bVI V"),
    scales=("major", "dorian"),
    parts=(
        Part("bass", ("finger bass", "synth bass", "pick bass"),
             ("1.8.1.8.1.8.1.8.", "1-881-881-88a-88", "1.181.183.585.18"), 0, 31, reverb=0.05),
        Part("chords", ("muted guitar", "clean guitar"),
             ("x.oxo.ox.xo.oxo.", "..x...x...x...x.", "xoxo.xoxxoxo.xox"), -5, 57,
             strum_seconds=0.003),
        Part("chords", ("strings",), ("x---------------", "x-----x---------",
        "......x-x-x-----"), -3,
             62, chance=0.85, sections=("verse", "chorus"), reverb=0.5),
        Part("chords", ("bright piano", "electric piano", "stab synth"),
             ("x--x--x-..x--x--", "x---x---x---x---", "..x-..x-..x-..x-"), -4, 55, chance=0.7),
        Part(
            "melody", ("voice ah", "brass", "strings", "saw lead", "voice oh"),
            (
                "x-x---x-x-x-----..x-x-x-x-------", "x---x-x-..x-x-x-x-------........",
                "..x-x-..x-x-x---..x-x-..x-------", "x-xxx-x-........x-xxx-x-x-------",
            ),
            3, 62, sections=("verse", "chorus"), reverb=0.4,
        ),
    ),
    tone=Tone(
        (-15.5, -6, -11, -9, -9, -9, -11.5, -13, -12, -14, -13.5, -30.5),
        0.138, squeeze=0.12,
        floor_db=-65, reverb_seconds=1.3, reverb=0.22,
    ),
    beats=(
        (("kick", "x...x...x...x..."), ("snare", "....x.......x..."), ("open hat",
         "..x...x...x...x."),
         ("hat", "x.......x.......")),
        (("kick", "x...x...x...x..."), ("clap", "....x.......x..."), ("open hat",
         "..x...x...x...x."),
         ("hat", "xo.oxo.oxo.oxo.o")),
        (("kick", "x...x...x...x..."), ("snare", "....x.......x..."), ("hat", "xoxoxoxoxoxoxoxo")),
    ),
    fills=(
        (("kick", "x...x...x...x..."), ("snare", "....x...x.xxxxxx"), ("open hat",
         "..x...x.........")),
        (("kick", "x...x...x...x..."), ("tom", "........x.xxx..."), ("low tom",
         ".............xxx")),
    ),
    drums_db=4,
    loose_seconds=0.005,
)  # fmt: skip

HIPHOP = Style(
    name="hiphop",
    tempo_bpm=(78, 108),
    energy=0.6,
    minor=0.75,
    major_progressions=("I I IV I", "Imaj7 vi7 Imaj7 vi7", "ii7 V9 Imaj7 Imaj7"),
    minor_progressions=("i i i i", "i7 bVI i7 V7", "i9 iv7 i9 iv7", "i bVI i bVII"),
    scales=("minor pentatonic", "minor pentatonic"),
    parts=(
        Part("bass", ("sub bass", "synth bass", "dub bass"),
             ("1-----1---1-....", "1---....1-1---..", "1--1--....1---a-", "1-------..1-8-1-"), 2,
             29,
             reverb=0.0),
        Part("chords", ("electric piano", "piano", "stab synth", "strings"),
             ("x-------........", "x---..x-----....", "..x...x-....x...", "x.....x...x....."),
             -5, 55),
        Part("arpeggio", ("bell keys", "pluck synth", "piano", "muted guitar"),
             ("1.3.2...1.3.4...", "..4.3..1..4.3..2"), -6, 62, chance=0.6),
        Part(
            "melody", ("voice oh", "voice ah", "square lead", "flute"),
            (
                "x.xx.x.x.xx.x...x.xx.x.xx.......", "..xxx.x.xxx.x.x...xxx.x.x.x.....",
                "x.x.xxx.x.x.x-..x.x.xxx.x-......", "x-----x-x-------x-----x---------",
            ),
            3, 55, sections=("verse", "chorus"), reverb=0.15,
        ),
    ),
    tone=Tone(
        (-11, -6.5, -9, -10, -6, -9.5, -16, -15, -15.5, -17, -17.5, -30),
        0.175, match=0.75, squeeze=0.05,
        floor_db=-52, reverb_seconds=0.8, reverb=0.12,
    ),
    beats=(
        (("kick", "x..x......x..x.."), ("snare", "....x.......x..."), ("hat", "x.x.x.x.x.x.x.x.")),
        (("kick", "x.......x.x....."), ("snare", "....x..g.g..x..."), ("hat", "x.xox.xox.xox.xo")),
        (("kick", "x.....x...x....x"), ("clap", "....x.......x..."), ("hat", "xoxoxoxxxoxoxxxx")),
    ),
    fills=(
        (("kick", "x..x......x....."), ("snare", "....x.....x.x.xx"), ("open hat",
         "..............x.")),
        (("snare", "....x.......x..."), ("kick", "x..............."), ("hat", "x.x.x.x.xxxxxxxx")),
    ),
    drums_db=6,
    swing=(0.5, 0.62),
    swing_unit_beats=0.25,
    loose_seconds=0.006,
)  # fmt: skip

TECHNO = Style(
    name="techno",
    tempo_bpm=(120, 142),
    energy=0.85,
    minor=0.85,
    major_progressions=("I I I I", "I I IV I"),
    minor_progressions=("i i i i", "i i bVI bVII", "i i i bII"),
    scales=("minor pentatonic", "minor"),
    parts=(
        Part("bass", ("acid bass", "synth bass", "sub bass"),
             ("..1-..1-..1-..1-", ".111.111.111.181", "1.1811.118.11.81"), -1, 31, reverb=0.05),
        Part("arpeggio", ("pluck synth", "square lead", "saw lead"),
             ("1213121412131215", "1..2..3.1..2..4.", "11.13.12.14.131."), -4, 55, reverb=0.4),
        Part("chords", ("stab synth", "airy pad"), ("...x..x....x....", "x..x..x...x.....",
             "x---------------"), -5, 55, chance=0.8, reverb=0.6),
        Part("melody", ("saw lead", "square lead", "bell keys"),
             ("x--x--x-........x--x--x-x-------", "x-------x-------x-------x---x---"), -1, 62,
             chance=0.5, sections=("chorus",), reverb=0.5),
    ),
    tone=Tone(
        (-12, -4.5, -8.5, -10.5, -10.5, -10.5, -13.5, -15.5, -14.5, -16.5, -15.5, -18),
        0.18, squeeze=0.2,
        floor_db=-69, reverb_seconds=1.5, reverb=0.22,
    ),
    beats=(
        (("kick", "x...x...x...x..."), ("open hat", "..x...x...x...x."), ("clap",
         "....x.......x...")),
        (("kick", "x...x...x...x..."), ("hat", "ooxoooxoooxoooxo"), ("rim", "...x..x....x..x.")),
        (("kick", "x...x...x...x..."), ("open hat", "..x...x...x...x."), ("shaker",
         "xoxoxoxoxoxoxoxo"),
         ("low tom", "......o....o....")),
    ),
    fills=(
        (("kick", "x...x..........."), ("snare", "x.o.x.o.xxoxxxxx")),
        (("kick", "x...x...x......."), ("clap", "....x.......x.xx"), ("hat", "xxxxxxxxxxxxxxxx")),
    ),
    drums_db=6,
    loose_seconds=0.001,
)  # fmt: skip
