"""librosa is the oracle; the inputs are made up, and hostile ones are among them."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import median_filter

from earmark.audio import descriptors, dsp

RATE = 22_050
SIGNALS = ("noise", "tone", "two tones", "clicks", "quiet", "clipped", "offset", "silence")


def signal(kind, rng, length=RATE * 2):
    time = np.arange(length) / RATE
    made = {
        "noise": 0.3 * rng.standard_normal(length),
        "tone": 0.5 * np.sin(2 * np.pi * 446.3 * time),
        "two tones": 0.3 * np.sin(2 * np.pi * 220 * time) + 0.2 * np.sin(2 * np.pi * 331 * time),
        "clicks": (np.arange(length) % 11_025 == 7).astype(float),
        "quiet": 1e-6 * rng.standard_normal(length),
        "clipped": np.clip(5 * rng.standard_normal(length), -1, 1),
        "offset": 0.5 + 0.01 * rng.standard_normal(length),
        "silence": np.zeros(length),
    }
    return made[kind].astype(np.float32)


@pytest.fixture(params=SIGNALS)
def samples(request, rng):
    return signal(request.param, rng)


@pytest.mark.parametrize(("padding", "mode"), [("reflect", "reflect"), ("zeros", "constant")])
def test_stft_is_librosas(samples, padding, mode):
    expected = librosa.stft(samples, n_fft=2048, hop_length=512, pad_mode=mode).T
    ours = dsp.stft(samples, padding=padding)
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, atol=2e-4 * max(1e-3, np.abs(expected).max()))


@given(st.integers(1025, 9000), st.sampled_from([256, 512, 1024]))
@settings(deadline=None, max_examples=25)
def test_istft_undoes_stft(length, hop):
    samples = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    back = dsp.istft(dsp.stft(samples, 2048, hop), hop)
    assert len(back) == hop * (length // hop)
    np.testing.assert_allclose(back, samples[: len(back)], atol=2e-5)


def test_istft_to_a_length_is_librosas(rng):
    samples = signal("noise", rng, 30_000)
    spectrum = dsp.stft(samples)
    expected = librosa.istft(spectrum.T, hop_length=512, length=30_000)
    np.testing.assert_allclose(dsp.istft(spectrum, 512, 30_000), expected, atol=1e-5)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(40, 50), (3, 100), (100, 2), (1, 1)])
def test_median_filter_is_the_median_of_mirrored_neighbours(rng, axis, shape):
    # Not compared with scipy on the narrow shapes: its fast path is off by an element there.
    values = rng.random(shape).astype(np.float32)
    size = shape[axis]
    mirrored = np.arange(-15, size + 15) % (2 * size)
    mirrored = np.minimum(mirrored, 2 * size - 1 - mirrored)
    neighbours = np.stack([np.take(values, mirrored[k : k + size], axis) for k in range(31)])
    ours = dsp.median_filter(values, 31, axis)
    assert np.array_equal(ours, np.median(neighbours, axis=0))
    if size > 31:
        assert np.array_equal(ours, median_filter(values, size=(31, 1) if axis == 0 else (1, 31)))


def test_separation_is_librosas(samples):
    spectrum = dsp.stft(samples)
    harmonic, percussive = dsp.separate(samples, spectrum, np.sqrt(dsp.power(spectrum)))
    expected = librosa.decompose.hpss(librosa.stft(samples, pad_mode="reflect"))
    scale = max(float(np.abs(samples).max()), 1e-9)
    for ours, theirs in zip((harmonic, percussive), expected, strict=True):
        np.testing.assert_allclose(ours, librosa.istft(theirs), atol=1e-4 * scale)


@pytest.mark.parametrize(("rate", "n_fft", "bands"), [(22_050, 2048, 128), (16_000, 512, 96)])
def test_mel_filters_are_librosas(rate, n_fft, bands):
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands)
    np.testing.assert_allclose(dsp.mel_filters(rate, n_fft, bands), expected, atol=1e-7)


@pytest.mark.parametrize("tuning", [-0.5, -0.13, 0.0, 0.31])
def test_chroma_filters_are_librosas(tuning):
    expected = librosa.filters.chroma(sr=RATE, n_fft=2048, tuning=tuning)
    np.testing.assert_allclose(dsp.chroma_filters(RATE, 2048, tuning), expected, atol=1e-6)


@pytest.mark.parametrize("kind", [k for k in SIGNALS if k not in ("silence", "offset")])
def test_tuning_is_librosas(rng, kind):
    powers = dsp.power(dsp.stft(signal(kind, rng)))
    expected = librosa.estimate_tuning(S=powers.T, sr=RATE, n_fft=2048)
    assert dsp.estimate_tuning(powers, RATE, 2048) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("cents", [-30, 0, 20])
def test_tuning_of_a_known_tone_is_what_it_is_detuned_by(cents):
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1760 * 2 ** (cents / 1200) * time).astype(np.float32)
    found = dsp.estimate_tuning(dsp.power(dsp.stft(tone)), RATE, 2048)
    assert found == pytest.approx(cents / 100, abs=0.02)  # the parabola is off by a cent or two


def test_tuning_of_silence_is_zero():
    assert dsp.estimate_tuning(np.zeros((5, 1025), np.float32), RATE, 2048) == 0.0


def test_decibels_are_librosas(samples):
    powers = dsp.power(dsp.stft(samples))
    np.testing.assert_allclose(
        dsp.power_to_db(powers), librosa.power_to_db(powers), atol=1e-4
    )


class TestCurves:
    def test_centroid_and_bandwidth(self, samples):
        magnitudes = np.sqrt(dsp.power(dsp.stft(samples)))
        centroid, bandwidth = descriptors.spread(magnitudes, dsp.frequencies(RATE, 2048))
        expected = librosa.feature.spectral_centroid(S=magnitudes.T, sr=RATE)[0]
        np.testing.assert_allclose(centroid, expected, rtol=1e-5, atol=1e-3)
        expected = librosa.feature.spectral_bandwidth(S=magnitudes.T, sr=RATE)[0]
        np.testing.assert_allclose(bandwidth, expected, rtol=1e-4, atol=1e-2)

    def test_rolloff(self, samples):
        magnitudes = np.sqrt(dsp.power(dsp.stft(samples)))
        ours = descriptors.rolloff(magnitudes, dsp.frequencies(RATE, 2048))
        expected = librosa.feature.spectral_rolloff(S=magnitudes.T, sr=RATE)[0]
        np.testing.assert_array_equal(ours, expected)

    def test_zero_crossings(self, samples):
        expected = librosa.feature.zero_crossing_rate(samples)[0]
        np.testing.assert_allclose(descriptors.zero_crossing_rate(samples), expected, atol=1e-12)

    @pytest.mark.parametrize(("padding", "mode"), [("reflect", "reflect"), ("zeros", "constant")])
    def test_rms(self, samples, padding, mode):
        expected = librosa.feature.rms(y=samples, pad_mode=mode)[0]
        np.testing.assert_allclose(descriptors.rms(samples, padding), expected, rtol=1e-5,
                                   atol=1e-9)

    def test_chroma(self, samples):
        powers = dsp.power(dsp.stft(samples))
        expected = librosa.feature.chroma_stft(S=powers.T, sr=RATE, tuning=0.0)
        ours = descriptors.chroma(powers, RATE, 2048, tuning=0.0)
        np.testing.assert_allclose(ours, expected.T, atol=1e-5)

    def test_mfcc(self, samples):
        mel_db = dsp.power_to_db(dsp.power(dsp.stft(samples)) @ dsp.mel_filters(RATE, 2048).T)
        expected = librosa.feature.mfcc(S=mel_db.T, n_mfcc=20)
        np.testing.assert_allclose(descriptors.mfcc(mel_db), expected.T, atol=5e-3)

    def test_onsets_and_tempo(self, samples):
        mel_db = dsp.power_to_db(dsp.power(dsp.stft(samples)) @ dsp.mel_filters(RATE, 2048).T)
        expected = librosa.onset.onset_strength(S=mel_db.T, sr=RATE, aggregate=np.median)
        ours = descriptors.onset_strength(mel_db)
        np.testing.assert_allclose(ours, expected, atol=1e-5)
        expected = librosa.feature.tempo(onset_envelope=expected, sr=RATE)[0]
        assert descriptors.tempo(ours, RATE) == pytest.approx(expected)

    def test_gain_moves_no_chroma_and_no_centroid(self, rng):
        samples = signal("two tones", rng)
        quiet, loud = (dsp.power(dsp.stft(samples * gain)) for gain in (0.01, 1.0))
        np.testing.assert_allclose(
            descriptors.chroma(quiet, RATE, 2048), descriptors.chroma(loud, RATE, 2048), atol=1e-4
        )

    def test_tempo_of_a_metronome(self):
        onsets = np.zeros(1292, np.float32)
        period = 60 / 120 * RATE / 512
        onsets[np.round(np.arange(0, 1292, period)).astype(int).clip(max=1291)] = 1
        assert descriptors.tempo(onsets, RATE) == pytest.approx(120, rel=0.03)


@given(st.integers(1, 5000))
def test_fast_length_is_the_next_of_its_kind(least):
    def is_fast(n):
        for prime in (2, 3, 5):
            while n % prime == 0:
                n //= prime
        return n == 1

    found = descriptors.fast_length(least)
    assert found == next(n for n in range(least, 2 * least + 1) if is_fast(n))
