"""Time and pitch: durations and frequencies by hand, values against librosa's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.augment import PitchShift, TimeStretch
from earmark.audio.synth import compose

RATE = 22_050


def loudest_hz(samples):
    middle = samples[2048:-2048] * np.hanning(len(samples) - 4096)
    size = 1 << 18
    return np.argmax(np.abs(np.fft.rfft(middle, size))) * RATE / size


def tone(hz):
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize("rate", [0.9, 1.1, 0.5, 2.0])
def test_stretching_changes_the_time_and_not_the_pitch(rate, rng):
    found = TimeStretch(rate)(tone(440), RATE, rng)
    assert len(found) == round(RATE / rate)
    assert loudest_hz(found) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("semitones", [-12, -1, 1, 12])
def test_shifting_changes_the_pitch_and_not_the_time(semitones, rng):
    found = PitchShift(semitones)(tone(440), RATE, rng)
    assert len(found) == RATE
    assert loudest_hz(found) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.003)


@pytest.mark.parametrize("rate", [0.9, 1.1])
def test_values_are_librosas(rate, rng):
    librosa = pytest.importorskip("librosa")
    samples = compose("rock", rng=np.random.default_rng(1), seconds=2, sample_rate=RATE).samples
    expected = librosa.effects.time_stretch(samples, rate=rate)
    found = TimeStretch(rate)(samples, RATE, rng)
    assert len(found) == len(expected)
    # Phases add up rounding over frames, in float32 there and in float64 here.
    inner = slice(2048, -2048)
    error = np.sqrt(np.mean((found - expected)[inner] ** 2))
    assert error < 0.01 * np.sqrt(np.mean(expected[inner] ** 2))


def test_at_its_own_rate_nothing_changes(rng):
    samples = compose("techno", rng=np.random.default_rng(1), seconds=2, sample_rate=RATE).samples
    np.testing.assert_allclose(TimeStretch(1.0)(samples, RATE, rng), samples, atol=1e-4)
    np.testing.assert_allclose(PitchShift(0)(samples, RATE, rng), samples, atol=1e-4)


@given(st.integers(1, 6000), st.floats(0.25, 4), st.integers(0, 3))
def test_any_length_at_any_rate(count, rate, seed):
    rng = np.random.default_rng(seed)
    found = TimeStretch(rate)(rng.standard_normal(count), RATE, rng)
    assert len(found) == max(1, round(count / rate))
    assert np.isfinite(found).all()
