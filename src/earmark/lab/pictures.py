"""Pictures of sound as files: one .npy or .png a segment, and an index.

A picture's name is its track's file name and, where tracks are cut, the number of its segment. Of
several tracks of one name (``a/song.mp3``, ``b/song.mp3``) each gets eight digits of its path's
hash, and so does one whose name not every system could write.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.errors import SettingsError
from earmark.features.base import FrontEnd
from earmark.lab.extraction import Rows
from earmark.store import atomic_write

INDEX = "index.csv"
_LONGEST_NAME = 100
_UNSAFE = re.compile(r"[^\w .,()\[\]+&'!-]|^[. ]|[. ]$")
# Names that Windows keeps for devices, with whatever ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return a name for each file, without ending, that no other has on any system.

    >>> list(names([Path("a/x.mp3"), Path("y.mp3")]).values())
    ['x', 'y']
    """
    safe = {path: _safe(path.stem) for path in paths}
    uses = Counter(name.casefold() for name in safe.values())
    found: dict[Path, str] = {}
    taken: set[str] = set()
    for path, name in safe.items():
        if uses[name.casefold()] > 1 or name != path.stem:
            digits = hashlib.sha256(str(path).encode("utf-8", "surrogatepass")).hexdigest()
            # A file may itself be called so; the chance that it is only just happens to be is nil.
            length = 8
            while f"{name}-{digits[:length]}".casefold() in {*taken, *uses}:
                length += 1
            name = f"{name}-{digits[:length]}"
        taken.add(name.casefold())
        found[path] = name
    return found


def write(
    folder: Path, name: str, rows: Sequence[Rows], lengths: Sequence[float | None],
    front_end: FrontEnd, style: str,
) -> list[list[str]]:  # fmt: skip
    """Write one file a segment, and return their names, one list for each way of cutting.

    Args:
        style: ``npy`` or ``png``.

    Raises:
        EarmarkError: the folder cannot be written.
    """
    made = []
    for part, seconds in zip(rows, lengths, strict=True):
        files = [f"{name}{_part(seconds, number, len(lengths) > 1)}.{style}"
                 for number in range(len(part.values))]
        for file, values in zip(files, part.values, strict=True):
            content = _npy(values) if style == "npy" else png(front_end, values)
            with atomic_write(folder / file) as opened:
                opened.write(content)
        made.append(files)
    return made


def png(front_end: FrontEnd, values: NDArray[np.float32]) -> bytes:
    """Return the values as the family draws them.

    Raises:
        SettingsError: the family draws nothing.
    """
    draw = getattr(front_end, "png", None)
    if draw is None:
        raise SettingsError(f"'{front_end.name}' draws no pictures; choose --format npy.")
    content: bytes = draw(values)
    return content


def _part(seconds: float | None, number: int, several: bool) -> str:
    if seconds is None:
        return ""
    # No further dot: the parts after a name are told apart by theirs, as names may hold some.
    length = f".{seconds:.15g}s".replace(".", "_").replace("_", ".", 1) if several else ""
    return f"{length}.{number:03d}"


def _safe(stem: str) -> str:
    # Some systems take the two ways of writing an accent for one.
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", stem))[:_LONGEST_NAME]
    while len(name.encode()) > _LONGEST_NAME:  # systems count bytes
        name = name[:-1]
    return f"_{name}" if _RESERVED.fullmatch(name) or not name else name


def _npy(values: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
