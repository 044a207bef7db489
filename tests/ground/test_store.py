"""Files are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from earmark import store
from earmark.errors import DataError, EarmarkError

KEY = "ab" * 32


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def write_half(path: Path, error: BaseException) -> None:
    with store.atomic_write(path) as file:
        file.write(b"half of the n")
        raise error


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every write to a new file fail as on a full disk."""
    real = Path.open

    def open_full(self: Path, *args: Any, **kwargs: Any) -> Any:
        file = real(self, *args, **kwargs)
        if args[:1] == ("xb",):
            file.close()
            file = FullFile()
        return file

    monkeypatch.setattr(Path, "open", open_full)


class FullFile:
    def __enter__(self) -> FullFile:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, _: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_write_replaces_the_old_file_and_makes_folders(tmp_path: Path) -> None:
    path = tmp_path / "a/b/c.txt"
    store.write_text(path, "old\n")
    store.write_text(path, "né\n")
    assert path.read_bytes() == b"n\xc3\xa9\n"
    assert files(tmp_path) == ["a/b/c.txt"]


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt(), EarmarkError("x")])
def test_a_block_that_raises_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.bin"
    store.write_bytes(path, b"old")
    with pytest.raises(type(error)):
        write_half(path, error)
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == ["a.bin"]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    expected = r"a\.bin cannot be written: No space left on device"
    with pytest.raises(EarmarkError, match=expected) as caught:
        store.write_bytes(path, b"new")
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == ["a.bin"]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_no_cache_entry(tmp_path: Path) -> None:
    cache = store.ArrayCache(tmp_path)
    with pytest.raises(EarmarkError, match="No space left"):
        cache.put(KEY, {"a": np.arange(3)})
    assert cache.get(KEY) is None
    assert files(tmp_path) == []


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(EarmarkError, match=r"taken.a\.bin cannot be written: "):
        store.write_bytes(tmp_path / "taken/a.bin", b"x")


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(EarmarkError, match="taken cannot be written: "):
        store.write_bytes(tmp_path / "taken", b"x")
    assert files(tmp_path) == []


def test_the_longest_name_can_be_written_and_a_longer_one_is_refused(tmp_path: Path) -> None:
    store.write_bytes(tmp_path / ("n" * 250), b"x")
    with pytest.raises(EarmarkError, match="cannot be written: "):
        store.write_bytes(tmp_path / ("n" * 300), b"x")
    assert files(tmp_path) == ["n" * 250]


def test_content_key_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert store.content_key(tmp_path / "a") == hashlib.sha256(content).hexdigest()


dtypes = st.sampled_from(["<f4", "<f8", "<i8", "|u1", "|b1", "<U3", ">i2"])


@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
def test_arrays_come_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray
) -> None:
    cache = store.ArrayCache(tmp_path_factory.mktemp("cache"))
    cache.put(KEY, {"first": array, "ünd": np.arange(2)})
    held = cache.get(KEY)
    assert held is not None
    assert list(held) == ["first", "ünd"]
    assert held["ünd"].tolist() == [0, 1]
    back = held["first"]
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_what_was_not_stored_is_absent(tmp_path: Path) -> None:
    assert store.ArrayCache(tmp_path / "nowhere").get(KEY) is None


def test_any_changed_byte_is_found(tmp_path: Path) -> None:
    cache = store.ArrayCache(tmp_path)
    cache.put(KEY, {"a": np.arange(4.0)})
    whole = cache.path(KEY).read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        cache.path(KEY).write_bytes(damaged)
        assert cache.get(KEY) is None, f"byte {place}"
    cache.put(KEY, {"a": np.arange(4.0)})
    assert cache.path(KEY).read_bytes() == whole


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 150])
def test_an_entry_cut_short_is_found(tmp_path: Path, length: int) -> None:
    cache = store.ArrayCache(tmp_path)
    cache.put(KEY, {"a": np.arange(4.0)})
    cache.path(KEY).write_bytes(cache.path(KEY).read_bytes()[:length])
    assert cache.get(KEY) is None


def test_objects_are_neither_stored_nor_read(tmp_path: Path) -> None:
    cache = store.ArrayCache(tmp_path)
    with pytest.raises(ValueError, match="allow_pickle"):
        cache.put(KEY, {"a": np.array([{}], dtype=object)})
    assert files(tmp_path) == []


WRITER = """
import sys, numpy as np
from pathlib import Path
from earmark.store import ArrayCache
for _ in range(40):
    ArrayCache(Path(sys.argv[1])).put(sys.argv[2], {"a": np.arange(20_000)})
"""


def test_two_processes_write_one_key_and_a_third_reads(tmp_path: Path) -> None:
    cache, expected = store.ArrayCache(tmp_path), np.arange(20_000)
    command = [sys.executable, "-c", WRITER, str(tmp_path), KEY]
    writers = [subprocess.Popen(command) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        held = cache.get(KEY)
        # Once there, always whole: a rename never leaves a moment without the file.
        assert held is None or np.array_equal(held["a"], expected)
    assert [writer.wait() for writer in writers] == [0, 0]
    held = cache.get(KEY)
    assert held is not None
    assert np.array_equal(held["a"], expected)
    assert len(files(tmp_path)) == 1


def test_writers_killed_at_any_moment_leave_whole_entries_or_none(tmp_path: Path) -> None:
    cache, expected = store.ArrayCache(tmp_path), np.arange(20_000)
    endless = WRITER.replace("range(40)", "iter(int, 1)")
    for moment in range(6):
        key = f"{moment}a" * 32
        writer = subprocess.Popen([sys.executable, "-c", endless, str(tmp_path), key])
        while not cache.path(key).exists() and writer.poll() is None:
            time.sleep(0.01)
        time.sleep(0.003 * moment)
        writer.kill()
        assert writer.wait() != 0
        held = cache.get(key)
        assert held is not None
        assert np.array_equal(held["a"], expected)
        cache.put(key, {"a": expected[:3]})  # what was left behind is in nobody's way
        again = cache.get(key)
        assert again is not None
        assert len(again["a"]) == 3


def entry(payload: bytes) -> bytes:
    return hashlib.sha256(payload).hexdigest().encode() + payload


def npy(array: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


class Trap:
    def __reduce__(self) -> Any:
        return Path.write_text, (Path("sprung"), "a pickle was opened")


HEAD = b"earmark arrays 1\na\n"


@pytest.mark.parametrize("payload", [
    b"", b"another format\n", npy(np.arange(3)), b"earmark arrays 2\na\n" + npy(np.arange(3)),
    HEAD, HEAD + npy(np.arange(3))[:-1], HEAD + b"\x93NUMPY\x01\x00\x10\x00{'descr': [], 'x\\\n",
    b"earmark arrays 1\n\xff\n" + npy(np.arange(3)),
    HEAD + npy(np.arange(3)).replace(b"(3,), }      ", b"(7<<60,), }  "),
    HEAD + npy(np.array([Trap()], dtype=object), allow_pickle=True),
])  # fmt: skip
def test_a_foreign_entry_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, payload: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    cache = store.ArrayCache(tmp_path / "cache")
    store.write_bytes(cache.path(KEY), entry(payload))
    assert not cache.get(KEY)
    assert not Path("sprung").exists()
    cache.put(KEY, {"a": np.arange(3)})
    assert cache.get(KEY)


def test_only_what_dead_writers_left_a_day_ago_is_removed(tmp_path: Path) -> None:
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    names = {".abc.bin.1.0123abcd.tmp": 25, ".new.bin.1.0123abcd.tmp": 1, "mine.tmp": 99,
             ".abc.bin.x.0123abcd.tmp": 99}  # fmt: skip
    for name, hours in names.items():
        (tmp / name).touch()
        os.utime(tmp / name, (time.time() - 3600 * hours,) * 2)
    (tmp / ".dir.1.0123abcd.tmp").mkdir()
    os.utime(tmp / ".dir.1.0123abcd.tmp", (0, 0))
    store.ArrayCache(tmp_path).put(KEY, {"a": np.arange(3)})
    left = {p.name for p in tmp.iterdir()}
    assert left == {*names, ".dir.1.0123abcd.tmp"} - {".abc.bin.1.0123abcd.tmp"}


def test_writing_streams_into_a_new_file_that_comes_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")
    with store.writing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_cache_folder_is_the_given_one_or_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path))
    assert store.cache_folder() == tmp_path
    monkeypatch.delenv("EARMARK_CACHE")
    assert store.cache_folder().name.lower() in {"earmark", "cache"}


class TestNpz:
    def test_arrays_by_name(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", one=np.arange(3), two=np.array([None]))
        assert store.read_npz(tmp_path / "a.npz", ["one"])["one"].tolist() == [0, 1, 2]

    @pytest.mark.parametrize(("names", "message"), [
        (["ones"], "a.npz: holds no array 'ones'. Did you mean 'one'?"),
        (["two"], "a.npz: cannot be read as npz without running code in it"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(
        self, tmp_path: Path, names: list[str], message: str
    ) -> None:
        np.savez(tmp_path / "a.npz", one=np.arange(3), two=np.array([None]))
        with pytest.raises(DataError, match=re.escape(message)):
            store.read_npz(tmp_path / "a.npz", names)

    def test_an_array_larger_than_any_memory_is_refused(self, tmp_path: Path) -> None:
        head = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            head, {"descr": "|u1", "fortran_order": False, "shape": (1 << 60,)})
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
            file.writestr("one.npy", head.getvalue())
        with pytest.raises(DataError, match=r"a\.npz: cannot be read as npz"):
            store.read_npz(tmp_path / "a.npz", ["one"])


def test_a_folder_is_whole_or_absent(tmp_path):
    with store.whole_folder(tmp_path / "in" / "new") as building:
        (building / "a").write_text("a")
        assert not (tmp_path / "in/new").exists()
    assert (tmp_path / "in/new/a").read_text() == "a"
    with pytest.raises(ZeroDivisionError), store.whole_folder(tmp_path / "other") as building:
        (building / "a").write_text(str(1 / 0))
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_a_folder_that_holds_something_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a").write_text("precious")
    with (pytest.raises(EarmarkError, match="mine cannot be written"),
          store.whole_folder(tmp_path / "mine")):
        pass
    assert (tmp_path / "mine/a").read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_a_folder_in_a_file_is_a_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (pytest.raises(EarmarkError, match="new cannot be written"),
          store.whole_folder(tmp_path / "file/new")):
        pass
