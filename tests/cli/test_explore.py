"""``earmark explore`` as a user runs it: what it prints, writes and refuses."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import one_line

from earmark.datasets.audioset import AudioSet
from earmark.datasets.jamendo import Jamendo


@pytest.fixture
def jamendo(tmp_path):
    Jamendo.sample(tmp_path / "music")
    return tmp_path / "music"


def test_a_page_is_written_and_said(earmark, jamendo, tmp_path):
    ran = earmark("explore", jamendo)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("jamendo: 6 tracks")
    assert "its 2 test tracks stay unseen" in lines[1]
    assert lines[-1] == f"page: {Path('runs/explore-jamendo/explore.html')}"
    assert (tmp_path / "runs/explore-jamendo/explore.html").is_file()
    assert "labels" in ran.stderr.splitlines()


def test_json_is_alone_on_stdout_and_is_the_file(earmark, jamendo, tmp_path):
    ran = earmark("explore", jamendo, "--json", "--out", "o", "--partition", "none")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told == json.loads((tmp_path / "o/explore.json").read_text())
    assert told["split"] == ""
    assert told["sections"]["labels"]["tracks"] == 6


def test_features_of_a_table_are_looked_at(earmark, tmp_path):
    AudioSet.sample(tmp_path / "music")
    ran = earmark("explore", tmp_path / "music", "--rows", 12, "--seed", 3, "--out", "o", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["features"] == "table (vggish), from the dataset's table"
    assert len(told["sections"]) > 4
    assert (told["rows"], told["seed"]) == (12, 3)


def test_features_are_made_from_audio_where_asked_for(earmark, clip, tmp_path):
    for genre in ("rock", "jazz"):
        for number in range(4):
            clip(f"music/{genre}/{number}.wav", seconds=1.0, level=0.05 + 0.05 * number)
    ran = earmark("explore", tmp_path / "music", "--features", "gtzan57", "--out", "o")
    assert ran.returncode == 0, ran.stderr
    assert "Features: gtzan57, made from audio; of all 8 tracks." in ran.stdout
    assert "features 8/8" in ran.stderr


@pytest.mark.parametrize(("args", "said"), [
    (["--dataset", "jamenod"], "Did you mean 'jamendo'"),
    (["--option", "tags=top51"], "tags"),
    (["--partition", "split-9"], "has no published split 'split-9'"),
    (["--features", "gtzan75"], "Did you mean 'gtzan57'"),
    (["--features", "{1}"], "is no JSON"),
    (["--features", "logmel"], "makes pictures"),
    (["--out", "taken/deeper"], "is a file; expected a folder"),
])
def test_what_cannot_be_is_one_line_and_writes_nothing(earmark, jamendo, tmp_path, args, said):
    (tmp_path / "taken").write_text("x")
    ran = earmark("explore", jamendo, *args)
    assert ran.returncode == 1, ran.stdout
    assert said in one_line(ran)
    assert not list(tmp_path.glob("**/explore.*"))


def test_features_of_audio_that_is_not_there_are_refused(earmark, tmp_path):
    AudioSet.sample(tmp_path / "music")
    ran = earmark("explore", tmp_path / "music", "--features", "gtzan57")
    assert ran.returncode == 1
    assert "no audio of the 24 tracks could be read" in one_line(ran)
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_is_not_there_and_one_without_labels(earmark, tmp_path):
    assert "no such folder" in one_line(earmark("explore", "nowhere"))
    (tmp_path / "t.csv").write_text("path,label\n")
    ran = earmark("explore", "t.csv")
    assert ran.returncode == 1
    assert "t.csv" in one_line(ran)


@pytest.mark.parametrize("args", [["--rows", "1"], ["--seed", "-1"], ["--option", "x"]])
def test_misuse_exits_with_2(earmark, jamendo, args):
    assert earmark("explore", jamendo, *args).returncode == 2
