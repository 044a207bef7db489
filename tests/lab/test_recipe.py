import tomllib

import pytest

from earmark import registry, settings
from earmark.errors import SettingsError
from earmark.features import base as features
from earmark.lab import recipe as recipes

WORKING = """
name = "mine"
seed = 3
[dataset]
name = "gtzan"
[split]
partition = "filtered"
[[branches]]
front_end = { name = "gtzan57" }
model = { name = "classical:logistic" }
[tagger]
name = "mine"
title = "t"
licence = "MIT"
limits = "none known"
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_that_comes_along_can_be_built(name):
    recipe = recipes.read(name)
    assert recipe.name == name
    assert recipe.dataset.name in registry.names("datasets")
    for branch in recipe.branches:
        features.build(branch.front_end)
        values = dict(branch.model)
        settings.from_mapping(registry.load("models", values.pop("name")), values)


def test_what_is_written_is_read(tmp_path):
    recipe = recipes.read(written(tmp_path, WORKING))
    recipes.write(recipe, tmp_path / "again.toml")
    again = recipes.read(str(tmp_path / "again.toml"))
    assert again == recipe
    assert again.fingerprint == recipe.fingerprint
    assert tomllib.loads((tmp_path / "again.toml").read_text())["folds"] == 5


@pytest.mark.parametrize(("old", "new", "message"), [
    ("seed", "sede", "unknown setting 'sede'. Did you mean 'seed'"),
    ("partition", "partitoin", "'split': unknown setting 'partitoin'. Did you mean 'partition'"),
    ('name = "mine"\nseed', "seed", "missing setting 'name'"),
    ("seed = 3", "seed = 1.5", "'seed' is 1.5; expected a whole number"),
    ("seed = 3", "seed = true", "'seed' is True; expected a whole number"),
    ("seed = 3", "seed = -1", "expected 0 or more"),
    ("seed = 3", "folds = 1", "expected 0, or 2 to 50"),
    ('partition = "filtered"', 'partition = "filtered"\nlearn_from = ["test"]',
     r"'learn_from'\[0\] is 'test'"),
    ("[[branches]]", "[branches]", r"'branches' is one table; .* write \[\[branches\]\]"),
    ('partition = "filtered"', 'partition = "filtered"\nvalid = 1.0',
     "'valid' is 1.0; expected a share of the train part, from 0 to below 1"),
    ('partition = "filtered"', 'partition = "filtered"\nvalid = -0.1', "'valid' is -0.1; expected"),
    ('partition = "filtered"', 'partition = "filtered"\nvalid = nan', "'valid' is nan"),
    ('partition = "filtered"', 'partition = "filtered"\nvalid_by = "artists"', "'valid_by' is"),
    ("seed = 3", "seed = ", "cannot be read as TOML"),
])
def test_a_slip_is_named(tmp_path, old, new, message):
    assert old in WORKING
    with pytest.raises(SettingsError, match=message):
        recipes.read(written(tmp_path, WORKING.replace(old, new, 1)))


def test_what_is_held_out_is_written_and_read(tmp_path):
    text = WORKING.replace('partition = "filtered"', 'partition = "filtered"\nvalid = 0.15\n'
                           'valid_by = "album"\ndrop_copies = true')
    recipe = recipes.read(written(tmp_path, text))
    assert recipe.split == recipes.SplitChoice(partition="filtered", valid=0.15, valid_by="album",
                                               drop_copies=True)
    recipes.write(recipe, tmp_path / "again.toml")
    assert recipes.read(str(tmp_path / "again.toml")) == recipe
    assert recipes.read(written(tmp_path, WORKING)).split.valid == 0


def test_an_unknown_recipe_offers_the_nearest():
    with pytest.raises(SettingsError, match="Did you mean 'gtzan57-logistic'"):
        recipes.read("gtzan57-logistik")


def test_any_change_changes_the_fingerprint(tmp_path):
    first = recipes.read(written(tmp_path, WORKING))
    second = recipes.read(written(tmp_path, WORKING.replace("seed = 3", "seed = 4")))
    assert first.fingerprint != second.fingerprint


def test_sound_is_not_heard_anew_from_a_table():
    with pytest.raises(ValueError, match="source = \"table\" takes none"):
        recipes.BranchChoice({"name": "logmel"}, {"name": "cnn:vgg"}, source="table", listen="anew")
