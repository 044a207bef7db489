"""A recipe's models before a fit."""

import dataclasses

import pytest

from earmark.errors import SettingsError
from earmark.lab import recipe as recipes
from earmark.lab.building import build_model, networks, stops_early
from earmark.models.dense import Dense

_MEMBERS = ({"name": "classical:lda"}, {"name": "dense:mlp"})


def branch(**model):
    return recipes.BranchChoice({"name": "logmel"}, model, listen="anew")


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


def test_what_chose_its_epoch_by_a_valid_part_is_known():
    stopping = {"name": "dense:mlp", "training": {"patience": 3}}
    plain = dataclasses.replace(branch(**stopping), listen=None)
    assert stops_early(build_model(plain, "single"))
    assert not stops_early(build_model(branch(name="dense:mlp"), "single"))
    mean = build_model(dataclasses.replace(plain, model={
        "name": "ensemble:mean", "members": [_MEMBERS[0], stopping]}), "single")
    mean.fitted_ = [[model] for model in mean._made()]
    assert stops_early(mean)
