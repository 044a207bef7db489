"""``earmark data stats``, ``make`` and ``merge`` as a user calls them."""

import json

import pytest

from earmark.datasets.made import Made
from earmark.datasets.synthetic import CollectionSettings, PlantedFaults, compose_collection


@pytest.fixture(scope="module")
def composed(tmp_path_factory):
    root = tmp_path_factory.mktemp("composed")
    faults = PlantedFaults(0, 0, 0, 1, 0, 0)
    compose_collection(root, CollectionSettings(("classical", "disco"), 3, 2, seconds=3.0,
                                                faults=faults))
    return root


def test_stats_counts_what_is_there(earmark, composed):
    said = earmark("data", "stats", composed)
    assert said.returncode == 0
    assert "12 tracks, 12 with audio; 6 artists" in said.stdout
    facts = json.loads(earmark("data", "stats", composed, "--json").stdout)
    assert [(row["label"], row["tracks"]) for row in facts["labels"]] == [
        ("classical", 6), ("disco", 6)]
    assert facts["known_faults"] == 1


def test_make_then_train_then_merge(earmark, composed, tmp_path):
    made = earmark("data", "make", composed, "--per-label", 6, "--segment-seconds", 1.5,
                   "--out", "mine", "--seed", 1)
    assert made.returncode == 0, made.stderr
    assert "mine: 11 tracks, 2 labels, 22 segments" in made.stdout  # one is silent
    read = Made(tmp_path / "mine")
    assert len(read.tracks) == 11
    assert "Traceback" not in made.stderr
    again = earmark("data", "make", composed, "--per-label", 6, "--out", "mine")
    assert again.returncode == 1
    assert "mine is there already" in again.stderr
    trained = earmark("train", "mine", "--json")
    assert trained.returncode == 0, trained.stderr
    results = json.loads(trained.stdout)
    assert results["protocol"]["dataset"].startswith("made")
    merged = earmark("data", "merge", "mine", f"synthetic={composed}", "--to", "disco,classical",
                     "--out", "both", "--json")
    assert merged.returncode == 0, merged.stderr
    facts = json.loads(merged.stdout)
    # Eleven of the twelve are in both, by their files.
    assert (facts["tracks"], facts["labels"], facts["segments"]) == (12, ["disco", "classical"], 0)


def test_a_plan_says_what_is_at_hand_and_writes_nothing(earmark, composed, tmp_path):
    said = earmark("data", "make", composed, "--per-label", 2, "--plan", "--json")
    facts = json.loads(said.stdout)
    assert facts["tracks_wanted"] == 4
    assert [row["at_hand"] for row in facts["labels"]] == [2, 2]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("args", "says", "code"), [
    (["make", "{root}", "--per-label", "2"], "give --out FOLDER", 2),
    (["make", "{root}", "--out", "o", "--label", "polka"], "no label is called 'polka'", 1),
    (["make", "{root}", "--out", "o", "--set", "gtzan56"], "Did you mean 'gtzan57'?", 1),
    (["make", "{root}", "--out", "o", "--audio", "gone"], "no such folder", 1),
    (["make", "{root}", "--out", "o", "--segment-seconds", "-1"], "expected between 0.05", 1),
    (["make", "{root}", "--out", "o", "--segment-seconds", "nan"], "expected between 0.05", 1),
    (["make", "{root}", "--out", "o", "--seconds-tolerance", "nan"], "expected seconds", 2),
    (["merge", "{root}", "{root}", "--out", "o", "--segment-seconds", "3"], "needs --set", 2),
    (["make", "gone", "--out", "o"], "no such folder", 1),
    (["make", "{root}", "--out", "o", "--option", "label"], "expected KEY=VALUE", 2),
    (["merge", "{root}", "--out", "o"], "two or more", 1),
    (["merge", "{root}", "{root}", "--out", "o", "--to", "polka"], "neither a label set", 1),
    (["merge", "{root}", "{root}", "--out", "o", "--option", "fma.subset=x"], "is 'fma'", 2),
    (["stats", "{root}", "--dataset", "gtzam"], "Did you mean 'gtzan'?", 1),
    (["stast", "{root}"], "Did you mean 'stats'?", 2),
])  # fmt: skip
def test_slips_are_one_line(earmark, composed, tmp_path, args, says, code):
    said = earmark("data", *(a.format(root=composed) for a in args))
    assert says in said.stderr
    assert said.returncode == code
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "o").exists()
