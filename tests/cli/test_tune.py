"""``earmark tune``, as typed."""

import json
import os
import signal
import subprocess
import sys

import pytest
from tests.cli.conftest import one_line

from earmark.datasets.gtzan import Gtzan

pytest.importorskip("optuna", reason="pip install '.[tune]'")

_RECIPE = """
name = "near"
[dataset]
name = "gtzan"
[split]
partition = "filtered"
learn_from = ["train", "valid"]
[[branches]]
source = "table"
front_end = { name = "gtzan57" }
model = { name = "classical:knn", n_neighbors = 3 }
[tagger]
name = "near"
title = "The nearest"
licence = "MIT"
limits = "made up"
"""
_TUNE = ("tune", "near.toml", "--data", "data", "--folds", "2", "--confirm", "1")


@pytest.fixture
def place(tmp_path):
    """A folder with a recipe and the dataset it is for."""
    Gtzan.sample(tmp_path / "data")
    for clip in (tmp_path / "data").rglob("*.wav"):  # which the made-up table is not of
        clip.unlink()
    (tmp_path / "near.toml").write_text(_RECIPE)
    return tmp_path


def test_a_search_ends_in_a_recipe_and_a_page(earmark, place):
    done = earmark(*_TUNE, "--trials", "4")
    assert done.returncode == 0, done.stderr
    assert "20 tracks, 1 x 2 folds by artist, unit track, seed 0; the test part was not read" \
        in done.stdout
    assert "  4 trials: " in done.stdout
    assert "recipe: runs/tune-near/best.toml" in done.stdout.replace(os.sep, "/")
    assert "4 of 4 trials: " in done.stderr
    assert (place / "runs/tune-near/tune.html").is_file()
    again = earmark(*_TUNE, "--trials", "4", "--json")
    assert json.loads(again.stdout) == json.loads((place / "runs/tune-near/tune.json").read_text())
    assert "of 4 trials" not in again.stderr
    more = earmark(*_TUNE, "--trials", "6", "--jobs", "2")
    assert more.returncode == 0, more.stderr
    assert "5 of 6 trials: " in more.stderr
    assert "4 of 6 trials: " not in more.stderr


def test_ranges_are_given_by_words_and_by_a_file(earmark, place):
    (place / "space.toml").write_text('"branches.0.model.p" = { choices = [1, 2] }\n')
    done = earmark(*_TUNE, "--trials", "3", "--space", "space.toml", "--out", "here", "--json",
                   "--vary", "branches.0.model.n_neighbors=2..9:log")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["space"] == {
        "branches.0.model.n_neighbors": {"low": 2, "high": 9, "log": True},
        "branches.0.model.p": {"choices": [1, 2]}}


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_search_that_is_interrupted_goes_on(earmark, place, jobs):
    command = [sys.executable, "-m", "earmark", *_TUNE, "--trials", "5000", "--jobs", jobs]
    process = subprocess.Popen(command, cwd=place, text=True, stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    for line in process.stderr:
        if line.startswith("3 of 5000"):
            break
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "earmark: interrupted; finished trials are kept; the same command goes on" in rest
    assert "Traceback" not in rest
    assert not (place / "runs/tune-near/tune.json").exists()
    done = earmark(*_TUNE, "--trials", "4", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["trials"]) >= 4
    assert "1 of 4" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_search_that_is_killed_goes_on(earmark, place):
    command = [sys.executable, "-m", "earmark", *_TUNE, "--trials", "5000"]
    process = subprocess.Popen(command, cwd=place, text=True, stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.startswith("3 of 5000"):
            break
    process.kill()
    process.communicate()
    done = earmark(*_TUNE, "--trials", "4", "--json")
    assert done.returncode == 0, done.stderr
    assert [t["number"] for t in json.loads(done.stdout)["trials"]][:4] == [0, 1, 2, 3]


@pytest.mark.parametrize(("more", "code", "message"), [
    (("--vary", "branches.0.model.n_neighbours=1..3"), 1, "Did you mean 'n_neighbors'"),
    (("--vary", "dataset.name=gtzan;fma"), 1, "'dataset.name' cannot be tried"),
    (("--vary", "branches.0.model.p"), 1, "expected FIELD=RANGE"),
    (("--vary", "branches.0.model.n_neighbors=9..1"), 1, "from 9 to 1"),
    (("--space", "nowhere.toml"), 2, "nowhere.toml"),
    (("--trials", "0"), 2, "--trials"),
    (("--out", "near.toml"), 2, "is a file"),
])
def test_errors_are_one_line(earmark, place, more, code, message):
    done = earmark(*_TUNE, *more)
    assert done.returncode == code
    assert message in done.stderr
    if code == 1:
        assert message in one_line(done)
    assert not (place / "runs").exists()


def test_a_damaged_search_is_one_line(earmark, place):
    (place / "here").mkdir()
    (place / "here/study.db").write_bytes(b"no database" * 99)
    done = earmark(*_TUNE, "--out", "here")
    assert done.returncode == 1
    assert "study.db is damaged" in one_line(done)


def test_without_optuna_the_extra_is_named(earmark, place):
    (place / "optuna.py").write_text("raise ImportError('not here')")
    done = earmark(*_TUNE, env={"PYTHONPATH": os.pathsep.join(
        filter(None, [str(place), os.environ.get("PYTHONPATH")]))})
    assert done.returncode == 1
    assert "pip install '.[tune]'" in one_line(done)
