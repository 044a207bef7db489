"""From fitted models to graphs: what is told, and when eight bits are taken."""

import dataclasses

import numpy as np
import pytest

from earmark import settings
from earmark.lab import experiment, shipping
from earmark.lab import recipe as recipes
from earmark.lab.recipe import ExportChoice, Recipe
from earmark.tagger import quantising
from earmark.tagger.tagger import Tagger

pytest.importorskip("torch")
pytest.importorskip("skorch")

NETWORK = {"name": "dense:mlp", "training": {"epochs": 2}}


@pytest.fixture(scope="module")
def recipe():
    whole = recipes.read("gtzan57-logistic")
    branch = dataclasses.replace(whole.branches[0], model=NETWORK)
    return dataclasses.replace(whole, branches=(branch,), folds=0,
                               export=ExportChoice(int8="try"))


@pytest.fixture
def seen(monkeypatch):
    """What eight bits were made and judged on; they are always faster."""
    calls = []
    judged = quantising.judged

    def spy(content, rows, metric, where, calibrated_on=None):
        found = judged(content, rows, metric, where, calibrated_on)
        calls.append((content, rows, calibrated_on, found))
        return dataclasses.replace(found, faster=2.0, lost=0.001)

    monkeypatch.setattr(quantising, "judged", spy)
    return calls


def test_a_recipe_without_the_table_keeps_its_fingerprint():
    whole = recipes.read("gtzan57-logistic")
    assert "export" not in settings.to_mapping(whole)
    tried = settings.from_mapping(Recipe, {**settings.to_mapping(whole),
                                           "export": {"int8": "try"}}, where="r")
    assert tried.export == ExportChoice("try")
    assert tried.fingerprint != whole.fingerprint


def test_eight_bits_are_taken_and_the_tagger_is_sound(recipe, seen, sample_root, tmp_path):
    run = experiment.run(recipe, sample_root, tmp_path / "run")
    (told,) = run.results["export"]
    (content, rows, calibrated_on, found), = seen
    assert (told["branch"], told["model"]) == ("branch0.onnx", "dense:mlp")
    assert told["bytes"] == len(content)
    assert 0 <= told["parity"] <= 1e-5
    assert told["faster"] > 0
    assert told["int8"] == {"bytes": len(found.content), "faster": 2.0, "lost": 0.001,
                            "taken": True, "metric": "accuracy", "judged_on": "learnt"}
    assert np.array_equal(rows, calibrated_on)  # valid is learnt from, too
    tagger = Tagger.load(run.folder / "tagger.earmark")
    assert tagger.contents.models["branch0.onnx"] == found.content
    assert tagger.check() <= 1e-4
    assert tagger.manifest.card.made_with["int8"] == (
        "branch0.onnx: 2.0 times as fast as in 32 bits, accuracy -0.0010 on learnt tracks")


def test_a_tagger_of_all_tracks_is_not_judged_on_the_test_part(recipe, seen, sample_root, tmp_path):
    run = experiment.run(dataclasses.replace(recipe, ship="all"), sample_root, tmp_path / "run")
    (first, rows, _, _), (second, again, calibrated_on, found) = seen
    assert first != second
    for looked_at in (again, calibrated_on):
        assert np.array_equal(looked_at, rows)
    tracks = run.results["protocol"]["tracks"]
    assert len(rows) == sum(tracks[part] for part in recipe.split.learn_from)
    assert tracks["test"] > 0
    assert run.results["export"][0]["bytes"] == len(second)
    models = Tagger.load(run.folder / "tagger.earmark").contents.models
    assert models["branch0.onnx"] == found.content


def fitted(recipe, root):
    from earmark.datasets.opening import open_dataset
    from earmark.lab.batches import gather
    from earmark.lab.learner import Learner

    dataset = open_dataset("gtzan", root, {})
    ids = sorted(dataset.tracks)
    gathered = gather(dataset, ids, recipe.branches[0], lambda _: None)
    learner = Learner(dataset, recipe.branches, (gathered,))
    learnt, unheard = ids[::2], ids[1::2]
    return learner.fit(learnt, np.random.default_rng(0)), learnt, unheard


def test_what_was_not_learnt_from_is_the_judge(recipe, seen, sample_root):
    model, learnt, unheard = fitted(recipe, sample_root)
    found = shipping.export_all(model, ExportChoice("try"), learnt, unheard)
    (_, rows, calibrated_on, small), = seen
    features = model.learner.gathered[0].features
    assert np.array_equal(rows, features.of(unheard).rows)
    assert np.array_equal(calibrated_on, features.of(learnt).rows)
    assert found.told[0]["int8"]["judged_on"] == "unheard"
    assert found.graphs == {"branch0.onnx": small.content}


def test_what_is_slower_is_left_and_two_exports_are_the_same(recipe, sample_root, monkeypatch):
    model, learnt, unheard = fitted(recipe, sample_root)
    plain = shipping.export_all(model, ExportChoice(), learnt, unheard)
    assert "int8" not in plain.told[0]
    judged = quantising.judged
    monkeypatch.setattr(quantising, "judged", lambda *a: dataclasses.replace(
        judged(*a), faster=0.9))
    tried = shipping.export_all(model, ExportChoice("try"), learnt, unheard)
    assert tried.told[0]["int8"]["taken"] is False
    assert tried.graphs == plain.graphs
    assert shipping.in_eight_bits(tried.told) == {}


def test_what_cannot_be_made_is_told(sample_root):
    whole = recipes.read("gtzan57-logistic")
    model, learnt, unheard = fitted(whole, sample_root)
    found = shipping.export_all(model, ExportChoice("try"), learnt, unheard)
    assert found.told[0]["int8"]["taken"] is False
    assert "cannot be turned into eight bits" in found.told[0]["int8"]["refused"]


def test_the_metric_is_of_tracks(recipe, sample_root):
    model, learnt, _ = fitted(recipe, sample_root)
    rows = model.learner.gathered[0].features.of(learnt)
    metric = shipping._metric(model, rows, "accuracy")
    truth = model.learner.truth(rows.track_ids.tolist()).astype(np.float32)
    assert metric(truth) == 1
    wrong = truth.copy()
    wrong[0] = np.roll(wrong[0], 1)  # one row a track in this table
    assert metric(wrong) == pytest.approx(1 - 1 / len(learnt))
    assert shipping._metric(model, rows, "pr_auc_macro")(truth) == 1
    assert shipping._metric(model, rows, "pr_auc_macro")(wrong) < 1


def test_a_metric_that_is_not_defined_on_few_tracks_takes_nothing(recipe, sample_root, monkeypatch):
    """A valid part of one track says nothing of areas; the run goes on in 32 bits."""
    model, learnt, unheard = fitted(recipe, sample_root)
    name = "pr_auc_macro"
    monkeypatch.setattr(shipping, "_metric", lambda of, rows, _, its=shipping._metric:
                        its(of, rows, name))
    found = shipping.export_all(model, ExportChoice("try"), learnt, unheard[:1])
    assert found.told[0]["int8"]["lost"] is None
    assert found.told[0]["int8"]["taken"] is False
