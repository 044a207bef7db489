"""Each fault of sound is found in a file made for it, and none in a sound one."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.audio.babble import babble

from earmark.audio.synth import compose
from earmark.lab.doctor.ears import Ears, Sound, Unheard, hear
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.sound import check_lengths, check_sound
from earmark.store import ArrayCache

RATE = 22_050
MUSIC = compose("rock", rng=np.random.default_rng(4), seconds=6).samples


@pytest.fixture
def ears(tmp_path: Path) -> Ears:
    return Ears(ArrayCache(tmp_path / "cache"))


def found(ears: Ears, path: Path) -> dict[str, str]:
    findings = list(check_sound("track", path, ears(path)))
    assert all(f.name == "track" and f.subject == "track" for f in findings)
    assert len({f.kind for f in findings}) == len(findings)
    return {f.kind: f.detail for f in findings}


def written(path: Path, samples: np.ndarray, rate: int = RATE, **kind: str) -> Path:
    soundfile.write(path, samples, rate, **kind)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "au", "aiff"])
def test_a_sound_file_has_no_fault(ears, tmp_path, suffix):
    assert found(ears, written(tmp_path / f"a.{suffix}", MUSIC)) == {}
    stereo = np.stack([MUSIC, 0.8 * np.roll(MUSIC, 40)], axis=1)
    assert found(ears, written(tmp_path / f"b.{suffix}", stereo)) == {}


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", "empty", r"empty \(0 bytes\)"),
        (b"<html>not found</html>", "unreadable", "it is text"),
        (bytes(range(256)) * 20, "unreadable", "cannot be decoded"),
        (b"RIFF\x24\x00\x00\x00WAVE", "unreadable", "cannot be decoded"),
        (b"fLaC" + bytes(100), "unreadable", "cannot be decoded"),
        (b"\x00\x05\x16\x07" + bytes(207), "unreadable", "cannot be decoded"),  # AppleDouble
    ],
)
def test_what_cannot_be_heard(ears, tmp_path, content, kind, said):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    (finding,) = check_sound("track", path, ears(path))
    assert finding.kind == kind
    assert finding.excludes
    assert re.search(said, finding.detail)
    assert "\n" not in finding.detail


def test_a_header_without_samples_is_empty(ears, tmp_path):
    assert list(found(ears, written(tmp_path / "a.wav", np.zeros(0)))) == ["empty"]


def test_an_absent_file_a_folder_and_numbers_that_are_none(ears, tmp_path):
    (tmp_path / "folder.wav").mkdir()
    nan = written(tmp_path / "nan.wav", np.full(9000, np.nan), subtype="FLOAT")
    for path in (tmp_path / "absent.wav", tmp_path / "folder.wav", nan):
        assert list(found(ears, path)) == ["unreadable"]


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "mp3", "ogg"])
def test_truncated(ears, tmp_path, suffix):
    """The encoder of mp3 writes the count of frames (Xing), from which it is known."""
    path = written(tmp_path / f"a.{suffix}", MUSIC)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    said = found(ears, path)
    assert list(said) == ["truncated"]
    assert re.search("of the 6.0 s|broke off|last page", said["truncated"])


def test_what_was_truncated_is_heard_anew(ears, tmp_path):
    path = written(tmp_path / "a.wav", MUSIC)
    whole = path.read_bytes()
    path.write_bytes(whole[:90_000])
    assert list(found(ears, path)) == list(found(ears, path)) == ["truncated"]
    assert ears.known(path) is None
    path.write_bytes(whole)
    assert found(ears, path) == {}
    assert ears.known(path) is not None


def test_silent(ears, tmp_path):
    count = 3 * RATE
    hiss = 2e-5 * np.random.default_rng(0).standard_normal(count)
    opposites = np.stack([MUSIC, -MUSIC], axis=1)
    said = found(ears, written(tmp_path / "a.wav", np.zeros(count)))
    assert said == {"silent": "every sample is 0 in 3.0 s"}
    assert list(found(ears, written(tmp_path / "b.wav", hiss))) == ["silent"]
    assert "opposites" in found(ears, written(tmp_path / "c.wav", opposites))["silent"]
    assert "dB" in found(ears, written(tmp_path / "d.wav", 0.002 * MUSIC))["silent"]
    assert found(ears, written(tmp_path / "e.wav", 0.02 * MUSIC)) == {}


def test_clipped(ears, tmp_path):
    assert list(found(ears, written(tmp_path / "a.wav", np.clip(5 * MUSIC, -1, 1)))) == ["clipped"]
    one_side = np.stack([MUSIC, np.clip(5 * MUSIC, -1, 1)], axis=1)
    assert list(found(ears, written(tmp_path / "b.flac", one_side))) == ["clipped"]
    loud = np.tanh(4 * MUSIC)  # limited
    assert found(ears, written(tmp_path / "c.wav", loud)) == {}


def test_dc_offset(ears, tmp_path):
    said = found(ears, written(tmp_path / "a.wav", 0.5 * MUSIC + 0.02))
    assert said == {"dc offset": "the mean is +0.0200 of full scale"}
    still = found(ears, written(tmp_path / "b.wav", np.full(RATE, 0.5)))
    assert set(still) == {"silent", "dc offset"}


def test_wrong_extension(ears, tmp_path):
    path = written(tmp_path / "a.mp3", MUSIC).rename(tmp_path / "a.wav")
    said = found(ears, path)
    assert said == {"wrong extension": "a.wav is MP3: its name should end in .mp3"}


def test_speech(ears, tmp_path):
    voice = babble(10, RATE, np.random.default_rng(7))
    said = found(ears, written(tmp_path / "a.wav", np.concatenate([voice, MUSIC, MUSIC])))
    assert said == {"speech": "a suspicion: 10 of 22 s sound like speech, from 0 s on"}


def test_the_cache_gives_what_was_heard(ears, tmp_path, monkeypatch):
    path = written(tmp_path / "a.wav", np.clip(5 * MUSIC, -1, 1) + 0.01)
    first = ears(path)
    monkeypatch.setattr("earmark.lab.doctor.ears.hear", None)
    for sound in (ears(path), ears.known(path)):
        assert isinstance(first, Sound)
        assert isinstance(sound, Sound)
        assert (sound.seconds, sound.levels, sound.cancels, sound.digest, sound.notes) == (
            first.seconds, first.levels, first.cancels, first.digest, ())  # fmt: skip
        assert np.array_equal(sound.spoken, first.spoken)
        assert np.array_equal(sound.print.words, first.print.words)
        assert np.array_equal(sound.print.firm, first.print.firm)


def test_a_damaged_entry_of_the_cache_is_made_anew(ears, tmp_path):
    path = written(tmp_path / "a.wav", MUSIC)
    first = ears(path)
    (entry,) = ears.cache.root.rglob("*.bin")
    entry.write_bytes(entry.read_bytes()[:-9])
    assert ears.known(path) is None
    assert ears(path).digest == first.digest


def test_a_header_that_promises_an_hour(ears, tmp_path):
    """A count of bytes that nothing stands behind: what is there is heard, and no more memory is
    taken than for that."""
    path = written(tmp_path / "a.wav", MUSIC)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"data") + 4, 3600 * RATE * 2)
    path.write_bytes(content)
    assert "of the 3600.0 s" in found(ears, path)["truncated"]


def test_hearing_is_by_the_blocks_of_any_length(tmp_path, monkeypatch):
    """Streams of 10 s blocks give what one block gives."""
    long = np.tile(MUSIC, 5)
    path = written(tmp_path / "a.wav", long)
    ours = hear(path)
    from earmark.audio import load

    monkeypatch.setattr("earmark.lab.doctor.ears.stream",
                        lambda p, **k: load.stream(p, block_seconds=1e6, **k))  # fmt: skip
    theirs = hear(path)
    assert (ours.digest, ours.seconds, ours.levels) == (theirs.digest, 30.0, theirs.levels)
    agree = ours.print.words == theirs.print.words
    assert agree.mean() > 0.999


class TestLengths:
    @staticmethod
    def sounds(*seconds: float) -> dict[str, Sound | Unheard]:
        from earmark.audio.fingerprint import Fingerprint
        from earmark.audio.levels import Levels

        nothing = np.zeros(0, np.uint32)
        return {
            f"t{number}": Sound(value, Levels(1, 0.0, 0.0, 0.0, 0.0, 0.0), False,
                                np.zeros(0, np.bool_), "", Fingerprint(nothing, nothing))
            for number, value in enumerate(seconds)
        }  # fmt: skip

    def test_one_that_is_shorter_than_the_others(self):
        sounds = self.sounds(30, 29.9, 30.2, 30, 1.6, 30)
        (one,) = check_lengths(sounds, {})
        assert one == Finding("wrong duration", "t4", "1.6 s long; the others are 30.0 s")

    def test_songs_of_all_lengths_are_no_fault(self):
        assert list(check_lengths(self.sounds(30, 180, 240, 200, 310, 30.5), {})) == []

    def test_few_files_have_no_usual_length(self):
        assert list(check_lengths(self.sounds(30, 30, 30, 5), {})) == []

    def test_what_is_said(self):
        sounds = self.sounds(200, 180, 150)
        said = {"t0": 201.0, "t1": 260.0, "t2": None}
        (one,) = check_lengths(sounds, said)
        assert (one.name, one.detail) == ("t1", "180.0 s long; 260.0 s are said of it")

    def test_a_table_that_speaks_of_whole_songs_is_one_finding(self):
        sounds = self.sounds(30, 30, 30, 30, 30, 4)
        said = dict.fromkeys(sounds, 240.0)
        of_track, of_dataset = check_lengths(sounds, said)
        assert (of_track.name, of_track.detail) == ("t5", "4.0 s long; the others are 30.0 s")
        assert of_dataset.subject == "dataset"
        assert of_dataset.detail.startswith("6 of 6 files are not as long as is said")

    def test_what_was_not_heard_has_no_length(self):
        sounds = {**self.sounds(*[30.0] * 6), "x": Unheard("empty", "empty")}
        assert list(check_lengths(sounds, {"x": 30.0})) == []


@pytest.mark.realdata
def test_real_recordings_have_the_faults_they_have(realdata, ears):
    """43 clips of GTZAN, songs, FMA's clips: one offset, one that cannot be read."""
    from earmark.audio.load import find_audio

    said = {}
    for path in find_audio([realdata]):
        kinds = list(found(ears, path))
        if kinds:
            said[path.stem] = kinds
    assert said.pop("jazz.00054") == ["unreadable"]
    assert said.pop("hiphop.00000") == ["dc offset"]
    assert said == {}


def test_speech_here_and_there_in_an_hour_is_no_finding() -> None:
    from earmark.lab.doctor.sound import _longest_run

    flags = np.zeros(790, bool)
    flags[::60] = True
    assert _longest_run(flags) == 1
    flags[300:304] = True
    assert _longest_run(flags) == 4
    assert _longest_run(np.zeros(3, bool)) == 0
