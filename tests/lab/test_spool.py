"""Rows of many tracks, in memory or on the disk."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from earmark.errors import DataError, EarmarkError
from earmark.lab import spool
from earmark.lab.spool import Spool
from earmark.picked import Picked


def test_numbers_stay_in_memory_in_the_order_they_came():
    kept = Spool()
    kept.add(np.array([[1, 2]], np.float32), "a")
    kept.add(np.array([[3, 4], [5, 6]], np.float32), "b")
    assert kept.rows().tolist() == [[1, 2], [3, 4], [5, 6]]
    assert not isinstance(kept.rows(), np.memmap)


def test_pictures_are_mapped_from_a_file_that_goes_with_the_process(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(spool, "_files", [])
    kept = Spool()
    first, second = np.arange(12, dtype=np.float32).reshape(2, 2, 3), np.ones((1, 2, 3), np.float32)
    kept.add(first[..., ::-1], "a")  # not contiguous
    kept.add(second, "b")
    rows = kept.rows()
    assert isinstance(rows, np.memmap)
    np.testing.assert_array_equal(rows, np.concatenate([first[..., ::-1], second]))
    (path,) = spool._files
    again = pickle.loads(pickle.dumps(Picked(rows, np.array([1]))))
    np.testing.assert_array_equal(np.asarray(again), rows[1:2])
    assert len(pickle.dumps(Picked(rows, np.array([1])))) < 1000 + len(str(path))
    assert list((tmp_path / "rows").iterdir()) == [path]
    spool.remove_all()
    assert not path.exists()


@pytest.mark.parametrize("end", ["raise SystemExit", "batch.leave()"])
def test_pictures_go_with_a_process_that_ends_before_all_are_there(tmp_path, end):
    """One that fails on a track, or that is interrupted and ends at once."""
    code = ("import numpy, pathlib, sys\nfrom earmark.cli import batch\n"
            "from earmark.lab.spool import Spool\nkept = Spool()\n"
            "kept.add(numpy.zeros((1, 2, 2), 'f4'), 'a')\n"
            f"assert list(pathlib.Path(sys.argv[1], 'rows').iterdir())\n{end}")
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=False,
                          env={**os.environ, "EARMARK_CACHE": str(tmp_path)})
    assert done.returncode == (130 if "leave" in end else 0)
    assert not list((tmp_path / "rows").iterdir())


def test_what_a_killed_process_left_behind_is_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "cache_folder", lambda: tmp_path)
    (tmp_path / "rows").mkdir()
    old, new = tmp_path / "rows" / "a.rows", tmp_path / "rows" / "b.rows"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    Spool().add(np.zeros((1, 2, 2), np.float32), "a")
    assert not old.exists()
    assert new.exists()


def test_pictures_of_unequal_size_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "cache_folder", lambda: tmp_path)
    kept = Spool()
    kept.add(np.zeros((1, 4, 10), np.float32), "a")
    with pytest.raises(DataError, match=r"b: its pictures are 4 x 9 and those before it 4 x 10"):
        kept.add(np.zeros((1, 4, 9), np.float32), "b")


def test_a_folder_that_cannot_be_made_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(spool, "cache_folder", lambda: tmp_path / "file")
    with pytest.raises(EarmarkError, match=r"cannot be kept in .*EARMARK_CACHE"):
        Spool().add(np.zeros((1, 2, 2), np.float32), "a")
