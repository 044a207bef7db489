"""Extraction of folders: in order, resumed, in spite of everything that happens on the way."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import one_line

from earmark.features.gtzan57 import COLUMNS

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and links are POSIX's")


@pytest.fixture
def env(families, tmp_path_factory):
    return {**families, "EARMARK_CACHE": str(tmp_path_factory.mktemp("cache")),
            "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def begun(tmp_path, env, in_processes):
    """Return a function that starts a command and returns the process; one group with its own."""
    def begin(*args):
        return subprocess.Popen(
            [*in_processes, *map(str, args)], cwd=tmp_path, env={**os.environ, **env},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True)

    return begin


def entries(env):
    """When each entry of the cache was written."""
    return {p: p.stat().st_mtime_ns for p in Path(env["EARMARK_CACHE"]).rglob("*.bin")}


def names(process):
    return [row["filename"] for row in csv.DictReader(io.StringIO(process.stdout))]


def test_one_process_and_two_give_the_same_bytes(earmark, clip, env, in_processes):
    for n in range(5):
        clip(f"{n}.wav", 1.5 + n)
    clip("folder/odd, \"name\" ü.wav", 2.0)
    (clip("folder/x.wav").parent / "broken.mp3").write_bytes(b"no music" * 50)
    args = ("features", "extract", ".", "--segment-seconds", 1, "--jobs")
    outputs = []
    for number, (jobs, start) in enumerate([(1, None), (2, None), (2, in_processes)]):
        cold = {**env, "EARMARK_CACHE": f"{env['EARMARK_CACHE']}/{number}"}
        options = {"start": start} if start else {}
        done = earmark(*args, jobs, env=cold, **options)
        assert done.returncode == 3
        assert "broken.mp3: cannot be decoded" in one_line(done)
        outputs.append(done.stdout)
        again = earmark(*args, jobs, env=cold, **options)
        assert again.stdout == done.stdout
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(outputs[0].splitlines()) == 1 + sum([1, 2, 3, 4, 5]) + 2 + 3


def test_two_runs_at_once_share_the_cache(clip, env, begun):
    for n in range(8):
        clip(f"{n}.wav", 2.0)
    runs = [begun("features", "extract", ".", "--jobs", 2) for _ in range(2)]
    (out, err), (other, other_err) = (run.communicate(timeout=100) for run in runs)
    assert [run.returncode for run in runs] == [0, 0], err + other_err
    assert out == other
    assert len(out.splitlines()) == 9
    assert len(entries(env)) == 8


@POSIX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_is_taken_up_where_it_was(earmark, clip, env, begun, tmp_path, how):
    for n in range(12):
        clip(f"{n:02d}.wav", 0.5)
    (tmp_path / "t.csv").write_text("old")
    args = ("features", "extract", ".", "--set", "slow", "--setting", "seconds=0.75", "--out",
            "t.csv")
    run = begun(*args, "--jobs", 2)
    while len(kept := entries(env)) < 4 and run.poll() is None:
        time.sleep(0.02)
    # Ctrl-C reaches all processes of the group; kill -9 is for one, and its own must notice.
    os.killpg(run.pid, how) if how == signal.SIGINT else os.kill(run.pid, how)
    _, err = run.communicate(timeout=20)
    assert "Traceback" not in err
    assert (tmp_path / "t.csv").read_text() == "old"
    if how == signal.SIGINT:
        assert run.returncode == 130
        assert "interrupted; what is finished is kept" in err
        assert {p.name for p in tmp_path.iterdir()} == {f"{n:02d}.wav" for n in range(12)} | {
            "t.csv"}
    time.sleep(1.0)  # processes without their parent finish what they hold
    kept |= entries(env)
    assert 4 <= len(kept) < 12
    done = earmark(*args, env=env)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 13
    now = entries(env)
    assert len(now) == 12
    assert {p: now[p] for p in kept} == kept


@POSIX
def test_a_process_that_dies_takes_one_file_with_it(earmark, clip, env, in_processes):
    for n in range(6):
        clip(f"{n}.wav", 0.5)
    clip("3.wav", 0.5, level=9.0)
    done = earmark("features", "extract", ".", "--set", "slow", "--jobs", 2, env=env,
                   start=in_processes)
    assert done.returncode == 3
    assert "3.wav: the process that worked on it was ended by SIGKILL" in one_line(done)
    assert names(done) == [f"{n}.wav" for n in range(6) if n != 3]


def test_everything_a_folder_may_hold(earmark, clip, env, tmp_path, in_processes):
    clip("good.wav")
    clip("short.wav", 0.01)
    soundfile.write(tmp_path / "zero.wav", np.zeros(0, np.float32), 22_050)
    soundfile.write(tmp_path / "nan.wav", np.full(22_050, np.nan, np.float32), 22_050, "FLOAT")
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "text.mp3").write_text("<html>not found</html>")
    (tmp_path / "folder.wav").mkdir()
    if sys.platform != "win32":
        (tmp_path / "link.wav").symlink_to("nowhere.wav")
    for options in ({}, {"start": in_processes}):
        done = earmark("features", "extract", ".", "gone.flac", "--segment-seconds", 1,
                       "--jobs", 2, env=env, **options)
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
        assert names(done) == ["good.wav"] * 3 + ["short.wav"]
        assert "short.wav: shorter than one segment of 1 s: repeated" in done.stderr
        said = [line for line in done.stderr.splitlines() if line.startswith("earmark:")]
        for line, words in zip(said, [
            "empty.mp3: empty (0 bytes)", "gone.flac: no such file",
            *(["link.wav: a link to nowhere.wav"] if sys.platform != "win32" else []),
            "samples from 0.00 s on are not finite numbers",
            "text.mp3: cannot be decoded, it is text",
            "zero.wav: holds no audio samples",
        ], strict=True):  # fmt: skip
            assert words in line


def test_a_folder_without_music_is_one_line(earmark, tmp_path):
    (tmp_path / "x").mkdir()
    done = earmark("features", "extract", "x", "--out", "t.csv")
    assert done.returncode == 1
    assert "no audio files in x" in one_line(done)
    assert not (tmp_path / "t.csv").exists()


def test_where_all_fail_nothing_is_written(earmark, tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"no music" * 50)
    (tmp_path / "t.csv").write_text("old")
    done = earmark("features", "extract", "a.mp3", "--out", "t.csv")
    assert done.returncode == 1
    assert (tmp_path / "t.csv").read_text() == "old"


def test_several_lengths_have_a_column_that_says_which(earmark, clip, env):
    clip("a.wav", 4.0)
    done = earmark("features", "extract", "a.wav", "--segment-seconds", 2, "--segment-seconds", 1,
                   "--segment-seconds", 2, env=env)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["filename", "start_seconds", "segment_seconds", *COLUMNS]
    assert [(r["segment_seconds"], r["start_seconds"]) for r in rows] == [
        ("2", "0"), ("2", "2"), ("1", "0"), ("1", "1"), ("1", "2"), ("1", "3")]
    alone = earmark("features", "extract", "a.wav", "--segment-seconds", 1, env=env)
    (first, *_) = csv.DictReader(io.StringIO(alone.stdout))
    assert "segment_seconds" not in first
    assert {k: rows[2][k] for k in first} == first


def test_json_is_a_list_of_rows_and_parquet_the_same(earmark, clip, env, tmp_path):
    import pyarrow.parquet

    for n in range(3):
        clip(f"{n}.wav", 2.0)
    text = earmark("features", "extract", ".", "--format", "json", "--segment-seconds", 1, env=env)
    rows = json.loads(text.stdout)
    assert text.stdout == json.dumps(rows, indent=1) + "\n"
    done = earmark("features", "extract", ".", "--format", "parquet", "--segment-seconds", 1,
                   "--out", "t.parquet", env=env)
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert {str(table.schema.field(c).type) for c in COLUMNS} == {"float"}
    assert table.to_pylist() == rows
    assert len(rows) == 6


def test_a_cache_that_cannot_be_written_is_said_once(earmark, clip, env, tmp_path, in_processes):
    for n in range(4):
        clip(f"{n}.wav")
    (tmp_path / "cache").write_text("in the way")
    done = earmark("features", "extract", ".", "--jobs", 2, start=in_processes,
                   env={**env, "EARMARK_CACHE": str(tmp_path / "cache")})
    assert done.returncode == 0
    assert done.stderr.count("features are not kept") == 1
    assert len(done.stdout.splitlines()) == 5


@POSIX
def test_a_full_cache_disk_is_said_once_and_extraction_goes_on(earmark, clip, env, tmp_path):
    for n in range(3):
        clip(f"{n}.wav")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(disk)],
                             capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        done = earmark("features", "extract", ".", env={**env, "EARMARK_CACHE": str(disk)})
        assert done.returncode == 0
        assert done.stderr.count("No space left on device") == 1
        assert len(done.stdout.splitlines()) == 4
        assert not [p for p in disk.rglob("*") if p.is_file() and p.suffix == ".tmp"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_table_that_cannot_be_written_is_one_line(earmark, clip, env):
    clip("a.wav")
    done = earmark("features", "extract", "a.wav", "--out", "/dev/full", env=env)
    assert done.returncode == 1
    assert "/dev/full cannot be written: No space left on device" in one_line(done)


def test_pictures_are_files_with_an_index(earmark, clip, env, tmp_path, in_processes):
    clip("a/song.wav", 2.0)
    clip("b/song.wav", 2.0)
    clip("b/other.wav", 1.0)
    done = earmark("features", "extract", "a", "b", "--set", "levels", "--format", "npy", "--out",
                   "out", "--segment-seconds", 1, "--segment-seconds", 0.5, "--jobs", 2, env=env,
                   start=in_processes)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "out/index.csv").read_text().splitlines()))
    assert len(rows) == 2 * (2 + 4) + 3
    assert list(rows[0]) == ["filename", "start_seconds", "segment_seconds", "file"]
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"index.csv", *(r["file"] for r in rows)}
    assert [r["file"] for r in rows if "other" in r["filename"]] == [
        "other.1s.000.npy", "other.0_5s.000.npy", "other.0_5s.001.npy"]
    picture = np.load(tmp_path / "out" / rows[1]["file"], allow_pickle=False)
    samples, _ = soundfile.read(tmp_path / rows[1]["filename"])
    assert (picture.shape, picture.dtype) == ((3, 2), np.float32)
    assert picture[0, 1] == pytest.approx(2 * picture[0, 0])
    assert 0 < picture.max() < 2 * np.abs(samples).max()
    again = earmark("features", "extract", "b/other.wav", "--set", "levels", "--format", "npy",
                    "--out", "out", env=env)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "out/other.npy").is_file()


def test_pictures_are_drawn_by_families_that_can(earmark, clip, env, tmp_path):
    clip("a.wav", 1.0)
    args = ("features", "extract", "a.wav", "--format", "png", "--out", "out")
    assert earmark(*args, "--set", "drawn", env=env).returncode == 0
    assert (tmp_path / "out/a.png").read_bytes().startswith(b"a drawing of ")
    done = earmark(*args, "--set", "levels", env=env)
    assert done.returncode == 1
    assert "'levels' draws no pictures; choose another --format: npy" in one_line(done)


@pytest.mark.parametrize(("args", "code", "message"), [
    (["--set", "levels"], 1,
     "'levels' makes pictures of 3 x 2 a second, which do not fit in csv; choose --format npy "
     "with --out FOLDER"),
    (["--set", "drawn", "--format", "json"], 1, "choose --format npy or png"),
    (["--set", "levels", "--format", "npy"], 2, "--format npy needs --out FOLDER"),
    (["--set", "levels", "--format", "npy", "--out", "a.wav"], 2, "needs --out FOLDER"),
    (["--out", "."], 2, "--out . is a folder; --format csv needs a file"),
    (["--set", "levels", "--format", "npy", "--out", "a.wav/b"], 1, "cannot be written"),
])  # fmt: skip
def test_formats_that_do_not_fit_are_named(earmark, clip, env, args, code, message):
    clip("a.wav")
    done = earmark("features", "extract", "a.wav", *args, env=env)
    assert done.returncode == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
