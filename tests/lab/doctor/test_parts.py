"""What parts lack and share, counted by hand and on a partition that is known to leak."""

from __future__ import annotations

from pathlib import Path

from tests.lab.doctor.made import Made

from earmark.datasets.base import Fault, Track
from earmark.datasets.gtzan import Gtzan
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.parts import lint_pairs, lint_parts, shared

TRACKS = [
    Track("a", ("rock",), artist="x", album="1"), Track("b", ("rock",), artist="x", album="1"),
    Track("c", ("jazz",), artist="y"), Track("d", ("rock",), artist="x", album="2"),
    Track("e", ("rock",), artist="y"), Track("f", ("rock",)),
]  # fmt: skip
PARTS = {"official": {"a": "train", "b": "train", "c": "train", "d": "test", "e": "test",
                      "f": "test"}}  # fmt: skip


def test_artists_on_both_sides_are_counted_once_a_kind() -> None:
    (row,) = shared(Made.of(TRACKS, parts=PARTS))
    # of test's three tracks d is by x and e by y; no album is on both sides
    assert (row.kind, row.parts, row.groups, row.tracks, row.of) == ("artist", ("train", "test"),
                                                                     2, 2, 3)
    (finding, _) = lint_parts(Made.of(TRACKS, parts=PARTS))
    assert finding.kind == "shared across parts"
    assert finding.name == "official: artists of train and test"
    assert finding.detail.startswith("2 of 3 tracks of test (66.7%) are of 2 artists that train")


def test_a_label_that_a_part_lacks() -> None:
    found = lint_parts(Made.of(TRACKS, parts=PARTS))
    (fault,) = [f for f in found if f.kind == "missing from a part"]
    assert fault.name == "jazz"
    assert fault.detail == ("none in test of 'official', 1 track elsewhere in 1 group (artist, "
                            "song or track)")


def test_what_is_not_at_hand_is_said() -> None:
    parts = {"official": {**PARTS["official"], "gone": "test"}}
    (fault,) = [f for f in lint_parts(Made.of(TRACKS, parts=parts)) if f.subject == "label"]
    assert fault.detail.endswith("(6 of its 7 tracks are at hand)")


def test_titles_on_two_sides() -> None:
    faults = [Fault("c", "same title", "e", "told"), Fault("a", "same title", "b", "told")]
    found = lint_parts(Made.of(TRACKS, parts=PARTS, faults=faults))
    (titles,) = [f for f in found if f.name == "official: titles of train and test"]
    assert titles.detail.startswith("1 of 3 tracks of test (33.3%) are of 1 title that train")


def test_copies_on_two_sides_however_they_were_found() -> None:
    found = [Finding("exact duplicate", "f", "", "a"), Finding("exact duplicate", "b", "", "a"),
             Finding("near duplicate", "d", "", "c"), Finding("like rows", "e", "", "c"),
             Finding("divided duplicate", "c", "heard", "d"), Finding("silent", "f", "")]
    (divided,) = lint_pairs(Made.of(TRACKS, parts=PARTS), found)
    assert (divided.name, divided.other) == ("f", "a")
    assert divided.detail == "'official' has f in test, a in train"
    assert not divided.excludes


def test_whole_artists_share_nothing() -> None:
    parts = {"fair": {t.id: "test" if t.artist == "y" else "train" for t in TRACKS}}
    assert shared(Made.of(TRACKS, parts=parts)) == []


def test_gtzans_artist_folds_divide_artists(realdata: Path) -> None:
    rows = {(row.partition, row.kind): row for row in shared(Gtzan(realdata / "gtzan"))}
    assert not [name for name, _ in rows if name == "filtered"]
    assert {name for name, kind in rows if kind == "artist"} == {
        "artist-fold-1", "artist-fold-2", "artist-fold-3"}
    # 24 artists stand in more than one fold (tests/datasets/test_gtzan.py): each of them is on
    # both sides of at least two of the three, or of all
    groups = [rows[f"artist-fold-{k}", "artist"].groups for k in (1, 2, 3)]
    assert 2 * 24 <= sum(groups) <= 3 * 24
