"""Reading audio files: values by hand, soxr in one piece as oracle, and every kind of bad file."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.audio import load as loading
from earmark.audio._soundfile import SoundfileDecoder
from earmark.audio.load import AUDIO_SUFFIXES, find_audio, load, probe, stream
from earmark.errors import AudioError, SettingsError

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


@pytest.fixture
def no_ffmpeg(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Five seconds of stereo noise at 8 kHz, and its mono samples."""
    path = tmp_path_factory.mktemp("noise") / "noise.wav"
    samples = np.random.default_rng(1).uniform(-1, 1, (40_000, 2)).astype(np.float32)
    soundfile.write(path, samples, 8000, subtype="FLOAT")
    return path, samples.mean(axis=1)


def tone(seconds=6.0, rate=44_100):
    hz = np.array([440.0, 660.0])
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate))[:, None] / rate)).astype(
        np.float32
    )


def joined(blocks):
    return np.concatenate(list(blocks))


class TestDecoding:
    @pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
    def test_full_scale_is_one(self, tmp_path, subtype):
        path = tmp_path / "a.wav"
        soundfile.write(path, np.array([0.0, 0.5, -0.25, -1.0]), 8000, subtype=subtype)
        audio = load(path)
        np.testing.assert_array_equal(audio.samples, [0.0, 0.5, -0.25, -1.0])
        assert audio.samples.dtype == np.float32
        assert (audio.sample_rate, audio.seconds, audio.notes) == (8000, 4 / 8000, ())

    @pytest.mark.parametrize(
        ("channels", "expected"),
        [
            ([[1.0, 0.0], [0.5, -0.5], [0.25, 0.75]], [0.5, 0.0, 0.5]),
            ([[1.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.0, -1.0]], [0.5, -0.25]),
        ],
    )
    def test_mono_is_the_average(self, tmp_path, channels, expected):
        path = tmp_path / "a.wav"
        soundfile.write(path, np.array(channels), 8000, subtype="FLOAT")
        np.testing.assert_array_equal(load(path).samples, expected)

    def test_louder_than_full_scale_is_kept(self, tmp_path):
        path = tmp_path / "a.wav"
        soundfile.write(path, np.array([1.5, -4.0]), 8000, subtype="FLOAT")
        np.testing.assert_array_equal(load(path).samples, [1.5, -4.0])

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("a.flac", {}), ("a.aiff", {}), ("a.au", {}), ("a.snd", {"format": "AU"}),
            ("a.caf", {}), ("a.ogg", {}), ("a.mp3", {}),
            ("a.opus", {"format": "OGG", "subtype": "OPUS"}),
        ],
    )  # fmt: skip
    def test_formats(self, tmp_path, name, options):
        path, samples = tmp_path / name, tone(rate=48_000)
        soundfile.write(path, samples, 48_000, **options)
        audio = load(path)
        assert (audio.sample_rate, len(audio.samples), audio.notes) == (48_000, 288_000, ())
        heard = np.corrcoef(audio.samples, samples.mean(axis=1))[0, 1]
        assert heard > 0.99
        assert probe(path).seconds == pytest.approx(6.0)

    def test_a_name_is_not_trusted(self, tmp_path):
        soundfile.write(tmp_path / "a.flac", tone(), 44_100)
        shutil.move(tmp_path / "a.flac", tmp_path / "a.mp3")
        assert probe(tmp_path / "a.mp3").format == "FLAC"

    def test_probe(self, noise):
        assert probe(noise[0]) == loading.Probe(5.0, 8000, 2, "WAV", "soundfile")

    @posix
    @pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no names that are not UTF-8")
    def test_a_name_that_is_not_utf8(self, tmp_path, noise):
        path = tmp_path / os.fsdecode(b"caf\xe9.wav")
        shutil.copy(noise[0], path)
        assert load(str(path)).seconds == 5.0

    def test_import_is_cheap(self):
        code = (
            "import sys, earmark.audio.load\n"
            "sys.exit(str({'soundfile', 'soxr', 'tinytag'} & {*sys.modules} or ''))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert done.stderr.strip() == b""


class TestStreaming:
    @pytest.mark.parametrize("rate", [None, 8000, 22_050, 1000, 44_100, 11_025])
    def test_equals_one_piece(self, noise, rate):
        path, mono = noise
        expected = mono if rate is None else soxr.resample(mono, 8000, rate, "HQ")
        np.testing.assert_allclose(load(path, sample_rate=rate).samples, expected, atol=1e-5)

    @settings(max_examples=30, deadline=None)
    @given(block=st.floats(1e-6, 20), rate=st.none() | st.integers(1000, 48_000))
    def test_block_size_does_not_matter(self, noise, block, rate):
        blocks = joined(stream(noise[0], sample_rate=rate, block_seconds=block))
        whole = load(noise[0], sample_rate=rate).samples
        assert blocks.shape == whole.shape
        np.testing.assert_allclose(blocks, whole, atol=1e-6)

    def test_blocks_are_bounded(self, tmp_path):
        path = tmp_path / "long.flac"
        soundfile.write(path, np.zeros((60 * 44_100, 2), np.int16), 44_100)
        lengths = [len(b) for b in stream(path, sample_rate=16_000, block_seconds=2.0)]
        assert sum(lengths) == 60 * 16_000
        assert max(lengths) < 2.5 * 16_000

    @pytest.mark.parametrize("rate", [8000, 11_025, 96_000, 192_000])
    def test_rates_of_files(self, tmp_path, rate):
        path = tmp_path / "a.wav"
        soundfile.write(path, tone(1.0, rate), rate)
        assert load(path, sample_rate=22_050).seconds == pytest.approx(1.0)

    @pytest.mark.parametrize("rate", [0, -1, 999, 768_001])
    def test_rate_out_of_range(self, noise, rate):
        with pytest.raises(SettingsError, match=f"sample_rate is {rate}; expected 1000 to 768000"):
            load(noise[0], sample_rate=rate)

    @pytest.mark.parametrize("blocks", [0, 1, None])
    def test_file_is_let_go_of(self, noise, monkeypatch, blocks):
        closed = []
        close = SoundfileDecoder.close
        monkeypatch.setattr(
            SoundfileDecoder, "close", lambda self: (closed.append(1), close(self))
        )
        running = stream(noise[0], block_seconds=1.0)
        if blocks is None:
            list(running)
        else:
            for _ in range(blocks):
                next(running)
            running.close()
        assert len(closed) == (0 if blocks == 0 else 1)  # opened at the first block only


@pytest.mark.usefixtures("no_ffmpeg")
class TestRefusals:
    def refused(self, path):
        with pytest.raises(AudioError) as caught:
            load(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        with pytest.raises(AudioError):
            probe(path)
        return message.removeprefix(f"{path}: ")

    @pytest.mark.parametrize("name", ["no.wav", "no/such/folder.wav", "zero\0byte.wav"])
    def test_missing(self, tmp_path, name):
        assert self.refused(tmp_path / name).startswith("no such file; check the name")

    def test_beneath_a_file(self, noise):
        assert self.refused(noise[0] / "b.wav").startswith("no such file")

    @posix
    def test_dead_link(self, tmp_path):
        (tmp_path / "a.wav").symlink_to("gone.wav")
        message = self.refused(tmp_path / "a.wav")
        assert message == "a link to gone.wav, which leads nowhere; mend or remove it."

    @posix
    def test_link_to_itself(self, tmp_path):
        (tmp_path / "a.wav").symlink_to("a.wav")
        assert self.refused(tmp_path / "a.wav").startswith("a link to a.wav, which leads nowhere")

    def test_folder(self, tmp_path):
        assert self.refused(tmp_path) == (
            "a folder; expected an audio file: name the files in it."
        )

    @posix
    def test_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "a.wav")
        assert self.refused(tmp_path / "a.wav").startswith("a pipe or device; expected an audio")

    @posix
    def test_no_permission(self, tmp_path, noise):
        path = tmp_path / "a.wav"
        shutil.copy(noise[0], path)
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("runs as root, who may read everything")
        assert self.refused(path).startswith("no permission to read it")

    def test_permission_denied_by_the_system(self, noise, monkeypatch):
        def deny(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pathlib.Path.open", deny)
        assert self.refused(noise[0]).startswith("no permission to read it")

    def test_disk_fault(self, noise, monkeypatch):
        def fail(*_):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr("pathlib.Path.open", fail)
        assert self.refused(noise[0]) == "cannot be read: Input/output error."

    def test_empty(self, tmp_path):
        (tmp_path / "a.mp3").touch()
        assert self.refused(tmp_path / "a.mp3").startswith("empty (0 bytes); expected an audio")

    @pytest.mark.parametrize("suffix", ["mp3", "wav", "au", "snd", "raw", "vox", "gsm", "m4a"])
    def test_text(self, tmp_path, suffix):
        # libsndfile would take it for sound by the names .au, .snd, .vox and .gsm.
        path = tmp_path / f"a.{suffix}"
        path.write_text("<!DOCTYPE html>\n<title>Not found – 404</title>\n" * 50, encoding="utf-8")
        message = self.refused(path)
        assert message.startswith(
            "cannot be decoded, it is text ('<!DOCTYPE html> <title>Not found – 404</'): "
        )

    def test_each_decoder_is_quoted(self, tmp_path, rng):
        path = tmp_path / "a.wav"
        path.write_bytes(rng.bytes(5000))
        assert self.refused(path) == (
            "cannot be decoded: soundfile says 'Format not recognised.'; ffmpeg is not installed "
            "(it reads m4a, aac and wma). Convert it to wav, flac or mp3, or get it again if it is "
            "damaged."
        )

    def test_header_only(self, tmp_path):
        soundfile.write(tmp_path / "a.wav", np.zeros(0), 8000)
        assert self.refused(tmp_path / "a.wav").startswith("holds no audio samples; expected")

    @pytest.mark.parametrize("rate", [1, 999, 800_000])
    def test_absurd_rate(self, tmp_path, rate):
        soundfile.write(tmp_path / "a.wav", np.zeros(10), rate)
        assert self.refused(tmp_path / "a.wav").startswith(
            f"its header says {rate} Hz; expected 1000 to 768000 Hz"
        )

    def test_flac_damaged_from_the_beginning(self, tmp_path):
        path = tmp_path / "a.flac"
        soundfile.write(path, tone(0.5), 44_100)
        content = bytearray(path.read_bytes())
        content[200:] = bytes(len(content) - 200)
        path.write_bytes(content)
        assert "soundfile says 'Error : flac decoder lost sync.'" in self.refused(path)


class TestSamplesThatAreNoNumbers:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
    @pytest.mark.parametrize("channel", [0, 1])
    def test_named_with_count_and_time(self, tmp_path, value, channel):
        path = tmp_path / "a.wav"
        samples = np.zeros((40_000, 2), np.float32)
        samples[[20_000, 20_001, 20_002], channel] = value
        soundfile.write(path, samples, 8000, subtype="FLOAT")
        # Decoded in steps of 16 384 frames: the second begins at 2.048 s.
        with pytest.raises(AudioError, match=r"3 of 16384 samples from 2\.05 s on are not finite"):
            load(path, sample_rate=22_050)

    def test_opposite_infinities(self, tmp_path):
        path = tmp_path / "a.wav"
        soundfile.write(path, np.array([[np.inf, -np.inf]]), 8000, subtype="DOUBLE")
        with pytest.raises(AudioError, match="1 of 1 samples from"):
            load(path)


class TestPartOfAFile:
    """What can be decoded is given, and a note says what is missing."""

    def halve(self, path):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])

    @pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au", "a.mp3"])
    def test_truncated(self, tmp_path, name):
        path = tmp_path / name
        soundfile.write(path, tone(10.0), 44_100)
        self.halve(path)
        audio = load(path)
        assert audio.seconds == pytest.approx(5.0, abs=0.1)
        assert audio.notes == (
            f"truncated or damaged: {audio.seconds:.1f} s of the 10.0 s that its header promises "
            "could be decoded; they are used",
        )
        notes = []
        np.testing.assert_array_equal(joined(stream(path, notes=notes)), audio.samples)
        assert notes == [*audio.notes]

    def test_flac_that_breaks_off(self, tmp_path, rng):
        path = tmp_path / "a.flac"
        samples = rng.uniform(-0.5, 0.5, 80_000)
        soundfile.write(path, samples, 8000)
        self.halve(path)
        audio = load(path)
        assert 4.0 < audio.seconds <= 5.1
        assert "(soundfile says 'Error : flac decoder lost sync.')" in audio.notes[0]
        assert audio.notes[0].startswith(f"decoding broke off at {audio.seconds:.1f} s of 10.0 s")
        np.testing.assert_allclose(audio.samples, samples[: len(audio.samples)], atol=1e-4)

    def test_a_little_less_than_promised_is_no_matter(self, tmp_path):
        path = tmp_path / "a.wav"
        soundfile.write(path, tone(10.0), 44_100)
        content = path.read_bytes()
        path.write_bytes(content[: int(0.95 * len(content))])  # half a second
        assert load(path).notes == ()

    @pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF024])
    def test_wav_written_to_a_pipe_promises_nothing(self, tmp_path, size):
        path = tmp_path / "a.wav"
        soundfile.write(path, tone(3.0), 44_100)
        content = bytearray(path.read_bytes())
        at = content.index(b"data") + 4
        content[at : at + 4] = struct.pack("<I", size)
        path.write_bytes(content)
        audio = load(path)
        assert (audio.seconds, audio.notes) == (3.0, ())

    def test_mp3_without_count_of_frames(self, tmp_path):
        # A second of silence first, so that the guess by the first frame is several times too much.
        path = tmp_path / "a.mp3"
        samples = np.concatenate([np.zeros((44_100, 2)), tone(4.0)])
        soundfile.write(path, samples, 44_100, bitrate_mode="VARIABLE", compression_level=0.5)
        assert probe(path).seconds == pytest.approx(5.0)
        content = path.read_bytes()
        second_frame = content.index(b"\xff\xfb", 4)
        for head in (b"", b"ID3\x04\0\0\0\0\x02\x01" + bytes(257)):
            path.write_bytes(head + content[second_frame:])
            assert probe(path).seconds is None
            audio = load(path)
            assert audio.seconds == pytest.approx(5.0, abs=0.1)
            assert audio.notes == ()

    def test_id3_tag_before_the_count(self, tmp_path):
        path = tmp_path / "a.mp3"
        soundfile.write(path, tone(2.0), 44_100)
        picture = 40_000  # 0, 2, 56, 64 in sevens of bits
        path.write_bytes(b"ID3\x04\0\0\0\x02\x38\x40" + bytes(picture) + path.read_bytes())
        assert probe(path).seconds == pytest.approx(2.0)


class TestFindAudio:
    def make(self, root, *names):
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return root

    def names(self, root, *paths):
        return [p.relative_to(root).as_posix() for p in find_audio(paths or [root])]

    def test_folders_through_and_through(self, tmp_path):
        self.make(tmp_path, "b.MP3", "a/z.flac", "a/b/c.ogg", "a/cover.jpg", "notes.txt", "wav")
        assert self.names(tmp_path) == ["a/b/c.ogg", "a/z.flac", "b.MP3"]

    def test_hidden_files_are_left_out(self, tmp_path):
        self.make(tmp_path, "._a.mp3", ".a.mp3", ".trash/a.mp3", "a.mp3")
        assert self.names(tmp_path) == ["a.mp3"]

    def test_what_is_named_is_kept(self, tmp_path):
        self.make(tmp_path, "._a.mp3", "tape.xyz", ".trash/a.mp3")
        named = [tmp_path / n for n in ("._a.mp3", "tape.xyz", "missing.mp3", ".trash")]
        assert self.names(tmp_path, *named) == [
            "._a.mp3", ".trash/a.mp3", "missing.mp3", "tape.xyz",
        ]  # fmt: skip

    def test_each_once(self, tmp_path, monkeypatch):
        self.make(tmp_path, "a/x.mp3")
        monkeypatch.chdir(tmp_path)
        named = ["a/x.mp3", "a", "./a", tmp_path, tmp_path / "a/x.mp3"]
        assert find_audio(named) == [Path("a/x.mp3")]

    def test_nothing(self, tmp_path):
        assert find_audio([]) == find_audio([tmp_path]) == []

    @posix
    def test_dead_links_are_kept(self, tmp_path):
        (tmp_path / "dead.mp3").symlink_to("gone.mp3")
        assert self.names(tmp_path) == self.names(tmp_path, tmp_path / "dead.mp3") == ["dead.mp3"]

    @posix
    def test_loops_end_and_real_folders_come_first(self, tmp_path):
        self.make(tmp_path, "real/a.mp3", "other/b.mp3")
        (tmp_path / "real/up").symlink_to("..")
        (tmp_path / "alias").symlink_to("real")
        (tmp_path / "other/across").symlink_to("../real")
        assert self.names(tmp_path) == ["other/b.mp3", "real/a.mp3"]

    @posix
    def test_links_to_folders_elsewhere_are_followed(self, tmp_path):
        self.make(tmp_path, "disk/a.mp3", "music/b.mp3")
        (tmp_path / "music/more").symlink_to("../disk")
        assert self.names(tmp_path, tmp_path / "music") == ["music/b.mp3", "music/more/a.mp3"]

    def test_a_folder_that_may_not_be_read_is_kept(self, tmp_path, monkeypatch):
        def deny(*_):
            raise PermissionError(13, "Permission denied", str(tmp_path))

        monkeypatch.setattr("os.scandir", deny)
        assert find_audio([tmp_path]) == [tmp_path]
        with pytest.raises(AudioError, match="a folder that cannot be read: Permission denied"):
            load(tmp_path)

    def test_suffixes_are_lowercase(self):
        assert all(s == s.lower() and s.startswith(".") for s in AUDIO_SUFFIXES)


@pytest.mark.realdata
class TestRealFiles:
    def test_songs_decode_in_full(self, realdata):
        songs = find_audio([realdata / "songs"])
        assert len(songs) == 10
        for path in (songs[0], *sorted(songs, key=lambda p: p.stat().st_size)[:2]):
            notes = []
            samples = joined(stream(path, sample_rate=22_050, notes=notes))
            seconds = probe(path).seconds
            assert notes == []
            assert np.isfinite(samples).all()
            assert seconds is None or len(samples) / 22_050 == pytest.approx(seconds, abs=0.01)

    def test_a_song_cut_in_half(self, realdata, tmp_path):
        song = min((realdata / "songs").glob("*_-_*.mp3"), key=lambda p: p.stat().st_size)
        content, path = song.read_bytes(), tmp_path / "half.mp3"
        path.write_bytes(content[: len(content) // 2])
        audio = load(path, sample_rate=16_000)
        promised = probe(song).seconds
        assert audio.seconds == pytest.approx(promised / 2, rel=0.05)
        assert len(audio.notes) == 1

    def test_the_unreadable_clip(self, realdata):
        path = realdata / "gtzan/Data/genres_original/jazz/jazz.00054.wav"
        with pytest.raises(AudioError, match="cannot be decoded: soundfile says 'Format not recog"):
            load(path)
