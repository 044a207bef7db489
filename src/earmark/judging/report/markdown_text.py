"""Markdown that also reads well in a terminal: tables, and texts that cannot become markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

from earmark.judging.report.plain import clean

# An underscore within a word, or a bracket that makes no link, is none of Markdown's.
_SPECIAL = re.compile(r"[\\`*|#~]|\](?=[(\[:])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: str = "") -> list[str]:
    """Return an aligned table.

    Args:
        header: names of the columns.
        rows: cells, which are escaped here.
        numbers: a letter a column, ``n`` for those set to the right.

    >>> table(["part", "score"], [["a|b", "0.5"]], "-n")
    ['| part | score |', '| ---- | ----: |', '| a\\\\|b |   0.5 |']
    """
    cells = [[escaped(cell) for cell in row] for row in [header, *rows]]
    right = [numbers[i : i + 1] == "n" for i in range(len(header))]
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(header))]
    rule = ["-" * (w - 1) + ":" if r else "-" * w for w, r in zip(widths, right, strict=True)]
    lines = [
        [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        for row in cells
    ]
    return [f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]]]


def escaped(text: str) -> str:
    """Return the text with Markdown's and HTML's signs made harmless."""
    text = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)
