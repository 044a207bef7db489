import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio import chunks
from earmark.audio.load import load
from earmark.errors import SettingsError
from earmark.features import base
from earmark.features._colours import colours, lightness
from earmark.features._png import png
from earmark.features.image import Image, resizing, shares
from earmark.features.logmel import LogMel
from earmark.features.stacked import Stacked
from tests.features.picture_oracle import clips


def tone(hz, seconds=3.0):
    return np.sin(2 * np.pi * hz * np.arange(int(22_050 * seconds)) / 22_050).astype(np.float32)


def decoded(content):
    """Return a PNG's 8-bit pixels [shape=(height, width, channels)], worked out by hand."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + body)
        parts[kind] = body
        at += 12 + length
    assert list(parts) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, rest) == (8, [0, 0, 0])
    channels = {0: 1, 2: 3}[colour]
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, channels)


class TestResizing:
    def test_half_and_double_by_hand(self):
        # Two places into one: a triangle from -2 to 2 around the middle of each pair.
        np.testing.assert_allclose(resizing(6, 3)[1], [0, 1 / 8, 3 / 8, 3 / 8, 1 / 8, 0])
        np.testing.assert_allclose(resizing(6, 3)[0], np.array([3, 3, 1, 0, 0, 0]) / 7,
                                   rtol=1e-6)
        # One into two: linear between neighbours, the edge held.
        np.testing.assert_allclose(resizing(2, 4) @ [0, 1], [0, 0.25, 0.75, 1])

    @given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 400))
    def test_rows_add_up_to_one_whatever_the_pieces(self, given, wanted, cut):
        cut = min(cut, given)
        whole = resizing(given, wanted)
        np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-5)
        pieces = [shares(given, wanted, *ends) for ends in ((0, cut), (cut, given))]
        assert np.array_equal(np.concatenate(pieces, axis=1), whole)

    @given(st.integers(1, 300), st.integers(1, 300))
    def test_turned_round_it_is_the_same(self, given, wanted):
        weights = resizing(given, wanted)
        np.testing.assert_allclose(weights[::-1, ::-1], weights, atol=1e-5)

    @pytest.mark.parametrize("size", [(1293, 432), (128, 288), (50, 50)])
    def test_it_is_pillows(self, rng, size):
        image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
        line = rng.random((1, size[0])).astype(np.float32)
        theirs = image.fromarray(line).resize((size[1], 1), image.Resampling.BILINEAR)
        ours = line @ resizing(*size).T
        np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-5)


class TestColours:
    def test_lightness_rises_evenly(self):
        light = lightness(colours(np.linspace(0, 1, 101, dtype=np.float32)).T.astype(float))
        steps = np.diff(light)
        assert light[0] < 5
        assert light[-1] > 95
        assert steps.min() > 0.5 * steps.mean()
        assert steps.max() < 1.5 * steps.mean()

    def test_lightness_by_hand(self):
        np.testing.assert_allclose(
            lightness(np.array([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5]])), [0, 100, 53.389],
            atol=1e-2)


@pytest.mark.parametrize("colour", ["colour", "grey"])
def test_shape_range_and_names(colour, rng):
    picture = Image(colour=colour)(rng.standard_normal(66_150).astype(np.float32))
    assert picture.shape == (3 if colour == "colour" else 1, 288, 432)
    assert picture.min() >= 0
    assert picture.max() <= 1


@pytest.mark.parametrize(("hz", "lowest_row", "highest_row"), [(100, 270, 287), (9000, 5, 40)])
def test_low_sounds_are_at_the_bottom(hz, lowest_row, highest_row):
    rows = Image(colour="grey")(tone(hz))[0, :, 100:300].mean(axis=1)
    assert lowest_row <= rows.argmax() <= highest_row


def test_time_runs_from_left_to_right():
    late = np.concatenate([np.zeros(66_150, np.float32), tone(1000)])
    columns = Image(colour="grey")(late)[0].max(axis=0)
    assert columns[:210].max() == 0
    assert columns[222:].min() > 0.9


def test_silence_and_the_faintest_are_dark():
    for samples in (np.zeros(22_050, np.float32), 1e-12 * tone(300)):
        for reference in ("max", "one"):
            picture = Image(colour="grey", reference=reference)(samples.astype(np.float32))
            assert (picture == 0).all()


def test_the_reference_says_whether_loudness_shows():
    loud, quiet = tone(60), 0.01 * tone(60)
    same = Image(colour="grey")
    np.testing.assert_allclose(same(quiet), same(loud), atol=1e-3)
    shown = Image(colour="grey", reference="one")
    # 40 dB of 80 are half the range.
    assert shown(loud).max() - shown(quiet).max() == pytest.approx(0.5, abs=1e-3)
    assert 0.9 < shown(loud).max() <= 1


@pytest.mark.parametrize("settings", [{}, {"reference": "one", "padding": "reflect"}])
@given(st.integers(1, 60_000))
def test_in_chunks_as_at_once(settings, length):
    samples = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    front_end = Image(colour="grey", width=50, height=30, n_mels=20, **settings)
    expected = front_end(samples)
    blocks = np.split(samples, range(900, length, 900))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(chunks.chunks.__kwdefaults__, "chunk_frames", 13)
        streamed = front_end.whole(lambda: blocks)
    np.testing.assert_allclose(streamed, expected, atol=1e-4)


def test_a_picture_of_its_own_size_is_the_mel_spectrum(rng):
    samples = rng.standard_normal(512 * 63).astype(np.float32)
    decibels = LogMel(n_mels=40, reference="max")(samples)
    picture = Image(colour="grey", n_mels=40, height=40, width=64)(samples)
    np.testing.assert_allclose(picture[0], decibels[::-1] / 80 + 1, atol=1e-5)


@pytest.mark.parametrize(("setting", "message"), [
    ({"width": 7}, "'width' is 7; expected 8 to 4096"),
    ({"height": 5000}, "'height' is 5000"),
    ({"colour": "gray"}, "'colour' is 'gray'. Did you mean 'grey'?"),
    ({"top_db": -1.0}, "'top_db' is -1; expected more than 0"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(setting, message):
    with pytest.raises(SettingsError, match=message.replace("?", r"\?")):
        base.build({"name": "image", **setting})


class TestPng:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_pixels_come_back(self, rng, channels):
        pixels = rng.integers(0, 256, (channels, 5, 7))
        content = png((pixels / 255).astype(np.float32))
        assert np.array_equal(decoded(content), np.moveaxis(pixels, 0, -1))

    def test_pillow_reads_it(self, rng):
        image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
        import io

        pixels = rng.integers(0, 256, (3, 9, 4))
        opened = image.open(io.BytesIO(png((pixels / 255).astype(np.float32))))
        assert np.array_equal(np.asarray(opened), np.moveaxis(pixels, 0, -1))

    @pytest.mark.parametrize("picture", [
        np.zeros((2, 3, 3)), np.zeros((3, 3)), np.zeros((3, 0, 4)), np.full((1, 2, 2), 1.1),
        np.full((1, 2, 2), -0.1), np.full((1, 2, 2), np.nan),
    ])  # fmt: skip
    def test_other_arrays_are_refused(self, picture):
        with pytest.raises(ValueError, match="expected"):
            png(picture)

    def test_families_draw_what_they_make(self):
        samples = tone(440, 1.0)
        for front_end, shape in ((Image(), (288, 432, 3)), (Image(colour="grey"), (288, 432, 1)),
                                 (Stacked(), (256, 44, 3)), (LogMel(), (128, 44, 3))):
            values = front_end(samples)
            pixels = decoded(front_end.png(values))
            assert pixels.shape == shape
            assert pixels.std() > 5
        brightest = pixels.sum(axis=(1, 2)).argmax()  # of the log-mel: an A is low, so far down
        assert 90 < brightest < 128
        flat = LogMel()
        assert decoded(flat.png(flat(np.zeros(9, np.float32)))).max() < 20


@pytest.mark.realdata
def test_a_real_clip_fills_its_picture(realdata):
    picture = Image(colour="grey")(load(clips(realdata)[0], sample_rate=22_050).samples)[0]
    assert picture.shape == (288, 432)
    assert picture[200:].mean() > picture[:60].mean()  # music is stronger in its low half
    assert (picture.max(axis=0) > 0.4).all()  # and sounds all the time
