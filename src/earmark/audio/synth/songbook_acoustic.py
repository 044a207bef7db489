"""The songbook of styles that grew up before the amplifier: blues, classical, country, jazz."""

from __future__ import annotations

from earmark.audio.synth.style import Part, Style, Tone

_TWELVE_BARS = "I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7"

BLUES = Style(
    name="blues",
    tempo_bpm=(72, 132),
    energy=0.45,
    minor=0.25,
    major_progressions=(_TWELVE_BARS, "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 I7/V7"),
    minor_progressions=("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7",),
    scales=("blues", "blues"),
    parts=(
        Part(
            "bass",
            ("upright bass", "finger bass"),
            ("1--3--5--6--", "1--1--3--5--", "1--5--6--a--", "1-13-35-56-5"),
            -2, 31, reverb=0.1,
        ),
        Part(
            "chords",
            ("piano", "clean guitar", "organ"),
            ("...x.....x..", "x-ox-ox-ox-o", "..x..x..x..x", "x--..ox--..."),
            -5, 55, strum_seconds=0.008,
        ),
        Part(
            "chords", ("clean guitar", "steel guitar", "muted guitar"),
            ("x.ox.ox.ox.o", "...x.....x.."), -7, 47, chance=0.6, strum_seconds=0.012,
        ),
        Part(
            "melody",
            ("harmonica", "lead guitar", "sax", "clean guitar", "voice oh"),
            (
                "x--x-xx-----............", "..xx-xx-xx--x-----......",
                "x-xx-x.........x-xx-----", "...x-xx--x-xx--.........",
                "x-----x-xx--x-----......",
            ),
            4, 57, sections=("verse", "chorus"), reverb=0.4,
        ),
    ),
    tone=Tone(
        (-14.5, -8, -10, -5, -7, -9, -13.5, -16, -20.5, -24, -23.5, -45),
        0.136, squeeze=0.1, floor_db=-57,
        reverb_seconds=1.0,
    ),
    beats=(
        (("kick", "x.....x....."), ("snare", "...x.....x.."), ("ride", "x.xx.xx.xx.x")),
        (("kick", "x....ox....."), ("snare", "...x.....x.g"), ("hat", "x.ox.ox.ox.o")),
        (("kick", "x..o..x..o.."), ("brush", "x.xx.xx.xx.x"), ("rim", "...x.....x..")),
    ),
    fills=(
        (("kick", "x.....x....."), ("snare", "...x..ooxxxx"), ("ride", "x.xx.x......")),
        (("kick", "x.....x....."), ("snare", "...x..x.x..."), ("tom", ".........xxx")),
    ),
    drums_db=-2,
    loose_seconds=0.012,
    form=(("intro", 1), ("verse", 12), ("chorus", 12)),
)  # fmt: skip

CLASSICAL = Style(
    name="classical",
    tempo_bpm=(62, 126),
    energy=0.2,
    minor=0.45,
    major_progressions=(
        "I V vi iii IV I IV V", "I IV V I", "I vi ii V", "I I IV/V I", "I V7 I/vi ii/V7",
    ),
    minor_progressions=(
        "i iv V i", "i bVI iv V", "i bVII bVI V", "i iv bVII bIII bVI iib5 V V7", "i V7 i/iv V",
    ),
    scales=("major", "minor"),
    parts=(
        Part(
            "arpeggio", ("piano", "harp", "nylon guitar"),
            (
                "1.3.2.3.1.3.2.3.", "1.2.3.4.5.4.3.2.", "1234543212345432", "1---3-2-4---3-2-",
                "1.2.3.2.4.2.3.2.",
            ),
            -3, 48, reverb=0.5,
        ),
        Part(
            "melody", ("solo violin", "flute", "piano", "strings"),
            (
                "x-------x---x---x-----------....", "x---x-x-x---x---x-------x-x-x-x-",
                "x-----x-x---....x-----x-x---....", "xxxxx---x---x---x-x-x---x-------",
                "..x-x-x-x-------..x-x-x-x-------",
            ),
            3, 67, chance=0.9, sections=("verse", "chorus"), reverb=0.6,
        ),
        Part("chords", ("strings",), ("x---------------", "x-------x-------"), -4, 52,
             chance=0.75, reverb=0.6),
        Part("bass", ("low strings",), ("1---------------", "1-------5-------", "1---3---5---3---"),
             -4, 36, chance=0.75, reverb=0.5),
        Part("melody", ("brass", "flute", "strings"),
             ("x---------------x---------------", "........x-------........x---x---"),
             -2, 60, chance=0.35, sections=("chorus",), reverb=0.6),
    ),
    tone=Tone(
        (-25.5, -14.5, -6.5, -16, -3.5, -6.5, -20.5, -22, -27.5, -32.5, -34, -44.5),
        0.045, squeeze=0, swell_db=14, floor_db=-66,
        reverb_seconds=2.4, reverb=0.45,
    ),
    loose_seconds=0.014,
    form=(("verse", 8), ("chorus", 8), ("verse", 8)),
)  # fmt: skip

COUNTRY = Style(
    name="country",
    tempo_bpm=(84, 138),
    energy=0.5,
    minor=0.15,
    major_progressions=(
        "I I IV I I I V V", "I IV V I", "I IV I V", "I V vi IV", "I I IV IV V V I I",
    ),
    minor_progressions=("i bVII bVI bVII", "i iv i V"),
    scales=("major pentatonic", "minor pentatonic"),
    parts=(
        Part("bass", ("upright bass", "finger bass"),
             ("1-------5-------", "1-----1-5-----a-", "1---1---5---5---"), -2, 31, reverb=0.1),
        Part(
            "chords", ("steel guitar", "nylon guitar"),
            ("....x-o-....x-o-", "x---x-ox.-oxx-ox", "....x---....x-ox", "x-o-x-ooo-o-x-oo"),
            -3, 50, strum_seconds=0.014,
        ),
        Part("arpeggio", ("banjo", "steel guitar", "nylon guitar"),
             ("1324135213241352", "3.2413.23.2413.2", "1.3.2.3.1.3.2.3."), -6, 55, chance=0.7),
        Part(
            "melody", ("fiddle", "voice ah", "steel guitar", "harmonica", "voice oh"),
            (
                "x---x-x-x---x-------x-x-x---....", "..x-x-x-x---x---x-------........",
                "x-x-x---x-x-x---x-x-x-x-x-------", "x---x---x-x-x-x-x-------........",
            ),
            4, 60, sections=("verse", "chorus"), reverb=0.4,
        ),
        Part("chords", ("organ", "fiddle", "piano"), ("x---------------", "x-------x-------"),
             -10, 58, chance=0.4, sections=("chorus",)),
    ),
    tone=Tone(
        (-17.5, -7.5, -11, -7.5, -5.5, -9, -12, -13.5, -17, -25, -26.5, -39.5),
        0.126, squeeze=0.15, floor_db=-63,
        reverb_seconds=1.0, reverb=0.2,
    ),
    beats=(
        (("kick", "x.......x......."), ("snare", "gggoxgggggooxggg"), ("hat", "....x.......x...")),
        (("kick", "x...x...x...x..."), ("snare", "ggogggogggogggog")),
        (("kick", "x.......x.x....."), ("snare", "....x.......x..."), ("hat", "x.o.x.o.x.o.x.o.")),
    ),
    fills=(
        (("kick", "x.......x......."), ("snare", "gggoxgggxoxoxxxx")),
        (("kick", "x.......x......."), ("snare", "....x.....xxx..."), ("tom", "............x.x.")),
    ),
    drums_db=-3,
    swing=(0.5, 0.57),
    loose_seconds=0.009,
)  # fmt: skip

JAZZ = Style(
    name="jazz",
    tempo_bpm=(92, 196),
    energy=0.4,
    minor=0.4,
    major_progressions=(
        "ii7 V7 Imaj7 Imaj7", "Imaj7/vi7 ii7/V7", "Imaj7 vi7 ii7 V9", "iii7 vi7 ii7 V7",
        "Imaj7 IV7 iii7/vi7 ii7/V9",
    ),
    minor_progressions=("iib5 V7 i7 i7", "i9 iv7 bVII7 V7", "i7 bVI7 iib5 V7", "i9 i9 iv9 i9"),
    scales=("major", "dorian"),
    parts=(
        Part("bass", ("upright bass",), ("1--3--5--a--", "1--5--8--a--", "1--7--5--a--",
             "1--3--5-a7--"), 0, 31, reverb=0.15),
        Part(
            "chords", ("piano", "electric piano", "nylon guitar"),
            ("x....x......", ".....x..x...", "x--..x......", "..x.....x--.", "x..........."),
            -4, 53, strum_seconds=0.004,
        ),
        Part(
            "melody", ("sax", "trumpet", "piano", "flute", "nylon guitar"),
            (
                "..xx-xx-xx--.........x-x", "x-xx-xx-xx-xx-----......", "...x-xx--.........x-xx--",
                "x-xx-x..xx-xx-xx-x......", "x--------x-xx--------...",
            ),
            4, 60, sections=("verse", "chorus"), reverb=0.4,
        ),
        Part("melody", ("brass", "sax"), ("x.................x.....", "......x-x.........x.x..."),
             -3, 55, chance=0.3, sections=("chorus",), reverb=0.4),
    ),
    tone=Tone(
        (-24.5, -10, -11, -7, -4.5, -7, -13.5, -19.5, -23, -29.5, -34, -49.5),
        0.087, squeeze=0.05, swell_db=5, floor_db=-59,
        reverb_seconds=1.3, reverb=0.3,
    ),
    beats=(
        (("ride", "x..x.xx..x.x"), ("hat", "...x.....x.."), ("kick", "g..g..g..g.."),
         ("snare", ".....g......")),
        (("ride", "x..x.xx..x.x"), ("hat", "...x.....x.."), ("kick", "......g....o"),
         ("snare", "..g.....g...")),
        (("brush", "x..x.xx..x.x"), ("hat", "...x.....x.."), ("kick", "g.....g.....")),
    ),
    fills=(
        (("ride", "x..x.x......"), ("snare", "..g..oo.oo.x"), ("kick", "........x...")),
        (("ride", "x..x.xx....."), ("tom", "......o.oo.o"), ("kick", "...........o")),
    ),
    drums_db=-2,
    loose_seconds=0.011,
    form=(("intro", 1), ("verse", 8), ("chorus", 8)),
)  # fmt: skip
