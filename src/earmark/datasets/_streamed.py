"""Objects of a JSON file one by one, in memory that does not grow with the file.

The file may be one array of objects, or an object a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from earmark.errors import DataError

_PIECE_CHARACTERS = 1 << 18
_LONGEST_OBJECT = 1 << 24
_BETWEEN = re.compile(r"[\s,\[]*")
_DECODER = json.JSONDecoder()


def read_objects(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of an array, or of lines, in their order.

    Raises:
        DataError: it cannot be read, is cut off, or holds something that is no object; says at
            which object.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _objects(file, path)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {why}; expected JSON in UTF-8.") from error


def _objects(file: IO[str], path: Path) -> Iterator[dict[str, Any]]:
    text = file.read(_PIECE_CHARACTERS)
    end_of_all = "]" if text.lstrip()[:1] == "[" else ""
    at = number = 0
    while True:
        at = _after_gap(text, at)
        found, end = _decoded(text, at)
        if end:
            number += 1
            if not isinstance(found, dict):
                raise DataError(f"{path}, object {number}: is {str(found)[:40]!r}; expected an "
                                "object with named values.")
            yield found
            at = end
        elif (piece := file.read(_PIECE_CHARACTERS)) and len(text) - at < _LONGEST_OBJECT:
            text, at = text[at:] + piece, 0
        else:
            break
    if piece or text[at:].strip() != end_of_all:
        raise DataError(f"{path}, object {number + 1}: is no JSON or is cut off: "
                        f"{text[at : at + 40]!r}; fetch the file again.")


def _after_gap(text: str, at: int) -> int:
    gap = _BETWEEN.match(text, at)
    return gap.end() if gap else at


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """Return a value and where it ends; 0 for one that is not whole, or is none."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, 0
