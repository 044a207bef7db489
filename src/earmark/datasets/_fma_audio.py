"""The audio of FMA on disk: ``fma_small/000/000002.mp3``, also converted, also in one folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from earmark.errors import DataError

# The published ones first: others were made of them.
_SUFFIXES = (".mp3", ".flac", ".wav", ".ogg")
_NAME = re.compile(r"(\d{6})(\.[a-z0-9]+)", re.ASCII | re.IGNORECASE)


def named_audio(root: Path, folders: Iterable[Path]) -> dict[int, str]:
    """Return the number of each file to its path relative to ``root``, with ``/``.

    Of several files of one number the first folder's is taken, and in a folder the published kind.

    Raises:
        DataError: a folder that is there cannot be read.
    """
    found: dict[int, str] = {}
    for folder in folders:
        best: dict[int, tuple[int, str]] = {}
        for number, suffix, path in _files(folder):
            choice = _SUFFIXES.index(suffix), path
            best[number] = min(choice, best.get(number, choice))
        for number, (_, path) in best.items():
            found.setdefault(number, Path(path).relative_to(root).as_posix())
    return found


def looks_like_it(root: Path) -> bool:
    """Tell whether a folder, or one of FMA's in it, holds ``000/000002.mp3`` and the like alone."""
    try:
        holders = [root, *(f for f in subfolders(root) if f.name.startswith("fma_"))]
        return any(_is_numbered(subfolders(holder)) for holder in holders)
    except DataError:
        return False


def _is_numbered(folders: Sequence[Path]) -> bool:
    if not folders or not all(re.fullmatch(r"\d{3}", folder.name) for folder in folders):
        return False
    names = [entry.name for entry in _entries(folders[0]) if not entry.name.startswith(".")]
    return bool(names) and all(_NAME.fullmatch(n) and n.startswith(folders[0].name) for n in names)


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder by name, hidden ones left out; none where there is none.

    Raises:
        DataError: it cannot be read.
    """
    if not _is_folder(folder):
        return []
    return sorted(Path(e.path) for e in _entries(folder) if _is_open_folder(e))


def _files(folder: Path) -> Iterator[tuple[int, str, str]]:
    """Yield number, suffix and path of the files in a folder and in those in it."""
    if not _is_folder(folder):
        return
    for entry in _entries(folder):
        inner = _entries(Path(entry.path)) if _is_open_folder(entry) else [entry]
        for file in inner:
            match = _NAME.fullmatch(file.name)
            if match and match[2].lower() in _SUFFIXES and file.is_file():
                yield int(match[1]), match[2].lower(), file.path


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}.") from error


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises where it has no permission)


def _is_open_folder(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir()
