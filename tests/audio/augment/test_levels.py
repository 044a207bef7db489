"""Gain, clipping and noise by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.augment import Clipping, Gain, Noise

RATE = 22_050


def test_gain_is_exact(rng):
    assert Gain(20)([0.5, -0.25], RATE, rng).tolist() == [5.0, -2.5]  # louder than full scale
    assert Gain(-20)([1.0, 0.0], RATE, rng).tolist() == [np.float32(0.1), 0.0]
    assert Gain(6)([0.5], RATE, rng) == pytest.approx(0.99763, abs=1e-5)


def test_clipping_cuts_the_share(rng):
    """Of 1..100 a twentieth lies above 95.05, the linear quantile."""
    samples = np.arange(1, 101, dtype=np.float32) * np.where(np.arange(100) % 2, -1, 1)
    found = Clipping(0.05)(samples, RATE, rng)
    assert (found != samples).sum() == 5
    assert np.abs(found).max() == pytest.approx(95.05)
    np.testing.assert_array_equal(Clipping(0)(samples, RATE, rng), samples)


@pytest.mark.parametrize("colour", ["white", "pink"])
@given(snr=st.floats(-20, 60), seed=st.integers(0, 99))
def test_the_ratio_is_as_asked(colour, snr, seed):
    rng = np.random.default_rng(seed)
    samples = rng.uniform(-0.5, 0.5, 4000).astype(np.float32)
    noise = Noise(snr, colour)(samples, RATE, rng).astype(np.float64) - samples
    measured = 10 * np.log10(np.mean(samples.astype(np.float64) ** 2) / np.mean(noise**2))
    assert measured == pytest.approx(snr, abs=0.01)


def test_pink_noise_is_as_strong_in_every_octave(rng):
    samples = np.zeros(1 << 18, np.float32)
    samples[0] = 1
    noise = Noise(0, "pink")(samples, RATE, rng) - samples
    power, hz = np.abs(np.fft.rfft(noise)) ** 2, np.fft.rfftfreq(len(noise), 1 / RATE)
    octaves = [power[(hz >= low) & (hz < 2 * low)].sum() for low in (100, 200, 400, 800, 1600)]
    assert max(octaves) / min(octaves) < 1.3
