"""Branches as one learner."""

import dataclasses

import numpy as np
import pytest

from earmark.errors import SettingsError
from earmark.lab import choose
from earmark.lab import recipe as recipes
from earmark.lab.learner import Learner, build_model, networks
from earmark.models.dense import Dense

_MEMBERS = ({"name": "classical:lda"}, {"name": "dense:mlp"})


def branch(**model):
    return recipes.BranchChoice({"name": "logmel"}, model, listen="anew")


def test_tracks_that_all_lack_features_have_no_scores(sample_root):
    """Such as a small valid part whose files cannot be read."""
    recipe = recipes.read("gtzan57-logistic")
    bench = choose.bench([recipe], sample_root, lambda _: None)
    learner = Learner(bench.dataset, recipe.branches, tuple(bench.gathered(recipe)))
    fitted = learner.fit(bench.ids, np.random.default_rng(0))
    found = fitted.scores(["nobody.00000"])
    assert found.ids == []
    assert found.scores.shape == (0, 10)


def test_the_networks_of_a_model_are_found():
    assert networks({"name": "dense:mlp"}) == [Dense]
    assert networks({"name": "ensemble:mean", "members": _MEMBERS}) == [Dense]
    assert networks({"name": "classical:lda"}) == []


@pytest.mark.parametrize("model", [
    {"name": "classical:logistic"},
    {"name": "dense:statistics"},  # of whole rows, taken once
    {"name": "ensemble:mean", "members": _MEMBERS[:1]},
])  # fmt: skip
def test_a_model_that_looks_at_rows_once_cannot_hear_them_anew(model):
    with pytest.raises(SettingsError, match=rf"{model['name']} looks at them once"):
        build_model(branch(**model), "single")
    build_model(dataclasses.replace(branch(**model), listen=None), "single")


@pytest.mark.parametrize("model", [
    {"name": "dense:mlp"}, {"name": "ensemble:mean", "members": _MEMBERS}])
def test_networks_can(model):
    assert build_model(branch(**model), "single").name == model["name"]
