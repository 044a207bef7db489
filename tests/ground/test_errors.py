"""Errors are one line, and a missing extra names its install line."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark import errors


@given(st.text())
def test_a_message_is_one_line_whatever_is_put_in(text: str) -> None:
    assert len(str(errors.EarmarkError(text)).splitlines()) <= 1


def test_lines_are_joined_and_the_spaces_of_a_file_name_are_kept() -> None:
    error = errors.AudioError("two  spaces.mp3: broken\n   at the end\r\n")
    assert str(error) == "two  spaces.mp3: broken at the end"


@pytest.mark.parametrize(
    "kind",
    [errors.AudioError, errors.DataError, errors.SettingsError, errors.TaggerError,
     errors.MissingExtraError],
)  # fmt: skip
def test_every_kind_is_caught_as_one_and_crosses_processes(kind: type[errors.EarmarkError]) -> None:
    error = pickle.loads(pickle.dumps(kind("x: broken")))
    assert isinstance(error, errors.EarmarkError)
    assert (type(error), str(error), error.exit_code) == (kind, "x: broken", 1)


def test_require_returns_what_is_installed() -> None:
    assert errors.require("json", extra="train", purpose="reading") is json


def test_require_names_the_install_line_and_keeps_the_cause() -> None:
    expected = r"training needs not_there, .*: in Earmark's folder, pip install '\.\[train\]'"
    with pytest.raises(errors.MissingExtraError, match=expected) as caught:
        errors.require("not_there.deeper", extra="train", purpose="training")
    assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize(
    ("given_word", "known", "expected"),
    [
        ("logistc", ["forest", "logistic"], " Did you mean 'logistic'?"),
        ("zzz", ["logistic", "forest"], " Known: forest, logistic."),
        ("zzz", [], ""),
    ],
)
def test_suggestion(given_word: str, known: list[str], expected: str) -> None:
    assert errors.suggestion(given_word, known) == expected
