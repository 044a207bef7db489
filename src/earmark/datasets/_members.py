"""What an archive holds, checked: names that stay inside, each once, and nothing but files.

An archive comes from the network and may be made to do harm: names that climb out of the folder
(``../``, ``/etc``, ``C:``, backslashes), links out of it, devices, two names that are one on a
disk that ignores case, and sizes that fill the disk.
"""

from __future__ import annotations

import posixpath
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Literal

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt")
                                          for n in range(1, 10))}  # fmt: skip
_MOST_TIMES = 200  # text of zeros and ones shrinks 60 times, sound hardly at all
_HARMLESS_BYTES = 1 << 30


class Unsafe(ValueError):
    """An archive that is not to be unpacked; the text says why, without naming the archive."""


@dataclass(frozen=True)
class Member:
    """A file, folder or link in an archive.

    Attributes:
        name: with ``/``, relative, without ``.`` and ``..``; empty for the folder itself.
        size: of a file in bytes, as declared.
        crc: CRC-32 of the content; None where the archive has none.
        target: of a link, as ``name``.
        open: returns the content of a file, once.
    """

    name: str
    kind: Literal["file", "folder", "link"]
    size: int = 0
    crc: int | None = None
    target: str = ""
    open: Callable[[], IO[bytes]] | None = None


_DEEPEST = 60  # folders; systems refuse paths of some thousand characters


def safe_name(name: str, windows: bool = sys.platform == "win32") -> str:
    """Return a member's name without ``.`` parts.

    Args:
        windows: whether names must be possible there, too.

    Raises:
        Unsafe: the name leads out of the folder, or cannot be written down.

    >>> safe_name("./genres//blues/")
    'genres/blues'
    """
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise Unsafe(f"a name has control characters: {name!r}")
    if "\\" in name:
        raise Unsafe(f"a name has backslashes: '{name}'")
    if name.startswith("/") or (name[1:2] == ":" and name[0].isalpha()):
        raise Unsafe(f"a name is a path of its own: '{name}'")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Unsafe(f"a name leads out of the folder: '{name}'")
    if len(parts) > _DEEPEST:
        raise Unsafe(f"a name lies {len(parts)} folders deep: '{name[:60]}...'; the datasets' own "
                     f"lie less than {_DEEPEST} deep")
    if windows and any(_forbidden_on_windows(part) for part in parts):
        raise Unsafe(f"a name is not possible on Windows: '{name}'")
    return "/".join(parts)


def safe_target(name: str, target: str) -> str:
    """Return what a symbolic link at ``name`` points to, as a name in the archive.

    Raises:
        Unsafe: it points out of the archive.
    """
    if target.startswith("/") or "\\" in target or target[1:2] == ":" or "\0" in target:
        raise Unsafe(f"a link points out of the folder: '{name}' -> {target!r}")
    found = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    if found == ".." or found.startswith("../"):
        raise Unsafe(f"a link points out of the folder: '{name}' -> {target!r}")
    return "" if found == "." else found


class Seen:
    """Names and sizes so far, to refuse what does not fit with them.

    Args:
        packed: bytes of the archive.
        folds_case: whether the disk takes names that differ by case for one.
    """

    def __init__(self, packed: int, folds_case: bool) -> None:
        self._packed, self._folds_case = packed, folds_case
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._spelt: dict[str, str] = {}
        self._total = 0

    def add(self, member: Member) -> None:
        """Take one more member into account.

        Raises:
            Unsafe: it is there twice, is both file and folder, differs from another by case
                where that is no difference, or makes the whole too large to be true.
        """
        above = [part for part in _above(member.name) if part]
        if member.kind == "folder":
            above.append(member.name)
        elif member.name in self._files:
            raise Unsafe(f"a name is there twice: '{member.name}'")
        elif member.name in self._folders or not member.name:
            raise Unsafe(f"a name is both a file and a folder: '{member.name}'")
        else:
            self._files.add(member.name)
        if clash := self._files.intersection(above):
            raise Unsafe(f"a name is both a file and a folder: '{min(clash)}'")
        self._folders.update(above)
        for name in {*above, member.name}:
            self._add_spelling(name)
        self._add_size(member)

    def _add_spelling(self, name: str) -> None:
        other = self._spelt.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name and self._folds_case:
            raise Unsafe(f"'{other}' and '{name}' are one name on this disk, which ignores case: "
                         "unpack on another")

    def _add_size(self, member: Member) -> None:
        self._total += member.size
        if self._total > max(_HARMLESS_BYTES, _MOST_TIMES * self._packed):
            raise Unsafe(f"it would grow to more than {_MOST_TIMES} times its size")


def _above(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:k]) for k in range(1, len(parts))]


def _forbidden_on_windows(part: str) -> bool:
    return (part[-1] in ". " or any(c in '<>:"|?*' for c in part)
            or part.partition(".")[0].casefold() in _RESERVED)
