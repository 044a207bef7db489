import dataclasses

import numpy as np
import pytest

from earmark.audio.augment import Draw, Waves
from earmark.errors import SettingsError
from earmark.lab import choose
from earmark.lab import recipe as recipes


@pytest.fixture(scope="module")
def pair():
    """A plain recipe and one whose penalty leaves nothing to learn."""
    whole = recipes.read("gtzan57-logistic")

    def with_penalty(name, value):
        model = {"name": "classical:logistic", "inverse_penalty": value}
        branch = dataclasses.replace(whole.branches[0], model=model, source="table")
        return dataclasses.replace(whole, name=name, branches=(branch,))

    return [with_penalty("plain", 1.0), with_penalty("stifled", 1e-9)]


@pytest.fixture(scope="module")
def bench(pair, sample_root):
    return choose.bench(pair, sample_root, lambda _: None)


def test_only_tracks_to_learn_from_are_used(bench, pair):
    split = bench.dataset.partitions()["filtered"]
    assert len(bench.ids) == 20
    assert {split[i] for i in bench.ids} == {"train", "valid"}


def test_folds_keep_artists_whole_and_hold_each_track_out_once(bench):
    pairs = bench.folds(bench.ids, 4, 0)
    assert sorted(i for _, held in pairs for i in held) == bench.ids
    for learn, held in pairs:
        artists = [{bench.dataset.tracks[i].artist for i in ids} - {None} for ids in (learn, held)]
        assert not artists[0] & artists[1]


def test_candidates_are_compared_on_the_same_folds(bench, pair):
    plain, stifled = choose.judge(bench, pair, folds=2, repeats=2)
    assert plain.difference is None
    assert plain.mean_difference == 0
    assert stifled.mean_difference == pytest.approx(stifled.value - plain.value)
    assert stifled.difference.low <= stifled.mean_difference <= stifled.difference.high
    assert stifled.log_loss == pytest.approx(np.log(10), abs=0.05)
    assert plain.value == pytest.approx(np.mean(plain.repeats))
    assert choose.judge(bench, pair, folds=2, repeats=2) == [plain, stifled]


def test_a_branch_is_fitted_once_a_fold(sample_root, pair, monkeypatch):
    fits = []
    true_fit = choose.Learner.fit
    monkeypatch.setattr(choose.Learner, "fit",
                        lambda self, ids, rng: fits.append(1) or true_fit(self, ids, rng))
    fresh = choose.bench(pair, sample_root, lambda _: None)
    both = dataclasses.replace(pair[0], name="both", branches=pair[0].branches + pair[1].branches)
    choose.judge(fresh, [*pair, both], folds=2, repeats=1)
    assert len(fits) == 4


def test_an_average_of_branches_is_the_mean_of_their_scores(bench, pair):
    both = dataclasses.replace(pair[0], name="both", branches=pair[0].branches + pair[1].branches)
    scores = [bench.out_of_fold(r, bench.ids, 2, 0) for r in (*pair, both)]
    np.testing.assert_allclose(scores[2], (scores[0] + scores[1]) / 2, atol=1e-6)


def test_nested_chooses_in_every_outer_fold(bench, pair):
    whole = choose.nested(bench, pair, folds=2)
    assert whole["chosen"] == ["plain", "plain"]
    assert whole["by_artist"]["low"] <= whole["value"] <= whole["by_artist"]["high"]


def test_recipes_of_other_tracks_are_refused(pair, sample_root):
    split = dataclasses.replace(pair[1].split, learn_from=("train",))
    other = dataclasses.replace(pair[1], split=split)
    with pytest.raises(SettingsError, match="differ in dataset or split"):
        choose.bench([pair[0], other], sample_root, lambda _: None)


def test_rows_heard_anew_are_gathered_for_themselves(bench, pair, monkeypatch):
    """Else a candidate that hears sound anew would be judged on another's rows."""
    monkeypatch.setattr(choose, "gather", lambda dataset, ids, branch, log: branch)
    fresh = choose.Bench(bench.dataset, bench.ids, lambda _: None)
    plain = dataclasses.replace(pair[0].branches[0], source="audio", training_seconds=1.0)
    anew = dataclasses.replace(plain, listen="anew")
    louder = dataclasses.replace(anew, waves=Waves(gain_db=Draw(1.0, 3.0, 6.0)))
    found = [fresh._features(branch) for branch in (plain, anew, louder)]
    assert found == [plain, anew, louder]
    other = dataclasses.replace(anew, model={"name": "classical:lda"}, weight=2.0)
    assert fresh._features(other) is found[1]


def test_a_slip_in_a_model_is_found_before_features(pair, sample_root, monkeypatch):
    monkeypatch.setattr(choose, "gather", lambda *_: pytest.fail("features were gathered"))
    branch = dataclasses.replace(pair[0].branches[0], model={"name": "classical:lda", "shrunk": 1})
    with pytest.raises(SettingsError, match="'shrunk'"):
        choose.bench([pair[0], dataclasses.replace(pair[0], branches=(branch,))], sample_root,
                     lambda _: None)
