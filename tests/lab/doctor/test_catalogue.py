"""Published faults as findings, and several accounts of one fault as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.doctor.made import Made

from earmark.datasets.base import Fault, Track
from earmark.datasets.gtzan import Gtzan
from earmark.lab.doctor.catalogue import account, known_faults
from earmark.lab.doctor.findings import KINDS, Finding, excluded

TRACKS = [Track("a", ("rock",), "a.wav"), Track("b", ("rock",)), Track("c", ("metal",))]


def found(*faults: Fault) -> list[tuple[str, str, str | None]]:
    return [(f.kind, f.name, f.other) for f in known_faults(Made.of(TRACKS, faults=list(faults)))]


def test_each_fault_is_of_a_known_kind() -> None:
    assert found(Fault("a", "exact duplicate", "b", "s")) == [("exact duplicate", "a", "b")]
    assert found(Fault("a", "near duplicate", "c", "s")) == [("cross-label duplicate", "c", "a")]
    assert found(Fault("a", "same title", "c", "s")) == [("same title", "a", "c")]
    assert found(Fault("a", "sung badly", None, "s")) == [("known fault", "a", None)]


def test_faults_of_sound_concern_only_audio_at_hand() -> None:
    assert found(Fault("a", "unreadable", None, "s"), Fault("b", "unreadable", None, "s")) == [
        ("unreadable", "a", None)]


def test_gtzans_catalogue(realdata: Path) -> None:
    kinds: dict[str, int] = {}
    for fault in known_faults(Gtzan(realdata / "gtzan")):
        kinds[fault.kind] = kinds.get(fault.kind, 0) + 1
    assert kinds == {"exact duplicate": 13, "cross-label duplicate": 1, "near duplicate": 5,
                     "unreadable": 1, "same title": 91}


def test_a_pair_found_thrice_is_told_once_as_the_gravest() -> None:
    (told,) = account([
        Finding("near duplicate", "a", "heard; listed", "b", source="catalogue"),
        Finding("like rows", "b", "distance 0.1", "a"),
        Finding("exact duplicate", "b", "heard", "a"),
    ])
    assert (told.kind, told.name, told.other) == ("exact duplicate", "b", "a")
    assert told.detail == "heard; listed; distance 0.1"
    assert told.source == "catalogue; measured"


def test_of_three_copies_one_stays_however_the_pairs_are_turned() -> None:
    pairs = [Finding("exact duplicate", x, "", y) for x, y in ("ab", "ca", "bc")]
    assert set(excluded(account(pairs))) == {"b", "c"}


def test_of_a_pair_under_two_labels_none_stays() -> None:
    assert set(excluded(account([Finding("cross-label duplicate", "a", "", "b")]))) == {"a", "b"}


@given(st.lists(st.builds(
    Finding, st.sampled_from(list(KINDS)), st.sampled_from("abc"), st.sampled_from(["x", "y"]),
    st.sampled_from([None, "d", "e"]),
)))  # fmt: skip
def test_an_account_of_an_account_is_itself(findings: list[Finding]) -> None:
    once = account(findings)
    assert account(once) == once
    grades = ["grave", "warning", "note"]
    assert [grades.index(f.severity) for f in once] == sorted(
        grades.index(f.severity) for f in once)
    assert {f.kind for f in once} <= {f.kind for f in findings}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_advice_in_a_sentence(kind: str) -> None:
    advice = KINDS[kind].advice
    assert advice[0].isupper()
    assert advice.endswith(".")


def test_evidence_that_is_part_of_other_evidence_is_told_once() -> None:
    (told,) = account([Finding("near duplicate", "b", "similarity 1.00", "a"),
                       Finding("cross-label duplicate", "b", "similarity 1.00, yet folk here and "
                               "rock there", "a")])
    assert told.detail == "similarity 1.00, yet folk here and rock there"
