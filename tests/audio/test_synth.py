"""Procedural music: the same seed is the same piece, every style is music, the labels are true."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from earmark.audio import synth
from earmark.audio.synth import STYLES, Piece, compose, make_artist
from earmark.audio.synth.drums import BALANCE, DRUMS, Kit, stroke
from earmark.audio.synth.form import Key, plan
from earmark.audio.synth.instruments import INSTRUMENTS, coloured
from earmark.audio.synth.mastering import PEAK
from earmark.audio.synth.notation import LOUDNESS, steps, swung
from earmark.audio.synth.parts import play
from earmark.audio.synth.piece import _mood, _tempo_word
from earmark.audio.synth.style import BAND_EDGES_HZ
from earmark.audio.synth.styles import style_named
from earmark.audio.synth.theory import chord, hz, key_name, voicing
from earmark.errors import SettingsError

RATE = 22_050


@functools.cache
def piece(style: str, seed: int = 3, seconds: float = 8.0) -> Piece:
    return compose(style, rng=np.random.default_rng(seed), seconds=seconds)


def band_levels(samples: np.ndarray) -> np.ndarray:
    """Return each band's share of the power in dB."""
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    edges = np.searchsorted(np.fft.rfftfreq(len(samples), 1 / RATE), BAND_EDGES_HZ[:-1])
    bands = np.add.reduceat(power, edges)
    return 10 * np.log10(bands / bands.sum())


def tempo_of(samples: np.ndarray, low_bpm: float, high_bpm: float) -> float:
    """Return the beat's tempo from the onsets' autocorrelation, within less than an octave."""
    hop = 128
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::hop] * np.hanning(512)
    loud = np.log1p(100 * np.abs(np.fft.rfft(frames)))
    onsets = np.maximum(np.diff(loud, axis=0), 0).sum(axis=1)
    onsets -= onsets.mean()
    spectrum = np.abs(np.fft.rfft(onsets, 2 * len(onsets))) ** 2
    alike = np.fft.irfft(spectrum)
    lags = np.arange(1, len(onsets))
    tempi = 60 * RATE / (hop * lags)
    # What repeats at the beat repeats at two and four beats too; eighths alone do not.
    score = sum(
        np.interp(k * lags, np.arange(len(onsets)), alike[: len(onsets)]) for k in (1, 2, 4)
    )
    inside = (tempi >= low_bpm) & (tempi <= high_bpm)
    return float(tempi[inside][np.argmax(score[inside])])


def test_public_surface_is_what_is_promised():
    assert set(synth.__all__) == {
        "INSTRUMENT_LABELS", "MOODS", "STYLES", "TEMPO_WORDS",
        "Artist", "Piece", "compose", "make_artist",
    }  # fmt: skip
    assert all(hasattr(synth, name) for name in synth.__all__)


def test_styles_are_gtzans_ten_and_two_more():
    assert STYLES == (
        "ambient", "blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop",
        "reggae", "rock", "techno",
    )  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
class TestEveryStyle:
    def test_samples_are_sound(self, style):
        samples = piece(style).samples
        assert samples.dtype == np.float32
        assert samples.shape == (8 * RATE,)
        assert np.isfinite(samples).all()
        assert 0.1 < np.abs(samples).max() <= PEAK + 1e-6
        assert abs(float(samples.mean())) < 1e-5

    def test_is_never_silent_for_a_second(self, style):
        seconds = piece(style).samples.reshape(-1, RATE).astype(np.float64)
        assert np.sqrt((seconds**2).mean(axis=1)).min() > 0.003

    def test_is_dense_as_records_are(self, style):
        """No band is empty, none holds nearly everything: it is a mix, not a test tone."""
        levels = band_levels(piece(style).samples)
        assert levels[:9].min() > -45
        assert levels.max() < -1.5

    def test_labels_are_the_truth_in_known_words(self, style):
        made = piece(style)
        low, high = style_named(style).tempo_bpm
        assert low <= made.tempo_bpm <= high
        assert made.labels == (made.style, *made.instruments, made.tempo_word, made.mood)
        assert made.style == style
        assert set(made.instruments) <= set(synth.INSTRUMENT_LABELS)
        assert made.instruments
        assert made.mood in synth.MOODS
        assert made.tempo_word in synth.TEMPO_WORDS
        assert len(set(made.labels)) == len(made.labels)

    def test_one_second_is_enough(self, style):
        samples = piece(style, seconds=1.0).samples
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() > 0.02

    def test_what_is_written_can_be_played(self, style):
        """Every progression, pattern and instrument of the songbook, not only those drawn."""
        written, rng = style_named(style), np.random.default_rng(0)
        assert len(written.tone.curve_db) == len(BAND_EDGES_HZ) - 1
        for progression in written.major_progressions + written.minor_progressions:
            for symbols in progression.split():
                assert all(chord(symbol) for symbol in symbols.split("/"))
        for part in written.parts:
            assert set(part.instruments) <= set(INSTRUMENTS)
            lengths = {len(pattern.replace(" ", "")) for pattern in part.patterns}
            assert lengths <= ({24, 32} if part.role == "melody" else {12, 16})
            for _ in range(6):
                bars = plan(written, 6, minor=bool(rng.integers(2)), rng=rng)
                notes = play(part, bars, Key(2, False, written.scales[0]), rng)
                assert all(20 <= note.midi <= 108 and note.beats > 0 for note in notes)
        for beat in written.beats + written.fills:
            for drum, pattern in beat:
                assert drum in DRUMS
                assert len(pattern) in (12, 16)
                assert {step.symbol for step in steps(pattern)} <= set(LOUDNESS)


@pytest.mark.parametrize("style", ["ambient", "jazz", "metal"])
def test_same_seed_same_samples_and_other_seed_other_samples(style):
    again = compose(style, rng=np.random.default_rng(3), seconds=8.0)
    assert np.array_equal(again.samples, piece(style).samples)
    assert again.labels == piece(style).labels
    assert not np.array_equal(again.samples, piece(style, seed=4).samples)


@pytest.mark.parametrize(
    ("seconds", "sample_rate"), [(2.345, 22_050), (3.0, 16_000), (2.0, 44_100)]
)
def test_length_is_exact_at_any_rate(seconds, sample_rate):
    made = compose("rock", rng=np.random.default_rng(0), seconds=seconds, sample_rate=sample_rate)
    assert len(made.samples) == round(seconds * sample_rate)
    assert made.sample_rate == sample_rate
    assert np.abs(made.samples).max() <= PEAK + 1e-6


@pytest.mark.parametrize("style", ["disco", "techno"])
@pytest.mark.parametrize("seed", [1, 2])
def test_tempo_told_is_tempo_played(style, seed):
    made = piece(style, seed=seed, seconds=15.0)
    assert tempo_of(made.samples, 95, 160) == pytest.approx(made.tempo_bpm, rel=0.05)


def test_drums_are_told_only_where_they_play():
    assert "drums" in piece("rock").instruments
    assert "drums" not in piece("classical").instruments


def test_styles_differ_in_brightness_and_level():
    rms = {s: float(piece(s).samples.std()) for s in ("classical", "metal", "pop")}
    assert rms["classical"] < 0.7 * min(rms["metal"], rms["pop"])
    top = {s: band_levels(piece(s).samples)[8:].max() for s in ("classical", "metal", "pop")}
    assert top["classical"] < min(top["metal"], top["pop"]) - 4


def test_pieces_of_an_artist_are_alike_and_artists_differ():
    rng = np.random.default_rng(5)
    tones = []
    for name in ("first", "second", "third", "fourth"):
        artist = make_artist(name, "pop", rng)
        made = [compose("pop", rng=rng, seconds=6, artist=artist) for _ in range(3)]
        assert {m.artist for m in made} == {name}
        assert len({m.samples.tobytes() for m in made}) == 3
        tones.append([band_levels(m.samples)[1:] for m in made])
    table = np.array(tones)  # (artists, pieces, bands)
    within = table.std(axis=1).mean()
    between = table.mean(axis=1).std(axis=0).mean()
    assert between > 0.8 * within


def test_artist_is_drawn_from_the_generator_alone():
    first, again = (make_artist("x", "blues", np.random.default_rng(9)) for _ in range(2))
    assert first == again
    assert first != make_artist("x", "blues", np.random.default_rng(10))


def test_character_is_how_far_an_artist_strays():
    plain, usual, strong = (
        make_artist("x", "blues", np.random.default_rng(9), character=c) for c in (0, 1, 2)
    )
    assert set(plain.mix_db) == {0.0}
    assert plain.brightness == plain.drive == 1
    assert usual == make_artist("x", "blues", np.random.default_rng(9))
    np.testing.assert_allclose(strong.mix_db, 2 * np.array(usual.mix_db))
    with pytest.raises(SettingsError, match="'character' is 5; expected 0 to 4"):
        make_artist("x", "blues", np.random.default_rng(9), character=5)


def test_unknown_style_names_its_neighbour():
    with pytest.raises(SettingsError, match=r"no style is named 'reggea'.*Did you mean 'reggae'\?"):
        compose("reggea", rng=np.random.default_rng(0))
    with pytest.raises(SettingsError, match=r"no style is named 'polka'\. Known: ambient, blues"):
        make_artist("x", "polka", np.random.default_rng(0))


def test_artist_of_another_style_is_refused():
    artist = make_artist("Nova", "jazz", np.random.default_rng(0))
    with pytest.raises(SettingsError, match="'Nova' plays jazz; expected an artist of rock"):
        compose("rock", rng=np.random.default_rng(0), artist=artist)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seconds": 0.5}, "'seconds' is 0.5; expected 1 to 3600"),
        ({"seconds": float("nan")}, "'seconds' is nan"),
        ({"sample_rate": 100}, "'sample_rate' is 100; expected 8000 to 96000"),
    ],
)
def test_values_out_of_range_are_refused(wrong, message):
    with pytest.raises(SettingsError, match=message):
        compose("rock", rng=np.random.default_rng(0), **wrong)


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_instrument_sounds_the_pitch_it_is_given(name):
    """Harmonics stand at multiples of the note: far more power there than halfway between."""
    rng, pitch_hz = np.random.default_rng(1), hz(57)
    as_played = coloured(INSTRUMENTS[name], brightness=1.1, ring=0.9, drive=1.0)
    tone = as_played.voice.tone(pitch_hz, 1.0, 0.8, RATE, rng)
    assert np.isfinite(tone).all()
    assert abs(tone[-1]) < 1e-3  # it ends without a click
    power = np.abs(np.fft.rfft(tone * np.hanning(len(tone)), 8 * RATE)) ** 2
    at = [power[round(8 * k * pitch_hz) + np.arange(-60, 61)].sum() for k in (1, 2, 3)]
    between = [power[round(8 * (k + 0.5) * pitch_hz) + np.arange(-60, 61)].sum() for k in (1, 2)]
    assert sum(at) > 4 * sum(between)


@pytest.mark.parametrize("drum", DRUMS)
def test_drum_decays(drum):
    sound = stroke(drum, Kit(), RATE, np.random.default_rng(0))
    quarter = len(sound) // 4
    assert np.abs(sound).max() == pytest.approx(1)
    assert (sound[:quarter] ** 2).sum() > 4 * (sound[-quarter:] ** 2).sum()
    assert drum in BALANCE


def test_harmony_by_hand():
    assert voicing(chord("I"), 0, 60) == (60, 64, 67)
    assert voicing(chord("V7"), 0, 60) == (62, 65, 67, 71)
    assert voicing(chord("i"), 9, 57) == (57, 60, 64)
    assert chord("bVI").root == 8
    assert key_name(10, minor=False) == "Bb major"
    with pytest.raises(ValueError, match="'H7' is not a chord symbol"):
        chord("H7")


def test_rhythm_by_hand():
    assert [s.start_beats for s in steps("x..x ..x.")] == [0.0, 1.5, 3.0]
    assert [s.beats for s in steps("1--3--5--6--")] == [1.0, 1.0, 1.0, 1.0]
    assert swung(1.5, 0.5, 0.5) == 1.5
    assert swung(0.25, 0.6, 0.25) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("tempo_bpm", "word"), [(60, "slow"), (89.9, "slow"), (90, "medium"), (125, "fast")]
)
def test_tempo_words(tempo_bpm, word):
    assert _tempo_word(tempo_bpm) == word


def test_moods():
    assert _mood(0.95, 160, minor=True) == "energetic"
    assert _mood(0.2, 70, minor=True) == "calm"
    assert _mood(0.4, 100, minor=True) == "sad"
    assert _mood(0.6, 110, minor=True) == "dark"
    assert _mood(0.5, 110, minor=False) == "happy"
