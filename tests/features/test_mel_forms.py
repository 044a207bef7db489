"""The forms of mel spectra that published models take, each against an independent oracle."""

import librosa
import numpy as np
import pytest

from earmark.audio.load import load
from earmark.errors import SettingsError
from earmark.features import base
from tests.features import picture_oracle as oracle

MUSICNN = {
    "name": "logmel", "sample_rate": 16_000, "n_fft": 512, "hop_length": 256, "n_mels": 96,
    "rounding": "float16", "compression": "log10_1e4",
}  # fmt: skip
VGGISH = {
    "name": "logmel", "sample_rate": 16_000, "n_fft": 512, "window_length": 400,
    "hop_length": 160, "n_mels": 64, "padding": "none", "spectrum": "magnitude",
    "fmin_hz": 125.0, "fmax_hz": 7500.0, "mel_scale": "kaldi", "norm": "none",
    "compression": "log", "offset": 0.01,
}  # fmt: skip
CLAP = {
    "name": "logmel", "sample_rate": 48_000, "n_fft": 1024, "hop_length": 480, "n_mels": 64,
    "padding": "reflect", "fmin_hz": 50.0, "fmax_hz": 14_000.0, "top_db": "none",
}  # fmt: skip
HALF_STEP = 5e-4  # of log10, where rounding to float16 falls the other way: 2 ** -11


def musicnn(samples):
    # Padded by hand: librosa warns of a sound shorter than half a frame.
    bands = librosa.feature.melspectrogram(y=np.pad(samples, 256), sr=16_000, n_fft=512,
                                           hop_length=256, n_mels=96, center=False)
    return np.log10(10000 * bands.astype(np.float16).astype(np.float32) + 1)


def off(found, expected):
    """Return the share of values that are not equal but for the last digits of float32."""
    return float((np.abs(found - expected) > 2e-5).mean())


@pytest.mark.parametrize("sound", oracle.SOUNDS)
def test_musicnn(kind, sound):
    samples = oracle.sound(sound, 16_000)
    found, expected = base.build(MUSICNN)(samples), musicnn(samples)
    np.testing.assert_allclose(found, expected, atol=HALF_STEP)
    assert off(found, expected) < 2e-3


@pytest.mark.realdata
def test_musicnn_on_real_clips(realdata, kind):
    for path in oracle.clips(realdata)[::15]:
        samples = load(path, sample_rate=16_000).samples[: 16_000 * 10]
        found, expected = base.build(MUSICNN)(samples), musicnn(samples)
        np.testing.assert_allclose(found, expected, atol=HALF_STEP, err_msg=path.name)
        assert off(found, expected) < 2e-3, path.name


def test_what_float16_cannot_hold_counts_as_its_highest():
    loud = np.full(4000, 1e5, np.float32)
    assert base.build(MUSICNN)(loud).max() == pytest.approx(np.log10(65504e4 + 1))


def vggish(samples):
    """Return the log mel spectrogram [shape=(64, frames)] from its description: frame after frame,
    the transform as a sum, weight after weight."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(400), np.arange(257)) / 512)
    mels = 1127 * np.log(1 + np.arange(257) * 16_000 / 512 / 700)
    edges = np.linspace(*(1127 * np.log(1 + np.array([125, 7500]) / 700)), 66)
    weights = np.zeros((257, 64))
    for band in range(64):
        low, centre, high = edges[band : band + 3]
        for k in range(1, 257):
            slope = min((mels[k] - low) / (centre - low), (high - mels[k]) / (high - centre))
            weights[k, band] = max(0, slope)
    samples = np.pad(samples.astype(float), (0, max(0, 400 - len(samples))))
    frames = []
    for start in range(0, len(samples) - 400 + 1, 160):
        magnitudes = np.abs((samples[start : start + 400] * window) @ waves)
        frames.append(np.log(magnitudes @ weights + 0.01))
    return np.stack(frames, axis=1)


@pytest.mark.parametrize("sound", oracle.SOUNDS)
def test_vggish(kind, sound):
    samples = oracle.sound(sound, 16_000)
    np.testing.assert_allclose(base.build(VGGISH)(samples), vggish(samples), atol=2e-5)


def clap(samples):
    bands = librosa.feature.melspectrogram(
        y=np.pad(samples, 512, mode="reflect"), sr=48_000, n_fft=1024, hop_length=480, n_mels=64,
        fmin=50, fmax=14_000, center=False,
    )
    return librosa.power_to_db(bands, top_db=None)


@pytest.mark.parametrize("sound", oracle.SOUNDS)
def test_clap(kind, sound):
    samples = oracle.sound(sound, 48_000)
    np.testing.assert_allclose(base.build(CLAP)(samples), clap(samples), atol=1e-3)


def test_clap_is_that_of_transformers(rng):
    spectra = pytest.importorskip("transformers.audio_utils")
    samples = (0.1 * rng.standard_normal(96_000)).astype(np.float32)
    filters = spectra.mel_filter_bank(513, 64, 50, 14_000, 48_000, norm="slaney",
                                      mel_scale="slaney")  # fmt: skip
    expected = spectra.spectrogram(samples, spectra.window_function(1024, "hann"), 1024, 480,
                                   power=2.0, mel_filters=filters, log_mel="dB")  # fmt: skip
    np.testing.assert_allclose(base.build(CLAP)(samples), expected, atol=1e-3)


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_a_shorter_window_stands_in_the_middle_as_librosas(kind, padding):
    front_end = base.build({"name": "logmel", "window_length": 1201, "padding": padding,
                            "mel_scale": "htk", "norm": "none", "top_db": "none"})  # fmt: skip
    samples = oracle.sound("noise")
    bands = librosa.feature.melspectrogram(
        y=samples, sr=22_050, win_length=1201, pad_mode=oracle.MODES[padding], htk=True, norm=None
    )
    expected = librosa.power_to_db(bands, top_db=None)
    np.testing.assert_allclose(front_end(samples), expected, atol=1e-3)


def test_magnitudes_are_librosas(kind):
    front_end = base.build({"name": "logmel", "spectrum": "magnitude", "compression": "log",
                            "offset": 1e-3})  # fmt: skip
    samples = oracle.sound("noise")
    bands = librosa.feature.melspectrogram(y=samples, sr=22_050, power=1.0)
    np.testing.assert_allclose(front_end(samples), np.log(bands + 1e-3), atol=1e-4)


def test_settings_that_differ_from_the_defaults_travel():
    for settings in (MUSICNN, VGGISH, CLAP):
        front_end = base.build(settings)
        described = base.describe(front_end)
        assert base.build(described) == front_end
        assert settings.items() <= described.items()


@pytest.mark.parametrize(("settings", "message"), [
    ({"window_length": 15}, "'window_length' is 15; expected 16 to 'n_fft', which is 2048"),
    ({"window_length": 2049}, "'window_length' is 2049"),
    ({"fmax_hz": 11_026.0}, "'fmax_hz' is 11026; expected more than 0 and at most half"),
    ({"fmin_hz": -1.0}, "'fmin_hz' is -1; expected 0 to less than 11025"),
    ({"fmin_hz": 900.0, "fmax_hz": 900.0}, "'fmin_hz' is 900; expected 0 to less than 900"),
    ({"mel_scale": "bark"}, "'mel_scale' is 'bark'. Known: "),
    ({"spectrum": "magnitude"}, "'spectrum' is 'magnitude' and 'compression' is 'decibels'"),
    ({"offset": 0.1}, "'offset' is 0.1 and 'compression' is 'decibels', which has none"),
    ({"offset": 0.0, "compression": "log"}, "'offset' is 0; expected 1e-10 to 1"),
    ({"compression": "log", "reference": "max"}, "'reference' is 'max' and 'compression' is 'log'"),
    ({"compression": "log10_1e4", "top_db": 60.0}, "'top_db' is 60 and 'compression' is 'log10"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "logmel", **settings})
