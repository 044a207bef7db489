"""Files that are whole or absent: atomic writes, content keys and the feature cache.

Every write goes to a temporary name in the same folder and is then put in place with
``os.replace``, so that a killed process leaves the old file or the new one, never half of one.

A cache entry is one file: 64 hex digits of the sha256 of what follows, a line that names the
format, and for each array a line with its name and its npy bytes. A changed byte is found on
reading and the entry is made anew; so is one of another format. Two processes may write the same
entry at once; both write the same bytes and the later rename wins. Nothing is forced to the disk
(fsync): an entry that a power cut left in pieces is found by its hash, and waiting for the disk
would cost more than making the few anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import shutil
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, EarmarkError, suggestion

_DIGEST = 64
_FORMAT = b"earmark arrays 1\n"
_TEMPORARY = re.compile(r"\..{1,32}\.\d+\.[0-9a-f]{8}\.tmp")
_STALE_SECONDS = 24 * 3600.0


@contextlib.contextmanager
def atomic_write(path: Path, *, temporary_in: Path | None = None) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces ``path`` when the block ends well.

    Args:
        temporary_in: folder of the temporary file, on the same disk; None for beside ``path``.

    Raises:
        EarmarkError: the folder cannot be written; names the file and the system's reason.
    """
    # Part of the name only: with all of it, names near the system's limit could not be written.
    name = f".{path.name[:32]}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    temporary = (temporary_in or path.parent) / name
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise EarmarkError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):  # whatever kept it from being made
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Open ``path`` for writing: atomically, behind a link its target, a pipe or device as is.

    Raises:
        EarmarkError: it cannot be written; names the file and the system's reason.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as file:
                yield file
            return
    except OSError as error:
        raise EarmarkError(f"{path} cannot be written: {error.strerror or error}") from error
    with atomic_write(target) as file:
        yield file


def read_npz(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return arrays of an npz file by name; nothing in it is run, and no others are read.

    Raises:
        DataError: the file cannot be read as npz or holds Python objects, or an array is missing.
    """
    try:
        with path.open("rb") as opened:  # np.load leaves a broken archive open
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path}: is not an npz file; expected one with "
                                f"{', '.join(names)}.")
            with file:
                for name in names:
                    if name not in file.files:
                        raise DataError(f"{path}: holds no array '{name}'."
                                        f"{suggestion(name, file.files)}")
                return {name: file[name] for name in names}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, KeyError, MemoryError, RuntimeError, zipfile.BadZipFile,
            zlib.error) as error:
        raise DataError(f"{path}: cannot be read as npz without running code in it: {error}; "
                        "expected plain arrays.") from error


def file_digest(path: Path) -> str:
    """Return a file's SHA-256 in hex; empty where there is no such file."""
    return content_key(path) if path.is_file() else ""


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` as ``writing`` does.

    Raises:
        EarmarkError: it cannot be written; names the file and the system's reason.
    """
    with writing(path) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write ``content`` atomically as UTF-8 with Unix line ends."""
    write_bytes(path, content.encode())


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write into that becomes ``folder``, which is absent or empty, when the block
    ends well, and is removed when not.

    Raises:
        EarmarkError: it cannot be written; names the folder and the system's reason.
    """
    whole = folder.resolve()
    building = whole.with_name(f".{whole.name}.making")
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir(parents=True)
        yield building
        if whole.is_dir():
            whole.rmdir()
        building.rename(whole)
    except OSError as error:
        raise EarmarkError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def content_key(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; the system gives it back when the process dies.

    Raises:
        BlockingIOError: another process holds it. OSError: the file cannot be made.
    """
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError as error:
                raise BlockingIOError from error
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


class ArrayCache:
    """Named arrays on disk by key, safe under several processes and ``kill -9``.

    A key is made of hex digits: a content key, settings fingerprints, or a hash of both.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._swept = False

    def path(self, key: str) -> Path:
        """Return where the entry lies, whether or not it exists."""
        return self.root / key[:2] / f"{key}.bin"

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Return the arrays by name, or None when the entry is absent, damaged or of another
        format."""
        try:
            content = self.path(key).read_bytes()
        except OSError:
            return None
        payload = memoryview(content)[_DIGEST:]
        if hashlib.sha256(payload).hexdigest().encode() != content[:_DIGEST]:
            return None
        try:
            return _unpacked(io.BytesIO(payload))
        except Exception:  # numpy raises many kinds on what is not an array of its own making
            return None

    def put(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store the arrays, replacing what was there.

        Raises:
            EarmarkError: the disk is full or the folder cannot be written.
            ValueError: an array of Python objects.
        """
        payload = _packed(arrays)
        temporary = self.root / "tmp"
        if not self._swept:
            _sweep(temporary)
            self._swept = True
        with atomic_write(self.path(key), temporary_in=temporary) as file:
            file.write(hashlib.sha256(payload).hexdigest().encode())
            file.write(payload)


def _packed(arrays: Mapping[str, NDArray[Any]]) -> memoryview:
    buffer = io.BytesIO()
    buffer.write(_FORMAT)
    for name, array in arrays.items():
        buffer.write(f"{name}\n".encode())
        np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getbuffer()


def _unpacked(buffer: io.BytesIO) -> dict[str, NDArray[Any]] | None:
    if buffer.readline() != _FORMAT:
        return None
    arrays: dict[str, NDArray[Any]] = {}
    while name := buffer.readline():
        arrays[name.rstrip(b"\n").decode()] = np.lib.format.read_array(buffer, allow_pickle=False)
    return arrays


def _sweep(folder: Path) -> None:
    """Remove what writers that were killed left behind a day ago or more."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):  # another process sweeps, too
                old = time.time() - entry.stat().st_mtime > _STALE_SECONDS
                if old and _TEMPORARY.fullmatch(entry.name):
                    os.unlink(entry.path)  # noqa: PTH108


def cache_folder() -> Path:
    """Return the folder for things that can be made anew: ``EARMARK_CACHE`` or the system's."""
    if given := os.environ.get("EARMARK_CACHE"):
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("earmark", appauthor=False))


def data_folder() -> Path:
    """Return the folder for what the user has added: ``EARMARK_DATA`` or the system's."""
    if given := os.environ.get("EARMARK_DATA"):
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_data_dir("earmark", appauthor=False))
