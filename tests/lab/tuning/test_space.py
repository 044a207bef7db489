import pytest

from earmark import registry
from earmark.errors import SettingsError
from earmark.lab import recipe as recipes
from earmark.lab.building import build_model
from earmark.lab.recipe import BranchChoice
from earmark.lab.tuning import space as spaces
from earmark.lab.tuning.ranges import Between, OneOf, parse

K = "branches.0.model.n_neighbors"


def test_values_are_put_in_their_places():
    whole = recipes.read("gtzan10")
    made = spaces.space(whole, "single", {
        "branches.2.model.hidden_layer_sizes": parse("[64];[32,16]", "x"),
        "branches.1.model.inverse_penalty": parse("1..10", "x"),
        "branches.0.weight": parse("0..2", "x"),
        "branches.0.front_end.separation": parse("true;false", "x"),
    })
    changed = made.recipe_with({"branches.2.model.hidden_layer_sizes": [32, 16],
                                "branches.0.weight": 0.5})
    assert build_model(changed.branches[2], "single").hidden_layer_sizes == (32, 16)
    assert changed.branches[0].weight == 0.5
    assert changed.branches[1] == whole.branches[1]
    assert (changed.dataset, changed.split, changed.seed) == (whole.dataset, whole.split, 57)
    assert whole.branches[2].model == {"name": "classical:mlp"}
    assert made.given == {"branches.2.model.hidden_layer_sizes": [100],
                          "branches.1.model.inverse_penalty": None, "branches.0.weight": 1.0,
                          "branches.0.front_end.separation": False}
    assert made.short["branches.2.model.hidden_layer_sizes"] == "2.hidden_layer_sizes"
    assert made.short["branches.0.weight"] == "0.weight"


def test_numbers_are_whole_where_the_setting_is(neighbours):
    made = spaces.space(recipes.read("s4-mlp"), "single", {
        "branches.0.model.alpha": Between(1, 10), "branches.0.model.batch_size": Between(10, 99),
        "branches.0.model.pca": Between(2, 9)})
    assert [made.ranges[f"branches.0.model.{k}"].whole for k in ("alpha", "batch_size", "pca")] \
        == [False, True, True]
    with pytest.raises(SettingsError, match="takes whole numbers"):
        spaces.space(neighbours(), "single", {K: Between(1.5, 9)})
    with pytest.raises(SettingsError, match="takes no range of numbers"):
        spaces.space(neighbours(), "single", {"branches.0.model.weights": Between(1, 9)})


@pytest.mark.parametrize(("path", "message"), [
    ("dataset.name", "cannot be tried"),
    ("split.partition", "cannot be tried"),
    ("seed", "cannot be tried"),
    ("folds_by", "cannot be tried"),
    ("branches.0.source", "cannot be tried"),
    ("branches.0.training_seconds", "cannot be tried"),
    ("branches.0.segments.seconds", "cannot be tried"),
    ("branchs.0.model.p", "Did you mean 'branches'"),
    ("branches.1.model.p", "is in no branch"),
    ("branches.-1.model.p", "is in no branch"),
    ("branches", "is in no branch"),
    ("branches.0", "a branch has no setting"),
    ("branches.0.modle.p", "Did you mean 'model'"),
    ("branches.0.model", "is a table"),
    ("branches.0.model.n_neighbour", "Did you mean 'n_neighbors'"),
    ("branches.0.model.task", "there is no setting 'task'"),
    ("branches.0.model.n_neighbors_", "Did you mean 'n_neighbors'"),
    ("branches.0.model.p.q", "nothing called 'q'"),
    ("branches.0.front_end.padd", "Did you mean 'padding'"),
    ("", "has no setting ''"),
])
def test_places_that_cannot_be_tried_are_refused(neighbours, path, message):
    with pytest.raises(SettingsError) as caught:
        spaces.space(neighbours(), "single", {path: OneOf((1, 2))})
    assert message in str(caught.value)


def test_a_range_without_a_value_that_can_be_is_refused(neighbours):
    with pytest.raises(SettingsError, match=r"no value of its range can be: .*'p' is 5"):
        spaces.space(neighbours(), "single", {"branches.0.model.p": OneOf((3, 5))})
    with pytest.raises(SettingsError, match="n_neighbors' is 0"):
        spaces.space(neighbours(n_neighbors=0), "single", {K: Between(1, 9)})
    made = spaces.space(neighbours(), "single", {"branches.0.weight": Between(0, 1)})
    with pytest.raises(SettingsError, match="one of them above 0"):
        made.recipe_with({"branches.0.weight": 0.0})


def test_without_ranges_the_models_say_what_to_try(neighbours):
    made = spaces.space(neighbours(), "single", {})
    assert made.ranges[K] == Between(1, 50, log=True)
    assert set(made.short.values()) == {"n_neighbors", "p", "weights"}
    whole = recipes.read("gtzan10")  # whose first branch states nothing
    assert {path.split(".")[1] for path in spaces.space(whole, "single", {}).ranges} == {"1", "2"}


def test_a_model_that_states_nothing_needs_ranges(neighbours):
    whole = recipes.read("gtzan10")
    one = type(whole)(**{**vars(whole), "branches": whole.branches[:1]})
    with pytest.raises(SettingsError, match=r"classical:lda states nothing to try; .*--vary"):
        spaces.space(one, "single", {})


@pytest.mark.parametrize("name", [n for n in registry.names("models")
                                  if registry.load("models", n).search])
def test_what_models_state_can_be_tried(name):
    """Both ends of every range are values that the model takes."""
    whole = recipes.read("gtzan57-logistic")
    branch = BranchChoice(whole.branches[0].front_end, {"name": name})
    task = registry.load("models", name).tasks[0]
    made = spaces.space(type(whole)(**{**vars(whole), "branches": (branch,)}), task, {})
    for path, its in made.ranges.items():
        for value in its.ends:
            made.recipe_with({path: value})


def test_ranges_come_from_words_and_a_file(tmp_path):
    file = tmp_path / "space.toml"
    file.write_text(f'"{K}" = {{ low = 1, high = 9 }}\n"branches.0.model.p" = {{choices=[1, 2]}}\n')
    found = spaces.from_words(["branches.0.weight = 0.5..2"], file)
    assert found == {K: Between(1, 9), "branches.0.model.p": OneOf((1, 2)),
                     "branches.0.weight": Between(0.5, 2)}
    with pytest.raises(SettingsError, match="two ranges"):
        spaces.from_words([f"{K}=1..5"], file)
    with pytest.raises(SettingsError, match="names no range"):
        spaces.from_words([K])
    file.write_text("")
    with pytest.raises(SettingsError, match="holds no ranges"):
        spaces.from_words([], file)
    file.write_text("[branches.0]\nmodel = 3")
    with pytest.raises(SettingsError, match="unknown key '0'"):
        spaces.from_words([], file)


def test_the_model_itself_can_be_tried(neighbours):
    made = spaces.space(neighbours(), "single", {
        "branches.0.model.name": OneOf(("classical:knn", "classical:lda"))})
    assert made.given == {"branches.0.model.name": "classical:knn"}
    changed = made.recipe_with({"branches.0.model.name": "classical:lda"})
    assert build_model(changed.branches[0], "single").name == "classical:lda"
    with pytest.raises(SettingsError, match="unknown setting 'n_neighbors'"):
        spaces.space(neighbours(n_neighbors=3), "single", made.ranges).recipe_with(
            {"branches.0.model.name": "classical:lda"})
