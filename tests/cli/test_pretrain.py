"""``earmark pretrain``, as typed."""

import json

import pytest
from tests.cli.conftest import one_line

from earmark.datasets.audioset import AudioSet

pytest.importorskip("torch", reason="pip install '.[deep]'")
pytest.importorskip("skorch", reason="pip install '.[deep]'")

_RECIPE = """
name = "little"
[dataset]
name = "audioset"
options = { labels = "mood" }
[split]
partition = "official"
[[branches]]
front_end = { name = "table", kind = "vggish", pooling = "sequence" }
model = { name = "cnn:sequence", channels = 4, blocks = 1, training = { epochs = 1 } }
[tagger]
name = "little"
title = "Little"
licence = "MIT"
limits = "made up"
"""
_PRETRAIN = ("pretrain", "little.toml", "--data", "data", "--epochs", "1")


@pytest.fixture
def place(tmp_path):
    AudioSet.sample(tmp_path / "data")
    (tmp_path / "little.toml").write_text(_RECIPE)
    return tmp_path


def test_a_trunk_is_written_and_told(earmark, place):
    done = earmark(*_PRETRAIN, "--wider", "labels=music", "--out", "t.safetensors", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["labelled_rows"] == 6
    assert told["unlabelled_rows"] == 18
    assert len(told["losses"]) == 1
    assert (place / told["out"]).is_file()
    assert "18 tracks of audioset in no valid or test part" in done.stderr


@pytest.mark.parametrize(("more", "said"), [
    ((), "every track is learnt from"),
    (("--wider", "lables=music"), "has no option 'lables'"),
    (("--method", "masked", "--method", "pseudo", "--judge", "--sure", "0.2"),
     "'unsure' is 0.3 and 'sure' 0.2"),
])  # fmt: skip
def test_what_cannot_be_is_told_in_a_line(earmark, place, more, said):
    done = earmark(*_PRETRAIN, *more)
    assert done.returncode != 0
    assert said in one_line(done)
    assert not list(place.glob("*.safetensors"))


def test_one_method_makes_one_trunk(earmark, place):
    done = earmark(*_PRETRAIN, "--method", "masked", "--method", "pseudo")
    assert done.returncode == 2
    assert "one --method makes one trunk" in done.stderr


@pytest.mark.parametrize(("more", "said"), [
    (("--folds", "3"), "--folds needs --judge"),
    (("--seed", "3"), "--seed needs --judge"),
    (("--judge", "--out", "t.safetensors"), "--out is for a trunk"),
    (("--sure", "0.9"), "--sure needs --method pseudo"),
    (("--method", "pseudo"), "--epochs is of --method masked and contrastive"),
])  # fmt: skip
def test_options_that_would_do_nothing_are_refused(earmark, place, more, said):
    done = earmark(*_PRETRAIN, *more)
    assert done.returncode == 2
    assert said in done.stderr
