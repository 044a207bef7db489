"""Scorers here are made up: they know a track's genre for certain, or nothing at all."""

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.judging.decisions import Decisions
from earmark.lab import strangers
from earmark.lab.outoffold import Rounds
from earmark.labels.vocabulary import Vocabulary

GENRES = ("blues", "folk", "jazz", "metal", "rock")
VOCABULARY = Vocabulary((*GENRES, "piano"), "multi",
                        {**dict.fromkeys(GENRES, "genre"), "piano": "instrument"})
DECISIONS = Decisions((0.5,) * 6)


def truth_of(tracks=60):
    """One genre a track, every third one bears two; pianos everywhere."""
    truth = np.zeros((tracks, 6), np.int8)
    truth[np.arange(tracks), np.arange(tracks) % 5] = 1
    truth[::3, (np.arange(0, tracks, 3) + 1) % 5] = 1
    truth[::2, 5] = 1
    return truth


def rounds_of(truth, *, telling=True, seen=None):
    ids = tuple(f"{i:03}" for i in range(len(truth)))

    def fit(learn, labels):
        if seen is not None:
            seen.append((set(learn), tuple(labels)))
        columns = [VOCABULARY.index(label) for label in labels]

        def scores_for(wanted):
            rows = truth[[int(i) for i in wanted]][:, columns]
            # Of a genre that it has not learnt it is sure of no genre at all.
            return np.where(rows == 1, 0.9, 0.1) if telling else np.full(rows.shape, 0.5)

        return scores_for

    rng = np.random.default_rng(0)
    return Rounds.deal(ids, truth, [f"artist {i // 2}" for i in range(len(truth))], VOCABULARY,
                       fit, folds=4, rng=rng)


def learn(truth, count=5, **changes):
    rounds = rounds_of(truth, **changes)
    scores = rounds.score("all").scores
    groups = [f"artist {i // 2}" for i in range(len(truth))]
    return strangers.learn_unknown(rounds, scores, count, DECISIONS, groups,
                                   np.random.default_rng(1))


def test_genres_never_heard_of_are_told_from_known_ones():
    rule, results = learn(truth_of())
    assert rule.columns == (0, 1, 2, 3, 4)  # a piano is no genre
    assert rule.threshold == pytest.approx(0.9)
    assert (rule.kept_known, rule.caught_strange) == (1.0, 1.0)
    assert results["auroc"] == 1.0
    assert results["separates"]
    assert sorted(g for met in results["held_out"] for g in met["genres"]) == sorted(GENRES)
    truth = truth_of()
    alone = (truth[:, :5].sum(axis=1) == 1) & (truth[:, 0] == 1)
    assert {tuple(m["genres"]): m["tracks"] for m in results["held_out"]}[("blues",)] == alone.sum()


def test_what_tells_nothing_is_said_to():
    rule, results = learn(truth_of(), telling=False)
    assert results["auroc"] == 0.5
    assert not results["separates"]
    assert rule.threshold == 0.5


def test_models_learn_from_no_track_of_a_genre_held_out():
    truth, seen = truth_of(), []
    learn(truth, count=2, seen=seen)
    held = [next(k for k, g in enumerate(GENRES) if g not in labels)
            for _, labels in seen if set(GENRES) - set(labels)]
    assert len(set(held)) == 2
    for learnt, labels in seen:
        for k, genre in enumerate(GENRES):
            if genre not in labels:
                assert not any(truth[int(i), k] for i in learnt)


def test_too_few_genres_are_refused():
    truth = truth_of()
    truth[:, 2:5] = 0
    with pytest.raises(DataError, match="2 genres are too few"):
        learn(truth)


def test_genres_that_never_stand_alone_cannot_be_held_out():
    truth = np.ones((12, 6), np.int8)
    with pytest.raises(DataError, match="no track bears a held-out genre and no other"):
        learn(truth)
