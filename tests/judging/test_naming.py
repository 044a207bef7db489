import numpy as np
import pytest

from earmark.errors import DataError, SettingsError
from earmark.judging.decisions import Decisions, answers, parents
from earmark.judging.naming import fit_parents, parents_of
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary


def test_parents_are_genres_above_two_labels():
    vocabulary = Vocabulary(("piano", "jazz", "bebop", "swing", "techno", "trance", "polka"),
                            "multi")
    found = parents_of(vocabulary)
    assert found["jazz"] == (1, 2, 3)  # a label itself
    assert found["electronic"] == (4, 5)  # above two, and no label
    assert all(0 not in columns for columns in found.values())  # the piano is no genre


def test_what_holds_nearly_all_genres_is_no_answer():
    assert parents_of(Vocabulary(("techno", "trance", "house"), "multi")) == {"dance": (1, 2)}
    assert parents_of(Vocabulary(("techno",), "multi")) == {}
    assert parents_of(Vocabulary(("rock", "klezmerpunk"), "multi")) == {}


def test_of_two_above_the_same_labels_the_lower_is_meant():
    found = parents_of(Vocabulary(("reggae", "dubstep", "jazz", "blues", "rock"), "multi"))
    assert len(set(found.values())) == len(found)
    assert "reggae" in found
    assert "world" not in found


def test_labels_of_a_published_set_are_read_by_its_sheet():
    labels = tuple(crosswalk.read("audioset527").sheet.labels)
    vocabulary = Vocabulary(labels, "multi")
    found = parents_of(vocabulary, "audioset")
    rock = [labels[c] for c in found["Rock music"]]
    assert {"Rock music", "Punk rock", "Heavy metal"} <= set(rock)
    assert "music" not in {name.lower() for name in found}
    genres = sum(crosswalk.read("audioset527").meaning(label).group == "genre"
                 for label in labels)
    assert all(2 <= len(columns) <= 0.8 * genres for columns in found.values())


def unsure(rng, rows=2000):
    """Tracks of one genre of three: which, is hard to tell, but the first two are close."""
    which = rng.integers(0, 3, rows)
    truth = np.eye(3, dtype=np.int8)[which]
    scores = np.where((which < 2)[:, None], [0.45, 0.45, 0.05], [0.1, 0.1, 0.3])
    return (scores + rng.uniform(-0.04, 0.04, scores.shape)), truth, np.arange(rows) % 5


def test_a_parent_is_named_where_its_labels_cannot_be_told_apart(rng):
    scores, truth, fold = unsure(rng)
    answered = (scores > 0.5).astype(np.int8)
    found, = fit_parents(scores, truth, answered, {"both": (0, 1)}, "multi", 0.9, fold)
    # Its chance is about .70 where it is right and .19 where it is not.
    assert 0.2 < found.threshold < 0.65
    assert found.precision > 0.98
    decisions = Decisions((0.5,) * 3, parents=(found,))
    vocabulary = Vocabulary(("a", "b", "c"), "multi")
    given = answers(scores, vocabulary, decisions)
    named = [bool(parents(row, vocabulary, decisions)) for row in scores]
    right = truth[:, :2].any(axis=1)
    assert right[named].mean() > 0.98
    assert not given[named][:, :2].any()
    assert np.mean(named) == pytest.approx((right & ~given[:, :2].any(axis=1)).mean(), abs=0.01)


def test_what_cannot_be_named_as_precisely_as_wanted_is_left_out(rng):
    scores, truth, fold = unsure(rng)
    nothing = np.zeros_like(truth)
    noise = rng.random(scores.shape)
    assert fit_parents(noise, truth, nothing, {"both": (0, 1)}, "multi", 0.9, fold) == ()
    # Where a label is always answered there is nothing to name.
    everything = np.ones_like(truth)
    assert fit_parents(scores, truth, everything, {"both": (0, 1)}, "multi", 0.5, fold) == ()
    assert fit_parents(scores, 0 * truth, nothing, {"both": (0, 1)}, "multi", 0.5, fold) == ()
    few = slice(0, 4)  # four right of four may be luck
    assert fit_parents(scores[few], np.ones((4, 3)), nothing[few], {"both": (0, 1)}, "multi", 0.9,
                       fold[few]) == ()


def test_precision_is_of_tracks_the_threshold_was_not_learnt_from(rng):
    scores, truth, fold = unsure(rng, 400)
    nothing = np.zeros_like(truth)
    found, = fit_parents(scores, truth, nothing, {"both": (0, 1)}, "multi", 0.6, fold)
    wrong = np.where((fold == 0)[:, None], [0, 0, 1], truth)
    other = fit_parents(scores, wrong, nothing, {"both": (0, 1)}, "multi", 0.6, fold)
    assert found.precision > 0.98
    assert not other or other[0].precision < 0.85


def test_what_does_not_fit_is_refused(rng):
    scores, truth, fold = unsure(rng, 20)
    with pytest.raises(DataError, match="expected one a track"):
        fit_parents(scores, truth, truth, {}, "multi", 0.5, fold[:3])
    with pytest.raises(DataError, match="other than 0 and 1"):
        fit_parents(scores, truth, 2 * truth, {}, "multi", 0.5, fold)
    for precision in (0, 1, np.nan):
        with pytest.raises(SettingsError, match="the precision wanted is"):
            fit_parents(scores, truth, truth, {}, "multi", precision, fold)
