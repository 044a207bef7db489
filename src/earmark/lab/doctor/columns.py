"""What is wrong with the columns and rows of a feature table, whatever it is of.

Columns that say nothing, columns that are another under a second name (one set's zero-crossing
rate is its roll-off, and the nets trained on it never saw one), values that are no numbers, and
tracks whose rows are equal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from earmark.lab.doctor.duplicates import DuplicatePair, find_duplicate_rows
from earmark.lab.doctor.findings import Finding

# Of standardised columns: single precision loses less, and no two measurements agree so well.
_EQUAL = 1e-4
_CORRELATED = 1 - 1e-6
# All pairs of rows are measured; beyond, only equal rows are looked for.
_MOST_COMPARED = 10_000
# A row that more tracks have says nothing of them: a second of silence, say.
_MOST_HOLDERS = 50
_LEAST_STILL = 3
# Rows of fewer values are equal by chance.
_LEAST_COLUMNS = 8

LabelsOf = Callable[[str], tuple[str, ...]]
"""Track id to its labels; none where the track is not known."""


def check_columns(
    rows: NDArray[np.floating], columns: Sequence[str], table: str
) -> Iterator[Finding]:
    """Yield what is wrong with the columns.

    Args:
        rows: [shape=(rows, columns)]; values that are not finite are findings.
        table: its name, for the findings.
    """
    finite = np.isfinite(rows)
    whole = finite.all(axis=0)
    for at in np.flatnonzero(~whole).tolist():
        count = int((~finite[:, at]).sum())
        yield _of_column("not finite", columns[at], f"{count} of {len(rows)} values in {table} are "
                         "missing or no finite number")
    if len(rows) < 2:
        return
    low = np.where(whole, rows.min(axis=0, initial=np.inf, where=finite), np.nan)
    high = np.where(whole, rows.max(axis=0, initial=-np.inf, where=finite), np.nan)
    for at in np.flatnonzero(low == high).tolist():
        yield _of_column("constant column", columns[at],
                         f"{rows[0, at]:g} in all {len(rows)} rows of {table}")
    varied = np.flatnonzero(low < high)
    yield from _copied(rows[:, varied], [columns[at] for at in varied.tolist()], table)


def _copied(
    rows: NDArray[np.floating], columns: Sequence[str], table: str
) -> Iterator[Finding]:
    """Yield columns that are an earlier one: equal to it, a multiple of it, or shifted as well."""
    copies: set[int] = set()
    for i, j in _suspects(rows):
        if i in copies:
            continue
        factor, shift, off = _fitted(rows[:, i], rows[:, j])
        if off <= _EQUAL:
            copies.add(j)
            yield _of_column("copied column", columns[j], f"{_how(factor, shift)} '{columns[i]}' "
                             f"in all {len(rows)} rows of {table}", columns[i])


def _fitted(
    first: NDArray[np.floating], second: NDArray[np.floating]
) -> tuple[float, float, float]:
    """Return by what factor, and how far shifted, a column is another, and how far it is off.

    Shift and distance are in standard deviations of the second.
    """
    a, b = (values.astype(np.float64) for values in (first, second))
    around, spread = a - a.mean(), b.std()
    factor = around @ (b - b.mean()) / (around @ around)
    shift = b.mean() - factor * a.mean()
    return float(factor), float(shift / spread), float(np.abs(factor * a + shift - b).max()
                                                       / spread)


def _suspects(rows: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Return the pairs of columns that go together, on some of the rows of a large table."""
    some = np.asarray(rows[:: max(1, len(rows) // _MOST_COMPARED)], dtype=np.float64)
    spread = some.std(axis=0)
    standard = (some - some.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    alike = np.triu(np.abs(standard.T @ standard) / len(some) > _CORRELATED, 1)
    return [(i, j) for i, j in np.argwhere(alike).tolist()]


def _how(factor: float, shift: float) -> str:
    if abs(shift) > _EQUAL:
        return f"{factor:.6g} times, and shifted,"
    return "equal to" if abs(factor - 1) <= _EQUAL else f"{factor:.6g} times"


def check_rows(
    rows: NDArray[np.floating], ids: Sequence[str], labels_of: LabelsOf, table: str
) -> Iterator[Finding]:
    """Yield tracks whose rows are equal, and, among not too many, those that are nearly so.

    Rows of fewer than eight values say too little.

    Args:
        rows: [shape=(rows, columns)]; those that hold a value that is not finite are passed over.
        ids: of the tracks, one a row; a track may have several.
    """
    keep = np.flatnonzero(np.isfinite(rows).all(axis=1))
    names = [ids[at] for at in keep.tolist()]
    if len(keep) < 2 or rows.shape[1] < _LEAST_COLUMNS:
        return
    chosen = rows[keep]
    if len(set(names)) == len(names) <= _MOST_COMPARED:
        for pair in find_duplicate_rows(chosen, names):
            yield pair_finding(pair, labels_of, _row_detail(pair, table))
        return
    held = _by_track(chosen, names)
    still = {name for name, its in held.items() if len(its) >= _LEAST_STILL and len(set(its)) == 1}
    for name in sorted(still):
        yield Finding("silent", name, f"all {len(held[name])} rows in {table} are equal: silence, "
                      "or a tone that never changes")
    for pair, detail in _equal_rows({n: h for n, h in held.items() if n not in still}, table):
        yield pair_finding(pair, labels_of, detail)


def _by_track(rows: NDArray[np.floating], ids: Sequence[str]) -> dict[str, list[bytes]]:
    """Return the bytes of each track's rows, in the order of the tracks."""
    held: dict[str, list[bytes]] = defaultdict(list)
    for row, name in zip(np.ascontiguousarray(rows), ids, strict=True):
        held[name].append(row.tobytes())
    return dict(sorted(held.items()))


def _row_detail(pair: DuplicatePair, table: str) -> str:
    if pair.kind == "exact":
        return f"all values equal in {table}"
    return f"standardised feature distance {1 / pair.similarity - 1:.2f} in {table}"


def pair_finding(pair: DuplicatePair, labels_of: LabelsOf, detail: str) -> Finding:
    """Return the finding that two tracks have one row, of the second: it is the one to go."""
    mine, other = labels_of(pair.b), labels_of(pair.a)
    if pair.kind == "near":
        return Finding("like rows", pair.b, detail, pair.a)
    if contradict(mine, other):
        detail = f"{labels_of_both(pair.b, mine, pair.a, other)}; {detail}"
        return Finding("cross-label duplicate", pair.b, detail, pair.a)
    return Finding("exact duplicate", pair.b, detail, pair.a)


def contradict(mine: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether labels exclude each other: listeners of one recording may name different ones,
    but hardly none in common."""
    return bool(mine and other) and not set(mine) & set(other)


def labels_of_both(a: str, of_a: Sequence[str], b: str, of_b: Sequence[str]) -> str:
    """Return what each of a pair is called, in words that stay true when the pair is turned."""
    return f"{a} says {', '.join(of_a)}, {b} says {', '.join(of_b)}"


def _equal_rows(
    held: Mapping[str, Sequence[bytes]], table: str
) -> Iterator[tuple[DuplicatePair, str]]:
    """Yield pairs of tracks of which half the rows, or more, are equal, byte by byte."""
    holders: dict[bytes, dict[str, None]] = defaultdict(dict)
    for name, its in held.items():
        for row in its:
            holders[row][name] = None
    both: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        if 1 < len(names) <= _MOST_HOLDERS:
            both.update(combinations(names, 2))
    for (a, b), equal in sorted(both.items()):
        fewer = min(len(held[a]), len(held[b]))
        if 2 * equal >= fewer:
            yield DuplicatePair(a, b, "exact", 1.0), f"{equal} of {fewer} rows equal in {table}"


def _of_column(kind: str, column: str, detail: str, other: str | None = None) -> Finding:
    return Finding(kind, column, detail, other, subject="column")
