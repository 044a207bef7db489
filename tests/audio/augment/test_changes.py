"""What holds of every change: a copy, finite, repeatable, and hostile sound refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import augment
from earmark.errors import AudioError, EmptyAudioError

RATE = 22_050
PLAIN = [
    augment.Gain(-20), augment.Clipping(0.05), augment.Noise(10), augment.Noise(20, "pink"),
    augment.Band(), augment.Band(300, 3400), augment.ByRate(16_000),
    augment.Codec("mp3"), augment.Codec("opus"),
    augment.TimeStretch(0.9), augment.TimeStretch(1.1), augment.PitchShift(1),
    augment.Excerpt(3, "end"),
]  # fmt: skip
KEEPING = [c for c in PLAIN if not isinstance(c, augment.TimeStretch | augment.Excerpt)]
CHANGES = [*PLAIN, augment.Waves()]


def named(change):
    return repr(change)


def tone(hz=440.0, seconds=1.0, rate=RATE):
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("change", CHANGES, ids=named)
def test_a_finite_copy_that_repeats(change):
    if isinstance(change, augment.Waves):
        pytest.importorskip("audiomentations")
    samples = tone()
    before = samples.copy()
    found = change(samples, RATE, np.random.default_rng(4))
    again = change(samples, RATE, np.random.default_rng(4))
    np.testing.assert_array_equal(found, again)
    np.testing.assert_array_equal(samples, before)
    assert found.dtype == np.float32
    assert found.ndim == 1
    assert np.isfinite(found).all()
    assert not np.shares_memory(found, samples)


@pytest.mark.parametrize("change", PLAIN, ids=named)
def test_what_is_no_sound_is_refused(change, rng):
    with pytest.raises(EmptyAudioError, match="no samples"):
        change(np.empty(0, np.float32), RATE, rng)
    for bad in (np.nan, np.inf):
        with pytest.raises(AudioError, match="no finite numbers"):
            change([0.0, bad, 0.0], RATE, rng)
    with pytest.raises(AudioError, match=r"shape \(2, 9\); expected mono"):
        change(np.zeros((2, 9)), RATE, rng)


@pytest.mark.parametrize("change", PLAIN, ids=named)
def test_silence_stays_nearly_silent(change, rng):
    assert np.abs(change(np.zeros(RATE, np.float32), RATE, rng)).max() < 1e-3


@pytest.mark.parametrize("change", KEEPING, ids=named)
@pytest.mark.parametrize("count", [1, 2, 1000, 5001])
@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 96_000])
def test_the_length_is_kept(change, count, rate, rng):
    samples = (0.1 * rng.standard_normal(count)).astype(np.float32)
    assert len(change(samples, rate, rng)) == count


@given(st.integers(1, 4000), st.integers(0, 9), st.sampled_from(KEEPING[:7]), st.floats(0.01, 3))
def test_any_sound_at_any_level(count, seed, change, level):
    rng = np.random.default_rng(seed)
    samples = (level * rng.standard_normal(count)).astype(np.float32)
    found = change(samples, RATE, rng)
    assert len(found) == count
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: augment.Gain(float("nan")), "'db' is nan; expected -120 to 60"),
    (lambda: augment.Clipping(0.7), "'share' is 0.7; expected 0 to 0.5"),
    (lambda: augment.Noise(500), "'snr_db' is 500"),
    (lambda: augment.Noise(10, "brown"), "'colour' is 'brown'; expected white or pink"),
    (lambda: augment.Band(500, 400), "expected the first to be lower"),
    (lambda: augment.ByRate(12), "'hz' is 12"),
    (lambda: augment.Codec("aac"), "'format' is 'aac'; expected mp3 or opus"),
    (lambda: augment.Codec("mp3", 1000), "'kbit_s' is 1000"),
    (lambda: augment.TimeStretch(0), "'rate' is 0"),
    (lambda: augment.PitchShift(13), "'semitones' is 13"),
    (lambda: augment.Excerpt(0), "'seconds' is 0"),
    (lambda: augment.Excerpt(3, "start"), "expected begin, middle or end"),
])
def test_settings_are_checked(make, message):
    with pytest.raises(ValueError, match=message):
        make()
