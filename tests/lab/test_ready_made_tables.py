"""Features that come with a dataset reach a branch, from one file or several."""

import numpy as np
import pytest

from earmark.datasets.audioset import AudioSet
from earmark.errors import DataError
from earmark.lab.batches import gather
from earmark.lab.recipe import BranchChoice

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


@pytest.mark.realdata
def test_real_embeddings_of_both_parts_are_gathered(realdata):
    dataset = AudioSet(realdata / "audioset", labels="genre")
    gathered = gather(dataset, list(dataset.tracks), VGGISH, print)
    assert gathered.failed == ()
    assert len(np.unique(gathered.features.track_ids)) == 2490 + 2048
    assert (gathered.features.rows.min(), gathered.features.rows.max()) == pytest.approx((-2, 2))
