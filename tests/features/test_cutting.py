"""Segments of a track's frames, with a family whose frames are their own numbers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.segments import Segments
from earmark.errors import AudioError, SettingsError
from earmark.features.base import Frames, FrontEnd
from earmark.features.cutting import pieces, segment_seconds
from earmark.features.gtzan57 import Gtzan57


@dataclass(frozen=True)
class Counting(FrontEnd):
    """Each sample is a frame, whose value is the sample's."""

    name: ClassVar[str] = "counting"
    sample_rate: int = 10

    columns = ("value",)
    frames_per_second = 10.0

    def whole(self, passes):
        return np.concatenate(list(passes()))

    def frames(self, blocks):
        for block in blocks:
            yield Frames(block[:, None], -abs(block), abs(block))


def cut(count, segments, block=7, start=1):
    sound = np.arange(start, start + count, dtype=np.float32)
    blocks = [sound[i : i + block] for i in range(0, count, block)]
    return list(pieces(Counting(), blocks, segments))


def test_the_rest_is_moved_back_or_dropped():
    found = cut(25, Segments(frames=10))
    assert [p.start_seconds for p in found] == [0.0, 1.0, 1.5]
    assert [p.values[0, 0] for p in found] == [1, 11, 16]
    assert [len(p.values) for p in found] == [10, 10, 10]
    assert [p.start_seconds for p in cut(25, Segments(frames=10, tail="drop"))] == [0.0, 1.0]
    assert [p.start_seconds for p in cut(22, Segments(frames=10))] == [0.0, 1.0]


def test_hops_overlap():
    found = cut(25, Segments(frames=10, hop_frames=5))
    assert [p.start_seconds for p in found] == [0.0, 0.5, 1.0, 1.5]


def test_a_short_track_is_repeated():
    (found,) = cut(4, Segments(frames=10, tail="drop"))
    assert found.repeated
    np.testing.assert_array_equal(found.values[:, 0], [1, 2, 3, 4, 1, 2, 3, 4, 1, 2])


def test_silence_has_no_values():
    silent = [np.zeros(10, np.float32), np.arange(10, dtype=np.float32)]
    assert [p.values is None for p in pieces(Counting(), silent, Segments(frames=10))] == [
        True, False]


@given(count=st.integers(1, 200), length=st.integers(1, 50), hop=st.integers(1, 50),
       block=st.integers(1, 90))
def test_frames_are_those_of_the_whole_however_they_come(count, length, hop, block):
    segments = Segments(frames=length, hop_frames=hop, tail="drop")
    found = cut(count, segments, block)
    starts = range(0, count - length + 1, hop) if count >= length else [0]
    assert [round(p.start_seconds * 10) for p in found] == list(starts)
    for start, piece in zip(starts, found, strict=True):
        np.testing.assert_array_equal(
            piece.values[:, 0], np.resize(np.arange(1, count + 1)[start:], length)
            if count < length else np.arange(start + 1, start + length + 1))


def test_nothing_is_no_track():
    with pytest.raises(AudioError, match="no audio samples"):
        list(pieces(Counting(), [], Segments(frames=10)))


def test_a_family_without_frames_says_so():
    with pytest.raises(SettingsError, match="'gtzan57' gives no frames one after another"):
        list(pieces(Gtzan57(), [np.zeros(9, np.float32)], Segments(frames=10)))


def test_lengths_in_seconds():
    assert segment_seconds(Counting(), Segments(frames=15)) == 1.5
    assert segment_seconds(Counting(), Segments(3.0)) == 3.0
    assert segment_seconds(Counting(), Segments(None)) is None


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"frames": 5, "hop_frames": 0}])
def test_wrong_lengths_are_named(wrong):
    with pytest.raises(ValueError, match="frames' is 0; expected between 1 and 100000"):
        Segments(**wrong)
