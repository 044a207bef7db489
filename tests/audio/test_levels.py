"""Levels by hand; flat tops are told from round ones, wherever they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.levels import LevelMeter, Levels
from earmark.audio.synth import compose


def measured(*blocks: np.ndarray) -> Levels:
    meter = LevelMeter()
    for block in blocks:
        meter.add(np.asarray(block, np.float32).reshape(len(block), -1))
    return meter.end()


def rounded(samples: np.ndarray) -> np.ndarray:
    """As a file of 16 bits holds them."""
    return (np.round(np.clip(samples, -1, 1) * 32_767) / 32_768).astype(np.float32)


def music(style: str) -> np.ndarray:
    return compose(style, rng=np.random.default_rng(3), seconds=6).samples


def test_by_hand():
    levels = measured([0.5, -0.25, 0.5, -0.25])
    assert (levels.frames, levels.low, levels.high, levels.peak) == (4, -0.25, 0.5, 0.5)
    assert levels.offset == 0.125
    assert levels.rms == 0.375
    assert levels.rms_db == pytest.approx(20 * np.log10(0.375))


def test_the_channel_with_the_larger_offset_counts():
    stereo = np.stack([np.full(100, 0.01), np.full(100, -0.02)], axis=1)
    assert measured(stereo).offset == pytest.approx(-0.02)


def test_flat_tops_by_hand():
    """Of five samples on one level the third, fourth and fifth end a stretch of three."""
    assert measured([0, 0.5, 1, 1, 1, 1, 1, 0.5, 0, -0.5]).flat == pytest.approx(0.3)
    assert measured([0, 0.5, 0.5, 0.5, 0.5, 1, 0, -1]).flat == 0  # flat, but not at the top


def test_nothing_is_silent():
    nothing = LevelMeter().end()
    assert nothing.silent
    assert (nothing.frames, nothing.flat, nothing.rms_db) == (0, 0, -300)


@pytest.mark.parametrize("style", ["ambient", "hiphop", "metal", "techno"])
def test_music_is_not_clipped_and_clipped_music_is(style):
    samples = music(style)
    assert measured(rounded(samples)).flat == 0
    assert measured(rounded(np.clip(8 * samples, -1, 1))).flat > 1e-3
    softened = 0.3 * np.clip(8 * samples, -1, 1)
    assert measured(rounded(softened)).flat > 1e-3


def test_a_limited_master_is_not_clipped():
    """Bent under full scale, as limiters do, and as loud as what is clipped."""
    samples = np.tanh(6 * music("metal"))
    assert measured(rounded(samples)).flat < 1e-4
    assert measured(rounded(samples)).rms_db > -9


def test_a_sine_is_not_clipped():
    for hz in (100, 440, 3000):
        sine = 0.99 * np.sin(2 * np.pi * hz * np.arange(44_100) / 44_100)
        assert measured(rounded(sine)).flat == 0


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(0, 9))
def test_blocks_do_not_matter(sizes, seed):
    rng = np.random.default_rng(seed)
    samples = np.clip(rng.standard_normal((sum(sizes), 2)), -1, 1).astype(np.float32)
    whole = measured(samples)
    parts = measured(*np.split(samples, np.cumsum(sizes)[:-1]))
    assert parts.flat == whole.flat
    assert parts.offset == pytest.approx(whole.offset, abs=1e-12)
    assert parts.rms == pytest.approx(whole.rms)
    assert (parts.low, parts.high, parts.frames) == (whole.low, whole.high, whole.frames)
