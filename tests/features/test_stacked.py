from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import chunks, dsp
from earmark.audio.load import load
from earmark.audio.votes import Votes
from earmark.errors import SettingsError
from earmark.features import base
from earmark.features.stacked import Stacked
from tests.features import picture_oracle as oracle

MEL, MFCC, CHROMA = range(3)


def music(rng, length=60_000):
    time = np.arange(length) / 22_050
    notes = sum(np.sin(2 * np.pi * hz * time) * (np.floor(time * 2) % k == 0)
                for k, hz in ((1, 220.0), (2, 277.2), (3, 1318.5)))
    return (0.2 * notes + 0.01 * rng.standard_normal(length)).astype(np.float32)


# Not the faint ones: scaled to [0, 1], what is left of them is the last digit of the floor.
@pytest.mark.filterwarnings("ignore:n_fft=", "ignore:Trying to estimate tuning")
@pytest.mark.parametrize("kind", [k for k in oracle.SOUNDS if k not in ("offset", "faint")])
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_made_sounds_are_librosas(kind, padding):
    front_end = Stacked(padding=padding)
    samples = oracle.sound(kind)
    ours, expected = front_end(samples), oracle.stacked(samples, front_end)
    if kind == "impulses":  # flat spectra: the peaks that make the tuning are rounding errors
        ours, expected = ours[:CHROMA], expected[:CHROMA]
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_music_and_another_size_are_librosas(rng):
    front_end = Stacked(n_mels=96, n_mfcc=20, n_fft=1024, hop_length=300)
    samples = music(rng)
    np.testing.assert_allclose(front_end(samples), oracle.stacked(samples, front_end), atol=1e-3)


@pytest.mark.realdata
def test_real_clips_are_librosas(realdata):
    for path in oracle.clips(realdata)[::9]:
        samples = load(path, sample_rate=22_050).samples[: 22_050 * 6]
        error = np.abs(Stacked()(samples) - oracle.stacked(samples, Stacked())).max()
        assert error < 1e-4, path.name


def test_no_row_is_cut_off(rng):
    picture = Stacked()(music(rng))
    assert picture.shape == (3, 256, 118)
    for channel, count in ((MFCC, 40), (CHROMA, 12)):
        first = [row for row in range(1, 256) if row * count // 256 > (row - 1) * count // 256]
        assert len(first) == count - 1
        changes = np.abs(np.diff(picture[channel], axis=0)).max(axis=1)
        assert np.flatnonzero(changes).tolist() == [row - 1 for row in first]


def test_each_channel_reaches_from_0_to_1_and_a_flat_one_is_0(rng):
    picture = Stacked()(music(rng))
    assert picture.min(axis=(1, 2)).tolist() == [0, 0, 0]
    assert picture.max(axis=(1, 2)).tolist() == [1, 1, 1]
    silent = Stacked()(np.zeros(20_000, np.float32))
    assert (silent[MEL] == 0).all()
    assert (silent[CHROMA] == 0).all()


def test_the_lowest_row_is_the_lowest_band():
    tone = np.sin(2 * np.pi * 110 * np.arange(22_050) / 22_050).astype(np.float32)  # an A
    picture = Stacked()(tone)
    assert picture[MEL].mean(axis=1).argmax() < 20
    assert set(np.flatnonzero(picture[CHROMA, :, 20] == 1) * 12 // 256) == {9}  # from C on


@given(st.sampled_from([0.05, 0.5, 3.0]), st.integers(0, 99))
def test_a_gain_moves_neither_mel_nor_chroma(gain, seed):
    samples = music(np.random.default_rng(seed), 20_000)
    quiet, loud = Stacked()(samples), Stacked()(samples * np.float32(gain))
    np.testing.assert_allclose(loud[[MEL, CHROMA]], quiet[[MEL, CHROMA]], atol=1e-3)


@given(st.integers(1, 60_000), st.sampled_from(["zeros", "reflect"]))
def test_in_chunks_as_at_once(length, padding):
    samples = music(np.random.default_rng(length), length)
    front_end = Stacked(n_mels=64, padding=padding)
    expected = front_end(samples)
    blocks = np.split(samples, range(777, length, 777))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(chunks.chunks.__kwdefaults__, "chunk_frames", 11)
        streamed = front_end.whole(lambda: blocks)
    np.testing.assert_allclose(streamed, expected, atol=1e-4)


def test_a_short_sound_is_heard_once_and_a_long_one_twice(rng, monkeypatch):
    monkeypatch.setitem(chunks.chunks.__kwdefaults__, "chunk_frames", 40)
    for length, expected in ((512 * 30, 1), (512 * 300, 2)):
        passes = Mock(return_value=[music(rng, length)])
        Stacked(n_mels=32, n_mfcc=20).whole(passes)
        assert passes.call_count == expected


@pytest.mark.parametrize("kind", ["noise", "tone", "impulses", "silence"])
@pytest.mark.parametrize(("rate", "n_fft"), [(22_050, 2048), (8000, 256), (1000, 64)])
def test_tuning_in_pieces_is_that_of_the_whole(kind, rate, n_fft):
    powers = dsp.power(dsp.stft(oracle.sound(kind, rate), n_fft, n_fft // 4))
    votes = Votes()
    for first in range(0, len(powers), 7):
        votes.add(*dsp.pitches(powers[first : first + 7], rate, n_fft))
    assert votes.semitones() == dsp.estimate_tuning(powers, rate, n_fft)


@pytest.mark.parametrize(("setting", "message"), [
    ({"n_mels": 8}, "'n_mels' is 8; expected 12 to 512"),
    ({"n_mfcc": 129}, "'n_mfcc' is 129; expected 2 to 128"),
    ({"n_mels": 20, "n_mfcc": 21}, "'n_mfcc' is 21; expected 2 to 20"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(setting, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "stacked", **setting})
