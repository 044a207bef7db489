import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.metrics.hierarchy import augmented, closure, hierarchical
from earmark.labels import crosswalk
from earmark.labels.crosswalk import Crosswalk, Sheet
from earmark.labels.taxonomy import Taxonomy, Term
from earmark.labels.vocabulary import Vocabulary

GENRES = dict.fromkeys(("music", "loud", "rock", "metal", "death metal", "opera"), "genre")
TREE = Taxonomy(GENRES, {"rock": Term(("music",)), "metal": Term(("rock", "loud")),
                         "death metal": Term(("metal",)),
                         "opera": Term(("music",), also=("bel canto",))})
WALK = Crosswalk(Sheet("made up"), TREE)
LABELS = Vocabulary(("metal", "death metal", "opera", "rock"), "multi")


def above(label):
    return {label, *TREE.ancestors(label)}


def test_a_label_holds_itself_and_all_above_it():
    names, matrix = closure(LABELS, WALK)
    assert names == ("metal", "death metal", "opera", "rock", "music", "loud")
    for label, row in zip(LABELS.labels, matrix, strict=True):
        assert {name for name, held in zip(names, row, strict=True) if held} == above(label)


@given(st.lists(st.tuples(*[st.sets(st.sampled_from(LABELS.labels))] * 2), min_size=1, max_size=6))
def test_figures_are_those_of_the_enlarged_sets(rows):
    truth, answers = (LABELS.matrix([row[k] for row in rows]) for k in (0, 1))
    found = hierarchical(answers, truth, closure(LABELS, WALK)[1])
    true, given_ = ([set().union(*map(above, row[k])) for row in rows] for k in (0, 1))
    right = sum(len(t & g) for t, g in zip(true, given_, strict=True))
    borne, answered = sum(map(len, true)), sum(map(len, given_))
    assert found["hierarchical_recall"] == (right / borne if borne else None)
    assert found["hierarchical_precision"] == (
        right / answered if borne and answered else None)
    assert found["hierarchical_f1"] == (
        pytest.approx(2 * right / (borne + answered)) if borne else None)


def test_a_near_miss_is_better_than_a_far_one():
    _, matrix = closure(LABELS, WALK)
    death, metal, opera = (LABELS.matrix([[name]]) for name in ("death metal", "metal", "opera"))
    near, far = hierarchical(metal, death, matrix), hierarchical(opera, death, matrix)
    # metal, rock, loud and music of five; only music of opera and music
    assert (near["hierarchical_precision"], near["hierarchical_recall"]) == (1, 0.8)
    assert (far["hierarchical_precision"], far["hierarchical_recall"]) == (0.5, 0.2)


def test_labels_that_mean_the_same_are_the_same():
    both = Vocabulary(("opera", "bel canto"), "multi")
    names, matrix = closure(both, WALK)
    assert names == ("opera", "music")
    assert hierarchical([[0, 1]], [[1, 0]], matrix)["hierarchical_f1"] == 1


def test_labels_that_mean_nothing_are_only_themselves(rng):
    unheard = Vocabulary(("Qwx", "Zrt", "loud noise"), "multi")
    names, matrix = closure(unheard)
    assert names == unheard.labels
    assert (matrix == np.eye(3)).all()
    answers, truth = rng.integers(2, size=(2, 9, 3))
    assert hierarchical(answers, truth, matrix)["hierarchical_f1"] == metrics.f1_micro(
        answers, truth)


def test_an_unheard_label_is_not_one_of_ours_by_chance():
    left = Crosswalk(Sheet("made up", left=("rock",)), TREE)
    names, matrix = closure(Vocabulary(("rock", "metal"), "multi"), left)
    assert names == ("rock", "metal", "rock", "music", "loud")
    assert matrix.tolist() == [[1, 0, 0, 0, 0], [0, 1, 1, 1, 1]]


def test_the_dataset_says_what_labels_mean():
    pair = Vocabulary(("Classical", "Rap & Hip-Hop"), "multi")
    assert closure(pair, "mumu")[0] == tuple(
        crosswalk.read("mumu250").meaning(label).ours for label in pair.labels)


def test_scores_and_other_shapes_are_refused():
    _, matrix = closure(LABELS, WALK)
    with pytest.raises(DataError, match="answers hold values other than 0 and 1"):
        augmented([[0.5, 0, 0, 0]], matrix)
    with pytest.raises(DataError, match="expected both"):
        hierarchical([[1, 0, 0, 0]], [[1, 0, 0]], matrix)
    with pytest.raises(DataError, match=r"on 3 labels for a hierarchy of 4"):
        augmented([[1, 0, 0]], matrix)


@pytest.mark.realdata
def test_audioset_knows_what_its_labels_are_kinds_of(realdata):
    path = realdata / "audioset" / "labels.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with path.open(newline="") as lines:
        labels = tuple(row["label"] for row in csv.DictReader(lines))
    names, matrix = closure(Vocabulary(labels, "multi"), "audioset")
    held = {label: {names[k] for k in np.flatnonzero(row)}
            for label, row in zip(labels, matrix, strict=True)}  # fmt: skip
    assert held["Electric guitar"] == {"electric guitar", "guitar", "plucked strings"}
    assert "electronic" in held["Techno"]
    assert all(held.values())
