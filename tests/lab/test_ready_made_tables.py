"""Features that come with a dataset reach a branch, from one file or several."""

import numpy as np
import pytest

from earmark.datasets.audioset import AudioSet
from earmark.datasets.gtzan import Gtzan
from earmark.errors import DataError
from earmark.lab import experiment
from earmark.lab.batches import gather
from earmark.lab.doctor.tables import lint_tables
from earmark.lab.explore.exploring import explore
from earmark.lab.recipe import BranchChoice, DatasetChoice, Recipe, SplitChoice, TaggerChoice

VGGISH = BranchChoice({"name": "table", "kind": "vggish"}, {"name": "classical:logistic"},
                      training_seconds=1.0)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("audioset") / "sample"
    AudioSet.sample(root)
    return AudioSet(root)


def test_embeddings_of_both_parts_are_gathered(sample):
    ids = [*list(sample.tracks)[:3], "-e000000003"]
    gathered = gather(sample, ids, VGGISH, print)
    assert gathered.failed == ()
    # Clips with an odd number lack their last second.
    assert gathered.features.rows.shape == (10 + 9 + 10 + 9, 128)
    assert gathered.features.track_ids[-1] == "-e000000003"
    assert gathered.features.starts[:11].tolist() == [*range(10), 0]
    assert gathered.features.source["table"] == "bal_train, eval"


def test_a_clip_without_features_is_named(sample):
    gathered = gather(sample, ["-b000000000", "absent"], VGGISH, print)
    assert gathered.failed == ("absent: no row in bal_train, eval",)


def test_the_table_of_another_cut_is_not_taken(sample):
    branch = BranchChoice(VGGISH.front_end, VGGISH.model, source="table")
    expected = r"on whole tracks; at hand: bal_train \(.*, segments of 1 s\), eval"
    with pytest.raises(DataError, match=expected):
        gather(sample, list(sample.tracks), branch, print)


@pytest.fixture
def three_genres(tmp_path):
    """Clips of three genres as npz, told apart by their embeddings."""
    root = tmp_path / "music"
    root.mkdir()
    (root / "labels.csv").write_text(
        "column,audioset_index,label,group\n0,216,Pop music,Music genre\n1,219,Rock music,Music "
        "genre\n2,235,Jazz,Music genre\n")
    rng = np.random.default_rng(0)
    for part, count in (("bal_train", 18), ("eval", 9)):
        genres = np.arange(count) % 3
        own = np.arange(128) % 3 == genres[:, None]  # numbers that are high for one genre
        levels = rng.normal(60 + 90 * own[:, None], 9, (count, 4, 128))
        np.savez(root / f"music_{part}.npz", clip=np.array([f"{part}{k}" for k in range(count)]),
                 frames=np.full(count, 4), labels=np.eye(3, dtype=np.uint8)[genres],
                 embeddings=levels.astype(np.uint8))
    return root


def test_a_run_judges_what_is_learnt_from_a_table_and_makes_no_tagger(three_genres, tmp_path):
    pytest.importorskip("sklearn")
    recipe = Recipe(
        "table", DatasetChoice("audioset", {"labels": "genre"}), SplitChoice(partition="official"),
        (VGGISH,), TaggerChoice("table", "of a table", "CC BY 4.0", "none"), folds=0)
    run = experiment.run(recipe, three_genres, tmp_path / "runs" / "first")
    assert run.results["parts"]["test"]["roc_auc_macro"] == 1
    assert run.results["tagger"] is None
    assert not (run.folder / "tagger.earmark").exists()
    assert "no tagger is made: features of table come ready-made, not from sound" in (
        run.results["notes"])
    again = experiment.run(recipe, three_genres, tmp_path / "runs" / "first")
    assert again.resumed
    assert again.results == run.results


@pytest.mark.realdata
def test_real_embeddings_of_both_parts_are_gathered(realdata):
    dataset = AudioSet(realdata / "audioset", labels="genre")
    gathered = gather(dataset, list(dataset.tracks), VGGISH, print)
    assert gathered.failed == ()
    assert len(np.unique(gathered.features.track_ids)) == 2490 + 2048
    assert (gathered.features.rows.min(), gathered.features.rows.max()) == pytest.approx((-2, 2))


class TestPictures:
    """GTZAN's spectrogram pictures, with and without those of exact copies."""

    @pytest.fixture
    def pictured(self, tmp_path):
        rng = np.random.default_rng(7)
        bins = rng.integers(0, 255, (2, 128, 496), dtype=np.uint8)
        edges = [b * 3696 // 1280 for b in range(128)]
        (tmp_path / "spectrograms").mkdir()
        np.savez(tmp_path / "spectrograms" / "p.npz",
                 name=np.array(["disco/disco.00098.png", "pop/pop.00001.png"]),
                 X=np.repeat(bins, np.diff(edges, append=370), axis=1))
        return Gtzan(tmp_path)

    def branch(self, **size):
        return BranchChoice({"name": "specgram", **size}, {"name": "classical:logistic"},
                            source="table")

    def test_an_exact_copy_has_the_rows_of_its_twin_and_it_is_said(self, pictured):
        found = gather(pictured, ["disco.00099", "pop.00001"], self.branch(height=16, width=31),
                       print)
        rows = dict(zip(found.features.track_ids.tolist(), found.features.rows, strict=True))
        assert found.features.rows.shape == (2, 16, 31)
        assert found.failed == ()
        assert found.notes == ("disco.00099: without rows of their own in p.npz, they have those "
                               "of their exact copies",)
        both = gather(pictured, ["disco.00098", "disco.00099"], self.branch(height=16, width=31),
                      print).features  # fmt: skip
        assert sorted(both.track_ids.tolist()) == ["disco.00098", "disco.00099"]
        assert np.array_equal(both.rows[0], both.rows[1])
        assert np.array_equal(both.rows[0], rows["disco.00099"])
        assert not np.array_equal(rows["pop.00001"], rows["disco.00099"])

    def test_nothing_is_said_where_nothing_is_borrowed(self, pictured):
        found = gather(pictured, ["disco.00098", "pop.00001"], self.branch(), print)
        assert found.features.rows.shape == (2, 64, 124)
        assert found.notes == ()

    def test_pictures_of_other_settings_are_not_taken(self, pictured):
        with pytest.raises(DataError, match="no ready-made table was made by"):
            gather(pictured, ["pop.00001"], self.branch(hop_length=128), print)

    def test_what_goes_by_single_values_leaves_pictures_alone(self, pictured):
        assert lint_tables(pictured) == []
        found = explore(pictured)
        assert found.family == ""
        assert any("no table of them" in note for note in found.notes)
