"""Whole searches on a made-up GTZAN."""

import dataclasses
import json
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna", reason="pip install '.[tune]'")

from earmark.errors import DataError, SettingsError
from earmark.lab import choose, experiment
from earmark.lab import recipe as recipes
from earmark.lab.tuning import told, tuning
from earmark.lab.tuning.page import page
from earmark.lab.tuning.ranges import Between, OneOf
from earmark.labels.vocabulary import Vocabulary

K, P = "branches.0.model.n_neighbors", "branches.0.model.p"
RANGES = {K: Between(1, 8), P: OneOf((1, 2))}
SETTINGS = tuning.Settings(trials=6, folds=2, confirm=1)


@pytest.fixture(scope="module")
def folder(neighbours, sample_root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("search") / "it"
    tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, folder, SETTINGS)
    return folder


@pytest.fixture
def values(folder):
    return json.loads((folder / "tune.json").read_text())


def test_all_that_came_of_it_is_kept(folder, values):
    assert sorted(p.name for p in folder.iterdir() if p.name[0] != ".") == [
        "best.toml", "study.db", "tune.html", "tune.json"]
    assert len(values["trials"]) == 6
    assert values["trials"][0]["given"]
    assert values["trials"][0]["values"] == {K: 3, P: 2}
    assert (values["tracks"], values["test_part"], values["grouped_by"]) \
        == (20, "not read", "artist")
    assert values["space"] == {K: {"low": 1, "high": 8, "log": False}, P: {"choices": [1, 2]}}
    best = values["trials"][values["best"]["trial"]]
    assert best["score"] == max(t["score"] for t in values["trials"]
                                if t["state"] == "complete")


def test_scores_are_those_of_evaluate(values, neighbours, sample_root):
    """The one that won the search on its folds, and both again on the next seed's."""
    given = neighbours(n_neighbors=3, p=2)
    best = neighbours(**{path.rpartition(".")[2]: v for path, v in
                         values["best"]["values"].items()})
    bench = choose.bench([given], sample_root, lambda _: None)
    for where, seed in (("searched", 0), ("confirmed", 1)):
        judged = choose.judge(bench, [given, best], folds=2, repeats=1, seed=seed)
        for name, its in zip(("given", "best"), judged, strict=True):
            assert values[where][name]["value"] == pytest.approx(its.value)
            assert values[where][name]["low"] == pytest.approx(its.by_artist.low)
        assert values[where]["best"]["difference"]["value"] \
            == pytest.approx(judged[1].value - judged[0].value)
    assert values["searched"]["given"]["value"] == pytest.approx(values["trials"][0]["score"])


def test_the_best_is_a_recipe_that_trains(folder, values, sample_root, tmp_path):
    best = recipes.read(str(folder / "best.toml"))
    wanted = {path.rpartition(".")[2]: v for path, v in values["best"]["values"].items()}
    assert {k: best.branches[0].model[k] for k in wanted} == wanted
    assert best.name == "near-tuned"
    run = experiment.run(dataclasses.replace(best, folds=2), sample_root, tmp_path / "run")
    assert (run.folder / "tagger.earmark").is_file()


def test_only_tracks_to_learn_from_are_fitted_and_scored(neighbours, sample_root, tmp_path,
                                                         monkeypatch):
    seen = set()
    fold = choose.Bench.fold
    monkeypatch.setattr(choose.Bench, "fold", lambda bench, recipe, learn, held, seed:
                        seen.update(learn, held) or fold(bench, recipe, learn, held, seed))
    tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, tmp_path / "it",
                dataclasses.replace(SETTINGS, trials=2))
    bench = choose.bench([neighbours()], sample_root, lambda _: None)
    split = bench.dataset.partitions()["filtered"]
    assert {split[i] for i in seen} == {"train", "valid"}


def test_features_are_gathered_once(neighbours, sample_root, tmp_path, monkeypatch):
    gathered = []
    gather = choose.gather
    monkeypatch.setattr(choose, "gather", lambda *a: gathered.append(1) or gather(*a))
    tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, tmp_path / "it",
                dataclasses.replace(SETTINGS, trials=3))
    assert len(gathered) == 1


def test_a_finished_search_is_shown_and_goes_on_with_more_trials(
    folder, values, neighbours, sample_root, monkeypatch
):
    def fail(*_):
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(choose.Bench, "fold", fail)
        again = tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, folder, SETTINGS)
    assert again == values
    more = tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, folder,
                       dataclasses.replace(SETTINGS, trials=8))
    assert more["trials"][:6] == values["trials"]
    assert len(more["trials"]) == 8


@pytest.mark.parametrize(("change", "word"), [
    ({"folds": 3}, "folds"), ({"seed": 1}, "seed"), ({"prune": False}, "pruning"),
    ({"repeats": 2}, "folds"),
])
def test_another_search_in_the_folder_is_refused(folder, neighbours, sample_root, change, word):
    with pytest.raises(SettingsError, match=f"holds a search with another {word};"):
        tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, folder,
                    dataclasses.replace(SETTINGS, **change))


def test_another_recipe_or_space_is_refused(folder, neighbours, sample_root):
    with pytest.raises(SettingsError, match="another recipe;"):
        tuning.tune(neighbours(n_neighbors=4), sample_root, RANGES, folder, SETTINGS)
    with pytest.raises(SettingsError, match="another space;"):
        tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, {K: Between(1, 9)}, folder,
                    SETTINGS)


def test_two_processes_give_the_scores_of_one(neighbours, sample_root, tmp_path):
    its = dataclasses.replace(SETTINGS, trials=4, jobs=2, prune=False)
    found = tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, RANGES, tmp_path / "it", its)
    assert len(found["trials"]) == 4
    bench = choose.bench([neighbours()], sample_root, lambda _: None)
    for trial in found["trials"]:
        values = {path.rpartition(".")[2]: v for path, v in trial["values"].items()}
        judged, = choose.judge(bench, [neighbours(**values)], folds=2, repeats=1)
        assert trial["score"] == pytest.approx(judged.value)


def test_settings_too_large_for_the_data_are_told(neighbours, sample_root, tmp_path):
    found = tuning.tune(neighbours(n_neighbors=3, p=2), sample_root, {K: OneOf((3, 500))},
                        tmp_path / "it", dataclasses.replace(SETTINGS, trials=4))
    refused = [t for t in found["trials"] if t["state"] == "refused"]
    assert refused
    assert "there are 10 rows" in refused[0]["why"]
    assert found["best"]["is_as_given"]
    assert "None of 4 settings did better" in told.sentence(found)
    assert any("cannot be: 'n_neighbors' is 500" in note for note in found["notes"])
    assert "difference" in found["confirmed"]["given"]
    assert "best" not in found["confirmed"]


def test_a_recipe_that_is_too_large_for_the_data_is_an_error(neighbours, sample_root, tmp_path):
    with pytest.raises(DataError, match="'n_neighbors' is 500"):
        tuning.tune(neighbours(n_neighbors=500), sample_root, {K: Between(1, 600)},
                    tmp_path / "it", SETTINGS)


@pytest.mark.parametrize("change", [{"trials": 0}, {"folds": 1}, {"jobs": 0}, {"seed": -1}])
def test_settings_are_checked(change):
    with pytest.raises(SettingsError, match="or more"):
        tuning.Settings(**change)


def test_the_page_shows_every_trial_and_fetches_nothing(values):
    html = page(values)
    assert html.count('class="dot"') + html.count('class="known"') + html.count('r="7"') >= 6
    assert told.sentence(values) in html.replace("&#39;", "'")
    for text in ("the test part was not read", "n_neighbors", "Quote the score on fresh folds"):
        assert text in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in html


def test_names_are_escaped_on_the_page(values):
    html = page({**values, "recipe": "<b>&", "dataset": "<i>"})
    assert "<b>&amp;" not in html
    assert "&lt;b&gt;&amp;" in html


@pytest.mark.parametrize(("low", "high", "said"), [
    (0.01, 0.2, "+0.100 [+0.010, +0.200]."),
    (-0.1, 0.2, "which may be chance."),
    (-0.3, -0.1, "keep the recipe as given."),
])
def test_the_sentence_says_what_the_interval_does(values, low, high, said):
    line = {"value": 0.6, "low": 0.5, "high": 0.7}
    confirmed = {"given": {**line, "value": 0.5, "difference": None},
                 "best": {**line, "difference": {"value": 0.1, "low": low, "high": high}}}
    found = {**values, "confirmed": confirmed,
             "best": {**values["best"], "is_as_given": False}}
    assert told.sentence(found).endswith(said)
    assert "0.600 on fresh folds, the recipe as given 0.500" in told.sentence(found)


def test_of_equal_scores_the_recipe_as_given_is_best():
    def trial(number, score, given=False, state="complete"):
        return {"number": number, "score": score, "given": given, "state": state}

    assert told.best_of([trial(0, 0.5), trial(1, 0.6), trial(2, 0.6, given=True)]) == 2
    assert told.best_of([trial(0, 0.5, given=True), trial(1, 0.6), trial(2, 0.6)]) == 1
    assert told.best_of([trial(0, 0.5, given=True), trial(1, 0.9, state="pruned")]) == 0


@pytest.mark.parametrize("members", [False, True])
def test_a_search_from_another_trunk_is_another(neighbours, tmp_path, members):
    """Scores of networks that began with other weights are not compared."""
    trunk = tmp_path / "trunk.safetensors"
    model = {"name": "dense:mlp", "start": str(trunk)}
    model = {"name": "ensemble:mean", "members": [model]} if members else model
    recipe = neighbours()
    recipe = dataclasses.replace(recipe, branches=(
        dataclasses.replace(recipe.branches[0], model=model),))
    made = SimpleNamespace(recipe=recipe, plain={})
    dataset = SimpleNamespace(fingerprint="its", vocabulary=Vocabulary(("jazz", "rock"), "single"))
    bench = SimpleNamespace(dataset=dataset, ids=["a"], gathered=lambda _: [])
    found = []
    for content in (b"one", b"other"):
        trunk.write_bytes(content)
        found.append(tuning._identity(made, bench, SETTINGS))
    assert [key for key in found[0] if found[0][key] != found[1][key]] == ["starts"]
    assert "starts" not in tuning._identity(
        SimpleNamespace(recipe=neighbours(), plain={}), bench, SETTINGS)
