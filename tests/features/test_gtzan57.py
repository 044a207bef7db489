import csv

import numpy as np
import pytest
import soundfile

from earmark.audio.segments import windows
from earmark.errors import SettingsError
from earmark.features import base
from earmark.features.gtzan57 import COLUMNS, Gtzan57
from tests.features import oracle

HARMONY_MEAN, PERCEPTR_MEAN = COLUMNS.index("harmony_mean"), COLUMNS.index("perceptr_mean")


def error(values, published, deviations):
    """Relative to max(|value|, the column's deviation); the two waveform means relative to
    their waveform's deviation."""
    found = np.abs(values - published) / np.maximum(np.abs(published), deviations)
    for column in (HARMONY_MEAN, PERCEPTR_MEAN):
        found[column] = np.abs(values - published)[column] / np.sqrt(published[column + 1])
    return found


def read(path):
    with path.open(newline="") as file:
        return [(row["filename"], np.array([float(row[c]) for c in COLUMNS]))
                for row in csv.DictReader(file)]


def music(rng, length=22_050 * 4):
    time = np.arange(length) / 22_050
    notes = sum(np.sin(2 * np.pi * hz * time) * (np.floor(time * 2) % k == 0)
                for k, hz in ((1, 220.0), (2, 277.2), (3, 1318.5)))
    drum = rng.standard_normal(length) * np.exp(-((time % 0.5) * 30))
    return (0.2 * notes + 0.2 * drum).astype(np.float32)


def test_columns_are_the_published_ones_in_order():
    assert len(COLUMNS) == 57
    assert COLUMNS[:3] == ("chroma_stft_mean", "chroma_stft_var", "rms_mean")
    assert COLUMNS[12:18] == ("harmony_mean", "harmony_var", "perceptr_mean", "perceptr_var",
                              "tempo", "mfcc1_mean")
    assert COLUMNS[-1] == "mfcc20_var"


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
@pytest.mark.parametrize("length", [88_200, 66_149, 5_000])
def test_values_are_the_oracles(rng, padding, length):
    samples = music(rng, length)
    expected = oracle.gtzan57(samples, padding)
    ours = Gtzan57(padding=padding)(samples)
    published = np.array([expected[c] for c in COLUMNS])
    assert error(ours, published, np.maximum(np.abs(published), 1e-3)).max() < 1e-4


def test_the_two_conventions_differ(rng):
    samples = music(rng)
    reflect, zeros = (Gtzan57(padding=p)(samples) for p in ("reflect", "zeros"))
    assert np.abs(reflect - zeros).max() > 1e-3


@pytest.mark.parametrize("samples", [
    np.zeros(22_050), np.full(22_050, 0.5), np.zeros(1), np.ones(3), np.full(700, 1e-12),
    np.sign(np.sin(np.arange(44_100))), np.eye(1, 22_050)[0],
], ids=["silence", "offset", "one sample", "three samples", "faint", "square", "impulse"])
def test_hostile_sounds_give_numbers(samples):
    values = Gtzan57()(samples.astype(np.float32))
    assert values.shape == (57,)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


def test_settings_travel_and_change_the_fingerprint():
    front_end = Gtzan57(padding="zeros")
    again = base.build(base.describe(front_end))
    assert again == front_end
    assert again.fingerprint == front_end.fingerprint != Gtzan57().fingerprint


@pytest.mark.parametrize(("values", "message"), [
    ({"paddin": "zeros"}, "Did you mean 'padding'"),
    ({"padding": "zero"}, "Did you mean 'zeros'"),
    ({"sample_rate": 1}, "1000 to 192000"),
    ({"hop_length": 500}, "divisor"),
    ({"n_fft": 2047}, "even"),
    ({"without": ["tempoo"]}, "'without' names 'tempoo'. Did you mean 'tempo'"),
])
def test_wrong_settings_are_named(values, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "gtzan57", **values})


def test_columns_left_out_change_no_other(rng):
    samples = music(rng)
    whole = dict(zip(COLUMNS, Gtzan57()(samples), strict=True))
    some = Gtzan57(separation=False, without=("tempo", "rms_mean"))
    assert len(some.columns) == 51
    for column, value in zip(some.columns, some(samples), strict=True):
        assert value == whole[column]
    assert some.made_by(base.describe(Gtzan57()))
    assert not some.made_by(base.describe(Gtzan57(padding="zeros")))
    assert not Gtzan57().made_by(base.describe(some))


@pytest.mark.realdata
def test_every_real_clip_has_its_published_values(realdata):
    table = dict(read(realdata / "gtzan/Data/features_30_sec.csv"))
    deviations = np.stack(list(table.values())).std(axis=0)
    clips = [*(realdata / "gtzan/Data/genres_original").glob("*/*.wav"),
             *(realdata / "gtzan/genres").glob("*/*.au")]
    clips = [clip for clip in clips if clip.name != "jazz.00054.wav"]
    assert len(clips) == 47
    for clip in clips:
        samples, rate = soundfile.read(clip, dtype="float32")
        assert rate == 22_050
        worst = error(Gtzan57()(samples), table[clip.stem + ".wav"], deviations)
        assert worst.max() < 1e-4, (clip.name, COLUMNS[worst.argmax()])
        assert max(worst[HARMONY_MEAN], worst[PERCEPTR_MEAN]) < 1e-6, clip.name


@pytest.mark.realdata
@pytest.mark.parametrize(("table", "seconds", "padding"), [
    ("features_3_sec.classical-jazz-rock.csv", 3.0, "reflect"),
    ("features_10_sec.csv", 10.0, "zeros"),
])
def test_segments_have_their_published_values(realdata, table, seconds, padding):
    published = read(realdata / "gtzan" / table)
    by_name = {}
    for name, values in published:
        by_name.setdefault(name, values)
    deviations = np.stack([values for _, values in published]).std(axis=0)
    front_end = Gtzan57(padding=padding)
    for clip in ("jazz.00000", "rock.00003", "classical.00011"):
        path = realdata / f"gtzan/Data/genres_original/{clip.split('.')[0]}/{clip}.wav"
        samples, rate = soundfile.read(path, dtype="float32")
        found = list(windows([samples], front_end.segments(seconds), rate))
        assert len(found) == (10 if seconds == 3 else 3)
        for number, window in enumerate(found):
            worst = error(front_end(window.samples), by_name[f"{clip}.{number}.wav"], deviations)
            assert worst.max() < 1e-4, (clip, number, COLUMNS[worst.argmax()])
