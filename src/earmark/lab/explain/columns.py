"""Features by what they are of: the statistics of one curve, and families of curves.

Columns that say the same cannot be told apart one by one: shuffled alone, neither is missed. So
importance is asked of groups that belong together by their names: ``mfcc1_mean`` and ``mfcc1_var``
are of one curve, ``mfcc1``, and that is one of the family ``mfcc``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_STATISTIC = re.compile(
    r"_(?:mean|var|std|min|max|median|skew|kurtosis)(?=_|$)", re.IGNORECASE)  # fmt: skip
_NUMBER = re.compile(r"_?\d+$")
_SPECTRAL = ("spectral", "rolloff", "zero_crossing", "zcr")
_FAMILIES = {"mfcc": "mfcc", "chroma": "chroma", "tonnetz": "tonnetz", "rms": "level",
             "tempo": "rhythm", "beat": "rhythm", "harmony": "parts", "perceptr": "parts",
             "percussive": "parts", **dict.fromkeys(_SPECTRAL, "spectral")}  # fmt: skip
_MOST = 100


def group(column: str) -> str:
    """Return what a column is a statistic of.

    >>> group("mfcc1_mean"), group("chroma_cens_kurtosis_01"), group("tempo")
    ('mfcc1', 'chroma_cens_01', 'tempo')
    """
    return _STATISTIC.sub("", column) or column


def family(column: str) -> str:
    """Return what a column's group is one of.

    >>> family("mfcc1_mean"), family("rolloff_var"), family("e17"), family("danceability")
    ('mfcc', 'spectral', 'e', 'danceability')
    """
    name = group(column)
    for known, its in _FAMILIES.items():
        if name.lower().startswith(known):
            return its
    return _NUMBER.sub("", name) or name


def grouped(columns: Sequence[str]) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return families and groups to their columns.

    No more than 100 groups are told apart: where there are more (embeddings), columns that follow
    one another go together.
    """
    families, groups = _by(columns, family), _by(columns, group)
    if len(groups) > _MOST:
        each = -(-len(columns) // _MOST)
        runs = [list(columns[k : k + each]) for k in range(0, len(columns), each)]
        groups = {its[0] if len(its) == 1 else f"{its[0]} to {its[-1]}": its for its in runs}
    return families, groups


def _by(columns: Iterable[str], name: object) -> dict[str, list[str]]:
    assert callable(name)
    found: dict[str, list[str]] = {}
    for column in columns:
        found.setdefault(name(column), []).append(column)
    return found
