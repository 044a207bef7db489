"""What is left of the spectrum, and that a higher sample rate takes nothing away."""

import numpy as np
import pytest

from earmark.audio.augment import Band, ByRate, Excerpt

RATE = 22_050


def power_between(samples, low, high):
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return (np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2)[
        (hz >= low) & (hz < high)].sum()


def test_nothing_is_left_outside_the_band(rng):
    noise = rng.standard_normal(2 * RATE).astype(np.float32)
    low = Band(high_hz=4000)(noise, RATE, rng)
    assert power_between(low, 4010, 11_000) < 1e-5 * power_between(noise, 4010, 11_000)
    assert power_between(low, 10, 3590) == pytest.approx(power_between(noise, 10, 3590), rel=1e-3)
    phone = Band(300, 3400)(noise, RATE, rng)
    assert power_between(phone, 0, 290) < 1e-4 * power_between(noise, 0, 290)
    assert power_between(phone, 340, 3050) == pytest.approx(power_between(noise, 340, 3050),
                                                            rel=1e-3)


def test_a_band_wider_than_the_sound_leaves_it(rng):
    noise = rng.standard_normal(RATE).astype(np.float32)
    np.testing.assert_allclose(Band(high_hz=20_000)(noise, RATE, rng), noise, atol=1e-5)


def test_the_end_does_not_ring_into_the_beginning(rng):
    click = np.zeros(20_000, np.float32)
    click[-1] = 1
    assert np.abs(Band()(click, RATE, rng)[:1000]).max() < 1e-5


def test_by_a_higher_rate_and_back_is_the_same(rng):
    time = np.arange(RATE) / RATE
    tones = sum(0.2 * np.sin(2 * np.pi * hz * time) for hz in (220, 1500, 6000))
    found = ByRate(44_100)(tones, RATE, rng)
    np.testing.assert_allclose(found[500:-500], tones[500:-500], atol=1e-4)
    low = ByRate(8000)(tones, RATE, rng)  # which holds nothing of 6000 Hz
    assert power_between(low, 4100, 11_000) < 1e-6 * power_between(tones, 4100, 11_000)


def test_excerpts_by_hand(rng):
    samples = np.arange(100, dtype=np.float32)  # ten seconds at 10 Hz
    assert Excerpt(3, "begin")(samples, 10, rng).tolist() == list(range(30))
    assert Excerpt(3, "middle")(samples, 10, rng).tolist() == list(range(35, 65))
    assert Excerpt(3, "end")(samples, 10, rng).tolist() == list(range(70, 100))
    assert Excerpt(30, "end")(samples, 10, rng).tolist() == list(range(100))
