"""What is known of published datasets, and one account of what several checks have found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from earmark.datasets.base import Dataset, Fault
from earmark.lab.doctor.columns import contradict, labels_of_both
from earmark.lab.doctor.findings import KINDS, Finding
from earmark.lab.doctor.listening import worth

# A pair is told of once, as the first of these that any check takes it for.
_PAIRS = ("cross-label duplicate", "exact duplicate", "near duplicate", "like rows")
_OF_AUDIO = frozenset({"unreadable", "empty", "silent", "truncated", "clipped"})
_SEVERITIES = ("grave", "warning", "note")


def known_faults(dataset: Dataset) -> list[Finding]:
    """Return the published faults of a dataset; those of sound only where the audio is at hand."""
    return [_finding(dataset, fault) for fault in dataset.faults()
            if fault.kind not in _OF_AUDIO or dataset.tracks[fault.track].path is not None]


def _finding(dataset: Dataset, fault: Fault) -> Finding:
    if fault.is_copy and fault.other is not None:
        first, second = sorted((fault.track, fault.other))
        mine, theirs = dataset.tracks[second].labels, dataset.tracks[first].labels
        if contradict(mine, theirs):
            detail = f"{labels_of_both(second, mine, first, theirs)}; {fault.source}"
            return Finding("cross-label duplicate", second, detail, first, source="catalogue")
    known = fault.kind in KINDS
    return Finding(fault.kind if known else "known fault", fault.track,
                   fault.source if known else f"{fault.kind}: {fault.source}", fault.other,
                   source="catalogue")


def account(
    findings: Iterable[Finding], partitions: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Finding, ...]:
    """Return the findings, each once, the gravest first; within a kind as they were given.

    Of a pair of duplicates the track is named first that is to go: the one that more of the
    partitions train on, else the later one. So of three copies one stays.
    """
    once: dict[tuple[str, str, str | None], Finding] = {}
    for found in findings:
        turned = _turned(found, partitions or {})
        pair = turned.kind in _PAIRS
        key = ("pair" if pair else turned.kind, turned.name, turned.other)
        once[key] = _joined(once[key], turned) if key in once else turned
    order = list(KINDS)
    return tuple(sorted(once.values(), key=lambda f: (_SEVERITIES.index(f.severity),
                                                      order.index(f.kind))))


def _turned(found: Finding, partitions: Mapping[str, Mapping[str, str]]) -> Finding:
    if found.other is None or found.kind not in (*_PAIRS, "divided duplicate"):
        return found
    kept, gone = sorted((found.name, found.other), key=lambda name: worth(name, partitions))
    return replace(found, name=gone, other=kept)


def _joined(first: Finding, second: Finding) -> Finding:
    """Return one finding of what two checks say, of the graver kind."""
    kind = min(first.kind, second.kind, key=_PAIRS.index) if first.kind in _PAIRS else first.kind
    return replace(first, kind=kind, detail=_both(first.detail, second.detail),
                   source=_both(first.source, second.source))


def _both(first: str, second: str) -> str:
    parts = dict.fromkeys(part for text in (first, second) for part in text.split("; ") if part)
    # "similarity 1.00" goes where "similarity 1.00, yet jazz here and rock there" is said as well.
    return "; ".join(part for part in parts
                     if not any(other.startswith(f"{part}, ") for other in parts))
