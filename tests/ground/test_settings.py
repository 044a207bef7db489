"""Settings are read strictly, come back as they were, and have a stable fingerprint."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark import settings
from earmark.errors import SettingsError


@dataclass(frozen=True)
class Inner:
    hop_length: int = 512
    window: Literal["hann", "box"] = "hann"

    def __post_init__(self) -> None:
        if self.hop_length < 1:
            raise ValueError(f"'hop_length' is {self.hop_length}; expected 1 or more.")


@dataclass(frozen=True)
class Outer:
    name: str
    gain: float = 1.0
    loud: bool = False
    seconds: float | None = None
    labels: tuple[str, ...] = ()
    inner: Inner = Inner()
    branches: tuple[Inner, ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)


inners = st.builds(Inner, st.integers(1, 4096), st.sampled_from(["hann", "box"]))
finite = st.floats(allow_nan=False, allow_infinity=False)
outers = st.builds(
    Outer,
    name=st.text(),
    gain=finite,
    loud=st.booleans(),
    seconds=st.none() | finite,
    labels=st.lists(st.text()).map(tuple),
    inner=inners,
    branches=st.lists(inners, max_size=3).map(tuple),
    numbers=st.dictionaries(st.text(), st.integers()),
)


@given(outers)
def test_settings_come_back_as_they_were(given_settings: Outer) -> None:
    plain = settings.to_mapping(given_settings)
    assert settings.from_mapping(Outer, plain) == given_settings


def test_settings_come_back_from_toml(tmp_path: Path) -> None:
    tomli_w = pytest.importorskip("tomli_w")
    outer = Outer("a\n'b'", 2.0, True, None, ("x", "y"), Inner(64), (Inner(8, "box"),), {"k": 1})
    path = tmp_path / "settings.toml"
    path.write_text(tomli_w.dumps(settings.to_mapping(outer)), encoding="utf-8-sig")
    assert settings.from_mapping(Outer, settings.read_toml(path)) == outer


def test_plain_values_hold_no_none() -> None:
    assert settings.to_mapping(Outer("a")) == {
        "name": "a", "gain": 1.0, "loud": False, "labels": [],
        "inner": {"hop_length": 512, "window": "hann"}, "branches": [], "numbers": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a", "gian": 2.0}, "^recipe: unknown setting 'gian'. Did you mean 'gain'?"),
        ({"gain": 2.0}, "^recipe: missing setting 'name'"),
        ({"name": 3}, "^recipe: 'name' is 3; expected a text"),
        ({"name": "a", "gain": "loud"}, "^recipe: 'gain' is 'loud'; expected a number"),
        ({"name": "a", "gain": True}, "^recipe: 'gain' is True; expected a number"),
        ({"name": "a", "gain": float("nan")}, "^recipe: 'gain' is nan; expected a finite number"),
        ({"name": "a", "seconds": float("inf")}, "'seconds' is inf; expected a finite number"),
        ({"name": "a", "loud": 1}, "'loud' is 1; expected true or false"),
        ({"name": "a", "labels": "rock"}, "'labels' is 'rock'; expected a list"),
        ({"name": "a", "labels": ["rock", 1]}, r"'labels'\[1\] is 1; expected a text"),
        ({"name": "a", "inner": {"windw": "hann"}}, "'inner': unknown setting 'windw'. Did you"),
        ({"name": "a", "inner": {"window": "han"}}, "'window' is 'han'. Did you mean 'hann'?"),
        ({"name": "a", "inner": {"hop_length": 0}}, "'inner': 'hop_length' is 0; expected 1"),
        ({"name": "a", "branches": [{}, {"hop_length": 1.5}]}, r"\[1\]: 'hop_length' is 1.5"),
        ({"name": "a", "inner": 5}, "'inner' is 5; expected a table, in single brackets"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        settings.from_mapping(Outer, values, where="recipe")


def test_all_that_is_missing_is_named_at_once() -> None:
    two = dataclasses.make_dataclass("Two", [("name", str), ("limits", str)], frozen=True)
    with pytest.raises(SettingsError, match=r"^recipe: missing settings 'name', 'limits'"):
        settings.from_mapping(two, {}, where="recipe")


def test_a_whole_number_does_for_a_float() -> None:
    outer = settings.from_mapping(Outer, {"name": "a", "gain": 2, "seconds": 3})
    assert (type(outer.gain), type(outer.seconds)) == (float, float)


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), plain_values), st.randoms())
def test_fingerprint_does_not_see_the_order_of_names(values: dict[str, Any], random: Any) -> None:
    names = list(values)
    random.shuffle(names)
    shuffled = {name: values[name] for name in names}
    assert settings.fingerprint(shuffled) == settings.fingerprint(values)


@given(st.lists(st.text(), min_size=2, unique=True))
def test_fingerprint_sees_the_order_of_items(values: list[str]) -> None:
    assert settings.fingerprint(values[::-1]) != settings.fingerprint(values)
    assert settings.fingerprint(tuple(values)) == settings.fingerprint(values)


@given(outers, outers)
def test_fingerprint_changes_when_and_only_when_settings_do(one: Outer, other: Outer) -> None:
    same = settings.to_mapping(one) == settings.to_mapping(other)
    assert (settings.fingerprint(one) == settings.fingerprint(other)) == same


def test_the_sign_of_nothing_is_nothing() -> None:
    assert settings.fingerprint({"gain": -0.0}) == settings.fingerprint({"gain": 0.0})


def test_fingerprint_is_the_same_in_every_process_and_version() -> None:
    # printf '{"a":[1,"\\u00e9"],"b":null}' | sha256sum
    assert settings.fingerprint({"b": None, "a": (1, "é")}) == "e6ad993c7a569e94"


def test_fingerprint_refuses_what_is_not_a_number() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        settings.fingerprint(np.nan)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_toml_that_cannot_be_read_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"broken\.toml: cannot be read as TOML: ."):
        settings.read_toml(path)


def test_toml_that_is_absent_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(SettingsError, match="cannot be read as TOML"):
            settings.read_toml(path)


@dataclass(frozen=True)
class Whole:
    seconds: float | None = 30.0


def test_a_none_that_is_no_default_is_kept() -> None:
    assert settings.to_mapping(Whole(None)) == {"seconds": "none"}
    assert settings.from_mapping(Whole, {"seconds": "none"}) == Whole(None)
    assert settings.from_mapping(Whole, {}) == Whole(30.0)
    assert settings.to_mapping(Whole(2.0)) == {"seconds": 2.0}


def test_a_list_of_tables_in_the_place_of_one_is_told():
    from earmark.lab.recipe import Recipe

    with pytest.raises(SettingsError, match="expected a table, in single brackets"):
        settings.from_mapping(Recipe, {"decisions": [{"part": "folds"}]})
