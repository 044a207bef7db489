"""Names of picture files: one each, on every system, and the same in the next run."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import SettingsError
from earmark.features.gtzan57 import Gtzan57
from earmark.lab import pictures
from earmark.lab.extraction import Rows

SAFE = re.compile(r"[^\x00-\x1f<>:\"/\\|?*]+")

stems = st.one_of(
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=130),
    st.sampled_from(["song", "Song", "SONG", "con", "nul.x", "Com1", "straße", "strasse", "é",
                     "e\u0301", "a.000", "a", "x.", " x", "..", "\udcff", "y" * 300, "-", "index"]),
).filter(lambda stem: stem not in (".", ".."))
paths = st.lists(st.tuples(st.sampled_from("abc"), stems), max_size=12).map(
    lambda found: list(dict.fromkeys(Path(folder) / f"{stem}.mp3" for folder, stem in found)))


@given(paths)
def test_every_file_has_a_name_that_no_other_has_on_any_system(found):
    names = pictures.names(found)
    assert list(names) == found
    folded = {name.casefold() for name in names.values()}
    assert len(folded) == len(found)
    for name in names.values():
        assert SAFE.fullmatch(name)
        assert {name[0], name[-1]}.isdisjoint(" .")
        assert len(name.encode()) <= 170
        assert name.partition(".")[0].lower() not in {"con", "nul", "prn", "aux", "com1", "lpt1"}


def test_names_are_the_files_own_where_that_will_do():
    found = pictures.names([Path("a/blues.00001.wav"), Path("b/Ünder cover (live).mp3")])
    assert list(found.values()) == ["blues.00001", "Ünder cover (live)"]


def test_names_do_not_depend_on_what_else_there_is():
    twins = [Path("a/song.mp3"), Path("b/song.mp3")]
    first = pictures.names(twins)
    later = pictures.names([Path("0/other.mp3"), *twins, Path("c/song.mp3")])
    assert len(set(first.values())) == 2
    assert all(later[path] == name for path, name in first.items())


def test_segments_are_numbered_and_lengths_named_where_there_are_several(tmp_path):
    rows = [Rows(np.zeros((2, 3), np.float32), np.arange(2.0)),
            Rows(np.ones((1, 3), np.float32), np.zeros(1))]
    made = pictures.write(tmp_path, "a.b", rows, [10.0, 2.5], Gtzan57(), "npy")
    assert made == [["a.b.10s.000.npy", "a.b.10s.001.npy"], ["a.b.2_5s.000.npy"]]
    assert np.load(tmp_path / "a.b.2_5s.000.npy").tolist() == [1, 1, 1]
    assert pictures.write(tmp_path, "a", rows[1:], [None], Gtzan57(), "npy") == [["a.npy"]]
    assert pictures.write(tmp_path, "a", rows[1:], [3.0], Gtzan57(), "npy") == [["a.000.npy"]]


def test_a_family_that_draws_nothing_is_named():
    with pytest.raises(SettingsError, match="'gtzan57' draws no pictures"):
        pictures.png(Gtzan57(), np.zeros(57, np.float32))
