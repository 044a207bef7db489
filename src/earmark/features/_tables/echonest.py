"""Echonest's eight audio features, in the two layouts in which FMA's are published.

``echonest.csv`` of FMA's metadata has three header lines (what made it, group, name) and a fourth
that only names the index; excerpts have one. Some tracks lack a value: those are left out, never
filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from earmark.errors import DataError
from earmark.features._tables.named import Line, NamedRows, lines_of, read_lines

COLUMNS = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness",
           "tempo", "valence")  # fmt: skip
_NAME_COLUMN = "track_id"
_MAKER, _GROUP = "echonest", "audio_features"


def read_echonest(path: Path) -> tuple[NamedRows, tuple[str, ...]]:
    """Return the rows by track id, and the ids of tracks that lack a value and are left out.

    Tempo is in beats a minute, the others in [0, 1].

    Raises:
        DataError: as for ``read_table``; or three header lines that are not FMA's.
    """
    left_out: list[str] = []
    lines = _with_one_header(path, lines_of(path))
    rows = read_lines(path, lines, COLUMNS, name_column=_NAME_COLUMN, incomplete=left_out)
    return rows, tuple(left_out)


def _with_one_header(path: Path, lines: Iterator[Line]) -> Iterator[Line]:
    first = next(lines, None)
    if first is None or _MAKER not in first[1]:
        return lines if first is None else chain([first], lines)
    rest = [values for _, values in islice(lines, 3)]
    widths = {len(first[1]), *map(len, rest)}
    if len(rest) < 3 or len(widths) > 1 or rest[2][0] != _NAME_COLUMN or any(rest[2][1:]):
        raise DataError(f"{path}: begins like FMA's echonest.csv, and its next lines do not go on "
                        f"so; expected groups, names and a line with only '{_NAME_COLUMN}'. Is "
                        "the file cut short?")
    groups, names, _ = rest
    header = [_NAME_COLUMN] + [
        name if group == _GROUP else f"{group}.{name}"
        for group, name in zip(groups[1:], names[1:], strict=True)
    ]
    return chain([(first[0], header)], lines)
