"""``download.json``: what was fetched into a folder, so that a second run can tell its files.

For files whose publisher gives no checksum it is the only way to know them again: the SHA-256 of
what came the first time is what is expected ever after.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from earmark.errors import DataError
from earmark.store import write_text

NAME = "download.json"


class Records:
    """The files of a folder by their names relative to it, each with url, bytes and sha256."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.files: dict[str, dict[str, Any]] = _read(self.path)

    def checksum(self, file: str) -> str | None:
        """Return ``sha256:`` and the digits that a file had when it came; None when unknown."""
        digits = self.files.get(file, {}).get("sha256")
        return f"sha256:{digits}" if isinstance(digits, str) else None

    def add(self, file: str, url: str, path: Path) -> str:
        """Enter a file, write the records and return its checksum.

        Raises:
            EarmarkError: the records cannot be written.
        """
        digits = file_digits(path, "sha256")
        self.files[file] = {"url": url, "bytes": path.stat().st_size, "sha256": digits}
        self._write()
        return f"sha256:{digits}"

    def remove(self, file: str) -> None:
        """Forget a file, as if it had never come.

        Raises:
            EarmarkError: the records cannot be written.
        """
        if self.files.pop(file, None) is not None:
            self._write()

    def _write(self) -> None:
        write_text(self.path, json.dumps({"files": self.files}, indent=1, sort_keys=True) + "\n")


def agrees(path: Path, checksum: str) -> bool:
    """Whether a file has a checksum, such as ``md5:`` and digits."""
    method, _, digits = checksum.partition(":")
    return file_digits(path, method) == digits.lower()


def file_digits(path: Path, method: str) -> str:
    """Return a file's checksum in hex digits, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(method, usedforsecurity=False)).hexdigest()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        files = json.loads(path.read_text("utf-8"))["files"]
        if not all(isinstance(entry, dict) for entry in files.values()):
            raise TypeError("an entry is no object")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is not a record of downloads ({error}); remove it, and files are "
                        "taken as they are.") from error
    return dict(files)
