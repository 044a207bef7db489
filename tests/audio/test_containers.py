"""Files are what their first bytes say; names and guesses do not count."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from earmark.audio.containers import is_system_file, kind_of, ogg_breaks_off, wrong_suffix

WRITTEN = {"wav": "WAV", "flac": "FLAC", "ogg": "Ogg", "aiff": "AIFF", "au": "AU", "caf": "CAF",
           "mp3": "MP3", "w64": "W64", "rf64": "WAV"}  # fmt: skip


@pytest.mark.parametrize("suffix", WRITTEN)
def test_what_is_written_is_known_under_any_name(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, 0.1 * np.sin(np.arange(8000) / 9), 8000, format=suffix.upper())
    found = kind_of(path)
    assert found is not None
    assert found[0] == WRITTEN[suffix]
    assert wrong_suffix(path) is None
    other = path.rename(tmp_path / "a.xyz")
    assert wrong_suffix(other) == (WRITTEN[suffix], found[1][0])
    assert wrong_suffix(other.rename(tmp_path / "a")) is None  # no suffix, nothing wrong with it


def test_an_mp3_behind_a_tag_is_an_mp3(tmp_path):
    soundfile.write(tmp_path / "a.mp3", np.zeros(8000), 16_000)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 0, 20]) + bytes(20)
    tagged = tmp_path / "b.wav"
    tagged.write_bytes(tag + (tmp_path / "a.mp3").read_bytes())
    assert wrong_suffix(tagged) == ("MP3", ".mp3")


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"RIFF\x00\x00\x00\x00AVI ", b"ID3", b"ID3\x04\x00\x00\xff\xff\xff\xff",
     b"some text that is no music", bytes(64), b"\xff\xfb", b"fLa"],
)  # fmt: skip
def test_of_what_is_not_sure_nothing_is_said(tmp_path, content):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert kind_of(path) is None
    assert wrong_suffix(path) is None


def test_upper_case_is_no_fault(tmp_path):
    soundfile.write(tmp_path / "A.WAV", np.zeros(10), 8000)
    assert wrong_suffix(tmp_path / "A.WAV") is None


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="absent"):
        wrong_suffix(tmp_path / "absent.wav")
    assert not is_system_file(tmp_path / "._absent.wav")


def test_system_files(tmp_path):
    double = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "
    for name, content, expected in (
        ("._song.wav", double, True), ("._song.mp3", b"", True), ("._real.wav", b"RIFF1234", False),
        ("song.wav", double, False), (".DS_Store", b"x", True), ("Thumbs.db", b"x", True),
        ("desktop.ini", b"x", True), ("song.mp3", b"", False),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert is_system_file(tmp_path / name) is expected, name


def test_ogg_that_breaks_off(tmp_path, rng):
    path = tmp_path / "a.ogg"
    soundfile.write(path, rng.uniform(-0.5, 0.5, 60_000), 22_050)
    content = path.read_bytes()
    assert not ogg_breaks_off(path)
    for cut in (len(content) // 2, len(content) - 1, 30, 4):
        path.write_bytes(content[:cut])
        assert ogg_breaks_off(path), cut
    path.write_bytes(b"RIFF" + content)
    assert not ogg_breaks_off(path)
