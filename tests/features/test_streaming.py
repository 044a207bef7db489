"""Frames one after another are those of the whole sound, however it comes in."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import chunks
from earmark.audio.segments import Segments
from earmark.errors import SettingsError
from earmark.features import base
from earmark.features._streaming import stream
from earmark.features.cutting import pieces
from earmark.features.fbank import Fbank
from earmark.features.logmel import LogMel

FAMILIES = [
    LogMel(sample_rate=16_000, n_fft=512, hop_length=256, n_mels=16, compression="log10_1e4"),
    LogMel(sample_rate=16_000, n_fft=256, hop_length=250, n_mels=16, top_db=None,
           padding="reflect"),
    LogMel(sample_rate=16_000, n_fft=512, window_length=400, hop_length=160, padding="none",
           spectrum="magnitude", n_mels=16, compression="log"),
    Fbank(n_mels=16, subtract=-4.0, divide=9.0),
]  # fmt: skip


@given(st.sampled_from(FAMILIES), st.integers(1, 12_000), st.integers(1, 5000),
       st.integers(1, 20), st.integers(0, 2**32))
def test_frames_are_those_of_the_whole(front_end, samples, block, chunk_frames, seed):
    sound = np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)
    blocks = [sound[i : i + block] for i in range(0, samples, block)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(chunks.chunks.__kwdefaults__, "chunk_frames", chunk_frames)
        streamed = list(front_end.frames(iter(blocks)))
        whole = front_end(sound)
    values = np.concatenate([frames.values for frames in streamed])
    assert all(f.values.flags.c_contiguous and f.values.dtype == np.float32 for f in streamed)
    np.testing.assert_array_equal(values, whole.T)
    hop = front_end.hop_length
    hops = [sound[min(t * hop, samples - 1) : (t + 1) * hop] for t in range(len(values))]
    assert list(np.concatenate([f.low for f in streamed])) == [h.min() for h in hops]
    assert list(np.concatenate([f.high for f in streamed])) == [h.max() for h in hops]


@pytest.mark.parametrize("front_end", FAMILIES, ids=["1e4", "decibels", "log", "fbank"])
def test_silence_shows_in_the_hops_that_are_silent(front_end):
    hop = front_end.hop_length
    sound = np.zeros(8 * hop + 600, np.float32)
    sound[3 * hop : 4 * hop] = 0.5
    (frames,) = front_end.frames([sound])
    assert np.flatnonzero(frames.high > frames.low.min()).tolist() == [3]


@pytest.mark.parametrize("front_end", FAMILIES, ids=["1e4", "decibels", "log", "fbank"])
def test_an_endless_sound_is_heard_in_bounded_memory(front_end):
    block = np.zeros(front_end.sample_rate, np.float32)
    frames = front_end.frames(itertools.repeat(block))  # never ends
    for first in itertools.islice(frames, 5):
        assert len(first.values) == len(first.low) == chunks.CHUNK_FRAMES


def test_segments_of_frames_are_cut_from_the_whole(rng):
    front_end = FAMILIES[0]
    sound = (0.1 * rng.standard_normal(16_000 * 7)).astype(np.float32)
    sound[48_000:96_000] = 0
    whole = front_end(sound).T
    found = list(pieces(front_end, np.array_split(sound, 9), Segments(frames=100)))
    assert [round(p.start_seconds * 62.5) for p in found] == [0, 100, 200, 300, len(whole) - 100]
    assert [p.values is None for p in found] == [False, False, True, False, False]
    np.testing.assert_array_equal(found[1].values, whole[100:200])
    np.testing.assert_array_equal(found[-1].values, whole[-100:])


def test_blocks_without_samples_are_nothing():
    assert list(FAMILIES[0].frames([])) == []
    assert list(FAMILIES[0].frames([np.empty(0, np.float32)])) == []


def test_a_frame_where_the_sound_ends_stands_for_the_last_sample():
    def two_frames(blocks):
        for _ in blocks:
            pass
        yield np.zeros((2, 1), np.float32)

    (frames,) = stream([np.array([3, 5], np.float32)], 2, two_frames)
    assert (frames.low.tolist(), frames.high.tolist()) == ([3, 5], [5, 5])


def test_frames_per_second():
    assert FAMILIES[0].frames_per_second == 62.5
    assert FAMILIES[3].frames_per_second == 100
    assert base.build({"name": "gtzan57"}).frames_per_second is None


@pytest.mark.parametrize(("settings", "message"), [
    ({}, "while 'top_db' is 80 below the highest of the whole sound; set it to 'none'"),
    ({"top_db": "none", "reference": "max"}, "while 'reference' is 'max'.*set it to 'one'"),
])  # fmt: skip
def test_what_depends_on_the_whole_sound_gives_none(settings, message):
    front_end = base.build({"name": "logmel", **settings})
    with pytest.raises(SettingsError, match=message):
        front_end.frames([np.zeros(9, np.float32)])
