"""Copies of a recording are known again; other recordings, and other passages of it, are not."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
import soundfile

from earmark.audio.fingerprint import (
    HOP_SECONDS,
    SAMPLE_RATE,
    Fingerprint,
    Index,
    Printer,
    fingerprint,
    similarity,
)
from earmark.audio.synth import compose, make_artist
from earmark.errors import AudioError

RATE = 22_050
SECONDS = 8
SURE = 0.92  # from which on the doctor takes a pair for a near duplicate
STYLES = ("classical", "hiphop", "jazz", "metal", "techno")


@cache
def long_piece(style: str, seed: int = 1) -> np.ndarray:
    """Two passages and more of one piece; equal seeds share the artist's habits."""
    artist = make_artist("x", style, np.random.default_rng(1))
    made = compose(style, rng=np.random.default_rng(seed), seconds=2 * SECONDS + 3, artist=artist)
    return made.samples


def passage(style: str, start_seconds: float = 0.0, seed: int = 1) -> np.ndarray:
    start = round(start_seconds * RATE)
    return long_piece(style, seed)[start : start + SECONDS * RATE]


@cache
def printed(style: str, seed: int = 1) -> Fingerprint:
    return fingerprint(passage(style, seed=seed), RATE)


def alike(style: str, samples: np.ndarray, rate: int = RATE) -> float:
    return similarity(printed(style), fingerprint(samples.astype(np.float32), rate))


def through_mp3(samples: np.ndarray) -> np.ndarray:
    """Encode at 64 kbit/s, checked here, and decode."""
    if "MPEG_LAYER_III" not in soundfile.available_subtypes("MP3"):
        pytest.skip("this libsndfile cannot write mp3")
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format="MP3", subtype="MPEG_LAYER_III",
                    compression_level=0.65, bitrate_mode="CONSTANT")  # fmt: skip
    assert 8 * len(buffer.getvalue()) / (len(samples) / RATE) < 70_000
    buffer.seek(0)
    decoded, _ = soundfile.read(buffer, dtype="float32")
    return decoded


@pytest.mark.parametrize("style", STYLES)
class TestCopies:
    def test_itself(self, style):
        assert similarity(printed(style), printed(style)) == 1

    def test_six_decibels_softer_is_bit_by_bit_the_same(self, style):
        assert np.array_equal(fingerprint(0.5 * passage(style), RATE).words, printed(style).words)

    def test_six_decibels_louder_and_clipped(self, style):
        assert alike(style, np.clip(2 * passage(style), -1, 1)) > SURE

    def test_mp3(self, style):
        assert alike(style, through_mp3(passage(style))) > SURE

    def test_two_seconds_later_through_mp3_and_softer(self, style):
        assert alike(style, 0.5 * through_mp3(passage(style, 2.0 + 1 / 300))) > SURE

    def test_at_another_rate(self, style):
        import soxr

        assert alike(style, soxr.resample(passage(style), RATE, 44_100), 44_100) > SURE


@pytest.mark.parametrize("style", STYLES)
class TestOthers:
    def test_another_passage_of_the_piece(self, style):
        assert alike(style, passage(style, SECONDS + 1)) < SURE

    @pytest.mark.parametrize("seed", [2, 3])
    def test_another_piece_by_the_artist(self, style, seed):
        assert alike(style, passage(style, seed=seed)) < 0.3

    def test_other_styles(self, style):
        for other in set(STYLES) - {style}:
            assert similarity(printed(style), printed(other)) < 0.2


def test_is_symmetric():
    a, b = printed("metal"), fingerprint(passage("metal", 1.0), RATE)
    assert similarity(a, b) == pytest.approx(similarity(b, a), abs=1e-6)


@pytest.mark.parametrize("start_seconds", [0, 5, 11])
def test_a_passage_is_found_anywhere_in_its_recording(start_seconds):
    """Much longer than the passage, so that offsets reach beyond it on one side."""
    whole = fingerprint(long_piece("classical"), RATE)
    part = fingerprint(passage("classical", start_seconds), RATE)
    assert similarity(whole, part) > SURE
    assert similarity(part, whole) > SURE


def test_bits_by_hand():
    """One word agrees in 24 of 32 bits: correlation (24 - 8) / 32, in each second."""
    rng = np.random.default_rng(0)
    words = rng.integers(1, 2**32, 400, dtype=np.uint32)
    flipped = words ^ np.uint32(0b1000_1000_1000_1000_1000_1000_1000_1000)
    assert similarity(Fingerprint(words), Fingerprint(flipped)) == pytest.approx(0.5)


def test_bits_that_are_not_firm_do_not_count():
    """A quarter of each cell's bits are flipped, once where they are firm and once where not."""
    rng = np.random.default_rng(0)
    words = rng.integers(1, 2**32, 400, dtype=np.uint32)
    quarter = np.uint32(0b1000_1000_1000_1000_1000_1000_1000_1000)
    flipped = words ^ quarter
    firm, all_of_them = np.full(400, ~quarter, np.uint32), np.full(400, 2**32 - 1, np.uint32)

    def against(bits: np.ndarray) -> float:
        return similarity(Fingerprint(words, all_of_them), Fingerprint(flipped, bits))

    assert against(firm) == pytest.approx(1)
    assert against(all_of_them) == pytest.approx(0.5)
    assert against(np.zeros(400, np.uint32)) == 0  # nothing is firm: nothing is known


def test_a_stream_gives_what_the_whole_gives():
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 500_000).astype(np.float32)
    printer = Printer()
    for block in np.array_split(samples, 7):
        printer.add(block)
    streamed, whole = printer.end(), fingerprint(samples, SAMPLE_RATE)
    assert np.array_equal(streamed.words, whole.words)
    assert np.array_equal(streamed.firm, whole.firm)
    assert len(whole.words) == 500_000 // 128


def test_an_overlap_of_six_tenths_is_needed():
    words = np.random.default_rng(0).integers(1, 2**32, 400, dtype=np.uint32)
    late = np.random.default_rng(1).integers(1, 2**32, 400, dtype=np.uint32)
    enough = Fingerprint(np.concatenate([words[150:], late[:150]]))
    less = Fingerprint(np.concatenate([words[180:], late[:180]]))
    assert similarity(Fingerprint(words), enough) == 1
    assert similarity(Fingerprint(words), less) < 0.2


def test_silence_is_like_nothing_not_even_silence():
    silent = fingerprint(np.zeros(5 * RATE, np.float32), RATE)
    assert silent.heard_frames == 0
    assert similarity(silent, silent) == 0
    assert similarity(silent, printed("metal")) == 0


def test_silence_around_a_recording_does_not_matter():
    padded = np.pad(passage("hiphop"), (3 * RATE, 2 * RATE))
    assert alike("hiphop", padded) > SURE


def test_too_short_is_like_nothing():
    short = fingerprint(passage("metal")[: round(0.9 * RATE)], RATE)
    assert similarity(short, short) == 0


def test_frames_are_a_hop_apart():
    assert len(printed("metal").words) == pytest.approx(SECONDS / HOP_SECONDS, abs=2)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0, np.float32), r"shape \(0,\); expected mono"),
        (np.zeros((2, 100), np.float32), r"shape \(2, 100\); expected mono"),
        (np.array([0.1, np.nan], np.float32), "not finite"),
    ],
)
def test_what_is_no_recording_is_refused(samples, message):
    with pytest.raises(AudioError, match=message):
        fingerprint(samples, RATE)


def test_one_sample_is_survived():
    assert fingerprint(np.ones(1, np.float32), RATE).words.dtype == np.uint32


class TestIndex:
    def test_finds_the_copies_and_few_others(self):
        index = Index()
        for style in STYLES:
            for seed in (1, 2, 3):
                index.add(f"{style} {seed}", printed(style, seed))
            index.add(f"{style} copy", fingerprint(0.5 * passage(style, 2.0), RATE))
        found = index.candidates()
        assert {(f"{style} 1", f"{style} copy") for style in STYLES} <= set(found)
        assert len(found) < 20 * 19 / 2 / 3

    def test_names_stand_in_order_of_entry_and_pairs_once(self):
        index = Index()
        for name in "cab":
            index.add(name, Fingerprint(np.arange(1, 9, dtype=np.uint32)))
        assert index.candidates() == [("c", "a"), ("c", "b"), ("a", "b")]
        assert index.candidates(least_shared=9) == []

    def test_long_recordings_meet_short_ones_in_a_sample_of_words(self):
        """A passage of 1000 frames in one of 40 000, of which a sixteenth is entered."""
        rng = np.random.default_rng(0)
        long, other = rng.integers(1, 2**32, (2, 40_000), dtype=np.uint32)
        index = Index()
        for name, words in (("long", long), ("other", other), ("passage", long[9000:10_000])):
            index.add(name, Fingerprint(words))
        assert [len(words) for words in index._words] == pytest.approx([2500, 2500, 1000], rel=0.1)
        assert index.candidates() == [("long", "passage")]

    def test_nothing_heard_is_no_word(self):
        index = Index()
        for name in "ab":
            index.add(name, Fingerprint(np.zeros(100, np.uint32)))
        assert index.candidates(1) == []

    def test_empty_and_single(self):
        index = Index()
        assert index.candidates() == []
        index.add("a", printed("metal"))
        assert index.candidates() == []
