"""A check as a single HTML page: nothing fetched, no script, what is grave first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from earmark.errors import require
from earmark.judging.report.page import render
from earmark.judging.report.plain import clean
from earmark.judging.report.svg import WIDTH, Scale, chart, element, shorten, text
from earmark.judging.splits import PARTS
from earmark.lab.doctor.check import Checkup
from earmark.lab.doctor.findings import KINDS, Finding
from earmark.lab.doctor.parts import Shared

_TITLES = {"grave": "Grave", "warning": "To be looked at", "note": "To be known"}
_FEW, _MOST = 12, 1000
_MOST_BARS = 30
_BAR, _NAMED = 24.0, 36.0  # a bar's height, and how wide a part must be to bear its name


def page(checkup: Checkup) -> str:
    """Return the HTML of a check.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2 = require("jinja2", extra="train", purpose="making a report")
    drawn = parts_chart(checkup.shared, checkup.parts)
    return render(
        "check.html.jinja", package="earmark.lab.doctor",
        title=f"Check of {clean(checkup.dataset)}", checkup=checkup, headline=headline(checkup),
        meaning=_meaning(checkup), KINDS=KINDS,
        parts=jinja2.utils.markupsafe.Markup(drawn), by_severity=_by_severity(checkup.kinds),
        titles=_TITLES, few=_FEW, most=_MOST, bars=_bars(checkup),
    )  # fmt: skip


def headline(checkup: Checkup) -> str:
    """Return the check in a sentence.

    >>> from pathlib import Path
    >>> headline(Checkup("x", "", Path(), 4, 0, (Finding("clipped", "a", ""),), ()))
    'Nothing grave; 1 warning and 0 notes'
    """
    count = checkup.severities
    grave = _counted(count["grave"], "grave fault") if count["grave"] else "Nothing grave"
    return f"{grave}; {_counted(count['warning'], 'warning')} and {_counted(count['note'], 'note')}"


def parts_chart(shared: Iterable[Shared], sizes: Mapping[str, Mapping[str, int]]) -> str:
    """Return a bar a partition, its parts side by side, with what is known from earlier parts.

    Args:
        sizes: partition to the number of tracks of each part.
    """
    rows = {name: [row for row in shared if row.partition == name] for name in sizes}
    rows = {name: found for name, found in rows.items() if found}
    drawn, top = [], 4.0
    for name, found in rows.items():
        drawn.append(_partition(name, found, sizes[name], top))
        top += 44 + 16 * len(found) + 14
    told = "; ".join(_told(row) for found in rows.values() for row in found)
    return chart("parts", "What the parts of each split share", told, top, *drawn) if rows else ""


def _partition(name: str, found: list[Shared], sizes: Mapping[str, int], top: float) -> str:
    scale = Scale(0, sum(sizes.values()), 0, WIDTH)
    counted = ", ".join(f"{part} {sizes[part]}" for part in PARTS if sizes.get(part))
    parts, begin = [text(f"{shorten(name, 24)}: {counted}", 0, top + 12, "strong")], 0
    for part in PARTS:
        if size := sizes.get(part, 0):
            x, width = scale(begin), scale(begin + size) - scale(begin)
            known = max((row.share for row in found if row.parts[1] == part), default=0.0)
            parts += [element("rect", x=x, y=top + 18, width=width, height=_BAR, class_="box"),
                      element("rect", x=x, y=top + 18, width=width * known, height=_BAR,
                              class_="known"),
                      text(part if width >= _NAMED else "", x + 4, top + 35, "label")]
            begin += size
    parts += [text(_told(row), 0, top + 58 + 16 * i, "tick") for i, row in enumerate(found)]
    return "".join(parts)


def _told(row: Shared) -> str:
    return (f"{row.share:.1%} of {row.parts[1]}: {_counted(row.groups, row.kind)} of "
            f"{row.parts[0]}")


def _by_severity(kinds: Mapping[str, list[Finding]]) -> dict[str, dict[str, list[Finding]]]:
    grouped: dict[str, dict[str, list[Finding]]] = {}
    for kind, found in kinds.items():
        grouped.setdefault(KINDS[kind].severity, {})[kind] = found
    return grouped


def _bars(checkup: Checkup) -> list[tuple[str, float]]:
    total = max(checkup.tracks, 1)
    return [(clean(label), count / total) for label, count in checkup.prevalence[:_MOST_BARS]]


def _meaning(checkup: Checkup) -> str:
    if checkup.is_grave:
        return "Scores learnt from or judged on this as it is would be wrong: what is grave is " \
               "to be mended first."
    return "Nothing was found that makes scores wrong by itself."


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
