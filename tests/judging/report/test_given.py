"""Measurements shown as they are given: any mapping of plain values becomes tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.judging.report.given import read_given
from earmark.judging.report.plain import Node


def read(value):
    return read_given("label_sets", Node(value, "results.json: label_sets"))


def test_values_become_rows_and_mappings_alike_a_table():
    found = read({
        "promised": 0.9, "draws": 20, "exact": True, "by": "artist", "unknown": None,
        "at_home": {"coverage": 0.9012, "mean_size": 4},
        "abroad": {"coverage": 0.8612, "loss": [0.01, 0.02]},
        "notes": ["a note", "another"],
    })
    values, places = found.tables
    assert values.header == ()
    assert values.rows == (("promised", "0.900"), ("draws", "20"), ("exact", "yes"),
                           ("by", "artist"), ("unknown", "undefined"))
    assert places.header == ("", "coverage", "mean size", "loss")
    assert places.rows == (("at home", "0.901", "4", "–"), ("abroad", "0.861", "–", "0.010, 0.020"))
    assert places.numbers == (False, True, True, True)
    assert found.notes == ("a note", "another")
    assert found.title == "Sets of labels with a promised error rate"


def test_what_is_nested_has_its_place_as_title():
    found = read({"eval": {"by_label": {"rock": {"coverage": 0.5}, "pop": {"coverage": 1}},
                           "mean": 0.75}, "levels": [{"error": 0.1, "covered": 0.91}],
                  "note": "one"})
    assert [(t.title, t.rows) for t in found.tables] == [
        ("eval", (("mean", "0.750"),)),
        ("eval: by label", (("rock", "0.500"), ("pop", "1"))),
        ("levels", (("1", "0.100", "0.910"),)),
    ]
    assert found.notes == ("one",)


def test_metrics_have_their_names_and_nothing_is_none():
    found = read({"named": {}, "left": [], "fixed": {"f1_micro": 0.5}, "own": {"f1_micro": 1.0}})
    assert found.tables[0].rows == (("genres that can be named", "none"), ("left", "none"))
    assert found.tables[1].header == ("", "F1 (micro)")


def test_long_lists_are_told_by_their_ends():
    (values,) = read({"few": [0.5, 0.25], "many": [0.9, *[0.91] * 6, 0.875], "texts": ["a"] * 7}
                     ).tables
    assert values.rows == (("few", "0.500, 0.250"), ("many", "8 values, 0.875 to 0.910"),
                           ("texts", "a, a, a, a, a, a, a"))


def test_nothing_is_no_section():
    assert read_given("shift", None) is None
    assert read({}).tables == ()


@pytest.mark.parametrize(("value", "word"), [
    (3, "an object"), ([1], "an object"), ({"notes": 3}, "a text"), ({"notes": [3]}, "a text"),
    ({"a": 1e999}, "a number"),
    ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}, "a text"),
])
def test_what_cannot_be_a_table_is_refused_by_its_place(value, word):
    with pytest.raises(DataError, match=word) as caught:
        read(value)
    assert "label_sets" in str(caught.value)


PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1, 1) | st.text(max_size=5)
ANY = st.recursive(PLAIN, lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3)
                   | st.lists(PLAIN, max_size=3), max_leaves=12)


@given(st.dictionaries(st.sampled_from(["a", "b_c", "d"]), ANY, max_size=3))
def test_any_plain_values_become_tables_of_one_width_each(value):
    try:
        found = read(value)
    except DataError:
        return  # nested too deep
    for table in found.tables:
        width = len(table.header) or 2  # a name and its value
        assert {len(row) for row in table.rows} == {width}
        assert len(table.numbers) == width
