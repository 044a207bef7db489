import csv
import functools

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.audio.chunks import chunks
from earmark.errors import AudioError, SettingsError
from earmark.features import base, fma518
from earmark.features.fma518 import COLUMNS, Fma518
from tests.audio.sounds import sound
from tests.features import oracle_fma

VARIANTS = [("as_published", "reflect"), ("as_published", "zeros"), ("correct", "reflect"),
            ("correct", "zeros")]  # fmt: skip
MEANS = [k for k, column in enumerate(COLUMNS) if "_mean_" in column]


def error(front_end, samples):
    """Relative to the value, or to what is little beside it: a hundredth in skewness and kurtosis,
    a hundred-thousandth of the feature's largest statistic in the others."""
    found = oracle_fma.fma518(samples, front_end.sample_rate, front_end.variant, front_end.padding)
    expected = np.array([found[column] for column in COLUMNS])
    size = np.abs(expected)
    names = [column.rsplit("_", 2) for column in COLUMNS]
    for k, (feature, moment, _) in enumerate(names):
        largest = max(abs(found[c]) for c, n in zip(COLUMNS, names, strict=True) if n[0] == feature)
        size[k] = max(size[k], 0.01 if moment in ("skew", "kurtosis") else 1e-5 * largest)
    return np.abs(front_end(samples) - expected) / np.maximum(size, 1e-30)


def assert_equal(front_end, samples):
    """All values are the oracle's. A share within rounding of a step of chroma_cens may fall on
    its other side, which changes one frame in all statistics of its class."""
    worst = error(front_end, samples)
    stepped = np.array([column.startswith(("chroma_cens", "tonnetz")) for column in COLUMNS])
    assert worst[~stepped].max() < 1e-3, COLUMNS[(worst * ~stepped).argmax()]
    assert np.median(worst[stepped]) < 1e-3


def song(rng, rate, seconds=4.0):
    """Chords that change each second, noise that beats, and a pause."""
    time = np.arange(int(rate * seconds)) / rate
    notes = sum(np.sin(2 * np.pi * hz * time) * (np.floor(time) % k == 0)
                for k, hz in ((1, 222.0), (2, 279.6), (3, 1330.2)))  # fmt: skip
    drum = rng.standard_normal(len(time)) * np.exp(-((time % 0.5) * 30))
    samples = 0.2 * notes + 0.2 * drum + 1e-5 * rng.standard_normal(len(time))
    samples[len(time) // 2 : len(time) // 2 + rate // 3] = 0
    return samples.astype(np.float32)


def test_columns_are_fmas_in_order():
    assert len(COLUMNS) == len(set(COLUMNS)) == 518
    assert list(COLUMNS) == sorted(COLUMNS)
    assert COLUMNS[0] == "chroma_cens_kurtosis_01"
    assert COLUMNS[-1] == "zcr_std_01"
    assert COLUMNS.index("mfcc_max_01") == COLUMNS.index("mfcc_kurtosis_20") + 1


@pytest.mark.parametrize(("variant", "padding"), VARIANTS)
@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 96_000, 192_000])
def test_values_are_the_oracles(rng, rate, variant, padding):
    front_end = Fma518(sample_rate=rate, variant=variant, padding=padding)
    assert_equal(front_end, song(rng, rate))


@pytest.mark.parametrize(("variant", "padding"), VARIANTS)
@pytest.mark.parametrize("kind", ["noise", "tones", "clicks", "clipped", "offset", "quiet"])
def test_values_of_made_up_sounds_are_the_oracles(rng, kind, variant, padding):
    front_end = Fma518(variant=variant, padding=padding)
    assert_equal(front_end, sound(kind, rng, 44_100))


@pytest.mark.parametrize("length", [88_064, 88_063, 88_065, 50_001])
def test_ends_that_fit_no_frame_are_the_oracles(rng, length):
    assert_equal(Fma518(), song(rng, 44_100)[:length])


def test_a_sound_of_several_chunks_is_the_oracles(rng):
    front_end = Fma518(sample_rate=16_000)
    samples = song(rng, 16_000, seconds=300.0)
    passes = []

    def blocks():
        passes.append(1)
        return np.split(samples, range(100_000, len(samples), 100_000))

    assert np.array_equal(front_end.whole(blocks), front_end(samples))
    assert len(passes) == 2
    assert_equal(front_end, samples)


def test_a_segment_is_heard_once(rng):
    samples = song(rng, 44_100)
    passes = iter([[samples]])
    assert Fma518().whole(lambda: next(passes)).shape == (518,)


@given(
    length=st.integers(30_000, 60_000), cuts=st.lists(st.integers(0, 60_000), max_size=5),
    chunk_frames=st.integers(4, 40), padding=st.sampled_from(["reflect", "zeros"]),
)
@settings(max_examples=15)
def test_chunks_and_blocks_make_no_difference(length, cuts, chunk_frames, padding):
    front_end = Fma518(padding=padding)
    samples = song(np.random.default_rng(length), 44_100)[:length]
    at_once = front_end(samples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fma518, "chunks", functools.partial(chunks, chunk_frames=chunk_frames))
        streamed = front_end.whole(lambda: np.split(samples, sorted(cuts)))
    # The first MFCC reaches -600, so that its largest value, near 0, is rounded as -600 is.
    allowed = np.where([name.startswith("mfcc") for name in COLUMNS], 1e-3, 1e-4)
    np.testing.assert_array_less(np.abs(streamed - at_once), allowed + 1e-3 * np.abs(at_once))


def test_half_as_loud_changes_only_what_measures_level(rng):
    samples = song(rng, 44_100)
    samples[len(samples) // 2 :][: 44_100 // 3] = 1e-3  # no pause: nothing at the floor of decibels
    loud, soft = (dict(zip(COLUMNS, Fma518()(s), strict=True)) for s in (samples, samples / 2))
    for column in COLUMNS:
        if not column.startswith(("rmse", "mfcc")):
            assert soft[column] == pytest.approx(loud[column], rel=1e-4, abs=1e-4), column
    assert soft["rmse_mean_01"] == pytest.approx(loud["rmse_mean_01"] / 2)
    assert soft["mfcc_mean_02"] == pytest.approx(loud["mfcc_mean_02"], abs=1e-3)


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
@pytest.mark.parametrize("samples", [
    np.zeros(44_100), np.full(44_100, 0.5), np.zeros(1), np.ones(3), np.full(700, 1e-12),
    np.sign(np.sin(np.arange(44_100))), np.eye(1, 44_100)[0], 1e-30 * np.arange(5000) % 7,
    1e4 * np.sin(np.arange(9000)),
], ids=["silence", "offset", "one sample", "three samples", "faint", "square", "impulse", "tiny",
        "huge"])  # fmt: skip
def test_hostile_sounds_give_numbers(samples, padding):
    values = Fma518(padding=padding)(samples.astype(np.float32))
    assert values.dtype == np.float32
    assert values.shape == (518,)
    assert np.isfinite(values).all()


def test_silence_is_as_in_fmas_table():
    values = dict(zip(COLUMNS, Fma518()(np.zeros(44_100, np.float32)), strict=True))
    for column, value in values.items():
        if "kurtosis" in column:
            assert value == -3, column
        elif not column.startswith("mfcc"):
            assert value == 0, column
    floor_db = -100
    assert values["mfcc_mean_01"] == pytest.approx(floor_db * 128**0.5, rel=1e-5)
    assert values["mfcc_mean_02"] == 0


def test_no_samples_are_refused():
    with pytest.raises(AudioError, match="no audio samples"):
        Fma518().whole(lambda: ())


@pytest.mark.parametrize(("values", "message"), [
    ({"varaint": "correct"}, "Did you mean 'variant'"),
    ({"variant": "corect"}, "Did you mean 'correct'"),
    ({"sample_rate": 8_000}, "expected 8486 to 192000 Hz with variant 'as_published'"),
    ({"sample_rate": 12_800, "variant": "correct"}, "expected 12801 to 192000"),
    ({"sample_rate": 200_000}, "192000"),
])  # fmt: skip
def test_wrong_settings_are_named(values, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "fma518", **values})


@pytest.mark.parametrize("variant", ["as_published", "correct"])
def test_the_lowest_rate_is_enough_for_every_tuning(rng, variant):
    rate = {"as_published": 8_486, "correct": 12_801}[variant]
    front_end = Fma518(sample_rate=rate, variant=variant)
    time = np.arange(rate) / rate
    for cents in (-49, 49):
        tone = np.sin(2 * np.pi * 880 * 2 ** (cents / 1200) * time)
        assert np.isfinite(front_end(tone.astype(np.float32))).all()


def test_the_variants_differ_where_they_should(rng):
    samples = song(rng, 44_100)
    one, other = (Fma518(variant=v)(samples) for v in ("as_published", "correct"))
    same = {column.rsplit("_", 2)[0] for column, equal in zip(COLUMNS, one == other, strict=True)
            if equal and "mean" in column}  # fmt: skip
    assert {"chroma_cens", "chroma_cqt", "mfcc", "tonnetz", "zcr"} <= same
    centroid = COLUMNS.index("spectral_centroid_mean_01")
    assert other[centroid] == pytest.approx(2 * one[centroid], rel=1e-5)
    assert not {"rmse", "spectral_centroid", "spectral_bandwidth", "spectral_rolloff"} & same


@pytest.mark.realdata
@pytest.mark.parametrize("track", ["000002", "000003", "000005"])
@pytest.mark.parametrize(("variant", "padding"), [VARIANTS[0], VARIANTS[-1]])
def test_real_clips_have_the_oracles_values(realdata, track, variant, padding):
    samples, rate = soundfile.read(realdata / f"fma/fma_small/000/{track}.mp3", dtype="float32")
    front_end = Fma518(sample_rate=rate, variant=variant, padding=padding)
    assert_equal(front_end, samples.mean(axis=1))


@pytest.mark.realdata
@pytest.mark.parametrize("track", [2, 5])
def test_real_clips_have_means_made_by_an_old_librosa(realdata, track):
    """A table of means at 22 050 Hz, made with a librosa of the time of FMA's: its resampler was
    another, which shows near 11 kHz; all else is as near as half a tenth of a deviation."""
    with (realdata / "fma/echonest_librosa_650.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    first = header.index("chroma_cens")
    table = np.array([[float(value) for value in row[first:]] for row in rows])
    published = table[[row[0] for row in rows].index(str(track))]
    path = realdata / f"fma/fma_small/000/{track:06d}.mp3"
    samples, rate = soundfile.read(path, dtype="float32")
    samples = soxr.resample(samples.mean(axis=1), rate, 22_050, quality="HQ")
    found = Fma518(sample_rate=22_050)(samples)[MEANS]
    away = dict(zip(header[first:], np.abs(found - published) / table.std(axis=0), strict=True))
    assert away.pop("spectral_contrast.6") > 1  # its valleys are the resampler's
    assert max(away.values()) < 0.25
    assert np.median(list(away.values())) < 0.05
    assert away["rmse"] < 0.01
