import dataclasses
import json

import numpy as np
import pytest

from earmark.errors import SettingsError
from earmark.features.base import FeatureSet
from earmark.lab import recipe as recipes
from earmark.lab import weighing
from earmark.lab.explain import importance
from earmark.lab.explain.importance import exchanged, sources
from earmark.lab.explain.importance_page import page
from earmark.lab.recipe import BranchChoice, DatasetChoice, Recipe, SplitChoice, TaggerChoice

VGGISH = BranchChoice({"name": "table", "kind": "vggish"}, {"name": "classical:logistic"},
                      training_seconds=1.0)
RECIPE = Recipe(
    "table", DatasetChoice("audioset", {"labels": "genre"}), SplitChoice(partition="official"),
    (VGGISH,), TaggerChoice("table", "of a table", "CC BY 4.0", "none"), folds=0)


@pytest.fixture(scope="module")
def two_columns(tmp_path_factory):
    """Clips whose genre stands in the first two of 128 numbers; the others are noise."""
    root = tmp_path_factory.mktemp("music")
    (root / "labels.csv").write_text(
        "column,audioset_index,label,group\n0,216,Pop music,Music genre\n1,219,Rock music,Music "
        "genre\n")
    rng = np.random.default_rng(0)
    for part, count in (("bal_train", 40), ("eval", 4)):
        genres = np.arange(count) % 2
        levels = rng.normal(128, 9, (count, 4, 128))
        levels[:, :, :2] = 40 + 170 * genres[:, None, None]
        np.savez(root / f"music_{part}.npz", clip=np.array([f"{part}{k}" for k in range(count)]),
                 frames=np.full(count, 4), labels=np.eye(2, dtype=np.uint8)[genres],
                 embeddings=levels.astype(np.uint8))
    return root


@pytest.fixture(scope="module")
def found(two_columns):
    pytest.importorskip("sklearn")
    return importance.importance(RECIPE, two_columns, folds=4, repeats=3)


def test_only_the_columns_that_tell_the_genres_matter(found):
    # pr_auc of all tracks in the right order is 1; in no order it is the share of the label, 1/2.
    assert found.metric == "pr_auc_macro"
    assert found.value == pytest.approx(1.0)
    first, *others = found.groups
    assert first.drop == pytest.approx(0.5, abs=0.2)
    assert first.interval.low > 0.1
    assert max(abs(row.drop) for row in others) < 0.05
    assert len(first.columns) == 2
    assert found.groups[0].drop == pytest.approx(found.families[0].drop, abs=0.1)


def test_the_test_part_is_not_read(found):
    assert found.tracks == 40


def test_it_can_be_repeated(found, two_columns):
    assert importance.importance(RECIPE, two_columns, folds=4, repeats=3) == found


def test_branches_count_as_much_as_the_recipe_learns_that_they_do(found, two_columns, monkeypatch):
    other = dataclasses.replace(VGGISH, model={"name": "classical:knn"})
    both = dataclasses.replace(RECIPE, branches=(VGGISH, other))
    learnt = dataclasses.replace(both, weights="learnt")
    monkeypatch.setattr(weighing, "shares", lambda *_: [1.0, 0.0])
    weighed, as_written = (importance.importance(its, two_columns, folds=4, repeats=3)
                           for its in (learnt, both))
    assert weighed.groups == found.groups
    assert as_written.groups != found.groups


def test_page_and_numbers_say_the_same(found, tmp_path):
    values = importance.save(found, tmp_path / "out")
    assert values == json.loads((tmp_path / "out/importance.json").read_text())
    html = (tmp_path / "out/importance.html").read_text()
    assert f"{found.groups[0].drop:+.3f}" in html
    assert "share their importance" in html
    assert "<script" not in page(found)


def test_pictures_are_refused(sample_root):
    whole = recipes.read("gtzan57-logistic")
    branch = BranchChoice({"name": "image", "width": 8, "height": 8}, {"name": "cnn:vgg"})
    pictures = dataclasses.replace(whole, name="pictures", branches=(branch,))
    with pytest.raises(SettingsError, match="from 'image', whose rows are no columns"):
        importance.importance(pictures, sample_root, folds=2, repeats=1)


def test_tracks_exchange_their_segments_in_order():
    tracks = np.array(["a", "a", "a", "b", "c", "c"])
    given = sources(tracks, {"a": "c", "b": "a", "c": "b"})
    assert given.tolist() == [4, 5, 4, 0, 3, 3]


def test_columns_are_exchanged_and_others_stay():
    rows = FeatureSet(np.arange(6, dtype=np.float32).reshape(3, 2), np.array(["a", "b", "c"]),
                      np.zeros(3), ("x", "y"), {})
    mixed = exchanged(rows, np.array([2, 0, 1]), ["y", "absent"])
    assert mixed.rows.tolist() == [[0, 5], [2, 1], [4, 3]]
    assert rows.rows.tolist() == [[0, 1], [2, 3], [4, 5]]
