"""Arrays by name from files of weights, without running anything in them.

``.npz`` is read without objects, ``.safetensors`` by its header (8 bytes of length, JSON, data:
https://huggingface.co/docs/safetensors), and PyTorch's ``.pth`` by PyTorch itself under
``weights_only``, which builds tensors and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError, require

Arrays = Mapping[str, NDArray[Any]]

_MOST_BYTES = 4 * 1024**3
_MOST_HEADER = 100 * 1024**2  # as the format itself has it
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
           "I8": "<i1", "U8": "<u1", "BOOL": "|b1"}  # fmt: skip
_PYTORCH = (".pth", ".pt", ".bin")
_DIGITS = re.compile(r"-([0-9a-f]{8})\.\w+$")  # PyTorch Hub: name-12345678.pth, of its SHA-256


def read_weights(path: Path) -> Arrays:
    """Return a file's arrays by name.

    Raises:
        TaggerError: it cannot be read, is of another kind, or is not what its name says by the
            first digits of its hash.
        MissingExtraError: PyTorch's files without PyTorch.
    """
    _refuse_absent(path)
    kind = path.suffix.lower()
    if kind == ".npz":
        return _npz(path)
    if kind == ".safetensors":
        return _safetensors(path)
    if kind in _PYTORCH:
        return _pytorch(path)
    raise TaggerError(f"{path}: weights of this kind are not read; expected .npz, .safetensors or "
                      f"PyTorch's {', '.join(_PYTORCH)}.")


def sha256(path: Path) -> str:
    """Return a file's hash in hex.

    Raises:
        TaggerError: it cannot be read, or its name gives other digits.
    """
    _refuse_absent(path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    said = _DIGITS.search(path.name)
    if said and not found.startswith(said[1]):
        raise TaggerError(f"{path} is damaged or another file than its name says: its SHA-256 "
                          f"begins {found[:8]}; fetch it again.")
    return found


def _refuse_absent(path: Path) -> None:
    if path.is_dir():
        raise TaggerError(f"{path} is a folder; expected a file of weights.")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise TaggerError(f"{path} cannot be read: {error.strerror or error}.") from error
    if size > _MOST_BYTES:
        raise TaggerError(f"{path} is over {_MOST_BYTES >> 30} GiB, more than is read.")


def _npz(path: Path) -> Arrays:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise TaggerError(f"{path} cannot be read as npz without running code in it: {error}."
                          ) from error


def _safetensors(path: Path) -> Arrays:
    content = path.read_bytes()
    try:
        length = int.from_bytes(content[:8], "little")
        if not 2 <= length <= min(_MOST_HEADER, len(content) - 8):
            raise ValueError(f"a header of {length} bytes")
        header = json.loads(content[8 : 8 + length])
        data = memoryview(content)[8 + length :]
        return {name: _tensor(entry, data) for name, entry in header.items()
                if name != "__metadata__"}  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TaggerError(f"{path} cannot be read as safetensors: {error}.") from error


def _tensor(entry: Mapping[str, Any], data: memoryview) -> NDArray[Any]:
    begin, end = entry["data_offsets"]
    shape = entry["shape"]
    if entry["dtype"] not in _DTYPES:
        raise ValueError(f"numbers of type {entry['dtype']}")
    dtype = np.dtype(_DTYPES[entry["dtype"]])
    if not 0 <= begin <= end <= len(data) or end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"bytes {begin} to {end} for shape {shape}")
    return np.frombuffer(data[begin:end], dtype).reshape(shape)


def _pytorch(path: Path) -> Arrays:
    torch = require("torch", extra="hub", purpose=f"reading {path.name}")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError,
            pickle.UnpicklingError) as error:  # fmt: skip
        # What torch says advises to run the code in the file; it is not passed on.
        raise TaggerError(f"{path} cannot be read as PyTorch weights without running code in it; "
                          "expected a state dict, which holds tensors alone.") from error
    if not isinstance(found, Mapping):
        raise TaggerError(f"{path} holds no tensors by name; expected a state dict.")
    return {str(name): value.detach().numpy() for name, value in found.items()
            if isinstance(value, torch.Tensor)}  # fmt: skip
