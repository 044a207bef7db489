"""Branches as one learner."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from earmark.datasets.base import Fault, Track
from earmark.lab import choose, experiment
from earmark.lab import recipe as recipes
from earmark.lab.learner import Learner


def test_tracks_that_all_lack_features_have_no_scores(sample_root):
    """Such as a small valid part whose files cannot be read."""
    recipe = recipes.read("gtzan57-logistic")
    bench = choose.bench([recipe], sample_root, lambda _: None)
    learner = Learner(bench.dataset, recipe.branches, tuple(bench.gathered(recipe)))
    fitted = learner.fit(bench.ids, np.random.default_rng(0))
    found = fitted.scores(["nobody.00000"])
    assert found.ids == []
    assert found.scores.shape == (0, 10)


@pytest.fixture
def copied(sample_root):
    """A learner of six tracks by three artists, one of whom has a copy of another's track."""
    names = [("a0", "a"), ("a1", "a"), ("b0", "b"), ("b1", "b"), ("c0", "c"), ("c1", "c")]
    tracks = {i: Track(i, ("jazz",), artist=artist) for i, artist in names}
    copies = (Fault("b0", "exact duplicate", "a1", "by hand"),)
    dataset = SimpleNamespace(tracks=tracks, faults=lambda: copies)
    return Learner(dataset, (), ())


def test_copies_bring_their_artists_together(copied):
    groups = copied.groups(sorted(copied.dataset.tracks)).tolist()
    assert groups == ["artist a"] * 4 + ["artist c"] * 2
    assert copied.groups(["c1", "b1"]).tolist() == ["artist c", "artist b"]  # nothing to join here


@pytest.mark.parametrize("patience", [None, 1])
def test_a_valid_part_that_an_epoch_was_chosen_by_is_told(sample_root, tmp_path, patience):
    pytest.importorskip("torch")
    pytest.importorskip("skorch")
    whole = recipes.read("gtzan57-logistic")
    training = {"epochs": 2, **({"patience": patience} if patience else {})}
    its = dataclasses.replace(whole.branches[0], source="table",
                              model={"name": "dense:mlp", "training": training})
    recipe = dataclasses.replace(whole, folds=0, branches=(its,), split=dataclasses.replace(
        whole.split, learn_from=("train",)))
    parts = experiment.run(recipe, sample_root, tmp_path / "run").results["parts"]
    assert {name: its["learnt_from"] for name, its in parts.items()} == {
        "train": True, "valid": patience is not None, "test": False}
