"""Leaving out what an exclude list names, and nothing of a test part on a model's word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.judging.splits import PARTS, Split
from earmark.lab import recipe as recipes
from earmark.lab.doctor.outcome import read_excluded, write_excluded
from earmark.lab.experiment import run
from earmark.lab.partition import without

SPLIT = Split("p", {"a": "train", "b": "train", "c": "valid", "d": "test", "e": "test"})


def test_what_is_named_goes_and_the_name_says_how_much() -> None:
    left = without(SPLIT, {"a": "silent", "e": "exact duplicate of d", "zzz": "elsewhere"})
    assert left.parts == {"b": "train", "c": "valid", "d": "test"}
    assert left.name == "p less 2 excluded"
    assert left.fingerprint != SPLIT.fingerprint


def test_nothing_named_changes_nothing() -> None:
    assert without(SPLIT, {}) is SPLIT
    assert without(SPLIT, {"zzz": "silent"}) is SPLIT


def test_suspects_stay_in_a_test_part() -> None:
    reason = "likely mislabel: says rock (0.01), sounds like jazz (0.97)"
    assert without(SPLIT, dict.fromkeys("ade", reason)).parts == {
        "b": "train", "c": "valid", "d": "test", "e": "test"}


def test_a_part_may_not_be_emptied() -> None:
    with pytest.raises(DataError, match="no track in the valid part of 'p'"):
        without(SPLIT, {"c": "silent"})


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=30)))
def test_the_list_reads_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, reasons: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("x") / "x.csv"
    reasons = {k: v for k, v in reasons.items() if (k + v).isprintable()}
    write_excluded(path, reasons)
    assert read_excluded(path) == reasons


@pytest.mark.parametrize(("content", "says"), [
    (b"", "begins with ''"), (b"id,why\na,b\n", "begins with 'id,why'"),
    (b"track,reason\na\n", "line 2: 1 fields"), (b"track,reason\na,\xff\n", "cannot be read"),
])  # fmt: skip
def test_what_is_no_list_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        read_excluded(tmp_path / "x.csv")
    assert "\n" not in str(caught.value)


def test_a_list_with_a_mark_and_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbftrack,reason\r\na,silent\r\n")
    assert read_excluded(tmp_path / "x.csv") == {"a": "silent"}


def test_a_run_leaves_out_what_is_listed(sample_root: Path, tmp_path: Path) -> None:
    recipe = recipes.read("gtzan57-logistic")
    with (sample_root / "Data/features_30_sec.csv").open() as file:
        tracks = [line.split(",")[0].removesuffix(".wav") for line in file][1:]
    found = run(recipe, sample_root, tmp_path / "run", exclude={tracks[0]: "silent"})
    assert found.results["protocol"]["split"].endswith("less 1 excluded")
    assert sum(found.results["protocol"]["tracks"].values()) == len(tracks) - 1
    assert tracks[0] not in (tmp_path / "run/split.csv").read_text()
    assert set(PARTS) == set(found.results["protocol"]["tracks"])


def test_a_part_less_some_tracks_is_the_same_part_to_the_ledger(
    sample_root: Path, tmp_path: Path
) -> None:
    recipe = recipes.read("gtzan57-logistic")
    whole = run(recipe, sample_root, tmp_path / "whole")
    assert whole.results["ledger"]["readings_of_this_test_part"] == 1
    test = [line.split(",")[0] for line in (tmp_path / "whole/split.csv").read_text().splitlines()
            if line.endswith(",test")]
    less = run(recipe, sample_root, tmp_path / "less", exclude={test[0]: "silent"})
    assert less.results["ledger"]["readings_of_this_test_part"] == 2
    assert less.results["parts"]["test"]["rows"] == len(test) - 1
