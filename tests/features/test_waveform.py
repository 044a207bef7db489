import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import AudioError, SettingsError
from earmark.features import base
from earmark.features.waveform import Waveform


def test_samples_as_they_are():
    sound = np.array([0.5, -1.0, 0.25], np.float32)
    found = Waveform()(sound)
    assert found.tolist() == [[0.5, -1.0, 0.25]]
    found[0, 0] = 9
    assert sound[0] == 0.5, "the features are the caller's samples"


def test_unit_by_hand():
    found = Waveform(normalise="unit")(np.array([1.0, 2.0, 3.0, 6.0], np.float32))
    # mean 3, variance (4 + 1 + 0 + 9) / 4
    np.testing.assert_allclose(found, [np.array([-2, -1, 0, 3]) / np.sqrt(3.5)], atol=1e-6)


@given(st.integers(2, 3000), st.floats(0.01, 1), st.floats(-1, 1), st.integers(0, 2**32))
def test_a_gain_and_an_offset_are_nothing_to_unit(length, gain, offset, seed):
    sound = np.random.default_rng(seed).standard_normal(length)
    unit = Waveform(normalise="unit")
    expected = unit(sound.astype(np.float32))
    found = unit((gain * sound + offset).astype(np.float32))
    # The 1e-7 beside the variance, and samples rounded beside the offset, are what is left.
    spread = gain * float(sound.std()) + 1e-9
    tolerance = 1e-7 / spread**2 * np.abs(expected).max() + 1e-5 / spread + 1e-5
    np.testing.assert_allclose(found, expected, atol=tolerance)


@pytest.mark.parametrize("level", [0.0, 0.7])
def test_silence_stays_silence(level):
    found = Waveform(normalise="unit")(np.full(9, level, np.float32))
    assert np.array_equal(found, np.zeros((1, 9), np.float32))


def test_blocks_are_put_together():
    pieces = [np.array([1, 2], np.float32), np.empty(0, np.float32), np.array([3], np.float32)]
    assert Waveform().whole(lambda: iter(pieces)).tolist() == [[1, 2, 3]]


def test_no_samples_are_refused():
    with pytest.raises(AudioError, match="no audio samples"):
        Waveform().whole(lambda: iter([]))


def test_values_are_those_of_transformers(rng):
    transformers = pytest.importorskip("transformers")
    sound = (0.1 * rng.standard_normal(16_000) + 0.05).astype(np.float32)
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)
    (expected,) = extractor(sound, sampling_rate=16_000, return_tensors="np")["input_values"]
    np.testing.assert_allclose(Waveform(normalise="unit")(sound)[0], expected, atol=1e-5)


@pytest.mark.parametrize(("settings", "message"), [
    ({"sample_rate": 999}, "'sample_rate' is 999; expected 1000 to 192000 Hz"),
    ({"normalise": "peak"}, "'normalise' is 'peak'. Known: none, unit"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "waveform", **settings})
