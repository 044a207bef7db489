import pytest

from earmark.errors import SettingsError
from earmark.lab.tuning.ranges import Between, OneOf, from_table, parse, word


@pytest.mark.parametrize(("text", "expected"), [
    ("1..31", Between(1, 31)),
    ("0.01..10:log", Between(0.01, 10, log=True)),
    ("1e-5..1e-1:log", Between(1e-5, 0.1, log=True)),
    ("-1..1", Between(-1, 1)),
    ("0.5..1", Between(0.5, 1)),
    ("relu;tanh", OneOf(("relu", "tanh"))),
    ("[64];[256];[512,128]", OneOf(([64], [256], [512, 128]))),
    ("none; balanced", OneOf(("none", "balanced"))),
    ("true;false", OneOf((True, False))),
    ("1;2.5;'a b'", OneOf((1, 2.5, "a b"))),
    ("classical:knn;classical:mlp", OneOf(("classical:knn", "classical:mlp"))),
])
def test_ranges_are_read_from_words(text, expected):
    assert parse(text, "x") == expected


@pytest.mark.parametrize(("text", "message"), [
    ("", "'' is no value"),
    ("5", "its choices are 5; expected two"),
    ("relu;relu", "each once"),
    ("10..1", "from 10 to 1; expected a lower"),
    ("1..1", "expected a lower"),
    ("0..1:log", "expected a number above 0"),
    ("a..b", "'a' is no number. expected LOW..HIGH"),
    ("nan..1", "expected a lower"),
    ("0..inf", "expected a lower"),
    ("[64;[128]", "no value"),
    ("{a=1};{a=2}", "no value"),
    ("1\nb=2;3", "no value"),
])
def test_words_that_are_no_range_are_refused(text, message):
    with pytest.raises(SettingsError) as caught:
        parse(text, "branches.0.model.x")
    assert message in str(caught.value)
    assert "branches.0.model.x" in str(caught.value)


def test_ranges_are_read_from_tables():
    assert from_table({"low": 0.1, "high": 3, "log": True}, "x") == Between(0.1, 3, log=True)
    assert from_table({"choices": [[64], [128, 64]]}, "x") == OneOf(([64], [128, 64]))


@pytest.mark.parametrize(("table", "message"), [
    ({"low": 1}, "missing 'high'"),
    ({"low": 1, "hihg": 2}, "Did you mean 'high'"),
    ({"low": "1", "high": 2}, "'low' is '1'; expected a number"),
    ({"low": 1, "high": 2, "log": 1}, "expected true or false"),
    ({"choices": [1, 2], "low": 0}, "'choices' alone"),
    ({"choices": 5}, "as a list"),
    ({"choices": []}, "none; expected two"),
    ([1, 2], "expected a table"),
])
def test_tables_that_are_no_range_are_refused(table, message):
    with pytest.raises(SettingsError) as caught:
        from_table(table, "space.toml: 'x'")
    assert message in str(caught.value)


def test_a_range_knows_its_values():
    assert Between(1, 5).holds(5)
    assert not Between(1, 5).holds(2.5)
    assert not Between(1, 5).holds(True)
    assert not Between(1, 5).holds(None)
    assert Between(0.5, 5).holds(1)
    assert OneOf(([64], [32])).holds([64])
    assert not OneOf((1, 2)).holds(True)
    assert parse("1..9", "x").plain() == {"low": 1, "high": 9, "log": False}
    assert word(None) == "chosen by the model"
