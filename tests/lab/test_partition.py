"""Splits as recipes say them: held out, left out, and nothing of a test part on a model's word."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.doctor.made import Made

from earmark.datasets.audioset import AudioSet
from earmark.datasets.base import Fault, Track
from earmark.errors import DataError, SettingsError
from earmark.judging import splits
from earmark.judging.splits import PARTS, Split
from earmark.lab import recipe as recipes
from earmark.lab.doctor.outcome import read_excluded, write_excluded
from earmark.lab.experiment import run
from earmark.lab.partition import draw, missing_lines, without

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


# --- held out, left out, and what is missing


def split_choice(**settings: object) -> recipes.SplitChoice:
    return recipes.SplitChoice(**{"partition": "filtered", **settings})  # type: ignore[arg-type]


def made(tracks: list[Track], parts: dict[str, str], faults: list[Fault] | None = None) -> Made:
    return Made.of(tracks, parts={"filtered": parts}, faults=faults)


def bearers(labels: dict[str, tuple[str, ...]], artists: str = "") -> list[Track]:
    return [Track(i, its, artist=a if a.isalpha() else None)
            for (i, its), a in zip_longest(labels.items(), artists, fillvalue="-")]  # fmt: skip


def test_copies_leave_before_valid_is_held_out() -> None:
    tracks = [Track(f"t{i:02d}", ("x", "y") if i % 2 else ("x",)) for i in range(50)]
    parts = {t.id: "test" if i >= 40 else "train" for i, t in enumerate(tracks)}
    dataset = made(tracks, parts, [Fault("t00", "exact duplicate", "t45", "us")])
    choice = split_choice(valid=0.2, drop_copies=True)
    split = draw(choice, dataset, np.random.default_rng(3))
    assert split.name == ("filtered less 1 copy of test tracks, 20 % of train held out as valid")
    assert split.counts == {"train": 31, "valid": 8, "test": 10}
    assert "t00" not in split.parts
    assert split == draw(choice, dataset, np.random.default_rng(3))
    assert draw(split_choice(), dataset, np.random.default_rng(3)).name == "filtered"


def test_parts_that_are_drawn_can_be_held_out_of_too() -> None:
    tracks = [Track(f"t{i:03d}", ("x", "y") if i % 3 else ("x",)) for i in range(100)]
    dataset = made(tracks, {})
    choice = recipes.SplitChoice(by="track", valid=0.25)
    split = draw(choice, dataset, np.random.default_rng(0))
    assert split.counts == {"train": 60, "valid": 20, "test": 20}
    three = recipes.SplitChoice(by="track", valid=0.25,
                                fractions={"train": 0.6, "valid": 0.2, "test": 0.2})  # fmt: skip
    with pytest.raises(SettingsError, match="has a valid part of 20 tracks"):
        draw(three, dataset, np.random.default_rng(0))


def test_what_a_split_lacks_is_told_a_line_a_part() -> None:
    tracks = bearers({"a": ("rock", "oud"), "b": ("rock", "oud"), "c": ("rock", "sitar"),
                      "d": ("rock", "sitar", "zither"), "e": ("rock", "zither")}, "xxyzw")
    split = Split("s", {"a": "train", "b": "train", "c": "train", "d": "train", "e": "test"})
    assert missing_lines(split, made(tracks, {})) == [
        "no track of oud (2 tracks in 1 group), sitar (2 tracks in 2 groups) is in the test part, "
        "so that it is not judged",
        "all tracks of oud, zither that are learnt from are of one group (artist, song or track): "
        "folds have nothing to learn it from where they judge it"]
    assert missing_lines(split, made(tracks, {}), by="track")[1:] == [
        "all tracks of zither that are learnt from are of one group (track, song or track): "
        "folds have nothing to learn it from where they judge it"]
    assert missing_lines(split, made(tracks, {}), ("train", "test"))[1:] == [
        "all tracks of oud that are learnt from are of one group (artist, song or track): "
        "folds have nothing to learn it from where they judge it"]


def test_nothing_missing_is_no_line() -> None:
    tracks = bearers(dict.fromkeys("abcd", ("rock", "oud")), "xyzw")
    split = Split("s", {"a": "train", "b": "train", "c": "valid", "d": "test"})
    assert missing_lines(split, made(tracks, {})) == []


def test_a_valid_part_does_not_make_the_test_part_another_to_the_ledger(
    sample_root: Path, tmp_path: Path
) -> None:
    recipe = recipes.read("gtzan57-logistic")
    for count, share in enumerate((0.2, 0.4), 1):
        split = recipes.SplitChoice(by="track", fractions={"train": 0.5, "test": 0.5}, valid=share,
                                    valid_by="track")  # fmt: skip
        found = run(replace(recipe, split=split, folds=0), sample_root, tmp_path / f"run-{count}")
        assert found.results["ledger"]["readings_of_this_test_part"] == count
        assert found.results["protocol"]["split"].endswith(f"{share:.0%}".replace("%", " %")
                                                           + " of train held out as valid")
        assert found.results["parts"]["valid"]["rows"] > 0


def test_audiosets_train_part_held_out(realdata: Path) -> None:
    dataset = AudioSet(realdata / "audioset")
    split = draw(split_choice(valid=0.15, drop_copies=True, partition="official"), dataset,
                 np.random.default_rng(0))  # fmt: skip
    assert split.name == ("official less 8 copies of test tracks, 15 % of train held out as valid")
    assert splits.leaks(split, dataset) == []
    assert splits.missing_labels(split, dataset) == ()
    assert split.counts["train"] + split.counts["valid"] == 8836 - 8
    rows = {part: dataset.vocabulary.matrix([dataset.tracks[i].labels for i in split.ids(part)])
            for part in ("train", "valid")}  # fmt: skip
    held, learnt = rows["valid"].sum(axis=0), rows["train"].sum(axis=0)
    assert abs(held / (held + learnt) / 0.15 - 1).max() < 0.12  # labels of 59 clips and more
