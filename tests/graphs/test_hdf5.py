import re

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.graphs import hdf5

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

ROWS = np.array([(b"a", 1.5, 3), (b"b", 2.5, 4), (b"c\xc3\xa9", -1.0, 5)],
                dtype=[("name", "S8"), ("x", "f8"), ("n", "i4")])  # fmt: skip


def write(folder, **tables):
    path = folder / "a.h5"
    with h5py.File(path, "w") as file:
        for name, rows in tables.items():
            file.create_dataset(f"{name}/songs", data=rows, compression="gzip")
    return path


def refused(path, wanted, message):
    with pytest.raises(DataError, match="^" + re.escape(f"{path}: {message}")) as caught:
        list(hdf5.blocks(path, wanted))
    assert "\n" not in str(caught.value)


def test_columns_of_tables_beside_one_another(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "_ROWS", 2)
    path = write(tmp_path, one=ROWS, two=ROWS[::-1])
    found = list(hdf5.blocks(path, {"one/songs": ("n", "name"), "two/songs": ("x",)}))
    assert [block["one/songs", "n"].tolist() for block in found] == [[3, 4], [5]]
    assert [block["two/songs", "x"].tolist() for block in found] == [[-1.0, 2.5], [1.5]]
    names = [hdf5.texts(block["one/songs", "name"], "here") for block in found]
    assert names == [["a", "b"], ["cé"]]


def test_texts_that_are_none():
    for values in (np.array([b"\xff"]), np.array([1.5])):
        with pytest.raises(DataError, match=r"^here: holds what is no text in UTF-8"):
            hdf5.texts(values, "here")


@pytest.mark.parametrize(("wanted", "message"), [
    ({"three/songs": ("x",)}, "holds no table 'three/songs'"),
    ({"one": ("x",)}, "'one' is no table"),
    ({"one/songs/x": ("x",)}, "holds no table 'one/songs/x'"),
    ({"one/songs": ("y",)}, "'one/songs' has no column 'y'. Known: n, name, x."),
    ({"one/songs": ("x",), "short/songs": ("x",)}, "its tables have unlike numbers of rows"),
    ({"flat/songs": ("x",)}, "'flat/songs' is no table"),
    ({"square/songs": ("x",)}, "'square/songs' is no table"),
])  # fmt: skip
def test_what_is_missing_is_named(tmp_path, wanted, message):
    refused(write(tmp_path, one=ROWS, short=ROWS[:2], flat=np.zeros(3), square=ROWS.reshape(1, 3)),
            wanted, message)


def test_rows_elsewhere_are_not_read(tmp_path):
    other = write(tmp_path, one=ROWS)
    path = tmp_path / "b.h5"
    with h5py.File(path, "w") as file:
        file["there"] = h5py.ExternalLink(other, "one/songs")
        file["soft"] = h5py.SoftLink("/there")
        layout = h5py.VirtualLayout(shape=(3,), dtype=ROWS.dtype)
        layout[:] = h5py.VirtualSource(other, "one/songs", shape=(3,), dtype=ROWS.dtype)
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("outside", shape=(3,), dtype=ROWS.dtype,
                            external=[(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)])
    refused(path, {"there": ("x",)}, "'there' of 'there' is a link")
    refused(path, {"soft": ("x",)}, "'soft' of 'soft' is a link")
    for name in ("virtual", "outside"):
        refused(path, {name: ("x",)}, f"the rows of '{name}' lie in other files")


def test_other_files(tmp_path):
    for content in (b"", b"text", write(tmp_path, one=ROWS).read_bytes()[:300]):
        path = tmp_path / "c.h5"
        path.write_bytes(content)
        refused(path, {"one/songs": ("x",)}, "cannot be read as HDF5: ")
    refused(tmp_path / "absent.h5", {"one/songs": ("x",)}, "cannot be read as HDF5: ")
    refused(tmp_path, {"one/songs": ("x",)}, "cannot be read as HDF5: ")
