"""librosa is the oracle for its two scales; the third is written out naively."""

import math

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import dsp
from earmark.audio.melbands import MelShape, mel_filters, mel_frequencies

QUIET = pytest.mark.filterwarnings("ignore:Empty filters detected")


@QUIET
@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", "none"])
@pytest.mark.parametrize(("rate", "n_fft", "bands", "low", "high"), [
    (16_000, 512, 64, 125.0, 7500.0), (48_000, 1024, 64, 50.0, 14_000.0),
    (22_050, 2048, 128, 0.0, None), (44_100, 256, 200, 1200.0, 1300.0),
])  # fmt: skip
def test_filters_are_librosas(scale, norm, rate, n_fft, bands, low, high):
    ours = mel_filters(rate, n_fft, bands, MelShape(low, high, scale, norm))
    expected = librosa.filters.mel(
        sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, htk=scale == "htk",
        norm="slaney" if norm == "slaney" else None,
    )  # fmt: skip
    np.testing.assert_allclose(ours, expected, atol=2e-6)


def test_frequencies_by_hand():
    htk = mel_frequencies(3, 0.0, 700 * (2.0**2 - 1), "htk")
    np.testing.assert_allclose(htk, [0, 700, 2100])  # a doubling of 1 + f/700 a step
    np.testing.assert_allclose(mel_frequencies(3, 0.0, 800.0), [0, 400, 800])
    np.testing.assert_allclose(mel_frequencies(3, 1000.0, 6400.0), [1000, math.sqrt(6.4e6), 6400])


def naive_kaldi(rate, n_fft, bands, low, high):
    """One weight after the other, from mel(f) = 1127 ln(1 + f / 700)."""

    def mel(hz):
        return 1127 * math.log(1 + hz / 700)

    step = (mel(high) - mel(low)) / (bands + 1)
    weights = np.zeros((bands, 1 + n_fft // 2))
    for band in range(bands):
        centre = mel(low) + (band + 1) * step
        for k in range(1 + n_fft // 2):
            weights[band, k] = max(0.0, 1 - abs(mel(k * rate / n_fft) - centre) / step)
    return weights


@pytest.mark.parametrize(("bands", "low", "high"), [(64, 125, 7500), (128, 20, 8000)])
def test_kaldis_triangles_are_straight_in_mel(bands, low, high):
    ours = mel_filters(16_000, 512, bands, MelShape(low, high, "kaldi", "none"))
    np.testing.assert_allclose(ours, naive_kaldi(16_000, 512, bands, low, high), atol=1e-6)
    straight_in_hz = mel_filters(16_000, 512, bands, MelShape(low, high, "htk", "none"))
    assert np.abs(ours - straight_in_hz).max() > 0.002


@given(st.sampled_from(["slaney", "htk", "kaldi"]), st.integers(8, 200),
       st.floats(0, 500), st.floats(2000, 8000))
def test_triangles_of_height_1_share_each_bin(scale, bands, low, high):
    weights = mel_filters(16_000, 512, bands, MelShape(low, high, scale, "none"))
    edges = mel_frequencies(bands + 2, low, high, scale)
    hz = dsp.frequencies(16_000, 512)
    between = (hz > edges[1]) & (hz < edges[-2])
    np.testing.assert_allclose(weights.sum(axis=0)[between], 1, atol=1e-5)
    assert not weights[:, (hz < low) | (hz > high)].any()
    assert not weights[:, 0].any(), "0 Hz feeds a band"


def test_what_stands_in_dsp_is_the_same():
    assert np.array_equal(dsp.mel_filters(22_050, 2048), mel_filters(22_050, 2048, 128, MelShape()))
