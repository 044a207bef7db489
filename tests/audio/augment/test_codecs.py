"""Codecs: bit rates measured, music still itself, and the program in libsndfile's place."""

import shutil

import numpy as np
import pytest

from earmark.audio.augment import Codec, codecs
from earmark.audio.synth import compose
from earmark.errors import AudioError


def music(rate, seconds=4.0):
    return compose("rock", rng=np.random.default_rng(2), seconds=seconds, sample_rate=rate).samples


@pytest.mark.parametrize("rate", [22_050, 44_100])
def test_the_bit_rate_is_as_asked(rate):
    size = len(Codec("mp3", 64).written(music(rate), rate))
    assert size * 8 / 4.0 / 1000 == pytest.approx(64, rel=0.05)


def test_opus_is_near_its_aim():
    size = len(Codec("opus", 64).written(music(48_000), 48_000))
    assert 32 < size * 8 / 4.0 / 1000 < 96


@pytest.mark.parametrize("name", ["mp3", "opus"])
@pytest.mark.parametrize("rate", [11_025, 22_050, 44_100])
def test_music_comes_back_changed_and_in_its_place(name, rate, rng):
    samples = music(rate)
    found = Codec(name)(samples, rate, rng)
    assert not np.array_equal(found, samples)
    assert np.corrcoef(found, samples)[0, 1] > 0.9


def test_loud_sound_is_not_clipped(rng):
    samples = 40 * music(22_050)
    found = Codec("mp3")(samples, 22_050, rng)
    assert np.corrcoef(found, samples)[0, 1] > 0.9
    assert np.abs(found).max() > 0.5 * np.abs(samples).max()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", ["mp3", "opus"])
def test_ffmpeg_does_what_libsndfile_cannot(name, rng, monkeypatch):
    samples = music(22_050)
    monkeypatch.setattr(codecs, "_libsndfile_writes", lambda name: False)
    found = Codec(name)(samples, 22_050, rng)
    assert len(found) == len(samples)
    # The program's stream does not say how much the encoder put before the sound.
    late = max(np.corrcoef(found[k:], samples[: len(samples) - k])[0, 1] for k in range(2500))
    assert late > 0.9


def test_where_neither_can_it_is_said(rng, monkeypatch):
    monkeypatch.setattr(codecs, "_libsndfile_writes", lambda name: False)
    monkeypatch.setattr(codecs.shutil, "which", lambda name: None)
    with pytest.raises(AudioError, match=r"mp3 cannot be written: .* ffmpeg is not installed"):
        Codec("mp3")(music(22_050, 1.0), 22_050, rng)
    for program in ("false", "no/such/program"):
        monkeypatch.setattr(codecs.shutil, "which", lambda name, its=program: its)
        with pytest.raises(AudioError, match="ffmpeg cannot put sound through a codec"):
            Codec("mp3")(music(22_050, 1.0), 22_050, rng)
