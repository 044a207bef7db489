import librosa
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from earmark.audio import beats, descriptors
from earmark.audio.load import load

RATE, HOP = 22_050, 512


def expected_beats(onsets, tempo):
    return librosa.beat.beat_track(onset_envelope=onsets, sr=RATE, hop_length=HOP, bpm=tempo)[1]


@given(st.integers(2, 600), st.floats(40, 300), st.integers(0, 9999))
def test_beats_are_librosas(frames, tempo, seed):
    onsets = np.random.default_rng(seed).exponential(size=frames).astype(np.float32)
    onsets[:3] = 0  # as the delay of onset strength leaves them; librosa never looks at the first
    if not onsets.any():
        return
    try:
        expected = expected_beats(onsets, tempo)
    except IndexError:  # librosa runs off the end where no frame is loud
        expected = []
    assert beats.track_beats(onsets, tempo, RATE, HOP).tolist() == list(expected)


def test_a_metronome_is_followed():
    period = 60 / 120 * RATE / HOP
    clicks = np.round(np.arange(10, 1000, period)).astype(int)
    onsets = np.zeros(1000, np.float32)
    onsets[clicks] = 1
    found = beats.track_beats(onsets, 120.0, RATE, HOP)
    assert np.abs(found - clicks[: len(found)]).max() <= 1
    assert len(clicks) - len(found) <= 1


@pytest.mark.parametrize("onsets", [np.zeros(100), np.zeros(0), np.ones(1)])
def test_no_onsets_no_beats(onsets):
    assert not len(beats.track_beats(onsets.astype(np.float32), 120.0, RATE, HOP))


@given(st.integers(2, 50), st.lists(st.integers(0, 60), max_size=8), st.integers(0, 99))
def test_medians_between_beats_are_librosas(frames, given_beats, seed):
    curves = np.random.default_rng(seed).random((frames, 3)).astype(np.float32)
    at = np.unique(np.asarray([b for b in given_beats if b < frames], dtype=np.intp))
    assume(at.any())  # librosa gives nothing where no beat lies inside
    expected = librosa.util.sync(curves.T, at.tolist(), aggregate=np.median).T
    np.testing.assert_array_equal(beats.beat_medians(curves, at), expected)


def test_without_beats_there_is_one_stretch():
    curves = np.asarray([[1, 5], [2, 6], [9, 7]], np.float32)
    assert beats.beat_medians(curves, np.empty(0, np.intp)).tolist() == [[2, 6]]


@pytest.mark.realdata
def test_beats_of_real_clips_are_librosas(realdata):
    clips = sorted((realdata / "gtzan/Data/genres_original").glob("*/*.wav"))[::5]
    for clip in (c for c in clips if c.name != "jazz.00054.wav"):
        samples = load(clip).samples
        onsets = librosa.onset.onset_strength(y=samples, sr=RATE, aggregate=np.median)
        tempo = descriptors.tempo(onsets, RATE, HOP)
        assert tempo == pytest.approx(librosa.feature.tempo(onset_envelope=onsets, sr=RATE)[0])
        found = beats.track_beats(onsets, tempo, RATE, HOP)
        assert found.tolist() == expected_beats(onsets, tempo).tolist(), clip.name
