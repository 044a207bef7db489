import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import TaggerError
from earmark.tagger.importers._weights import read_weights, sha256


def write_safetensors(path, arrays, **changes):
    """Write a file as the format's description has it; ``changes`` go into each entry."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        dtype = {"float32": "F32", "float16": "F16", "int64": "I64"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": array.shape,
                        "data_offsets": [len(data), len(data) + array.nbytes],
                        **changes}  # fmt: skip
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.asarray([7, 8]),
          "c": np.float16([[0.5]])}  # fmt: skip


def test_safetensors_are_read(tmp_path):
    found = read_weights(write_safetensors(tmp_path / "it.safetensors", ARRAYS))
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize(("changes", "message"), [
    ({"data_offsets": [0, 4]}, "bytes 0 to 4 for shape"),
    ({"data_offsets": [-24, 0]}, "bytes -24 to 0"),
    ({"data_offsets": [1000, 1024]}, "bytes 1000 to 1024"),
    ({"dtype": "BF16"}, "numbers of type BF16"),
    ({"shape": [10**12, 10**12]}, "for shape"),
])  # fmt: skip
def test_safetensors_that_lie_are_refused(tmp_path, changes, message):
    path = write_safetensors(tmp_path / "it.safetensors", {"a": ARRAYS["a"]}, **changes)
    with pytest.raises(TaggerError, match=f"cannot be read as safetensors: .*{message}"):
        read_weights(path)


@given(content=st.binary(max_size=60))
def test_any_bytes_are_refused_in_one_line(tmp_path_factory, content):
    for suffix in (".safetensors", ".npz"):
        path = tmp_path_factory.getbasetemp() / f"any{suffix}"
        path.write_bytes(content)
        with pytest.raises(TaggerError, match="cannot be read as") as raised:
            read_weights(path)
        assert "\n" not in str(raised.value)


def test_objects_in_npz_are_refused(tmp_path):
    np.savez(tmp_path / "it.npz", a=np.asarray([object()]))
    with pytest.raises(TaggerError, match="without running code in it"):
        read_weights(tmp_path / "it.npz")


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_pytorch_files_are_read_without_running_them(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "it.pth"
    torch.save({"a": torch.from_numpy(ARRAYS["a"])}, path)
    np.testing.assert_array_equal(read_weights(path)["a"], ARRAYS["a"])
    torch.save({"a": Harmful(str(tmp_path / "ran"))}, path)
    with pytest.raises(TaggerError, match="without running code in it"):
        read_weights(path)
    assert not (tmp_path / "ran").exists()
    torch.save([1, 2], path)
    with pytest.raises(TaggerError, match="holds no tensors by name"):
        read_weights(path)
    path.write_bytes(b"nothing")
    with pytest.raises(TaggerError, match="cannot be read as PyTorch weights"):
        read_weights(path)


def test_a_name_with_digits_is_held_to_them(tmp_path):
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2: abc
    right, wrong = tmp_path / "it-ba7816bf.pth", tmp_path / "it-ba7816b0.pth"
    for path in (right, wrong):
        path.write_bytes(b"abc")
    assert sha256(right) == digest
    with pytest.raises(TaggerError, match="its SHA-256 begins ba7816bf"):
        sha256(wrong)
