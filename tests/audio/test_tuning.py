import librosa
import numpy as np
import pytest

from earmark.audio import dsp
from earmark.audio.tuning import TuningVote, count, peak_places, search
from tests.audio.sounds import sound

RATE = 44_100


def tunings(magnitudes, rates=(RATE, RATE), step=50):
    votes = [TuningVote(rate, 2048, of_powers=powers)
             for rate, powers in zip(rates, (False, True), strict=True)]  # fmt: skip
    blocks = np.split(magnitudes, range(step, len(magnitudes), step))
    count(votes, [search(votes, block) for block in blocks])
    return [vote.semitones() for vote in votes]


@pytest.mark.parametrize("kind", ["noise", "tones", "clicks", "clipped", "quiet"])
@pytest.mark.parametrize("assumed", [RATE, 22_050])
def test_both_opinions_are_librosas(rng, kind, assumed):
    magnitudes = np.abs(dsp.stft(sound(kind, rng, RATE)))
    of_magnitudes = librosa.estimate_tuning(S=magnitudes.T, sr=RATE)
    of_powers = librosa.estimate_tuning(S=np.square(magnitudes.T), sr=assumed)
    assert tunings(magnitudes, (RATE, assumed)) == [of_magnitudes, of_powers]


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_blocks_make_no_difference(rng, step):
    magnitudes = np.abs(dsp.stft(sound("tones", rng, RATE)))
    assert tunings(magnitudes, step=step) == tunings(magnitudes)


@pytest.mark.parametrize("cents", [-30, 0, 20])
def test_a_known_tone_is_detuned_by_what_it_is(cents):
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1760 * 2 ** (cents / 1200) * time).astype(np.float32)
    for found in tunings(np.abs(dsp.stft(tone))):
        assert found == pytest.approx(cents / 100, abs=0.03)  # the parabola is off by some cents


@pytest.mark.parametrize("magnitudes", [np.zeros((5, 1025)), np.ones((5, 1025))])
def test_without_peaks_it_is_zero(magnitudes):
    assert tunings(magnitudes.astype(np.float32)) == [0.0, 0.0]


def test_peak_places_by_hand():
    values = np.array([[0, 3, 1, 5, 5, 2, 9, 8], [9, 0, 2, 1, 1, 4, 0, 9]], np.float32)
    found = peak_places(values, np.array([1, 2], np.float32), 1, 7)
    # Row 0: 3 at 1, the first 5 at 3 (the second is not above its left), 9 at 6.
    # Row 1: 2 is not above the floor, 4 at 5 is; the ends are not looked at.
    assert found.tolist() == [1, 3, 6, 8 + 5]
