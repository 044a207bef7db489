import librosa
import numpy as np
import pytest

from earmark.audio import beats
from earmark.audio.load import load
from earmark.errors import SettingsError
from earmark.features import base
from earmark.features.combined import COLUMNS, Combined
from earmark.features.gtzan57 import Gtzan57
from tests.features.test_gtzan57 import music

RATE, HOP = 22_050, 512


def expected_values(y):
    """Return the values that are not the 57, from librosa, by column name."""
    found = {}

    def stats(name, rows):
        for k, row in enumerate(np.atleast_2d(rows), 1):
            number = str(k) if len(np.atleast_2d(rows)) > 1 else ""
            row = np.asarray(row, dtype=np.float64)
            found[f"{name}{number}_mean"], found[f"{name}{number}_var"] = row.mean(), row.var()

    spectrum = librosa.stft(y, pad_mode="reflect")
    magnitudes = np.abs(spectrum)
    chroma = librosa.feature.chroma_stft(S=magnitudes**2, sr=RATE)
    stats("spectral_contrast", librosa.feature.spectral_contrast(S=magnitudes, sr=RATE))
    stats("tonnetz", librosa.feature.tonnetz(chroma=chroma))
    for name, part in zip(("harmonic", "percussive"), librosa.decompose.hpss(spectrum),
                          strict=True):
        size = np.abs(part)
        stats(f"{name}_rms", librosa.feature.rms(S=size))
        stats(f"{name}_centroid", librosa.feature.spectral_centroid(S=size, sr=RATE))
        stats(f"{name}_bandwidth", librosa.feature.spectral_bandwidth(S=size, sr=RATE))
        stats(f"{name}_rolloff", librosa.feature.spectral_rolloff(S=size, sr=RATE))
    mel_db = librosa.power_to_db(librosa.feature.melspectrogram(S=magnitudes**2, sr=RATE))
    onsets = librosa.onset.onset_strength(S=mel_db, sr=RATE, aggregate=np.median)
    _, at = librosa.beat.beat_track(onset_envelope=onsets, sr=RATE)
    stats("beat_chroma", librosa.util.sync(chroma, at, aggregate=np.median))
    return found


def worst(y):
    found = dict(zip(COLUMNS, Combined()(y).astype(np.float64), strict=True))
    expected = expected_values(y)
    assert set(COLUMNS) == set(Gtzan57().columns) | set(expected)
    # A variance is judged against the square of what it is the variance of.
    scale = {name: max(abs(value), 1e-3) for name, value in expected.items()}
    for name in expected:
        if name.endswith("_var"):
            scale[name] = max(scale[name], 1e-2 * expected[name.removesuffix("var") + "mean"] ** 2)
    return max((abs(found[name] - value) / scale[name], name) for name, value in expected.items())


@pytest.mark.parametrize("length", [88_200, 66_149])
def test_values_are_librosas(rng, length):
    assert worst(music(rng, length)) < (1e-3, "")


@pytest.mark.realdata
def test_values_of_real_clips_are_librosas(realdata):
    for name in ("jazz/jazz.00001", "rock/rock.00000", "classical/classical.00003"):
        samples = load(realdata / f"gtzan/Data/genres_original/{name}.wav").samples
        assert worst(samples) < (1e-3, ""), name


def test_the_57_are_those_of_gtzan57(rng):
    samples = music(rng)
    combined = dict(zip(COLUMNS, Combined()(samples), strict=True))
    for column, value in zip(Gtzan57().columns, Gtzan57()(samples), strict=True):
        assert combined[column] == pytest.approx(value, rel=1e-6), column


def test_it_has_123_columns():
    assert len(COLUMNS) == len(set(COLUMNS)) == 57 + 2 * (7 + 6 + 8 + 12)


def test_beats_are_those_of_the_sound(rng):
    assert len(beats.track_beats(np.zeros(200, np.float32), 120.0, RATE, HOP)) == 0
    silent = dict(zip(COLUMNS, Combined()(np.zeros(RATE, np.float32)), strict=True))
    assert silent["beat_chroma1_mean"] == silent["beat_chroma1_var"] == 0


def test_a_rate_without_the_highest_band_is_refused():
    with pytest.raises(SettingsError, match="expected more than 12800 Hz"):
        base.build({"name": "combined", "sample_rate": 11_025})
