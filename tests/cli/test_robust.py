"""``earmark audit --robust``, as typed."""

import json

import numpy as np
import pytest
import soundfile

RATE = 22_050


@pytest.fixture
def music(rng, tmp_path):
    root = tmp_path / "songs"
    for label in ("jazz", "polka"):
        path = root / label / f"Ann {label} - One.wav"
        path.parent.mkdir(parents=True)
        soundfile.write(path, (0.1 * rng.standard_normal(3 * RATE)).astype(np.float32), RATE)
    return root


def test_labelled_music_a_page_and_a_card(earmark, music, tmp_path):
    (music / "jazz" / "text.wav").write_text("no music")
    done = earmark("audit", "songs", "--robust", "--tagger", "gtzan10", "--seconds", "2",
                   "--write-card", "mine.earmark")
    assert done.returncode == 3, done.stderr  # one file could not be heard
    for said in ("gtzan10@", "| telephone ", "| rate 48 kHz ", "held-out genres: 1 track of",
                 "skipped: songs/jazz/text.wav", "page: runs/robust-songs/robust.html",
                 "tagger with these figures on its card: mine.earmark"):
        assert said in done.stdout
    values = json.loads((tmp_path / "runs/robust-songs/robust.json").read_text())
    assert (values["tracks"], len(values["taggers"])) == (2, 1)
    shown = earmark("tagger", "show", "mine.earmark")
    assert "under mp3 64 kbit/s agreement: " in shown.stdout
    assert "robustness bench: same best label as undisturbed, 2 tracks of folder" in shown.stdout
    again = earmark("audit", "songs", "--robust", "--tagger", "gtzan10", "--seconds", "2",
                    "--json")
    assert again.returncode == 3, again.stderr
    assert json.loads(again.stdout) == values
    assert "of 3 tracks" not in again.stderr


def test_music_without_labels(earmark, music):
    done = earmark("audit", "songs", "--robust", "--labels", "none", "--seconds", "2",
                   "--tracks", "2", "--out", "here")
    assert done.returncode == 0, done.stderr
    assert "accuracy" not in done.stdout
    assert "| mp3 64 kbit/s " in done.stdout


@pytest.mark.parametrize(("args", "code", "message"), [
    (["audit", "nowhere", "--robust"], 1, "nowhere: no such folder or table of music"),
    (["audit", "gtzan", "--robust", "--data", "nowhere"], 1, "nowhere"),
    (["audit", "gtzna", "--robust", "--data", "."], 1, "Did you mean 'gtzan'"),
    (["audit", ".", "--robust", "--tagger", "gtzan11"], 1, "Did you mean 'gtzan10'"),
    (["audit", ".", "--robust", "--tagger", ""], 2, "--tagger is empty"),
    (["audit", ".", "--robust", "--seeds", "3"], 2, "--seeds is for an audit without --robust"),
    (["audit", ".", "--robust", "--seconds", "0"], 2, "--seconds"),
    (["audit", ".", "--robust", "--option", "a=b"], 2, "--option is for a published dataset"),
    (["audit", "gtzan", "--robust", "--data", ".", "--labels", "none"], 2, "--labels is for a "),
    (["audit", ".", "--robust", "--write-card", "a.zip"], 1, "ends in .earmark"),
    (["audit", ".", "--robust"], 1, "."),
    (["audit", ".", "--tagger", "gtzan10"], 2, "--tagger needs --robust"),
    (["audit", ".", "--write-card", "a.earmark"], 2, "--write-card needs --robust"),
    (["audit", ".", "--labels", "none"], 2, "--labels none needs --robust"),
])
def test_errors_are_one_line(earmark, args, code, message):
    done = earmark(*args)
    assert done.returncode == code, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.count("\n") == 1
