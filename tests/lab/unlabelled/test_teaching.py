"""What a teacher is sure of, and networks judged with and without being taught."""

import dataclasses

import numpy as np
import pytest

from earmark.datasets.audioset import AudioSet
from earmark.errors import DataError, SettingsError
from earmark.features.base import FeatureSet
from earmark.lab import choose
from earmark.lab import recipe as recipes
from earmark.lab.unlabelled import proof, teaching
from earmark.lab.unlabelled.music import Unlabelled
from earmark.lab.unlabelled.teaching import Teaching, sure_of
from earmark.models.pretext import Pretext

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

SCORES = np.array([[0.9, 0.05, 0.05], [0.5, 0.4, 0.1], [0.8, 0.75, 0.1], [0.1, 0.1, 0.1]],
                  np.float32)  # fmt: skip


def test_of_one_label_the_top_one_is_taken_where_it_is_high():
    found = sure_of(list("abcd"), SCORES, Teaching(sure=0.7), "single")
    assert found.ids == ["a", "c"]
    assert found.labels.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_of_several_labels_all_are_clear_or_the_track_is_left_out():
    """b has two scores between; d has no label."""
    found = sure_of(list("abcd"), SCORES, Teaching(sure=0.7, unsure=0.3), "multi")
    assert found.ids == ["a", "c"]
    assert found.labels.tolist() == [[1, 0, 0], [1, 1, 0]]
    assert sure_of(["a"], SCORES[3:], Teaching(), "multi").labels.shape == (0, 3)


def test_a_teacher_cannot_be_sure_and_unsure_at_once():
    with pytest.raises(ValueError, match=r"'unsure' is 0.8 and 'sure' 0.7"):
        Teaching(sure=0.7, unsure=0.8)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("audioset") / "sample"
    AudioSet.sample(root)
    return root


@pytest.fixture(scope="module")
def recipe():
    whole = recipes.read("gtzan57-logistic")
    branch = recipes.BranchChoice(
        {"name": "table", "kind": "vggish", "pooling": "sequence"},
        {"name": "cnn:sequence", "channels": 4, "blocks": 1, "training": {"epochs": 1}})
    return dataclasses.replace(
        whole, name="little", branches=(branch,),
        dataset=recipes.DatasetChoice("audioset", {"labels": "mood"}),
        split=recipes.SplitChoice(partition="official"))


@pytest.fixture(scope="module")
def desk(recipe, root):
    return proof.desk(recipe, root, {"labels": "music"}, None, lambda _: None)


def of(method):
    pretext = "masked" if method == "pseudo" else method
    return Teaching(method, Pretext(pretext, epochs=1, batch_size=8), sure=0.5, unsure=0.4999)


@pytest.mark.parametrize("method", ["masked", "contrastive", "pseudo"])
def test_each_method_writes_a_trunk_that_the_recipe_starts_from(desk, method, tmp_path):
    path = tmp_path / "trunk"
    told = proof.teach_all(desk, of(method), path, lambda _: None)
    assert told["labelled_rows"] == len(desk.bench.ids)
    assert told["unlabelled_rows"] == len(desk.music.ids)
    branch = teaching.started(desk.recipe.branches[0], path)
    learner = dataclasses.replace(desk.learner, branches=(branch,))
    learner.fit(desk.bench.ids, np.random.default_rng(0))


@pytest.fixture(scope="module")
def judged_desk(sample_root):
    """GTZAN's made-up clips, with noise for unlabelled music and one clip that is learnt from."""
    whole = recipes.read("gtzan57-logistic")
    model = {"name": "dense:mlp", "hidden": [4], "training": {"epochs": 2}}
    branch = dataclasses.replace(whole.branches[0], model=model, source="table")
    recipe = dataclasses.replace(whole, name="little", branches=(branch,))
    bench = choose.bench([recipe], sample_root, lambda _: None)
    its = bench.gathered(recipe)[0].features
    ids = [*(f"noise{k}" for k in range(9)), bench.ids[0]]
    rows = np.random.default_rng(1).standard_normal((10, 57)).astype(np.float32)
    made = FeatureSet(rows, np.asarray(ids), np.zeros(10), its.columns, {"table": ""})
    return proof.Desk(recipe, bench, Unlabelled(bench.dataset, made, []))


def test_no_fold_learns_from_what_it_is_judged_on(judged_desk, monkeypatch):
    seen = []

    def spy(its, learner, learn, without, path, rng, log):
        seen.append((set(learn), set(without.track_ids.tolist())))
        return teach(its, learner, learn, without, path, rng, log)

    teach, bench = proof.teach, judged_desk.bench
    monkeypatch.setattr(proof, "teach", spy)
    plain, taught = proof.judge(judged_desk, [of("masked")], folds=2, seed=0, log=lambda _: None)
    folds = bench.folds(bench.ids, 2, 0)
    assert len(seen) == len(folds)
    for (learn, without), (allowed, held) in zip(seen, folds, strict=True):
        assert learn == set(allowed)
        assert not (learn | without) & set(held)
        assert (bench.ids[0] in without) == (bench.ids[0] not in held)
    parts = bench.dataset.partitions()["filtered"]
    assert "test" not in {parts.get(i) for learn, without in seen for i in learn | without}
    assert (plain.name, taught.name) == ("little alone", "masked")
    assert plain.difference is None
    assert taught.mean_difference == pytest.approx(taught.value - plain.value)
    assert taught.difference.low <= taught.mean_difference <= taught.difference.high


def test_recipes_that_cannot_be_taught_are_refused(recipe, root, monkeypatch):
    """Before hours of features."""
    monkeypatch.setattr(choose, "gather", lambda *_: pytest.fail("features were gathered"))
    twice = dataclasses.replace(recipe, branches=recipe.branches * 2)
    with pytest.raises(SettingsError, match="'little' has 2 branches"):
        proof.desk(twice, root, {}, None, lambda _: None)
    means = {"name": "table", "kind": "vggish", "pooling": "mean"}
    classic = dataclasses.replace(recipe.branches[0], front_end=means,
                                  model={"name": "classical:lda"})
    with pytest.raises(SettingsError, match="learns with classical:lda; only networks"):
        proof.desk(dataclasses.replace(recipe, branches=(classic,)), root, {}, None,
                   lambda _: None)


def test_rows_of_another_shape_are_told():
    with pytest.raises(DataError, match="are of 3 x 5, those learnt from of 3 x 4"):
        teaching._stacked(np.zeros((2, 3, 4)), np.zeros((2, 3, 5)))
