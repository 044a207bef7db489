"""Columns that say nothing or repeat another, and rows that are equal: planted, and all found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.lab.doctor.columns import check_columns, check_rows
from earmark.lab.doctor.findings import Finding

NAMES = [f"c{i}" for i in range(9)]
LABELS = {"a": ("rock",), "b": ("rock",), "c": ("metal",)}


def columns(rows: np.ndarray, names: list[str] = NAMES) -> list[tuple[str, str, str | None]]:
    return [(f.kind, f.name, f.other) for f in check_columns(rows, names, "t.csv")]


def copies(rows: np.ndarray, ids: list[str]) -> list[Finding]:
    return list(check_rows(rows, ids, lambda name: LABELS.get(name, ("rock",)), "t.csv"))


@pytest.fixture
def rows(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(1000, 3, (40, 9)).astype(np.float32)


def test_a_sound_table_has_no_findings(rows: np.ndarray) -> None:
    assert columns(rows) == []
    assert copies(rows, [f"t{i}" for i in range(40)]) == []


def test_a_column_that_is_another_under_a_second_name(rows: np.ndarray) -> None:
    # One set's zero-crossing rate is its roll-off, to the last digit.
    rows[:, 4] = rows[:, 2]
    assert columns(rows) == [("copied column", "c4", "c2")]
    (fault,) = check_columns(rows, NAMES, "t.csv")
    assert fault.detail == "equal to 'c2' in all 40 rows of t.csv"
    assert fault.severity == "grave"


@given(st.floats(1e-3, 1e3), st.booleans())
def test_a_multiple_is_a_copy(factor: float, minus: bool) -> None:
    rows = np.random.default_rng(0).normal(0, 1, (30, 9)).astype(np.float32)
    rows[:, 7] = (-factor if minus else factor) * rows[:, 0]
    assert columns(rows) == [("copied column", "c7", "c0")]


def test_a_shifted_multiple_is_a_copy(rows: np.ndarray) -> None:
    rows[:, 1] = 2 * rows[:, 0] - 500
    (fault,) = check_columns(rows, NAMES, "t.csv")
    assert fault.detail.startswith("2 times, and shifted, 'c0'")


def test_of_three_equal_columns_two_are_copies_of_the_first(rows: np.ndarray) -> None:
    rows[:, 3] = rows[:, 5] = rows[:, 1]
    assert columns(rows) == [("copied column", "c3", "c1"), ("copied column", "c5", "c1")]


def test_columns_that_only_agree_well_are_left_alone(rows: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    rows[:, 1] = rows[:, 0] + rng.normal(0, 0.03, 40)  # correlated to .9999
    assert columns(rows) == []


def test_constant_columns_and_values_that_are_no_numbers(rows: np.ndarray) -> None:
    rows[:, 0] = 4.5
    rows[3, 6], rows[5, 6] = np.nan, np.inf
    assert columns(rows) == [("not finite", "c6", None), ("constant column", "c0", None)]
    missing, constant = check_columns(rows, NAMES, "t.csv")
    assert missing.detail.startswith("2 of 40 values")
    assert constant.detail.startswith("4.5 in all 40 rows")


@pytest.mark.filterwarnings("error")
def test_empty_tables_and_single_rows_are_no_trouble() -> None:
    for shape in ((0, 9), (1, 9), (5, 0)):
        assert columns(np.zeros(shape), NAMES[: shape[1]]) == []
        assert copies(np.zeros(shape), [str(i) for i in range(shape[0])]) == []
    assert [k for k, _, _ in columns(np.full((4, 9), np.nan))] == ["not finite"] * 9


def test_equal_rows_are_duplicates_and_under_two_labels_worse(rows: np.ndarray) -> None:
    rows[1] = rows[2] = rows[0]
    found = copies(rows[:4], ["a", "b", "c", "d"])
    assert [(f.kind, f.name, f.other) for f in found] == [
        ("exact duplicate", "b", "a"), ("cross-label duplicate", "c", "a"),
        ("cross-label duplicate", "c", "b"),
    ]  # fmt: skip
    assert found[1].detail.startswith("c says metal, a says rock; ")


def test_rows_with_a_hole_are_not_compared(rows: np.ndarray) -> None:
    rows[1] = rows[0]
    rows[:2, 3] = np.nan
    assert copies(rows[:4], ["a", "b", "c", "d"]) == []


def test_tracks_of_several_rows_are_equal_where_half_of_them_are(rows: np.ndarray) -> None:
    ids = ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    rows = rows[:12]
    rows[4:6] = rows[0:2]  # half of b
    rows[8] = rows[3]  # a quarter of c
    (found,) = copies(rows, ids)
    assert (found.kind, found.name, found.other) == ("exact duplicate", "b", "a")
    assert found.detail == "2 of 4 rows equal in t.csv"


def test_a_track_that_never_changes_is_silent_and_no_copy_of_another(rows: np.ndarray) -> None:
    rows = rows[:8]
    rows[1:3] = rows[3:6] = rows[0]
    found = copies(rows, ["a"] * 3 + ["b"] * 3 + ["c"] * 2)
    assert [(f.kind, f.name, f.other) for f in found] == [("silent", "a", None),
                                                          ("silent", "b", None)]
    assert found[0].detail.startswith("all 3 rows in t.csv are equal")


def test_a_few_values_are_equal_by_chance() -> None:
    assert copies(np.zeros((3, 7)), ["a", "b", "c"]) == []
