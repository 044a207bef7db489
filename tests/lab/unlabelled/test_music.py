"""No track that is judged or tuned on is ever learnt from, nor one by its artist, nor its copy."""

import dataclasses

import numpy as np
import pytest
import soundfile

from earmark.datasets.audioset import AudioSet
from earmark.datasets.base import Dataset, Fault, Track
from earmark.errors import DataError
from earmark.judging.splits import Split
from earmark.lab import recipe as recipes
from earmark.lab.unlabelled import music
from earmark.labels.vocabulary import Vocabulary


class Few(Dataset):
    """Eight tracks, some of one artist, two a copy of each other, two in no part."""

    name = "few"
    vocabulary = Vocabulary(("rock", "folk"))

    def read_tracks(self):
        artists = {"b": "Ann", "f": "Ann", "g": "Bo"}
        return [Track(i, ("rock",), artist=artists.get(i)) for i in "abcdefgh"]

    @classmethod
    def sample(cls, root):
        root.mkdir()

    def partitions(self):
        return {"official": {"a": "train", "b": "test", "c": "valid", "h": "train"}}

    def faults(self):
        return [Fault("c", "exact duplicate", "e", "here"), Fault("d", "same title", "c", "here")]


@pytest.fixture
def recipe():
    whole = recipes.read("gtzan57-logistic")
    return dataclasses.replace(whole, split=recipes.SplitChoice(partition="official"))


def test_what_is_spare(recipe, tmp_path):
    """Of eight, a is learnt from; b and c are judged on; e is a copy of c, f by b's artist."""
    split = Split("of the recipe", {"a": "train", "b": "test", "c": "valid"})
    assert music.spare(recipe, split, Few(tmp_path)) == ["d", "g", "h"]


def test_the_recipes_own_valid_part_counts_too(recipe, tmp_path):
    """A part held out of train is not learnt from, whatever is published."""
    split = Split("held out", {"a": "train", "b": "test", "c": "valid", "h": "valid"})
    assert music.spare(recipe, split, Few(tmp_path)) == ["d", "g"]
    learnt = dataclasses.replace(recipe, split=dataclasses.replace(
        recipe.split, learn_from=("train", "valid")))
    assert music.spare(learnt, split, Few(tmp_path)) == ["d", "e", "g"]


@pytest.fixture(scope="module")
def audioset(tmp_path_factory):
    root = tmp_path_factory.mktemp("audioset") / "sample"
    AudioSet.sample(root)
    return root


@pytest.fixture
def sequences(recipe):
    front_end = {"name": "table", "kind": "vggish", "pooling": "sequence"}
    branch = recipes.BranchChoice(front_end, {"name": "cnn:sequence"})
    choice = recipes.DatasetChoice("audioset", {"labels": "mood"})
    return dataclasses.replace(recipe, dataset=choice, branches=(branch,))


def test_a_wider_reading_adds_what_the_recipe_leaves_out(sequences, audioset):
    narrow = AudioSet(audioset, labels="mood")
    parts = narrow.partitions()["official"]
    split = Split("official", dict(parts))
    found = music.unlabelled(sequences, split, audioset, {"labels": "music"}, None, lambda _: None)
    published = AudioSet(audioset, labels="music").partitions()["official"]
    assert found.ids
    assert {published[i] for i in found.ids} == {"train"}
    assert not set(found.ids) & set(narrow.tracks)
    assert found.features.rows.shape[1] == 128


def test_nothing_left_is_told(sequences, audioset):
    split = Split("official", dict(AudioSet(audioset, labels="mood").partitions()["official"]))
    with pytest.raises(DataError, match=r"every track is learnt from.*--audio.*--wider"):
        music.unlabelled(sequences, split, audioset, {}, None, lambda _: None)


def test_ready_made_features_hear_no_files(sequences, audioset, tmp_path):
    split = Split("official", dict(AudioSet(audioset, labels="mood").partitions()["official"]))
    with pytest.raises(DataError, match="come ready-made and cannot be made from"):
        music.unlabelled(sequences, split, audioset, {}, tmp_path, lambda _: None)


def test_own_files_are_heard_and_the_unreadable_told(recipe, tmp_path, rng):
    for name in ("one.wav", "two.wav"):
        soundfile.write(tmp_path / name, 0.1 * rng.standard_normal(22_050), 22_050)
    (tmp_path / "odd.wav").write_text("no music")
    (branch,), few = recipe.branches, Few(tmp_path)
    made, failed = music._own_files(branch, tmp_path, few, lambda _: None)
    assert sorted(made.track_ids.tolist()) == [str(tmp_path / n) for n in ("one.wav", "two.wav")]
    assert made.rows.shape == (2, 57)
    assert np.isfinite(made.rows).all()
    assert len(failed) == 1
    assert "odd.wav" in failed[0]
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone/odd.wav").write_text("no music")
    with pytest.raises(DataError, match="none of its 1 audio files could be read"):
        music._own_files(branch, tmp_path / "alone", few, lambda _: None)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: no audio files; give a folder with music"):
        music._own_files(branch, tmp_path / "empty", few, lambda _: None)


def test_files_of_the_dataset_are_no_music_of_ones_own(recipe, tmp_path, rng):
    """Some of its tracks are judged on, whatever folder they are found through."""
    for name in ("one.wav", "data/judged.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, 0.1 * rng.standard_normal(22_050), 22_050)
    (tmp_path / "link").symlink_to(tmp_path / "data", target_is_directory=True)
    few, said, (branch,) = Few(tmp_path / "data"), [], recipe.branches
    few.read_tracks = lambda: [Track("b", ("rock",), path="judged.wav"), Track("c", ("folk",))]
    made, _ = music._own_files(branch, tmp_path, few, said.append)
    assert set(made.track_ids.tolist()) == {str(tmp_path / "one.wav")}
    assert "1 of 2 files" in said[0]
    with pytest.raises(DataError, match="all of its audio is tracks of few"):
        music._own_files(branch, tmp_path / "link", few, said.append)


@pytest.mark.parametrize("pairs", [("ab", "bc"), ("bc", "ab")])
def test_a_copy_of_a_copy_is_a_copy(tmp_path, pairs, monkeypatch):
    few = Few(tmp_path)
    monkeypatch.setattr(few, "faults", lambda: [Fault(one, "near duplicate", other, "here")
                                                for one, other in pairs])
    assert music.apart(few, "abcde", ["c"]) == ["d", "e"]
