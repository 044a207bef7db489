"""A pickled list is read as what it says, and nothing it names is ever run."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets._cpickle_lists import is_pickle, read_pickled_list
from earmark.errors import DataError

# As Python 2's cPickle.dump(["f/a.npy", "0/b.npy"]) wrote it; protocol 0, then 2.
PROTOCOL_0 = b"(lp1\nS'f/a.npy'\np2\naS'0/b.npy'\np3\na."
PROTOCOL_2 = b"\x80\x02]q\x01(U\x07f/a.npyq\x02U\x070/b.npyq\x03e."


def written(folder: Path, content: bytes) -> Path:
    path = folder / "train_list_pub.cP"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [PROTOCOL_0, PROTOCOL_2])
def test_what_python_2_wrote(tmp_path: Path, content: bytes) -> None:
    assert read_pickled_list(written(tmp_path, content)) == ["f/a.npy", "0/b.npy"]


ITEMS = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=9) | st.integers(-(2**70), 2**70),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


def depth(item: Any) -> int:
    return 1 + max(map(depth, item), default=0) if isinstance(item, (list, tuple)) else 0


def repeats(item: Any, seen: set[int]) -> bool:
    """Whether a list or tuple stands in two places: refused on purpose."""
    if not isinstance(item, (list, tuple)) or item == ():
        return False
    if id(item) in seen:
        return True
    seen.add(id(item))
    return any(repeats(inner, seen) for inner in item)


@given(st.lists(ITEMS, max_size=5), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_the_pickle_module_is_agreed_with(
    tmp_path_factory: pytest.TempPathFactory, items: list[Any], protocol: int
) -> None:
    if depth(items) > 8 or repeats(items, set()):
        return
    path = written(tmp_path_factory.mktemp("lists"), pickle.dumps(items, protocol))
    assert read_pickled_list(path) == items


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_program_is_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    content = pickle.dumps(["a", Bomb(tmp_path / "ran")], protocol)
    with pytest.raises(DataError, match="was not carried out"):
        read_pickled_list(written(tmp_path, content))
    assert not (tmp_path / "ran").exists()
    pickle.loads(content)  # the bomb is real: the module itself runs it
    assert (tmp_path / "ran").exists()


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels else []


def cycle() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no whole pickle"),
        (b"not a pickle", "is no whole pickle|was not carried out"),
        (PROTOCOL_0[:-1], "is no whole pickle"),
        (PROTOCOL_2[:-4], "is no whole pickle|not whole"),
        (b"\x80\x02]q\x01(U\xffshort", "is no whole pickle"),
        (b"I1\n.", "is a pickled int; expected a list"),
        (b".", "ends before its list is whole"),
        (b"(.", "ends before its list is whole"),
        (b"]].", "ends before its list is whole"),
        (b"a.", "an item that is not there"),
        (b"]a.", "an item that is not there"),
        (b"I1\nI2\na.", "what is no list"),
        (b"e.", "ends a list that was not begun"),
        (b"l.", "ends a list that was not begun"),
        (b"(\x85.", "an item that is not there"),
        (b"g7\n.", "fetches what it has not stored"),
        (b"p1\n.", "an item that is not there"),
        (b"cos\nsystem\n(S'true'\ntR.", "the order GLOBAL"),
        (pickle.dumps({"a": 1}), "the order EMPTY_DICT"),
        (pickle.dumps([1.5]), "the order BINFLOAT"),
        (pickle.dumps([None]), "the order NONE"),
        (pickle.dumps(cycle()), "names a list a second time"),
        (pickle.dumps([[0] * 2] * 3), "names a list a second time"),
        (pickle.dumps(nested(9)), "deeper than 8"),
        (b"(" * 100_000 + b".", "ends before its list is whole"),
        (b"]" * 100_000 + b"a" * 99_999 + b".", "deeper than 8"),
    ],
)
def test_refusals_are_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        read_pickled_list(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_list_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = written(tmp_path_factory.mktemp("bytes"), content)
    try:
        found = read_pickled_list(path)
    except DataError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert isinstance(found, list)
    assert "\n" not in refusal


def test_too_large_and_absent(tmp_path: Path) -> None:
    path = tmp_path / "big.cP"
    with path.open("wb") as file:
        file.truncate(64_000_001)  # sparse: takes no room
    with pytest.raises(DataError, match="larger than 64 MB"):
        read_pickled_list(path)
    with pytest.raises(DataError, match=re.escape(f"{tmp_path / 'none.cP'}: cannot be read")):
        read_pickled_list(tmp_path / "none.cP")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_known_by_their_beginning(protocol: int) -> None:
    assert is_pickle(pickle.dumps(["a"], protocol))
    assert is_pickle(pickle.dumps({"a": "train"}, protocol))
    assert not is_pickle(b"track_id,part\n")
    assert not is_pickle(b"")
