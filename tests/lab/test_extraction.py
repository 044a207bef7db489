"""Files to rows: decoded once for all ways of cutting, and kept for as long as they sound alike."""

import dataclasses
import errno
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import soundfile

from earmark.audio.load import stream
from earmark.errors import AudioError, EarmarkError
from earmark.features.base import FrontEnd
from earmark.features.gtzan57 import Gtzan57
from earmark.lab import extraction
from earmark.lab.extraction import cached_extract, cached_rows, extract, extract_all
from earmark.store import ArrayCache

RATE = 8000


@dataclass(frozen=True)
class Moments(FrontEnd):
    """Mean and count in one pass, and as often again as asked; a row, or a picture of them."""

    name: ClassVar[str] = "moments"
    any_length: ClassVar[bool] = True
    sample_rate: int = RATE
    passes: int = 1
    height: int = 0

    @property
    def columns(self):
        return ("mean", "count")

    def whole(self, passes):
        for _ in range(self.passes):
            samples = np.concatenate(list(passes()))
        row = np.asarray([samples.mean(), len(samples)], np.float32)
        return np.tile(row, (self.height, 1)) if self.height else row


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


@pytest.fixture
def decoded(monkeypatch):
    """Return the list of files decoded, one entry a pass."""
    found = []

    def counted(path, **options):
        found.append(path)
        return stream(path, **options)

    monkeypatch.setattr(extraction, "stream", counted)
    return found


@pytest.fixture
def song(tmp_path, rng):
    path = tmp_path / "song.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(RATE * 7), RATE)
    return path


def same(one, other):
    for a, b in zip(one, other, strict=True):
        assert (a.values.dtype, a.notes) == (b.values.dtype, b.notes)
        np.testing.assert_array_equal(a.values, b.values)
        np.testing.assert_array_equal(a.starts, b.starts)


@pytest.mark.parametrize("lengths", [[2.0, 0.5, 3.0], [None, 2.0], [2.0, None, 0.5], [None]])
def test_all_lengths_are_cut_from_one_decoding(song, decoded, lengths):
    front_end = Moments()
    expected = [extract_all(song, front_end, [seconds])[0] for seconds in lengths]
    decoded.clear()
    same(extract_all(song, front_end, lengths), expected)
    assert decoded == [song]
    whole, _ = soundfile.read(song, dtype="float32")
    for seconds, rows in zip(lengths, expected, strict=True):
        assert rows.values[0, 1] == (len(whole) if seconds is None else seconds * RATE)
        assert len(rows.starts) == (1 if seconds is None else {2.0: 4, 0.5: 14, 3.0: 3}[seconds])


@pytest.mark.parametrize("held_samples", [0, 1 << 24])
def test_a_long_track_is_heard_in_passes_and_cut_in_the_first(song, decoded, monkeypatch,
                                                               held_samples):
    defaults = {"each": None, "held_samples": held_samples}
    monkeypatch.setattr(extraction.Hearing.__init__, "__kwdefaults__", defaults)
    same(extract_all(song, Moments(passes=3), [None, 2.0]),
         extract_all(song, Moments(), [None, 2.0]))
    assert len(decoded) == (3 if not held_samples else 1) + 1


def test_what_is_wrong_with_a_file_is_said_once_for_all_passes(song, monkeypatch):
    monkeypatch.setattr(extraction.Hearing.__init__, "__kwdefaults__",
                        {"each": None, "held_samples": 0})
    song.write_bytes(song.read_bytes()[:-RATE * 8])
    doubts = []
    extract_all(song, Moments(passes=2), [None, 2.0], doubts)
    assert len(doubts) == 1
    assert "truncated" in doubts[0]


def test_silence_of_the_whole_is_known_without_holding_it(tmp_path):
    soundfile.write(tmp_path / "s.wav", np.full(RATE * 2, 0.5), RATE)
    (rows,) = extract_all(tmp_path / "s.wav", Moments(), [None])
    assert rows.notes == ("silent from 0 s on",)


def test_the_whole_of_a_real_family_is_that_of_its_samples(tmp_path, rng):
    path = tmp_path / "a.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(22_050 * 3), 22_050)
    samples, _ = soundfile.read(path, dtype="float32")
    values, starts = extract(path, Gtzan57(), None)
    np.testing.assert_array_equal(values[0], Gtzan57()(samples))
    assert starts.tolist() == [0.0]


@pytest.mark.parametrize("front_end", [Moments(), Moments(height=3)])
def test_rows_and_pictures_come_back_from_the_cache_as_they_were(song, cache, decoded, front_end):
    made = cached_extract(song, front_end, [2.0, None], cache)
    assert made[0].values.shape == ((4, 3, 2) if front_end.height else (4, 2))
    again = cached_extract(song, front_end, [None, 2.0], cache)
    same(again, made[::-1])
    assert again[0].values.dtype == np.float32
    found = cached_rows(song, front_end, [2.0], cache)
    assert found is not None
    same(found, made[:1])
    assert len(decoded) == 1


def test_only_the_lengths_that_are_missing_are_made(song, cache, decoded):
    cached_extract(song, Moments(), [2.0], cache)
    assert cached_rows(song, Moments(), [2.0, 3.0], cache) is None
    rows = cached_extract(song, Moments(), [3.0, 2.0], cache)
    assert [len(r.starts) for r in rows] == [3, 4]
    assert len(decoded) == 2
    assert len(list(cache.root.rglob("*.bin"))) == 2


def test_other_settings_and_other_sound_are_other_entries(song, cache, decoded):
    front_end = Moments()
    cached_extract(song, front_end, [2.0], cache)
    cached_extract(song, dataclasses.replace(front_end, height=1), [2.0], cache)
    content = bytearray(song.read_bytes())
    content[-1] ^= 1
    song.write_bytes(content)
    cached_extract(song, front_end, [2.0], cache)
    assert len(decoded) == 3


def test_a_file_that_was_moved_or_tagged_is_not_heard_again(tmp_path, rng, cache, decoded):
    mutagen = pytest.importorskip("mutagen")
    path = tmp_path / "a.flac"
    soundfile.write(path, 0.1 * rng.standard_normal(RATE * 2), RATE)
    made = cached_extract(path, Moments(), [None], cache)
    tags = mutagen.File(path)
    tags["genre"] = "dub"
    tags.save()
    same(cached_extract(path.rename(tmp_path / "b.flac"), Moments(), [None], cache), made)
    assert decoded == [path]


def test_what_is_to_be_said_of_a_sound_is_said_again(tmp_path, cache, decoded):
    soundfile.write(tmp_path / "s.wav", np.zeros(RATE), RATE)
    first, again = [], []
    cached_extract(tmp_path / "s.wav", Moments(), [2.0], cache, first)
    cached_extract(tmp_path / "s.wav", Moments(), [2.0], cache, again)
    assert first == again
    assert [note.partition(": ")[2] for note in first] == [
        "shorter than one segment of 2 s: repeated to fill it", "silent from 0 s on"]
    assert len(decoded) == 1


def test_rows_of_a_file_that_breaks_off_are_not_kept(song, cache, decoded):
    song.write_bytes(song.read_bytes()[:-RATE * 8])
    for _ in range(2):
        notes = []
        cached_extract(song, Moments(), [2.0], cache, notes)
        assert [f"{song}: truncated" in note for note in notes] == [True]
    assert len(decoded) == 2


def test_rows_of_a_file_that_is_written_meanwhile_are_not_kept(song, cache, monkeypatch):
    def rewriting(path, **options):
        path.write_bytes(path.read_bytes() + b"\0\0")
        return stream(path, **options)

    monkeypatch.setattr(extraction, "stream", rewriting)
    cached_extract(song, Moments(), [2.0], cache)
    assert not list(cache.root.rglob("*.bin"))


def test_an_entry_of_another_shape_is_made_anew(song, cache, decoded):
    cached_extract(song, Moments(), [2.0], cache)
    (entry,) = cache.root.rglob("*.bin")
    cache.put(entry.stem, {"rows": np.zeros(3)})
    assert cached_rows(song, Moments(), [2.0], cache) is None
    (rows,) = cached_extract(song, Moments(), [2.0], cache)
    assert len(rows.starts) == 4
    assert len(decoded) == 2


def test_a_full_disk_is_a_note_that_is_the_same_for_all(song, cache, monkeypatch):
    def full(_key, _arrays):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise EarmarkError("cannot be written") from error

    monkeypatch.setattr(cache, "put", full)
    notes = []
    (rows, _) = cached_extract(song, Moments(), [2.0, 3.0], cache, notes)
    assert len(rows.starts) == 4
    assert notes == [f"features are not kept: {cache.root} cannot be written: "
                     "No space left on device"]


def test_a_file_that_vanishes_between_two_looks_is_named(song, cache, monkeypatch):
    def vanishing(path, **options):
        path.unlink(missing_ok=True)
        return stream(path, **options)

    monkeypatch.setattr(extraction, "stream", vanishing)
    with pytest.raises(AudioError, match=r"song\.wav: no such file"):
        cached_extract(song, Moments(), [2.0], cache)


def test_values_that_are_no_numbers_are_an_error(song, monkeypatch):
    monkeypatch.setattr(Moments, "whole", lambda *_: np.full(2, np.nan, np.float32))
    with pytest.raises(AudioError, match="no finite numbers"):
        extract_all(song, Moments(), [2.0])


@pytest.mark.parametrize("error", [MemoryError(), AudioError("too quiet")])
def test_errors_name_the_file(song, monkeypatch, error):
    def failing(*_):
        raise error

    monkeypatch.setattr(Moments, "whole", failing)
    with pytest.raises(AudioError, match=r"song\.wav: (needs more memory|too quiet)"):
        extract_all(song, Moments(), [None])


@pytest.mark.realdata
def test_a_real_mp3_is_the_same_with_and_without_its_tags(realdata, tmp_path, cache, decoded):
    source = realdata / "gtzan/blues.00099.mp3"
    made = cached_extract(source, Gtzan57(), [10.0], cache)
    tagged = tmp_path / "tagged.mp3"
    size = bytes([0, 0, 7, 0x68])  # 1000 bytes, seven bits in each
    tagged.write_bytes(b"ID3\x03\x00\x00" + size + bytes(1000) + source.read_bytes()
                       + b"TAG" + bytes(125))
    (whole,) = extract_all(tagged, Gtzan57(), [10.0])
    np.testing.assert_array_equal(whole.values, made[0].values)
    if source.read_bytes()[:3] != b"ID3":
        decoded.clear()
        same(cached_extract(Path(tagged), Gtzan57(), [10.0], cache), made)
        assert not decoded
