"""Kaldi's filterbanks against a naive double-precision definition, and what transformers makes."""

import json
from pathlib import Path

import numpy as np
import pytest

from earmark.errors import SettingsError
from earmark.features import base
from tests.audio.test_melbands import naive_kaldi
from tests.features import picture_oracle as oracle

AST = {"name": "fbank", "subtract": -4.2677393, "divide": 9.1379948}
GOLDEN = Path(__file__).parents[1] / "golden" / "ast.json"


def fbank(samples, window="hann", bands=128):
    """Return the log mel filterbank [shape=(bands, frames)], one frame after the other."""
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)
    if window == "povey":
        shape = shape**0.85
    waves = np.exp(-2j * np.pi * np.outer(np.arange(400), np.arange(257)) / 512)
    weights = naive_kaldi(16_000, 512, bands, 20, 8000)
    samples = np.pad(samples.astype(float), (0, max(0, 400 - len(samples))))
    frames = []
    for start in range(0, len(samples) - 400 + 1, 160):
        frame = samples[start : start + 400] - samples[start : start + 400].mean()
        emphasised = [frame[0] - 0.97 * frame[0]]
        emphasised += [frame[n] - 0.97 * frame[n - 1] for n in range(1, 400)]
        powers = np.abs((emphasised * shape) @ waves) ** 2
        frames.append(np.log(np.maximum(weights @ powers, 1.1920929e-07)))
    return np.stack(frames, axis=1)


@pytest.mark.parametrize("sound", oracle.SOUNDS)
def test_values_are_those_of_the_definition(kind, sound):
    samples = oracle.sound(sound, 16_000)[:4000]
    found = base.build({"name": "fbank"})(samples)
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, fbank(samples), atol=1e-3)


@pytest.mark.parametrize("bands", [40, 80])
def test_povey(kind, bands):
    samples = oracle.sound("noise", 16_000)[:2000]
    found = base.build({"name": "fbank", "window": "povey", "n_mels": bands})(samples)
    np.testing.assert_allclose(found, fbank(samples, "povey", bands), atol=1e-4)


def test_subtract_and_divide_by_hand():
    samples = oracle.sound("noise", 16_000)[:2000]
    expected = (base.build({"name": "fbank"})(samples) - -4.0) / 8.0
    found = base.build({"name": "fbank", "subtract": -4.0, "divide": 8.0})(samples)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_offset_is_not_heard():
    samples = oracle.sound("noise", 16_000)
    plain, raised = (base.build({"name": "fbank"})(s) for s in (samples, samples + 0.25))
    np.testing.assert_allclose(raised, plain, atol=2e-3)


def test_silence_is_the_floor():
    found = base.build({"name": "fbank"})(np.zeros(1000, np.float32))
    np.testing.assert_allclose(found, np.log(np.finfo(np.float32).eps), atol=1e-5)
    assert found.shape == (128, 4)


def golden_sound():
    """Return a second of a rising tone and noise of whole numbers, the same on every host."""
    n = np.arange(16_000)
    noise = (n * n * 7919 % 65_521) / 65_521 - 0.5
    tone = np.sin(2 * np.pi * (50 + 0.2 * n) * n / 16_000)
    return (0.4 * tone + 0.02 * noise).astype(np.float32)


def test_values_are_those_kept_of_transformers():
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = base.build(AST)(golden_sound())
    assert list(found.shape) == kept["shape"]
    at = np.linspace(0, found.size - 1, len(kept["values"])).astype(int)
    np.testing.assert_allclose(found.reshape(-1)[at], kept["values"], atol=1e-4)
    assert found.mean(dtype=float) == pytest.approx(kept["mean"], abs=1e-5)


def ast(samples):
    """Return AST's input [shape=(bands, frames)] by transformers' numpy way."""
    spectra = pytest.importorskip("transformers.audio_utils")
    filters = spectra.mel_filter_bank(257, 128, 20, 8000, 16_000, norm=None, mel_scale="kaldi",
                                      triangularize_in_mel_space=True)  # fmt: skip
    values = spectra.spectrogram(
        samples, spectra.window_function(400, "hann", periodic=False), 400, 160, fft_length=512,
        power=2.0, center=False, preemphasis=0.97, mel_filters=filters, log_mel="log",
        mel_floor=1.192092955078125e-07, remove_dc_offset=True,
    )  # fmt: skip
    return (values + 4.2677393) / (2 * 4.5689974)


@pytest.mark.filterwarnings("ignore:At least one mel filter")
def test_values_are_those_of_transformers(rng):
    samples = (0.1 * rng.standard_normal(32_000)).astype(np.float32)
    np.testing.assert_allclose(base.build(AST)(samples), ast(samples), atol=1e-4)


@pytest.mark.parametrize(("settings", "message"), [
    ({"divide": 0.0}, "'divide' is 0; expected 0.001 to 1000"),
    ({"subtract": 2000.0}, "'subtract' is 2000; expected -1000 to 1000"),
    ({"window_length": 513}, "'window_length' is 513; expected 16 to 'n_fft', which is 512"),
    ({"window": "hamming"}, "'window' is 'hamming'. Known: hann, povey"),
    ({"n_mels": 4}, "'n_mels' is 4; expected 8 to 512"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "fbank", **settings})
