"""Labels under what they are kinds of, by Earmark's taxonomy."""

import pytest
from tests.lab.explore.test_tally import dataset

from earmark.lab.explore import families
from earmark.lab.explore.families import Families
from earmark.lab.explore.tally import Tally


def test_labels_are_found_under_their_parents_whatever_their_spelling():
    found = Families.of(("Electronic", "Hip-Hop", "Trip Hop", "whatsit"), "made")
    # The taxonomy says: trip hop < downtempo and hip hop; downtempo < electronic.
    assert found.ancestors(2) == ("downtempo", "hip hop", "electronic")
    assert found.above == ((), (), (1, 0), ())
    assert found.root(2) in ("hip hop", "electronic")
    assert found.unknown == ("whatsit",)


def test_how_often_the_parent_stands_beside_its_kind():
    made = dataset(*[("trip hop", "hip hop")] * 3, ("trip hop",), ("hip hop",), ("jazz",))
    tally = Tally.of(made)
    section = families.section(tally, "made")
    assert section.numbers["with_parent"] == [
        {"label": "trip hop", "parent": "hip hop", "share": 0.75}]
    figure = next(f for f in section.figures if f.title == "Is the parent named as well?")
    assert "trip hop, a kind of hip hop" in figure.svg
    assert "75% for the middle one of 1 label" in figure.caption


def test_a_family_counts_a_track_once():
    made = dataset(("punk", "rock"), ("punk",), ("rock",), ("jazz",))
    tally = Tally.of(made)
    numbers = families.section(tally, "made").numbers
    assert numbers["families"]["rock"] == {"labels": ["punk", "rock"], "tracks": 3}


def test_unrelated_labels_are_said_to_be_so():
    section = families.section(Tally.of(dataset(("jazz",), ("whatsit",))), "made")
    assert section.figures == ()
    assert section.notes[1:] == (
        "It does not know whatsit.",
        "No label here is a kind of another, or of the same thing as another.")


def test_one_label_a_track_cannot_name_the_parent():
    section = families.section(Tally.of(dataset(("punk",), ("rock",))), "made")
    assert [f.title for f in section.figures] == ["Families of labels"]


@pytest.mark.parametrize("count", [30, 250])
def test_large_families_are_cut_and_say_so(count):
    known = Families.of(("rock",), "made").walk.taxonomy.labels[:count]
    tally = Tally.of(dataset(*[(label, known[0]) for label in known]))
    figures = families.section(tally, "made").figures
    for figure in figures:
        assert figure.svg.count("<text") <= 60
