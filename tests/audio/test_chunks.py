"""Chunks whose frames are not centred; those that are, see ``test_spectral`` and the features."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import dsp
from earmark.audio.chunks import chunks


@given(st.integers(1, 900), st.integers(3, 50), st.integers(1, 70), st.integers(1, 300),
       st.integers(1, 9))
def test_frames_that_begin_with_the_sound(samples, length, hop, block, chunk_frames):
    sound = np.arange(1, samples + 1, dtype=np.float32)
    blocks = [sound[i : i + block] for i in range(0, samples, block)]
    found = list(chunks(blocks, length, hop, "none", chunk_frames=chunk_frames))
    frames = np.concatenate([dsp.frame(c.samples, length, hop)[c.own] for c in found])
    if samples < length:
        expected = np.pad(sound, (0, length - samples))[None]
    else:
        starts = range(0, samples - length + 1, hop)
        expected = np.stack([sound[s : s + length] for s in starts])
    assert np.array_equal(frames, expected)
    assert [c.is_last for c in found] == [False] * (len(found) - 1) + [True]
    assert [c.first for c in found] == [i * chunk_frames for i in range(len(found))]
    assert found[-1].length == samples


@given(st.integers(0, 3), st.integers(200, 900))
def test_neighbours_of_frames_that_are_not_centred(halo, samples):
    sound = np.arange(samples, dtype=np.float32)
    for chunk in chunks([sound], 16, 5, "none", halo=halo, chunk_frames=8):
        frames = dsp.frame(chunk.samples, 16, 5)
        assert len(frames) == chunk.frames
        assert list(frames[:, 0]) == [5 * (chunk.first - chunk.before + i)
                                      for i in range(chunk.frames)]
