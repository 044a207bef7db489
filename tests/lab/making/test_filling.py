"""Places are filled from those standing by, in order, and every exchange is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from earmark.lab.making.filling import Filling, substitutions


def filling(
    picked: Mapping[str, str], waiting: Mapping[str, Sequence[str]], *,
    missing: Sequence[str] = (), bad: Sequence[str] = (),
) -> Filling:  # fmt: skip
    return Filling(picked, waiting, dict.fromkeys(missing, "no file"),
                   lambda tracks: {t: "silent" for t in tracks if t in bad})


def test_the_wanted_are_taken_when_all_are_sound() -> None:
    fill = filling({"b": "folk", "a": "folk", "x": "rock"}, {"folk": ["c"]})
    assert fill.tracks() == ["a", "b", "x"]
    assert not fill.log


def test_the_missing_and_the_bad_are_replaced_by_the_next_of_their_label_and_told() -> None:
    fill = filling({"a": "folk", "b": "folk", "x": "rock"},
                   {"folk": ["c", "d", "e", "f"], "rock": ["y"]}, missing="ac", bad="bd")
    assert fill.tracks() == ["e", "f", "x"]
    # c is not at hand, so d steps in for a; d and b are then found silent
    assert fill.log == [
        {"event": "substituted", "track": "a", "label": "folk", "why": "no file", "by": "d"},
        {"event": "substituted", "track": "b", "label": "folk", "why": "silent", "by": "e"},
        {"event": "substituted", "track": "d", "label": "folk", "why": "silent", "by": "f"},
    ]
    assert substitutions(fill.log) == 3


def test_what_nobody_can_take_is_given_up_and_counted() -> None:
    fill = filling({"a": "folk", "b": "folk", "x": "rock"}, {"folk": ["c"]}, missing="ax",
                   bad="c")
    assert fill.tracks() == ["b"]
    assert fill.given_up == {"folk": 1, "rock": 1}


def test_nobody_takes_two_places() -> None:
    fill = filling({"a": "folk", "x": "rock"}, {"folk": ["both"], "rock": ["both", "y"]},
                   missing="ax")
    assert fill.tracks() == ["both", "y"]


@given(
    st.permutations(list("abcdefgh")), st.integers(0, 8), st.sets(st.sampled_from("abcdefgh")),
    st.sets(st.sampled_from("abcdefgh")),
)  # fmt: skip
def test_nothing_bad_is_chosen_and_places_stay_free_only_when_nobody_sound_is_left(
    order: list[str], wanted: int, missing: set[str], bad: set[str]
) -> None:
    fill = filling(dict.fromkeys(order[:wanted], "folk"), {"folk": order[wanted:]},
                   missing=sorted(missing), bad=sorted(bad))
    chosen = fill.tracks()
    sound = set(order) - missing - bad
    assert set(chosen) <= sound
    assert len(chosen) == min(wanted, len(sound))
    assert fill.given_up.get("folk", 0) == wanted - len(chosen)
