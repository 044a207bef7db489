"""``earmark audit``, as typed."""

import json

import numpy as np
import pytest
import soundfile

from earmark.datasets.gtzan import Gtzan

RATE = 22_050


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Two kinds of noise; each artist has a hum of its own, and four tracks."""
    rng = np.random.default_rng(5)
    root = tmp_path_factory.mktemp("collection") / "my music"
    for label in ("bright", "dull"):
        for number, artist in enumerate(("Ann", "Bob", "Cyd", "Dee")):
            for title in ("One", "Two", "Three", "Four"):
                noise = rng.standard_normal(RATE * 20)
                hum = np.sin(np.arange(len(noise)) / RATE * 2 * np.pi * 220 * 2 ** (number / 2))
                path = root / label / f"{artist} {label} - {title}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                samples = 0.05 * noise + 0.2 * hum
                soundfile.write(path, samples.astype(np.float32), RATE)
    return root


def test_ones_own_music_is_audited(earmark, music, tmp_path):
    done = earmark("audit", music, "--seeds", "2")
    assert done.returncode == 0, done.stderr
    for line in ("random segments (leaky)", "by track (leaky)", "by artist",
                 "artists: 8 known, for 32 of 32 tracks, from names", "unheard artists",
                 "page: runs/audit-my-music/audit.html"):
        assert line in done.stdout
    values = json.loads((tmp_path / "runs/audit-my-music/audit.json").read_text())
    assert values["honest"] == "by artist"
    assert values["reported"] == "random segments"
    assert values["readings"] == []
    assert not (tmp_path / "runs/ledger.jsonl").exists()
    sizes = {each["learnt"]["tracks"] for each in values["protocols"]}
    assert sizes == {None, 24}
    again = earmark("audit", music, "--seeds", "2", "--json")
    assert json.loads(again.stdout) == values
    assert "random segments, draw" not in again.stderr


def test_a_recipe_is_audited_on_a_dataset(earmark, tmp_path):
    Gtzan.sample(tmp_path / "data")
    for clip in (tmp_path / "data").rglob("*.wav"):  # which the made-up table is not of
        clip.unlink()
    done = earmark("audit", "gtzan57-logistic", "--data", "data", "--seeds", "1", "--out", "here")
    assert done.returncode == 0, done.stderr
    assert "filtered (30 of 930 tracks)" in done.stdout
    assert "published under" not in done.stdout  # of a part of the dataset nothing is published
    assert (tmp_path / "here/audit.html").is_file()
    (line,) = (tmp_path / "ledger.jsonl").read_text().splitlines()
    assert json.loads(line)["run"] == "here"


@pytest.mark.parametrize(("args", "code", "message"), [
    (["audit", "gtzan57-svm"], 2, "needs --data"),
    (["audit", "gtzan57-swm", "--data", "."], 1, "Did you mean 'gtzan57-svm"),
    (["audit", "gtzan57-svm", "--data", "nowhere"], 1, "nowhere: no such folder"),
    (["audit", "gtzan57-svm", "--data", ".", "--option", "subset"], 2, "expected KEY=VALUE"),
    (["audit", "gtzan57-svm", "--data", ".", "--option", "subset=small"], 1, "has no option"),
    (["audit", ".", "--option", "a=b"], 2, "--option is for a published dataset"),
    (["audit", "gtzan57-svm", "--data", ".", "--seeds", "0"], 2, "--seeds"),
])
def test_errors_are_one_line(earmark, args, code, message):
    done = earmark(*args)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.count("\n") == 1
