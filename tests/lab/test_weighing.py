"""Branches' weights, learnt from artists left out."""

import dataclasses

import numpy as np
import pytest

from earmark import settings
from earmark.errors import SettingsError
from earmark.lab import choose, experiment, weighing
from earmark.lab import recipe as recipes
from earmark.tagger.tagger import Tagger


@pytest.fixture(scope="module")
def both():
    """A recipe of two branches, one whose penalty leaves nothing to learn."""
    whole = recipes.read("gtzan57-logistic")
    branches = tuple(
        dataclasses.replace(whole.branches[0], source="table", model={
            "name": "classical:logistic", "inverse_penalty": penalty})
        for penalty in (1e-9, 1.0))  # fmt: skip
    return dataclasses.replace(whole, branches=branches, folds=2, weights="learnt")


@pytest.fixture(scope="module")
def run(both, sample_root, tmp_path_factory):
    return experiment.run(both, sample_root, tmp_path_factory.mktemp("runs") / "weighed")


def test_a_run_tells_its_weights_and_ships_them(run):
    told = run.results["branch_weights"]
    assert sum(told["weights"]) == pytest.approx(1)
    assert told["log_loss"] <= min(told["log_loss_alone"]) + 0.01  # the floor of a weight
    assert (told["weights"][1] > told["weights"][0]) == (
        told["log_loss_alone"][1] < told["log_loss_alone"][0])
    tagger = Tagger.load(run.folder / "tagger.earmark")
    assert [branch.weight for branch in tagger.manifest.branches] == told["weights"]


def test_a_bench_learns_weights_in_every_fold(both, sample_root):
    bench = choose.bench([both], sample_root, lambda _: None)
    (learn, held), _ = bench.folds(bench.ids, 2, 0)
    found = bench.fold(both, learn, held, 0)
    weights = bench._weights(both, learn, 0)
    alone = [bench.fold(dataclasses.replace(both, branches=(branch,), weights=None), learn,
                        held, 0) for branch in both.branches]
    by_hand = weights[0] * alone[0][held[0]] + weights[1] * alone[1][held[0]]
    np.testing.assert_allclose(found[held[0]], by_hand, atol=1e-6)
    assert weights != bench._weights(both, bench.ids, 0)


def test_no_branch_counts_for_nothing():
    right = np.array([[0.9, 0.1], [0.1, 0.9]])
    found = weighing.shares(np.stack([1 - right, right]), np.eye(2, dtype=np.int8), "single")
    assert found == pytest.approx([0.001 / 1.001, 1 / 1.001], abs=1e-6)


def test_weights_are_fixed_or_learnt(both):
    with pytest.raises(SettingsError, match=r"'weights' is 'learned'.*'learnt'"):
        settings.from_mapping(recipes.Recipe, {**settings.to_mapping(both), "weights": "learned"})


def test_one_branch_needs_no_weighing(both, sample_root):
    alone = dataclasses.replace(both, branches=both.branches[:1])
    assert weighing.weighed(alone, None, [], None, print).told == {}
