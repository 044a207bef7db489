"""Decoding through ffmpeg: with a stand-in that writes AU streams, and with the real program."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earmark.audio import _ffmpeg
from earmark.audio.load import load, probe, stream
from earmark.errors import AudioError

posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in is a script with a #! line")
real = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

# It does what the JSON in the file it is given says.
STAND_IN = """#!{python}
import json, os, struct, sys, time
from pathlib import Path
name = sys.argv[sys.argv.index("-i") + 1].removeprefix("file:")
plan = json.loads(Path(name).read_text())
Path(__file__).with_name("call.json").write_text(json.dumps([os.getpid(), sys.argv[1:]]))
out = sys.stdout.buffer
sys.stderr.write(("x" * 99 + "\\n") * plan.get("noise", 0))
sys.stderr.flush()
if "channels" in plan:
    comment = plan.get("comment", "").encode()
    magic, unknown, float32 = plan.get("magic", ".snd").encode(), 0xFFFFFFFF, 6
    out.write(struct.pack(">4s5I", magic, 24 + len(comment), unknown, float32, plan["rate"],
                          plan["channels"]) + comment)
    out.write(struct.pack(">f", plan["value"]) * plan["channels"] * plan["frames"])
    out.flush()
if plan.get("hang"):
    time.sleep(60)
sys.stderr.write(plan.get("says", ""))
sys.exit(plan.get("exit", 0))
"""


class StandIn:
    def __init__(self, folder):
        self.folder = folder
        script = folder / "ffmpeg"
        script.write_text(STAND_IN.replace("{python}", sys.executable))
        script.chmod(0o755)

    def file(self, name="a.m4a", **plan):
        path = self.folder / name
        usual = {"rate": 8000, "channels": 2, "value": 0.5, "frames": 0}
        path.write_text(json.dumps({**usual, **plan}))
        return path

    def refusing(self, says, code=1):
        path = self.folder / "a.m4a"
        path.write_text(json.dumps({"says": says, "exit": code}))
        return path

    @property
    def call(self):
        return json.loads((self.folder / "call.json").read_text())


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return StandIn(folder)


@posix
class TestStandIn:
    def test_samples(self, stand_in):
        audio = load(stand_in.file(frames=40_001, comment="from a tape"))
        np.testing.assert_array_equal(audio.samples, np.full(40_001, 0.5, np.float32))
        assert (audio.sample_rate, audio.notes) == (8000, ())

    def test_probe_knows_no_duration(self, stand_in):
        found = probe(stand_in.file(frames=20_000, hang=True))
        assert (found.seconds, found.sample_rate, found.channels) == (None, 8000, 2)
        assert (found.format, found.decoder) == ("M4A", "ffmpeg")

    def test_file_cannot_make_it_open_others(self, stand_in, monkeypatch):
        monkeypatch.chdir(stand_in.folder)
        load(stand_in.file("concat:a|b", frames=1).name)
        arguments = stand_in.call[1]
        at = arguments.index("-i")
        assert arguments[at + 1] == "file:concat:a|b"
        assert arguments[arguments.index("-protocol_whitelist") + 1] == "file,pipe"
        demuxers = arguments[arguments.index("-format_whitelist") + 1].split(",")
        assert not {"hls", "concat", "dash", "image2", "lavfi"} & {*demuxers}
        assert "-nostdin" in arguments

    @pytest.mark.parametrize("blocks", [0, 1, 2])
    def test_is_ended_when_the_listener_stops(self, stand_in, blocks):
        running = stream(stand_in.file(frames=100_000, hang=True), block_seconds=2.048)
        next(running)
        for _ in range(blocks):
            next(running)
        running.close()
        with pytest.raises(ProcessLookupError):
            os.kill(stand_in.call[0], 0)

    def test_is_ended_at_the_end(self, stand_in):
        load(stand_in.file(frames=10))
        with pytest.raises(ProcessLookupError):
            os.kill(stand_in.call[0], 0)

    def test_many_messages_do_not_block_it(self, stand_in):
        assert len(load(stand_in.file(frames=10, noise=5000)).samples) == 10

    def test_refusal_is_quoted(self, stand_in):
        path = stand_in.refusing("[mov] odd\nmoov atom not found\n\n")
        with pytest.raises(AudioError, match="; ffmpeg says 'moov atom not found'"):
            load(path)

    def test_name_of_the_file_is_not_repeated(self, stand_in):
        path = stand_in.refusing(f"file:{stand_in.folder / 'a.m4a'}: Invalid data found\n")
        with pytest.raises(AudioError, match="ffmpeg says 'Invalid data found'"):
            load(path)

    def test_silent_refusal(self, stand_in):
        with pytest.raises(AudioError, match="ffmpeg says 'nothing'"):
            load(stand_in.refusing(""))

    def test_something_other_than_au(self, stand_in):
        with pytest.raises(AudioError, match="something other than the AU stream"):
            load(stand_in.file(frames=10, magic="RIFF"))

    def test_no_samples(self, stand_in):
        with pytest.raises(AudioError, match="holds no audio samples"):
            load(stand_in.file(frames=0))

    def test_no_samples_for_a_reason(self, stand_in):
        with pytest.raises(AudioError, match="ffmpeg says 'broken'"):
            load(stand_in.file(frames=0, says="broken", exit=69))

    def test_breaks_off(self, stand_in):
        audio = load(stand_in.file(frames=12_000, says="\nInput/output error\n", exit=1))
        assert audio.seconds == 1.5
        assert audio.notes == (
            "decoding broke off at 1.5 s (ffmpeg says 'Input/output error'): "
            "only what comes before is used",
        )

    def test_shorter_than_promised(self, stand_in, monkeypatch):
        monkeypatch.setattr(_ffmpeg, "_promised_seconds", lambda _: 10.0)
        audio = load(stand_in.file(frames=12_000))
        assert audio.notes[0].startswith("truncated or damaged: 1.5 s of the 10.0 s")

    def test_no_numbers(self, stand_in):
        with pytest.raises(AudioError, match=r"5 of 5 samples .* are not finite"):
            load(stand_in.file(frames=5, value=float("nan")))

    def test_cannot_be_started(self, stand_in):
        (stand_in.folder / "ffmpeg").write_text("#!/no/such/interpreter\n")
        with pytest.raises(AudioError, match="ffmpeg cannot be started: No such file"):
            load(stand_in.file())


M4A = b"\0\0\0\x20ftypM4A "


@pytest.mark.parametrize("content", [b"", M4A, M4A + bytes(100), b"\x30\x26\xb2\x75abc"])
def test_damaged_headers_promise_nothing(tmp_path, content):
    path = tmp_path / "a.m4a"
    path.write_bytes(content)
    assert _ffmpeg._promised_seconds(path) is None
    assert _ffmpeg._promised_seconds(tmp_path / "missing") is None


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    """Four seconds of 440 Hz with an amplitude of 0.3 on two channels."""
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(4 * 44_100) / 44_100)
    soundfile.write(path, np.stack([wave, wave], axis=1), 44_100)
    return path


@real
class TestRealProgram:
    def encode(self, source: Path, target: Path, *arguments):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", source, *arguments, target],
            check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return target

    @pytest.mark.parametrize(
        ("name", "known"), [("a.m4a", True), ("a.wma", True), ("a.aac", False), ("a.mka", False)]
    )
    def test_formats(self, tone, tmp_path, name, known):
        path = self.encode(tone, tmp_path / name)
        audio, header = load(path), probe(path)
        assert audio.seconds == pytest.approx(4.0, abs=0.1)
        assert (audio.sample_rate, header.channels, header.decoder) == (44_100, 2, "ffmpeg")
        assert audio.notes == ()
        assert header.seconds == (pytest.approx(4.0, abs=0.1) if known else None)
        second = audio.samples[44_100:88_200]
        assert np.argmax(np.abs(np.fft.rfft(second))) == 440  # bins of 1 Hz
        assert np.sqrt(2 * np.mean(second**2)) == pytest.approx(0.3, rel=0.05)

    def test_truncated(self, tone, tmp_path):
        path = self.encode(tone, tmp_path / "a.m4a", "-movflags", "faststart")
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        audio = load(path)
        assert 1.0 < audio.seconds < 3.0
        assert len(audio.notes) == 1

    @pytest.mark.parametrize("list_of", ["ffconcat version 1.0\nfile tone.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:4,\ntone.wav\n#EXT-X-ENDLIST\n"])  # fmt: skip
    def test_playlist_in_disguise_opens_nothing(self, tone, list_of):
        path = tone.with_name("a.m4a")
        path.write_text(list_of)
        with pytest.raises(AudioError, match="cannot be decoded, it is text"):
            load(path)

    def test_name_that_is_a_protocol(self, tone, monkeypatch):
        monkeypatch.chdir(tone.parent)
        with pytest.raises(AudioError, match="no such file"):
            load("concat:tone.wav")
