"""``earmark explain`` as a user runs it: what it prints, writes and refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import one_line

from earmark.datasets.gtzan import Gtzan


def test_a_file_is_explained(earmark, clip, tmp_path):
    clip("a.wav")
    ran = earmark("explain", "a.wav", "--label", "jazz")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("a.wav: 'jazz' scores 0.")
    assert lines[-1] == f"page: {Path('runs/explain-a/explain.html')}"
    assert (tmp_path / "runs/explain-a/explain.html").is_file()
    assert "3 windows and 8 bands taken from the sound, one at a time: 11 passes" in ran.stderr


def test_json_is_alone_on_stdout_and_is_the_file(earmark, clip, tmp_path):
    clip("a.wav")
    ran = earmark("explain", "a.wav", "--json", "--out", "o", "--window", "1.5", "--bands", "3",
                  "--grid")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told == json.loads((tmp_path / "o/explain.json").read_text())
    assert (len(told["windows"]), len(told["bands"])) == (2, 3)
    assert np.shape(told["cells"]) == (2, 3)
    assert told["passes"] == 2 + 3 + 6
    assert told["tagger"].startswith("gtzan10-net@")


@pytest.fixture
def run(tmp_path):
    """A made-up dataset, and the folder of a run on it as far as it is read."""
    Gtzan.sample(tmp_path / "music")
    recipe = Path(__file__).parents[2] / "src/earmark/lab/recipes/gtzan57-logistic.toml"
    text = recipe.read_text().replace("[[branches]]", '[[branches]]\nsource = "table"')
    (tmp_path / "run").mkdir()
    (tmp_path / "run/recipe.toml").write_text(text)
    for wav in (tmp_path / "music").rglob("*.wav"):  # its table is not what is made of them
        wav.unlink()
    return tmp_path / "run"


def test_a_run_is_explained_by_its_features(earmark, run, tmp_path):
    ran = earmark("explain", "run", "--data", "music", "--folds", "2", "--repeats", "1")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("gtzan57-logistic on gtzan: accuracy 1.000 out of fold")
    assert "on 20 tracks, test not read" in lines[0]
    assert any(line.split()[:1] == ["mfcc"] and line.endswith("40 columns") for line in lines)
    assert lines[-1] == f"page: {Path('runs/explain-run/importance.html')}"
    assert (tmp_path / "runs/explain-run/importance.json").is_file()


@pytest.mark.parametrize(("arguments", "told"), [
    (["absent.wav"], "absent.wav: "),
    (["text.wav"], "text.wav: "),
    (["silent.wav"], "silent.wav: silent from 0 s to 3 s; give a --start"),
    (["short.wav"], "short.wav: holds 0.7 s from 0 s on; expected 1 s at least"),
    (["a.wav", "--window", "3"], "one window of 3 s; expected two windows at least"),
    (["a.wav", "--label", "jaz"], "has no label 'jaz'. Did you mean 'jazz'?"),
    (["a.wav", "--tagger", "gtzan1"], "Did you mean 'gtzan10'?"),
    (["a.wav", "--run", "empty"], "empty holds no tagger.earmark; expected a finished run"),
    (["a.wav", "--out", "text.wav/x"], "cannot be written"),
    (["empty", "--data", "."], "empty is a folder without recipe.toml; expected an audio file"),
])  # fmt: skip
def test_what_cannot_be_explained_is_said_in_a_line(earmark, clip, tmp_path, arguments, told):
    clip("a.wav")
    clip("short.wav", seconds=0.7)
    soundfile.write(tmp_path / "silent.wav", np.zeros(66_150), 22_050)
    (tmp_path / "text.wav").write_text("no music\n")
    (tmp_path / "empty").mkdir()
    ran = earmark("explain", *arguments)
    assert ran.returncode == 1
    assert told in one_line(ran)
    assert not list(tmp_path.glob("runs/*/*"))


@pytest.mark.parametrize(("arguments", "told"), [
    (["a.wav", "--gradients"], "--gradients needs --run RUN"),
    (["a.wav", "--run", "r", "--tagger", "gtzan10"], "--run and --tagger exclude each other"),
    (["a.wav", "--data", "d"], "--data is only for a RUN"),
    ([".", "--label", "jazz"], "--label is only for a FILE"),
    ([".", "--start", "0"], "--start is only for a FILE"),
    (["a.wav", "--folds", "5"], "--folds is only for a RUN"),
    (["a.wav", "--steps", "9"], "--steps is only for --gradients"),
    (["a.wav", "--run", "r", "--gradients", "--depth", "9"], "--depth is about parts"),
    (["run"], "a RUN needs --data FOLDER"),
])  # fmt: skip
def test_options_that_do_not_go_together_are_refused(earmark, run, arguments, told):
    ran = earmark("explain", *arguments)
    assert ran.returncode == 2
    assert told in ran.stderr
