"""Segments in the place of tracks, and the one function that deals them, leaky on purpose."""

import dataclasses

import numpy as np
import pytest
from tests.lab.audit.conftest import tracks_of

from earmark.datasets.base import Fault
from earmark.features.base import FeatureSet
from earmark.lab import recipe as recipes
from earmark.lab.audit.segments import cut, deal
from earmark.lab.batches import Gathered
from earmark.lab.learner import Learner

BRANCH = dataclasses.replace(recipes.read("gtzan57-svm").branches[0],
                             model={"name": "classical:knn", "n_neighbors": 1})


def features(tracks, counts, seed=0):
    ids = np.repeat([t.id for t in tracks], counts)
    rows = np.random.default_rng(seed).standard_normal((len(ids), 3)).astype(np.float32)
    starts = np.concatenate([np.arange(n, dtype=float) for n in counts])
    return FeatureSet(rows, ids, starts, ("a", "b", "c"), {})


def learner_of(dataset, *sets):
    return Learner(dataset, (BRANCH,) * len(sets), tuple(Gathered(f, (), ()) for f in sets))


@pytest.fixture
def learner(made_up):
    tracks = tracks_of(20)
    dataset = made_up(tracks, faults=[Fault("t000", "exact duplicate", "t007", "made up")])
    return learner_of(dataset, features(tracks, [3] * 19 + [2]))


def test_segments_bear_their_tracks_labels_artist_and_song(learner):
    made = cut(learner)
    assert made.of(["t001", "t019"]) == ["t001#0", "t001#1", "t001#2", "t019#0", "t019#1"]
    assert made.track["t019#1"] == "t019"
    assert not made.whole
    view = made.learner.dataset
    assert len(view.tracks) == 59
    assert view.tracks["t001#2"].labels == learner.dataset.tracks["t001"].labels
    assert view.tracks["t001#2"].artist == "artist 1"
    np.testing.assert_array_equal(made.learner.gathered[0].features.rows,
                                  learner.gathered[0].features.rows)


def test_copies_and_tracks_stay_together_in_the_models_own_folds(made_up):
    tracks = [dataclasses.replace(t, artist=None) for t in tracks_of(20)]
    dataset = made_up(tracks, faults=[Fault("t000", "exact duplicate", "t007", "made up")])
    made = cut(learner_of(dataset, features(tracks, [3] * 20)))
    names = made.of(["t000", "t007", "t001"])
    groups = made.learner.groups(names).tolist()
    assert len(set(groups[:6])) == 1
    assert len(set(groups)) == 2


def test_scores_by_segment_average_to_those_by_track(learner):
    learn, held = [f"t{k:03d}" for k in range(12)], [f"t{k:03d}" for k in range(12, 20)]
    whole = learner.fit(learn, np.random.default_rng(1)).scores(held)
    made = cut(learner)
    parts = made.learner.fit(made.of(learn), np.random.default_rng(1)).scores(made.of(held))
    for track, scores in zip(whole.ids, whole.scores, strict=True):
        its = [s for name, s in zip(parts.ids, parts.scores, strict=True)
               if made.track[name] == track]
        np.testing.assert_allclose(np.mean(its, axis=0), scores, atol=1e-6)


def test_dealt_segments_are_as_many_and_stand_on_both_sides(learner, rng):
    made = cut(learner)
    learn, test = [f"t{k:03d}" for k in range(15)], [f"t{k:03d}" for k in range(15, 20)]
    a, b = deal(made, learn, test, rng)
    assert len(a) == 45
    assert len(b) == 14
    assert sorted([*a, *b]) == sorted(made.of([*learn, *test]))
    shared = {made.track[n] for n in a} & {made.track[n] for n in b}
    assert len(shared) > 5
    share = np.mean([made.learner.dataset.tracks[n].labels == ("a",) for n in a])
    assert share == pytest.approx(np.mean([made.learner.dataset.tracks[n].labels == ("a",)
                                           for n in [*a, *b]]), abs=0.05)
    assert deal(made, learn, test, np.random.default_rng(1)) == \
        deal(made, learn, test, np.random.default_rng(1))


def test_branches_that_cut_otherwise_have_no_common_segments(learner):
    tracks = list(learner.dataset.tracks.values())
    other = features(tracks, [2] * 20)
    assert cut(learner_of(learner.dataset, learner.gathered[0].features, other)) is None
    same = features(tracks, [3] * 19 + [2], seed=1)
    assert cut(learner_of(learner.dataset, learner.gathered[0].features, same)) is not None


def test_whole_tracks_are_known_for_such(made_up):
    tracks = tracks_of(20)
    assert cut(learner_of(made_up(tracks), features(tracks, [1] * 20))).whole
