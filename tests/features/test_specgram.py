"""The published spectrogram pictures: what they show is read back, and computed from audio."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import spectrogram

from earmark.datasets.gtzan import Gtzan
from earmark.errors import AudioError, DataError, SettingsError
from earmark.features import base
from earmark.features._tables.pictures import read_pictures
from earmark.features.specgram import Specgram, areas, full_size, triangles
from tests.features.test_image import decoded

ROWS, COLUMNS = 370, 496
OTHERWISE_DRAWN = {f"jazz.{number:05}" for number in range(38)}


def noise(rng, samples=60_000):
    """Return 16-bit noise under a tone: as integers and as a decoder gives them."""
    tone = 9000 * np.sin(2 * np.pi * 440 * np.arange(samples) / 22_050)
    whole = (tone + 2000 * rng.standard_normal(samples)).astype(np.int16)
    return whole, (whole / 32_768).astype(np.float32)


def decibels(whole):
    """Return the spectra as the pictures' makers had them [shape=(129, frames)]."""
    with np.errstate(divide="ignore"):
        return 10 * np.log10(spectrogram(whole, 22_050)[2])


def shades(values, rows, columns):
    """Return some of the values from 0, the lowest finite one, to 1, the highest."""
    lowest, highest = values[np.isfinite(values)].min(), values.max()
    chosen = (values[np.ix_(rows, columns)] - lowest) / (highest - lowest)
    return np.where(np.isfinite(chosen), chosen, 0)


def by_edges(whole):
    """Draw cell after cell from its left edge on: what is left of each is what the next do not
    hide. Edges lie on 256ths of a pixel."""
    values = decibels(whole)[:-1, :-1]
    columns = np.zeros(COLUMNS, int)
    for cell in range(values.shape[1]):
        edge = round(cell * COLUMNS / values.shape[1] * 256) // 256
        columns[edge:] = cell
    return shades(values, np.arange(128), columns)


def by_centres(whole):
    """Show in each pixel the cell that lies around its middle."""
    values = decibels(whole)
    columns = ((np.arange(COLUMNS) + 0.5) * values.shape[1] / COLUMNS).astype(int)
    return shades(values, np.arange(128), columns)


def heights(bins):
    """Return how many of 370 rows each bin fills, the plot being 369.6 pixels high."""
    edges = [int(b * 369.6 / 128) if bins == 128 else round(b * 369.6 / 129) for b in range(bins)]
    return np.diff(edges, append=ROWS)


def pictured(cells, bins=128):
    """Return a picture of bins [shape=(370, 496)], the last once more where 129 are shown."""
    cells = np.concatenate([cells, cells[-1:]])[:bins]
    return np.repeat(cells, heights(bins), axis=0)


def pack(path, pictures, names=None):
    names = [f"rock/rock.{k:05}.png" for k in range(len(pictures))] if names is None else names
    np.savez(path, X=np.asarray(pictures), name=np.asarray(names))
    return path


def whole_track(name):
    return Path(name).stem, 0.0


@pytest.fixture
def cells(rng):
    return rng.integers(0, 255, (128, COLUMNS), dtype=np.uint8)


class TestSound:
    @pytest.mark.parametrize("samples", [60_000, 200_000, 661_794, 664_180])
    def test_it_is_what_the_pictures_makers_computed_and_drew(self, rng, samples):
        whole, heard = noise(rng, samples)
        np.testing.assert_allclose(full_size()(heard), by_edges(whole), atol=2e-6)

    def test_digital_silence_is_dark_and_does_not_count(self, rng):
        whole, heard = noise(rng)
        whole[20_000:40_000] = heard[20_000:40_000] = 0
        expected = by_edges(whole)
        assert (expected == 0).all(axis=0).sum() > 100
        np.testing.assert_allclose(full_size()(heard), expected, atol=2e-6)

    def test_loudness_and_the_lowest_bin_do_not_show_in_standard_levels(self, rng):
        _, heard = noise(rng)
        picture = Specgram()(heard)
        assert picture.shape == (64, 124)
        assert abs(picture.mean()) < 1e-5
        assert picture.std() == pytest.approx(1, abs=1e-4)
        np.testing.assert_allclose(Specgram()(heard / 4), picture, atol=1e-4)
        quiet = heard.copy()
        quiet[-2000:] *= np.float32(1e-3)  # a new lowest bin
        here = Specgram(levels="range", width=12), Specgram(width=12)
        ranges, standard = ((f(heard)[:, :11], f(quiet)[:, :11]) for f in here)
        assert np.abs(ranges[0] - ranges[1]).min() > 0.05
        assert np.corrcoef(*map(np.ravel, standard))[0, 1] > 0.9999

    @pytest.mark.parametrize("sound", [np.zeros(9000), np.full(9000, 0.3)])
    def test_nothing_to_be_heard_is_all_of_one_shade(self, sound):
        for levels in ("standard", "range"):
            assert not Specgram(levels=levels)(sound.astype(np.float32)).any()

    def test_a_sound_of_one_frame_fills_all_columns(self, rng):
        picture = Specgram(levels="range", height=128)(noise(rng, 256)[1])
        assert (picture == picture[:, :1]).all()
        assert (picture.min(), picture.max()) == (0, 1)

    def test_what_is_no_sound_is_refused(self):
        with pytest.raises(AudioError, match="finite"):
            Specgram()(np.array([np.nan], np.float32))

    def test_a_picture_is_a_file_with_high_frequencies_on_top(self):
        tone = np.sin(2 * np.pi * 300 * np.arange(60_000) / 22_050).astype(np.float32)
        front_end = Specgram()
        image = decoded(front_end.png(front_end(tone))).astype(int).sum(axis=(1, 2))
        assert image.shape == (64,)
        assert image.argmax() > 56


class TestPooling:
    def test_areas_by_hand(self):
        np.testing.assert_allclose(areas(4, 2), [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
        np.testing.assert_allclose(areas(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]], rtol=1e-6)

    @given(st.integers(1, 500), st.data())
    def test_every_place_counts_alike(self, number, data):
        wanted = data.draw(st.integers(1, number))
        weights = areas(number, wanted)
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-4)
        np.testing.assert_allclose(weights.sum(axis=0), wanted / number, atol=1e-4)

    def test_small_pictures_are_averages_of_the_large(self, rng):
        _, heard = noise(rng)
        large = full_size()(heard)
        small = Specgram(height=32, width=62, levels="range")(heard)
        blocks = large.reshape(32, 4, 62, 8).mean(axis=(1, 3))
        np.testing.assert_allclose(small, blocks, atol=1e-5)

    @pytest.mark.parametrize(("given", "wanted", "rate"), [(128, 48, 22_050), (128, 128, 22_050),
                                                           (4, 1, 8000), (64, 20, 16_000)])
    def test_triangles_are_even_in_mel_and_no_narrower_than_a_bin(self, given, wanted, rate):
        """Place by place, from HTK's own formula."""
        highest, wide = 2595 * math.log10(1 + rate / 2 / 700), rate / 2 / given
        edges = [700 * (10 ** (k * highest / (wanted + 1) / 2595) - 1) for k in range(wanted + 2)]
        expected = np.zeros((wanted, given))
        for row, (low, centre, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
            for place in range(given):
                hz = (place + 0.5) * wide
                reach = max(centre - low, wide) if hz < centre else max(high - centre, wide)
                expected[row, place] = max(0.0, 1 - abs(hz - centre) / reach)
            expected[row] /= expected[row].sum()
        np.testing.assert_allclose(triangles(given, wanted, rate), expected, atol=1e-6)

    def test_mel_pictures_are_averages_of_the_large(self, rng):
        _, heard = noise(rng)
        small = Specgram(height=20, width=496, levels="range", scale="mel")(heard)
        expected = triangles(128, 20, 22_050) @ full_size()(heard)
        np.testing.assert_allclose(small, expected, atol=1e-5)


class TestSettings:
    @pytest.mark.parametrize(("given", "message"), [
        ({"height": 129}, "'height' is 129; expected 1 to 128"),
        ({"width": 497}, "'width' is 497; expected 1 to 496"),
        ({"height": 0}, "'height' is 0"),
        ({"spectra": 5}, "'spectra' is 5; expected 8 to 4096"),
        ({"n_fft": 255}, "'n_fft' is 255"),
        ({"levels": "max"}, "levels"),
    ])  # fmt: skip
    def test_what_cannot_be_is_refused(self, given, message):
        with pytest.raises(SettingsError, match=message):
            base.build({"name": "specgram", **given})

    def test_the_published_pictures_serve_any_smaller_size_and_no_other_settings(self):
        published = base.describe(full_size())
        assert Specgram().made_by(published)
        assert Specgram(height=96, width=124, levels="range").made_by(published)
        assert Specgram(height=48, scale="mel").made_by(published)
        assert Specgram().made_by(base.describe(Specgram()))
        assert not Specgram().made_by(base.describe(Specgram(height=32)))
        assert not full_size().made_by(base.describe(Specgram()))
        assert not Specgram(hop_length=128).made_by(published)


class TestTable:
    def test_both_ways_of_drawing_are_read_back_to_the_same_bins(self, cells, tmp_path):
        file = pack(tmp_path / "p.npz", [pictured(cells, 128), pictured(cells, 129)])
        read = full_size().read(file, whole_track)
        assert read.track_ids.tolist() == ["rock.00000", "rock.00001"]
        assert read.starts.tolist() == [0, 0]
        assert read.columns[::127] == ("row1", "row128")
        assert read.source == {"table": "p.npz", "front_end": base.describe(full_size())}
        assert read.rows.dtype == np.float32
        for row in read.rows:
            np.testing.assert_allclose(row, (cells + 0.5) / 256, atol=1e-6)

    def test_undrawn_white_is_silence(self, cells, tmp_path):
        cells[:, 7] = 255
        read = full_size().read(pack(tmp_path / "p.npz", [pictured(cells)]), whole_track)
        assert not read.rows[0, :, 7].any()
        assert read.rows[0, :, 6].max() > 0.9

    def test_a_picture_of_a_sound_is_what_is_computed_of_it(self, rng, tmp_path):
        whole, heard = noise(rng)
        level = np.minimum(by_edges(whole) * 256, 254).astype(np.uint8)
        file = pack(tmp_path / "p.npz", [pictured(level)])
        read = full_size().read(file, whole_track).rows[0]
        assert np.abs(full_size()(heard) - read).max() <= 1.6 / 256
        for size in ({}, {"height": 96}, {"height": 32, "width": 62}):
            front_end = Specgram(**size)
            off = front_end(heard) - front_end.read(file, whole_track).rows[0]
            assert np.abs(off).max() < 0.05

    def test_more_pictures_than_are_read_at_once(self, cells, tmp_path, monkeypatch):
        file = pack(tmp_path / "p.npz", [pictured(np.roll(cells, k)) for k in range(5)])
        at_once = Specgram().read(file, whole_track).rows
        monkeypatch.setattr("earmark.features.specgram._PICTURES", 2)
        np.testing.assert_allclose(Specgram().read(file, whole_track).rows, at_once, atol=1e-5)

    @pytest.mark.parametrize(("pictures", "names", "message"), [
        (np.zeros((2, ROWS, 400), np.uint8), None, "'X' is uint8 of shape (2, 370, 400)"),
        (np.zeros((2, ROWS, COLUMNS)), None, "'X' is float64"),
        (np.zeros((0, ROWS, COLUMNS), np.uint8), np.zeros(0, str), "holds no pictures"),
        (np.zeros((1, ROWS, COLUMNS), np.uint8), ["a", "b"], "'name' is <U1 of shape (2,)"),
        (np.zeros((1, ROWS, COLUMNS), np.uint8), [3], "'name' is int64"),
        (np.zeros((2, ROWS, COLUMNS), np.uint8), ["a", "a"], "'a' is there 2 times"),
        (np.zeros((1, ROWS, COLUMNS), np.uint8), [""], "a picture has no id"),
    ])  # fmt: skip
    def test_arrays_of_another_kind(self, tmp_path, pictures, names, message):
        file = pack(tmp_path / "p.npz", pictures, names)
        with pytest.raises(DataError, match=re.escape(message)) as caught:
            read_pictures(file)
        assert str(caught.value).startswith(str(file))

    @pytest.mark.parametrize("other", ["smoothed", "turned", "half a row lower"])
    def test_pictures_drawn_in_another_way(self, tmp_path, cells, other):
        picture = pictured(cells)
        picture = {"smoothed": (picture // 2 + np.roll(picture, 1, axis=0) // 2),
                   "turned": picture[::-1], "half a row lower": np.roll(picture, 1, axis=0)}[other]
        file = pack(tmp_path / "p.npz", [pictured(cells), picture])
        with pytest.raises(DataError, match=r"00001\.png' do not come from 128 "):
            Specgram().read(file, whole_track)

    def test_a_damaged_file_one_that_is_none_and_one_with_objects(self, tmp_path, cells):
        content = pack(tmp_path / "p.npz", [pictured(cells)]).read_bytes()
        for name, damaged in (("cut", content[:-3000]), ("none", b"no pictures"), ("empty", b""),
                              ("byte", content[:900] + b"?" + content[901:])):
            (tmp_path / name).write_bytes(damaged)
            with pytest.raises(DataError, match=f"{name}: cannot be read as npz"):
                Specgram().read(tmp_path / name, whole_track)
        np.savez(tmp_path / "o.npz", X=np.array([{}], object), name=np.array(["a"]))
        with pytest.raises(DataError, match="cannot be read as npz without running code"):
            Specgram().read(tmp_path / "o.npz", whole_track)
        np.savez(tmp_path / "x.npz", X=np.zeros(3))
        with pytest.raises(DataError, match="holds no array 'name'"):
            Specgram().read(tmp_path / "x.npz", whole_track)
        with pytest.raises(DataError, match="cannot be read"):
            Specgram().read(tmp_path / "missing.npz", whole_track)

    def test_a_front_end_of_other_spectra_does_not_read_them(self, tmp_path, cells):
        file = pack(tmp_path / "p.npz", [pictured(cells)])
        with pytest.raises(DataError, match="differs in 'height', 'width', 'levels' and 'scale'"):
            Specgram(hop_length=128).read(file, whole_track)


@pytest.fixture(scope="module")
def clips(realdata):
    """Return the clips of train and valid that have a picture and audio: samples and levels."""
    import soundfile

    dataset = Gtzan(realdata / "gtzan")
    parts = dataset.partitions()["filtered"]
    table = read_pictures(dataset.feature_tables()[-1].path)
    clips = {}
    for number, name in enumerate(table.names):
        track = dataset.tracks[dataset.segment_of(name)[0]]
        if track.path is None or parts.get(track.id) == "test":
            continue
        whole, rate = soundfile.read(dataset.root / track.path, dtype="int16")
        assert rate == 22_050
        clips[track.id] = whole, table.cells(slice(number, number + 1))
    return clips


@pytest.mark.realdata
class TestRealClips:
    def test_the_pictures_are_computed_again_but_for_their_hundred_colours(self, clips):
        alike = {track: clip for track, clip in clips.items() if track not in OTHERWISE_DRAWN}
        assert len(alike) == 30
        for whole, published in alike.values():
            heard = (whole / 32_768).astype(np.float32)
            off = np.abs(full_size()(heard) - published[0])
            assert off.max() < 6 / 255
            assert off.mean() < 1.6 / 255
            front_end = Specgram()
            (small,) = front_end._pictures(published)
            assert np.abs(front_end(heard) - small).max() < 0.2
            assert np.corrcoef(front_end(heard).ravel(), small.ravel())[0, 1] > 0.999

    def test_the_otherwise_drawn_show_other_spectra_on_another_range(self, clips):
        others = {track: clip for track, clip in clips.items() if track in OTHERWISE_DRAWN}
        assert len(others) == 12
        for whole, published in others.values():
            assert np.abs(by_centres(whole) - published[0]).max() < 6 / 255
            front_end = Specgram()
            (small,) = front_end._pictures(published)
            ours = front_end((whole / 32_768).astype(np.float32))
            assert np.corrcoef(ours.ravel(), small.ravel())[0, 1] > 0.98
