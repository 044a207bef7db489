"""The label faults of the field, each made up small and caught, and sound labels left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.doctor.made import Made

from earmark.datasets.base import Track
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.labels import FEW_TRACKS, Labelled, is_printed, lint


def labelled(*sets: tuple[str, ...], labels: tuple[str, ...] = (), **more: object) -> Labelled:
    names = labels or tuple(sorted({name for labels in sets for name in labels}))
    return Labelled("set", {f"t{i:03}": s for i, s in enumerate(sets)}, names, **more)  # type: ignore[arg-type]


def found(given: Labelled, kind: str) -> list[Finding]:
    return [f for f in lint(given) if f.kind == kind]


FINE = labelled(*[("rock",), ("jazz",), ("rock", "live")] * FEW_TRACKS)


def test_sound_labels_give_one_note_and_nothing_else() -> None:
    (note,) = lint(FINE)
    assert note.kind == "prevalence"
    # 30 tracks, 40 labels: rock on 20, jazz and live on 10 each
    assert "3 labels on 30 tracks, 1.33 a track" in note.detail
    assert "always saying 'rock' is right for 66.7%" in note.detail


def test_lists_stored_as_text() -> None:
    (fault,) = found(labelled(*[("['Rock', 'Pop']",), ("['Jazz']",), ("Folk",)] * 10),
                     "printed list")
    assert fault.detail.startswith("2 of 3 labels are lists printed as text")
    assert fault.severity == "grave"


def test_letters_as_labels() -> None:
    # What a binarizer makes of two printed lists: their characters.
    texts = ["['Rock', 'Pop']", "['Hip-Hop']"]
    (fault,) = found(labelled(*[tuple(dict.fromkeys(t)) for t in texts] * 10), "printed list")
    # the characters of both: [ ] ' , blank - R o c k P p H i; of them [ ' o ] p... on both
    everywhere = set(texts[0]) & set(texts[1])
    assert "' , [ ] among them" in fault.detail
    assert f"{len(everywhere)} of them on every track" in fault.detail


@pytest.mark.parametrize("labels", ["0123456789", "abc"])
def test_few_letters_and_digits_are_labels(labels: str) -> None:
    assert not found(labelled(*[(name,) for name in labels] * 10), "printed list")


def test_labels_cut_at_spaces() -> None:
    # 'no vocals', 'hip hop' and 'new age' joined and split at spaces
    sets = [("no", "vocals", "guitar"), ("hip", "hop"), ("new", "age"), ("vocals", "guitar")] * 10
    (fault,) = found(labelled(*sets), "words of labels")
    assert "10 tracks bear the label 'no'" in fault.detail
    assert "'hip hop'" in fault.detail
    assert "'new age'" in fault.detail
    assert fault.severity == "grave"


def test_a_parent_beside_its_kind_is_no_torn_name() -> None:
    # each is a genre of its own; 'punk rock' is a name as well
    assert not found(labelled(*[("punk", "rock"), ("hard", "rock"), ("rock",)] * 10),
                     "words of labels")


def test_negations_kept_whole_are_fine() -> None:
    assert not found(labelled(*[("no vocals",), ("vocals",), ("not rock",)] * 10),
                     "words of labels")


def test_labels_on_all_on_none_and_on_few() -> None:
    sets = [("music", "rock")] * 10 + [("music", "jazz")] * 9
    given_ = labelled(*sets, labels=("jazz", "music", "polka", "rock"))
    kinds = {f.name: (f.kind, f.detail) for f in lint(given_) if f.subject == "label"}
    assert kinds == {"music": ("on every track", "all 19 tracks"),
                     "polka": ("on no track", "none of 19 tracks"),
                     "jazz": ("rare label", "9 tracks")}


def test_spellings_of_one_label() -> None:
    sets = [("Hip-Hop",)] * 12 + [("hip hop",)] * 10 + [("Forró",)] * 11 + [("forro",)] * 10
    pairs = {(f.name, f.other) for f in found(labelled(*sets), "spelt in several ways")}
    assert pairs == {("hip hop", "Hip-Hop"), ("forro", "Forró")}


def test_synonyms_by_the_taxonomy() -> None:
    sets = [("female vocals",)] * 12 + [("woman",)] * 10 + [("rock",)] * 10
    (pair,) = found(labelled(*sets), "synonyms")
    assert (pair.name, pair.other) == ("woman", "female vocals")
    assert pair.detail == "both mean 'female vocals'; 10 tracks and 12"


def test_labels_of_one_artist() -> None:
    tracks = [Track(f"t{i:02}", ("rock" if i < 12 else "polka",),
                    artist="one" if i >= 12 else f"band {i % 2}") for i in range(24)]
    (fault,) = [f for f in lint(Labelled.of(Made.of(tracks))) if f.kind == "one artist"]
    assert (fault.name, fault.detail) == ("polka", "all 12 tracks are of one artist, one")


def test_an_unknown_artist_may_be_another() -> None:
    tracks = [Track(f"t{i:02}", ("polka",), artist="one" if i else None) for i in range(12)]
    assert "one artist" not in {f.kind for f in lint(Labelled.of(Made.of(tracks)))}


def test_tracks_without_a_label() -> None:
    assert [f.name for f in found(labelled(("rock",), (), ("rock",), ()), "no label")] == [
        "t001", "t003"]


@pytest.mark.parametrize(("label", "printed"), [
    ("['Rock', 'Pop']", True), ("('a',)", True), ("{'a'}", True), ("['Rock'", True),
    (" 'Pop']", True), ("'Rock'", True), ('["Rock"]', True), ("[]", False), ("Rock", False),
    ("Rock 'n' Roll", False), ("Folk, World, & Country", False), ("R&B (soul)", False),
    ("'68", False), ("Singer's", False), ("[untitled]", False), ("(early), late", False),
])  # fmt: skip
def test_what_is_a_printed_list(label: str, printed: bool) -> None:
    assert is_printed(label) is printed


@given(st.lists(st.lists(st.text(max_size=8).filter(str.strip), max_size=4, unique=True).map(tuple),
                min_size=1, max_size=20))  # fmt: skip
def test_whatever_labels_are_called_something_is_said(sets: list[tuple[str, ...]]) -> None:
    given_ = labelled(*sets)
    faults = lint(given_)
    assert sum(f.kind == "no label" for f in faults) == sum(not s for s in sets)
    everywhere = {f.name for f in faults if f.kind == "on every track"}
    assert everywhere == {n for n in given_.labels if all(n in s for s in sets)}
    assert all("\n" not in f.kind and f.detail for f in faults)
