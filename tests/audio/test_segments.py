"""Cutting and combining: expected starts by hand, and what holds for any track and any blocks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.segments import Segments, combine, is_silent, windows
from earmark.errors import AudioError

RATE = 100


def ramp(n):
    """Samples that tell where they come from."""
    return np.arange(n, dtype=np.float32)


def cut(samples, segments, block=None, **options):
    blocks = [samples[i : i + block] for i in range(0, len(samples), block)] if block else [samples]
    return list(windows(blocks, segments, RATE, **options))


@pytest.mark.parametrize(
    ("seconds", "hop", "tail", "track", "starts"),
    [
        (2.0, None, "keep", 6.0, [0, 2, 4]),  # exactly whole
        (2.0, None, "keep", 6.49, [0, 2, 4]),  # a rest under a quarter is left out
        (2.0, None, "keep", 6.5, [0, 2, 4, 4.5]),  # a quarter gets a segment, moved back
        (2.0, None, "drop", 7.9, [0, 2, 4]),
        (2.0, 1.0, "keep", 4.0, [0, 1, 2]),  # overlapping
        (2.0, 1.0, "keep", 4.75, [0, 1, 2, 2.75]),
        (2.0, 3.0, "keep", 8.0, [0, 3, 6]),  # with gaps between
        (2.0, 3.0, "keep", 7.0, [0, 3, 5]),
        (2.0, None, "keep", 2.0, [0]),
    ],
)  # fmt: skip
def test_starts(seconds, hop, tail, track, starts):
    samples = ramp(round(track * RATE))
    found = cut(samples, Segments(seconds, hop, tail=tail))
    assert [w.start_seconds for w in found] == starts
    for window in found:
        begin = round(window.start_seconds * RATE)
        np.testing.assert_array_equal(window.samples, samples[begin : begin + 200])
        assert not window.repeated


def test_trimmed_segments_keep_their_starts():
    found = cut(ramp(400), Segments(2.0, trim_samples=1))
    assert [(w.samples[0], w.samples[-1]) for w in found] == [(0, 198), (200, 398)]


def test_whole_track_is_one_segment():
    (window,) = cut(ramp(1234), Segments(None), block=100)
    np.testing.assert_array_equal(window.samples, ramp(1234))
    assert (window.start_seconds, window.repeated) == (0.0, False)


def test_a_short_track_is_repeated_and_says_so():
    (window,) = cut(ramp(3), Segments(0.08))
    np.testing.assert_array_equal(window.samples, [0, 1, 2, 0, 1, 2, 0, 1])
    assert window.repeated


@pytest.mark.parametrize(
    ("samples", "any_length", "length", "repeated"),
    [
        (180, True, 180, False),  # nine tenths: as it is
        (179, True, 200, True),
        (180, False, 200, False),  # filled up, too little to mention
        (179, False, 200, True),
    ],
)
def test_a_nearly_whole_track(samples, any_length, length, repeated):
    (window,) = cut(ramp(samples), Segments(2.0), any_length=any_length)
    assert (len(window.samples), window.repeated) == (length, repeated)


@pytest.mark.parametrize("seconds", [None, 2.0])
@pytest.mark.parametrize("blocks", [[], [ramp(0)], [ramp(0), ramp(0)]])
def test_no_samples_is_an_error(seconds, blocks):
    with pytest.raises(AudioError, match="no audio samples"):
        list(windows(blocks, Segments(seconds), RATE))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 0.01}, "'seconds' is 0.01; expected between"),
        ({"seconds": float("nan")}, "'seconds' is nan"),
        ({"hop_seconds": 0.0}, "'hop_seconds' is 0.0"),
        ({"seconds": 1e9}, "'seconds' is 1000000000.0"),
        ({"trim_samples": -1}, "'trim_samples' is -1; expected 0 to 64"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        Segments(**settings)


segment_settings = st.builds(
    Segments,
    seconds=st.integers(5, 300).map(lambda n: n / RATE),
    hop_seconds=st.none() | st.integers(5, 300).map(lambda n: n / RATE),
    tail=st.sampled_from(["keep", "drop"]),
)


@given(segments=segment_settings, n=st.integers(1, 2000), block=st.integers(1, 700))
def test_blocks_do_not_matter(segments, n, block):
    whole, pieces = cut(ramp(n), segments), cut(ramp(n), segments, block)
    assert [(w.start_seconds, w.repeated) for w in whole] == [
        (w.start_seconds, w.repeated) for w in pieces
    ]
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)


@given(segments=segment_settings, n=st.integers(1, 2000))
def test_segments_are_whole_ordered_and_cover_the_track(segments, n):
    length, hop = segments.length(RATE), segments.hop(RATE)
    found = cut(ramp(n), segments)
    begins = [round(w.start_seconds * RATE) for w in found]
    assert all(len(w.samples) == length for w in found)
    assert begins[0] == 0
    assert all(0 < b - a <= hop for a, b in pairwise(begins))
    if n < length:
        assert len(found) == 1
        return
    left_out = n - (begins[-1] + length)
    # Never more than what would hold one more segment, and under a quarter of one if tails are
    # kept and there are no gaps between segments.
    assert 0 <= left_out < hop
    if segments.tail == "keep" and hop <= length:
        assert left_out < 0.25 * length


@pytest.mark.parametrize(
    ("samples", "silent"),
    [
        (np.zeros(100), True),
        (np.full(100, 0.7), True),  # a constant offset is not heard
        (np.array([0, 1e-4]), True),
        (np.array([0, 1e-3]), False),
        (np.array([0.7, 0.701]), False),
        (np.zeros(0), True),
    ],
)
def test_silence(samples, silent):
    assert is_silent(samples.astype(np.float32)) is silent


def test_combine_is_the_mean_of_what_is_audible():
    scores = np.array([[0.0, 1.0], [0.5, 0.5], [np.nan, np.nan]], np.float32)
    heard = combine(scores, np.array([True, True, False]))
    np.testing.assert_array_equal(heard, np.array([0.25, 0.75], np.float32))
    assert heard.dtype == np.float32
    np.testing.assert_array_equal(combine(scores[:2]), heard)


def test_combine_refuses_silence():
    with pytest.raises(AudioError, match="silent from beginning to end"):
        combine(np.ones((2, 3), np.float32), np.array([False, False]))
