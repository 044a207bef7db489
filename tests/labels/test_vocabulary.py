"""Labels keep their order, other spellings find them, and matrices hold what was said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary, fold

GENRES = Vocabulary(("rock", "hiphop", "pop"), aliases={"rap": "hiphop"})
TAGS = Vocabulary(("guitar", "no vocals", "slow"), task="multi",
                  groups={"guitar": "instrument", "slow": "tempo"})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "label"),
    [("rock", "rock"), ("Rock", "rock"), ("Hip-Hop", "hiphop"), ("hip hop", "hiphop"),
     ("rap", "hiphop"), ("RAP", "hiphop")],
)  # fmt: skip
def test_other_spellings_find_their_label(name: str, label: str) -> None:
    assert GENRES.canonical(name) == label
    assert GENRES.labels[GENRES.index(name)] == label


def test_an_unknown_label_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no label is called 'hipop'\. Did you mean 'hiphop'\?"):
        GENRES.canonical("hipop")


def test_a_group_is_the_genre_where_none_is_given() -> None:
    assert [TAGS.group(label) for label in TAGS.labels] == ["instrument", "genre", "tempo"]
    assert TAGS.group("Guitar") == "instrument"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("rock", ""), "a label is empty"),
        (("rock", "  "), "a label is empty"),
        (("rock", "pop", "rock"), "'rock' and 'rock' are equal or differ only by case"),
        (("hip-hop", "Hip Hop"), "'hip-hop' and 'Hip Hop' are equal or differ only by case"),
    ],
)
def test_labels_that_cannot_be_told_apart(labels: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Vocabulary(labels)


def test_groups_and_aliases_of_labels_that_are_not_there() -> None:
    with pytest.raises(DataError, match=r"'rok' is not a label\. Did you mean 'rock'\?"):
        Vocabulary(("rock",), aliases={"rck": "rok"})
    with pytest.raises(DataError, match="'flute' is not a label"):
        Vocabulary(("rock",), groups={"flute": "instrument"})


def test_matrix_of_single_labels() -> None:
    matrix = GENRES.matrix([["pop"], ["rap"], ("Rock",), {"hiphop"}])
    np.testing.assert_array_equal(matrix, [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
    assert matrix.dtype == np.int8


def test_matrix_of_several_labels_and_of_none() -> None:
    matrix = TAGS.matrix([["slow", "guitar"], [], ["No Vocals", "no vocals"]])
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [0, 0, 0], [0, 1, 0]])
    assert TAGS.matrix([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("label_sets", "message"),
    [
        ([["rock"], []], "track 1 bears 0 labels; a single-label vocabulary needs exactly one"),
        ([["rock", "pop"]], "track 0 bears 2 labels"),
        (["rock"], "the labels of track 0 are the text 'rock'; expected a list"),
        ([["['rock', 'pop']"]], "is a list printed as one label"),
        ([['["rock"]']], "is a list printed as one label"),
        ([["{rock, pop}"]], "is a list printed as one label"),
        ([["salsa"]], "no label is called 'salsa'"),
    ],
)
def test_matrix_refuses_what_is_not_one_known_label(label_sets: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        GENRES.matrix(label_sets)


@given(st.lists(st.sets(st.sampled_from(TAGS.labels))))
def test_the_matrix_gives_the_labels_back(label_sets: list[set[str]]) -> None:
    matrix = TAGS.matrix(label_sets)
    assert [{TAGS.labels[i] for i in np.flatnonzero(row)} for row in matrix] == label_sets


@given(st.lists(st.text(st.characters(categories=["Ll", "Nd"]), min_size=1), min_size=1,
                unique_by=str.casefold))  # fmt: skip
def test_labels_of_any_script_are_found_in_their_order(labels: list[str]) -> None:
    vocabulary = Vocabulary(tuple(labels), task="multi")
    assert [vocabulary.index(label) for label in labels] == list(range(len(vocabulary)))
    np.testing.assert_array_equal(vocabulary.matrix([[x] for x in labels]), np.eye(len(labels)))


def test_an_accent_of_its_own_is_part_of_its_letter():
    assert fold("cafe\u0301") == fold("caf\u00e9") != fold("cafe")
