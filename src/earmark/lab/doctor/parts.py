"""What is wrong with a dataset's published parts: labels a part lacks, and what parts share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from earmark.datasets.base import Dataset
from earmark.judging.splits import PARTS, Leak, Split, leaks, missing_labels
from earmark.lab.doctor.findings import Finding

_COPIES = ("exact duplicate", "near duplicate", "cross-label duplicate")


@dataclass(frozen=True)
class Shared:
    """What two parts of a partition have in common.

    Attributes:
        partition: its name.
        kind: ``artist``, ``album``, ``song`` or ``title``.
        parts: the two, in the order train, valid, test.
        groups: how many artists (albums, songs) stand in both.
        tracks: how many tracks of the second part are theirs.
        of: how many tracks the second part has.
        example: one of the groups.
    """

    partition: str
    kind: str
    parts: tuple[str, str]
    groups: int
    tracks: int
    of: int
    example: str

    @property
    def share(self) -> float:
        """Share of the second part that the first knows, in [0, 1]."""
        return self.tracks / self.of


def divisions(dataset: Dataset) -> dict[str, Split]:
    """Return the published partitions, each with the tracks that are at hand."""
    found = {name: {track: part for track, part in parts.items() if track in dataset.tracks}
             for name, parts in dataset.partitions().items()}  # fmt: skip
    return {name: Split(name, parts) for name, parts in found.items() if parts}


def shared(dataset: Dataset) -> list[Shared]:
    """Return what the parts of each partition share: a row a kind and pair of parts."""
    return [row for split in divisions(dataset).values()
            for row in [*_by_name(split, leaks(split, dataset)), *_by_title(split, dataset)]]


def lint_parts(dataset: Dataset) -> list[Finding]:
    """Return labels that a part lacks, and what parts share."""
    found = [_finding(dataset, row) for row in shared(dataset)]
    for split in divisions(dataset).values():
        published = len(dataset.partitions()[split.name])
        if 2 * len(split.parts) < published:  # of so little no part is what it was
            found.append(Finding("partial copy", split.name, f"{len(split.parts)} of its "
                                 f"{published} tracks are at hand", subject="dataset"))
        else:
            found += _missing(split, dataset)
    return found


def _finding(dataset: Dataset, row: Shared) -> Finding:
    first, second = row.parts
    return Finding("shared across parts", f"{row.partition}: {row.kind}s of {first} and {second}",
                   f"{row.tracks} of {row.of} tracks of {second} ({row.share:.1%}) are of "
                   f"{_counted(row.groups, row.kind)} that {first} holds as well, such as "
                   f"{row.example}", subject="dataset")  # fmt: skip


def _by_name(split: Split, found: Sequence[Leak]) -> Iterator[Shared]:
    """Yield the shared artists, albums and songs, counted."""
    grouped: dict[tuple[str, tuple[str, str]], list[Leak]] = defaultdict(list)
    for leak in found:
        if leak.shared:
            grouped[leak.kind, leak.parts].append(leak)
    for (kind, parts), its in grouped.items():
        yield Shared(split.name, kind, parts, len(its), sum(leak.tracks for leak in its),
                     split.counts[parts[1]], its[0].shared)


def _by_title(split: Split, dataset: Dataset) -> Iterator[Shared]:
    """Yield pairs that are known to be of one title and stand on two sides, counted."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for fault in dataset.faults():
        two = [t for t in (fault.track, fault.other) if t is not None and t in split.parts]
        a, *rest = sorted(two, key=lambda t: PARTS.index(split.parts[t])) or [""]
        if fault.kind == "same title" and rest and split.parts[a] != split.parts[rest[0]]:
            pairs[split.parts[a], split.parts[rest[0]]].append((a, rest[0]))
    for parts, its in pairs.items():
        yield Shared(split.name, "title", parts, len(its), len({b for _, b in its}),
                     split.counts[parts[1]], " and ".join(its[0]))


def lint_pairs(dataset: Dataset, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the pairs of duplicates that stand on two sides of a published partition."""
    told = {frozenset((f.name, f.other)) for f in findings if f.kind == "divided duplicate"}
    for found in findings:
        pair = frozenset((found.name, found.other))
        if found.kind not in _COPIES or found.other is None or pair in told:
            continue
        sides = [f"'{name}' has {found.name} in {here}, {found.other} in {there}"
                 for name, parts in dataset.partitions().items()
                 if (here := parts.get(found.name, "")) and (there := parts.get(found.other, ""))
                 and here != there]  # fmt: skip
        if sides:
            yield Finding("divided duplicate", found.name, "; ".join(sides), found.other)


def _missing(split: Split, dataset: Dataset) -> Iterator[Finding]:
    """Yield the labels of a partition that one of its parts has no track of."""
    at_hand = _at_hand(split, dataset)
    for missing in missing_labels(split, dataset):
        has = f"{_counted(missing.tracks, 'track')} elsewhere"
        of = f" in {_counted(missing.groups, 'group')} (artist, song or track)"
        yield Finding("missing from a part", missing.label,
                      f"none in {missing.part} of '{split.name}', {has}{of}{at_hand}",
                      subject="label")  # fmt: skip


def _at_hand(split: Split, dataset: Dataset) -> str:
    published: Mapping[str, str] = dataset.partitions()[split.name]
    if len(split.parts) == len(published):
        return ""
    return f" ({len(split.parts)} of its {len(published)} tracks are at hand)"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
