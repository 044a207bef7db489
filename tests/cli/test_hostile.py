"""What a hostile tester found once must stay mended."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import one_line

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes are POSIX's")


def test_nothing_is_reported_to_anybody(earmark, clip, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    env = {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home / "c")}
    assert earmark("tag", clip("a.wav"), env=env).returncode == 0
    assert list(home.rglob("*")) == []


def test_extraction_names_what_is_missing_and_goes_on(earmark, clip):
    clip("a.wav")
    done = earmark("features", "extract", "a.wav", "gone.mp3")
    assert done.returncode == 3
    assert "gone.mp3: no such file" in one_line(done)
    assert len(done.stdout.splitlines()) == 2


@POSIX
def test_a_pipe_is_refused_and_not_waited_for(earmark, tmp_path):
    os.mkfifo(tmp_path / "x.wav")
    done = earmark("features", "extract", "x.wav")
    assert done.returncode == 1
    assert "a pipe or device" in one_line(done)


def test_a_cache_that_cannot_be_written_is_a_remark(earmark, clip, tmp_path):
    clip("a.wav")
    (tmp_path / "cache").write_text("in the way")
    done = earmark("features", "extract", "a.wav", env={"EARMARK_CACHE": str(tmp_path / "cache")})
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert "note: features are not kept" in done.stderr


def test_extraction_says_what_tagging_says(earmark, clip):
    clip("short.wav", 2.0)
    clip("silent.wav", 5.0, level=0.0)
    done = earmark("features", "extract", "short.wav", "silent.wav", "--segment-seconds", 4)
    assert done.returncode == 0
    assert "short.wav: shorter than one segment of 4 s: repeated" in done.stderr
    assert "silent.wav: silent from 0 s on" in done.stderr


def test_a_whole_hour_can_be_taken_as_one_segment(earmark, tmp_path, families):
    soundfile.write(tmp_path / "long.flac", np.zeros(1000 * 3600, np.int16), 1000)
    done = earmark("features", "extract", "long.flac", "--set", "slow", "--setting",
                   "sample_rate=1000", env=families)
    assert done.returncode == 0, done.stderr
    assert "long.flac: silent from 0 s on" in done.stderr
    assert done.stdout.splitlines()[1] == "long.flac,0,0"


@POSIX
def test_output_into_a_device_leaves_it_a_device(earmark, clip):
    clip("a.wav")
    done = earmark("features", "extract", "a.wav", "--out", "/dev/null")
    assert done.returncode == 0
    assert not os.path.isfile("/dev/null")  # noqa: PTH113


@POSIX
def test_output_through_a_link_reaches_its_target(earmark, clip, tmp_path):
    clip("a.wav")
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert earmark("features", "extract", "a.wav", "--out", "link.csv").returncode == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("filename,")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("args", [("tagger", "show", "gtzan10"), ("tagger", "list", "--json")])
def test_a_full_disk_behind_stdout_is_one_line(args):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run([sys.executable, "-m", "earmark", *args], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "the output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_any_name_can_be_printed_anywhere(earmark, clip):
    clip("trück [red] ░.wav", 65.0)
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    text = earmark("tag", "trück [red] ░.wav", "--timeline", env=env)
    assert text.returncode == 0
    assert "tr\\xfcck [red]" in text.stdout
    answer = earmark("tag", "trück [red] ░.wav", "--json", env=env)
    assert json.loads(answer.stdout)["files"][0]["file"] == "trück [red] ░.wav"


@POSIX
def test_a_name_that_is_no_unicode_can_be_printed(earmark, clip, tmp_path):
    os.rename(clip("a.wav"), os.fsencode(tmp_path) + b"/x\xff.wav")  # noqa: PTH104
    assert earmark("tag", ".").returncode == 0
    assert json.loads(earmark("tag", ".", "--json").stdout)["files"]
    for style in ("csv", "json"):
        done = subprocess.run(
            [sys.executable, "-m", "earmark", "features", "extract", ".", "--format", style],
            cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_line_end_in_a_name_does_not_break_the_line(earmark, clip):
    if sys.platform == "win32":
        pytest.skip("Windows has no such names")
    clip("a\nb.wav")
    assert earmark("tag", "a\nb.wav").stdout.startswith("a\\nb.wav  0:03")


def test_an_empty_name_is_not_this_folder(earmark, clip):
    clip("a.wav")
    done = earmark("tag", "")
    assert done.returncode == 2
    assert "an empty file name" in done.stderr


def test_a_file_called_minus_is_a_file(earmark, clip):
    clip("-")
    done = earmark("tag", "--", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-  0:03")


def test_less_than_half_a_second_says_nothing(earmark, clip):
    done = earmark("tag", clip("a.wav", 0.1))
    assert done.returncode == 1
    assert "at least 0.5 s are needed" in one_line(done)


@pytest.mark.parametrize(("out", "message"), [
    ("file", "cannot be used as a run folder"), ("file/inside", "cannot be used as a run folder"),
])
def test_a_run_needs_a_folder(earmark, tmp_path, out, message):
    from earmark.datasets.gtzan import Gtzan

    Gtzan.sample(tmp_path / "data")
    (tmp_path / "data/Data/features_30_sec.csv").unlink()
    (tmp_path / "file").write_text("in the way")
    done = earmark("train", "gtzan57-logistic", "--data", "data", "--out", out)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("what", ["x" * 5000, "no\0name" if sys.platform == "win32" else "nö"])
def test_names_no_system_takes_are_unknown_names(earmark, what):
    done = earmark("train", what, "--data", ".")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
