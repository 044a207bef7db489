"""Genres held out whole, with a model that can be worked out by hand."""

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.lab.outoffold import Rounds
from earmark.lab.strangers import genre_columns, hold_out_genres
from earmark.labels.vocabulary import Vocabulary

LABELS = ("jazz", "polka", "piano", "techno")
VOCABULARY = Vocabulary(LABELS, "multi", {"piano": "instrument"})


class World:
    """Tracks that a model scores by what it has learnt; what it was taught is recorded."""

    def __init__(self, rng, rows=120):
        self.ids = tuple(f"t{i}" for i in range(rows))
        self.truth = np.zeros((rows, 4), np.int8)
        self.truth[np.arange(rows), np.array([0, 0, 0, 1, 1, 3])[np.arange(rows) % 6]] = 1
        self.truth[::12, 1] = 1  # jazz and polka
        self.truth[::5, 2] = 1  # piano besides
        self.groups = [f"a{i // 2}" for i in range(rows)]
        self.taught = []
        self.rounds = Rounds.deal(self.ids, self.truth, self.groups, VOCABULARY, self.fit, folds=4,
                                  rng=rng)

    def fit(self, ids, labels):
        self.taught.append((set(ids), tuple(labels)))

        def scores_for(wanted):
            rows = [self.ids.index(i) for i in wanted]
            columns = [LABELS.index(label) for label in labels]
            return 0.1 + 0.7 * self.truth[np.ix_(rows, columns)] + 0.001 * np.array(rows)[:, None]

        return scores_for


def test_genres_are_held_out_whole_the_most_frequent_first(rng):
    world = World(rng)
    found = hold_out_genres(world.rounds, world.groups, 2, "none")
    assert [each.genre for each in found] == ["jazz", "polka"]
    assert len(world.taught) == 2 * 4
    for ids, labels in world.taught[:4]:
        assert "jazz" not in labels
        assert not any(world.truth[world.ids.index(i), 0] for i in ids)


def test_strange_is_what_bears_no_other_genre_and_known_what_bears_only_others(rng):
    world = World(rng)
    jazz, polka = hold_out_genres(world.rounds, world.groups, 2, "none")
    genres = world.truth[:, [0, 1, 3]]
    assert len(jazz.strange) == ((genres[:, 0] == 1) & (genres.sum(axis=1) == 1)).sum() == 50
    assert len(jazz.known) == ((genres[:, 0] == 0) & genres.any(axis=1)).sum() == 60
    # Among the other genres, strange tracks score .1 and a little, known ones .8.
    assert jazz.strange.max() < 0.25
    assert jazz.known.min() > 0.75
    assert set(jazz.strange_groups) <= set(world.groups)
    assert len(polka.strange_groups) == len(polka.strange)


def test_best_scores_are_calibrated_by_known_tracks_of_other_folds(rng):
    world = World(rng)
    plain, = hold_out_genres(world.rounds, world.groups, 1, "none")
    found, = hold_out_genres(world.rounds, world.groups, 1, "platt")
    assert not np.allclose(found.known, plain.known)
    assert found.known.min() > found.strange.max()


def test_no_more_genres_than_there_are(rng):
    world = World(rng)
    world.truth[:, 3] = 0
    rounds = Rounds.deal(world.ids, world.truth, world.groups, VOCABULARY, world.fit, folds=3,
                         rng=rng)
    assert [each.genre for each in hold_out_genres(rounds, world.groups, 9)] == ["jazz", "polka"]
    assert hold_out_genres(rounds, world.groups, 0) == ()


def test_one_genre_cannot_be_held_out(rng):
    assert genre_columns(VOCABULARY) == [0, 1, 3]
    alone = Vocabulary(("jazz", "piano"), "multi", {"piano": "instrument"})
    truth = np.tile([[1, 0], [1, 1]], (4, 1))
    rounds = Rounds.deal([str(i) for i in range(8)], truth, range(8), alone, None, folds=2, rng=rng)
    with pytest.raises(DataError, match="1 genres and 8 groups"):
        hold_out_genres(rounds, range(8), 1)
    with pytest.raises(DataError, match="one group a track"):
        hold_out_genres(World(rng).rounds, range(3), 1)
