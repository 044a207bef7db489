import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import cqt, harmony
from tests.audio.sounds import KINDS, sound


@pytest.fixture(params=KINDS)
def magnitudes(request, rng):
    return cqt.cqt(sound(request.param, rng, 22_050), 22_050)


def test_chroma_cqt_is_librosas(magnitudes):
    expected = librosa.feature.chroma_cqt(C=magnitudes.T, bins_per_octave=12).T
    found = harmony.chroma_cqt(harmony.fold(magnitudes))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("frames", [87, 43, 10, 1])
def test_cens_is_librosas(magnitudes, frames):
    expected = librosa.feature.chroma_cens(C=magnitudes[:frames].T, bins_per_octave=12).T
    found = harmony.chroma_cens(harmony.fold(magnitudes[:frames]))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_tonnetz_is_librosas(magnitudes):
    chroma = harmony.chroma_cqt(harmony.fold(magnitudes))
    expected = librosa.feature.tonnetz(chroma=chroma.T).T
    np.testing.assert_allclose(harmony.tonnetz(chroma), expected, atol=1e-6)


def test_tonnetz_of_one_note_is_on_the_circles():
    note = np.eye(12, dtype=np.float32)[[0]]  # C: the angle is 0, sine first
    np.testing.assert_allclose(harmony.tonnetz(note), [[0, 1, 0, 1, 0, 0.5]], atol=1e-7)


@given(gain=st.floats(1e-3, 1e3), seed=st.integers(0, 9))
def test_gain_changes_no_harmony(gain, seed):
    folded = np.random.default_rng(seed).gamma(0.3, size=(60, 12)).astype(np.float32)
    for of in (harmony.chroma_cqt, harmony.tonnetz):
        np.testing.assert_allclose(of(folded * np.float32(gain)), of(folded), atol=1e-5)
    # Shares within rounding of a step may fall on either side of it: powers of two round not.
    exact = np.float32(2.0 ** np.round(np.log2(gain)))
    np.testing.assert_array_equal(harmony.chroma_cens(folded * exact), harmony.chroma_cens(folded))


def test_silence_has_no_harmony():
    silent = np.zeros((50, 12), np.float32)
    for of in (harmony.chroma_cqt, harmony.chroma_cens, harmony.tonnetz):
        assert not of(silent).any()
