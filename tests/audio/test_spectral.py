import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.audio import descriptors, dsp, mel, spectral
from earmark.audio.chunks import chunks
from tests.audio.sounds import KINDS, sound

RATE = 44_100
MODES = {"zeros": "constant", "reflect": "reflect"}


def heard(samples, padding="zeros", **options):
    return list(chunks([samples], 2048, 512, padding, **options))


def magnitudes_of(samples, padding="zeros", **options):
    blocks = (block for chunk in heard(samples, padding, **options)
              for _, block in spectral.magnitude_blocks(chunk))  # fmt: skip
    return np.concatenate([block.copy() for block in blocks])


@pytest.fixture(params=KINDS)
def samples(request, rng):
    return sound(request.param, rng, RATE)


@pytest.mark.parametrize("padding", MODES)
def test_magnitudes_are_librosas_to_the_bit_or_nearly(samples, padding):
    expected = np.abs(librosa.stft(samples, pad_mode=MODES[padding])).T
    found = magnitudes_of(samples, padding)
    assert found.shape == expected.shape
    # Not even what lies 150 dB below the loudest bin differs: contrast would show it.
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12 * expected.max())


@pytest.mark.parametrize("rate", [12_801, 16_000, 22_050, 44_100, 192_000])
def test_contrast_is_librosas(samples, rate):
    magnitudes = magnitudes_of(samples)
    found = spectral.contrast(spectral.tails(magnitudes, rate, 2048))
    expected = librosa.feature.spectral_contrast(S=magnitudes.T, sr=rate).T
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def one_by_one(magnitudes):
    running = np.cumsum(magnitudes, axis=1, dtype=np.float32)
    return (running < np.float32(0.85) * running[:, -1:]).sum(axis=1)


def test_rolloff_is_that_of_sums_one_by_one(samples):
    magnitudes = magnitudes_of(samples)
    found = descriptors.rolloff(magnitudes, np.arange(1025, dtype=np.float64))
    np.testing.assert_array_equal(found, one_by_one(magnitudes))


@given(seed=st.integers(0, 999), bins=st.sampled_from([5, 33, 129, 513, 1025]))
def test_rolloff_of_any_spectrum(seed, bins):
    random = np.random.default_rng(seed)
    magnitudes = (random.gamma(0.2, size=(9, bins)) * (random.random(bins) < 0.3)).astype("f4")
    found = descriptors.rolloff(magnitudes, np.arange(bins, dtype=np.float64))
    np.testing.assert_array_equal(found, one_by_one(magnitudes))


@pytest.mark.parametrize("options", [{}, {"chunk_frames": 10}])
@pytest.mark.parametrize("padding", MODES)
def test_crossings_are_librosas(samples, padding, options):
    parts = [spectral.crossing_rates(chunk) for chunk in heard(samples, padding, **options)]
    expected = librosa.feature.zero_crossing_rate(samples)[0]
    np.testing.assert_allclose(np.concatenate(parts), expected, atol=1e-7)


@given(length=st.integers(1, 5000), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_crossings_of_short_sounds(length, seed):
    samples = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    (chunk,) = heard(samples, "reflect")
    expected = descriptors.zero_crossing_rate(samples)
    np.testing.assert_allclose(spectral.crossing_rates(chunk), expected, atol=1e-7)


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_mel_powers_are_those_of_all_weights(samples, rate):
    powers = np.square(magnitudes_of(samples))
    expected = powers.astype(np.float64) @ dsp.mel_filters(rate, 2048).T
    found = mel.bands(powers, rate, 2048)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-35)


def test_level_is_librosas(samples):
    magnitudes = magnitudes_of(samples)
    expected = librosa.feature.rms(S=magnitudes.T)[0]
    np.testing.assert_allclose(spectral.level(np.square(magnitudes)), expected, rtol=1e-5)


@given(seed=st.integers(0, 99), columns=st.integers(1, 80), data=st.data())
def test_tail_means_are_those_of_sorted_rows(seed, columns, data):
    count = data.draw(st.integers(1, columns))
    wider = np.random.default_rng(seed).integers(0, 9, (5, columns + 3)).astype(np.float32)
    values = wider[:, 2:-1]  # rows apart in memory, as a band of a spectrum is
    ordered = np.sort(values, axis=1)
    low, high = spectral.tail_means(values, count)
    np.testing.assert_allclose(low, ordered[:, :count].mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(high, ordered[:, -count:].mean(axis=1), rtol=1e-6)
