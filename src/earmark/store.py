"""Files that are whole or absent: atomic writes, content keys and the feature cache.

Every write goes to a temporary name in the same folder and is then put in place with
``os.replace``, so that a killed process leaves the old file or the new one, never half of one.
A cache entry is one file, ``<64 hex digits of the sha256 of what follows><npy bytes>``: a changed
byte is found on reading and the entry is made anew. Two processes may write the same entry at
once; both write the same bytes and the later rename wins.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import EarmarkError

_DIGEST = 64


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` that replaces it when the block ends well.

    Raises:
        EarmarkError: the folder cannot be written; names the file and the system's reason.
    """
    # Part of the name only: with all of it, names near the system's limit could not be written.
    temporary = path.with_name(f".{path.name[:32]}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise EarmarkError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):  # whatever kept it from being made
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` atomically; behind a link its target, and into a pipe or device as is.

    Raises:
        EarmarkError: it cannot be written; names the file and the system's reason.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(content)
            return
    except OSError as error:
        raise EarmarkError(f"{path} cannot be written: {error.strerror or error}") from error
    with atomic_write(target) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write ``content`` atomically as UTF-8 with Unix line ends."""
    write_bytes(path, content.encode())


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
    """Arrays on disk by key, safe under several processes and ``kill -9``.

    A key is made of hex digits: a content key, settings fingerprints, or a hash of both.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Return where the entry lies, whether or not it exists."""
        return self.root / key[:2] / f"{key}.bin"

    def get(self, key: str) -> NDArray[Any] | None:
        """Return the array, or None when it is absent or damaged."""
        try:
            content = self.path(key).read_bytes()
        except OSError:
            return None
        payload = content[_DIGEST:]
        if hashlib.sha256(payload).hexdigest().encode() != content[:_DIGEST]:
            return None
        array: NDArray[Any] = np.load(io.BytesIO(payload), allow_pickle=False)
        return array

    def put(self, key: str, array: NDArray[Any]) -> None:
        """Store the array, replacing what was there.

        Raises:
            EarmarkError: the disk is full or the folder cannot be written.
        """
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        payload = buffer.getvalue()
        write_bytes(self.path(key), hashlib.sha256(payload).hexdigest().encode() + payload)


def cache_folder() -> Path:
    """Return the folder for things that can be made anew: ``EARMARK_CACHE`` or the system's."""
    if given := os.environ.get("EARMARK_CACHE"):
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("earmark", appauthor=False))
