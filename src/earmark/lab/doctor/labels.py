"""The label linter: what is wrong with a set's labels, before any model has seen them.

It asks what the published faults of the field teach to ask: were lists read as text, so that
letters became labels, or cut at spaces, so that 'no vocals' became 'no' and 'vocals'? Is a label
on every track, on none, on hardly any, or only one artist's? Do two labels say the same?
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from earmark.datasets.base import Dataset
from earmark.lab.doctor.findings import Finding
from earmark.labels import crosswalk
from earmark.labels.taxonomy import Taxonomy, folded
from earmark.labels.vocabulary import Task

FEW_TRACKS = 10
"""A label on fewer is rare: ten cannot even give each of five folds two to be judged on."""

_PRINTED = re.compile(r"""[\[({].*['",].*[\])}]|[\[({]\s*['"].*|.*['"]\s*[\])}]|'.*'|".*\"""", re.S)
_MARKS = frozenset("[](){}'\",")
_LITTLE_WORDS = frozenset({"no", "not", "non", "without", "and", "or", "of", "the", "with", "&"})
_LEAST_LETTERS = 8
_TOGETHER = 0.9
_SHOWN = 5


@dataclass(frozen=True)
class Labelled:
    """Tracks and their labels, of a dataset or of a bare table.

    Attributes:
        name: of the dataset or the table.
        sets: track id to its labels.
        labels: the vocabulary, in order.
        artists: track id to artist, of those whose artist is known.
    """

    name: str
    sets: Mapping[str, tuple[str, ...]]
    labels: tuple[str, ...]
    task: Task = "multi"
    artists: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset) -> Labelled:
        """Return a dataset's tracks and labels."""
        tracks = dataset.tracks.values()
        vocabulary = dataset.vocabulary
        return cls(dataset.name, {t.id: t.labels for t in tracks}, vocabulary.labels,
                   vocabulary.task, {t.id: t.artist for t in tracks if t.artist})

    @cached_property
    def counts(self) -> Counter[str]:
        """How many tracks bear each label."""
        return Counter(label for labels in self.sets.values() for label in labels)

    @cached_property
    def bearers(self) -> Mapping[str, Sequence[str]]:
        """Label to the ids of its tracks."""
        found: dict[str, list[str]] = defaultdict(list)
        for track, labels in self.sets.items():
            for label in labels:
                found[label].append(track)
        return found


def lint(given: Labelled, taxonomy: Taxonomy | None = None) -> list[Finding]:
    """Return what is wrong with the labels, and one note on how common they are.

    Args:
        taxonomy: what labels mean; None for Earmark's.
    """
    known = taxonomy or Taxonomy.read()
    return [*printed(given), *_cut_at_spaces(given, known), *_on_all_or_none(given),
            *_spellings(given), *_synonyms(given, known), *_one_artist(given), *_bare(given),
            *_prevalence(given)]  # fmt: skip


def is_printed(label: str) -> bool:
    """Tell whether a label is a list, or a piece of one, as Python prints it.

    >>> is_printed("['Rock', 'Pop']"), is_printed("Rock 'n' Roll"), is_printed("R&B (soul)")
    (True, False, False)
    """
    return bool(_PRINTED.fullmatch(label.strip()))


def printed(given: Labelled) -> Iterator[Finding]:
    """Yield a finding where lists were stored as text, whole or already cut to letters."""
    lists = [label for label in given.labels if len(label) > 1 and is_printed(label)]
    if lists:
        yield Finding("printed list", given.name, f"{len(lists)} of {len(given.labels)} labels are "
                      f"lists printed as text, or pieces of them, such as {lists[0][:60]!r}",
                      subject="dataset")  # fmt: skip
    single = [label for label in given.labels if len(label) == 1 and not label.isdigit()]
    marks = [label for label in single if label in _MARKS]
    if not marks and (len(single) < _LEAST_LETTERS or 2 * len(single) <= len(given.labels)):
        return
    everywhere = sum(given.counts[label] == len(given.sets) for label in single)
    among = f", {' '.join(sorted(marks))} among them" if marks else ""
    yield Finding("printed list", given.name,
                  f"{len(single)} of {len(given.labels)} labels are single characters{among}, "
                  f"{everywhere} of them on every track: lists stored as text were read letter by "
                  "letter", subject="dataset")  # fmt: skip


def _cut_at_spaces(given: Labelled, taxonomy: Taxonomy) -> Iterator[Finding]:
    little = [label for label in given.labels if label.casefold() in _LITTLE_WORDS]
    torn = list(_torn_names(given, taxonomy))
    if not little and len(torn) < 2:
        return
    signs = [f"{_tracks(given.counts[label])} bear{'s' if given.counts[label] == 1 else ''} the "
             f"label '{label}'" for label in little[:_SHOWN]]  # fmt: skip
    if torn:
        signs.append(f"the words of {_quoted(torn)} are labels that stand together")
    yield Finding("words of labels", given.name, "; ".join(signs), subject="dataset")


def _torn_names(given: Labelled, taxonomy: Taxonomy) -> Iterator[str]:
    """Yield names of several words whose words are labels, borne together, and are not names."""
    by_word = {label.casefold(): label for label in given.labels}
    whole = {folded(label) for label in given.labels}
    for label in taxonomy.labels:
        for name in dict.fromkeys([label, *(a.casefold() for a in _also(taxonomy, label))]):
            words = name.split()
            if len(words) < 2 or folded(name) in whole or not by_word.keys() >= set(words):
                continue
            if any(taxonomy.canonical(word) is None for word in words) and _together(
                    given, [by_word[word] for word in words]):
                yield name
                break


def _also(taxonomy: Taxonomy, label: str) -> tuple[str, ...]:
    term = taxonomy.terms.get(label)
    return term.also if term else ()


def _together(given: Labelled, words: Sequence[str]) -> bool:
    """Tell whether tracks with the rarest of the words nearly always bear the others too."""
    rarest = min(words, key=lambda word: given.counts[word])
    tracks = given.bearers.get(rarest, ())
    both = sum(set(words) <= set(given.sets[track]) for track in tracks)
    return len(tracks) > 1 and both >= _TOGETHER * len(tracks)


def _on_all_or_none(given: Labelled) -> Iterator[Finding]:
    total = len(given.sets)
    for label in given.labels:
        count = given.counts[label]
        if count == total:
            yield _of_label("on every track", label, f"all {total} tracks")
        elif not count:
            yield _of_label("on no track", label, f"none of {total} tracks")
        elif count < FEW_TRACKS:
            yield _of_label("rare label", label, _tracks(count))


def _spellings(given: Labelled) -> Iterator[Finding]:
    """Yield labels that differ by case, hyphens, spaces or accents alone."""
    for labels in _alike((folded(label), label) for label in given.labels):
        first, *others = _commonest_first(given, labels)
        for other in others:
            yield _of_label("spelt in several ways", other,
                            f"{_tracks(given.counts[other])}; '{first}' has "
                            f"{given.counts[first]}", first)


def _synonyms(given: Labelled, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Yield labels that are one thing by the taxonomy, under names that are not alike."""
    walk = crosswalk.of(given.labels, taxonomy)
    once = {folded(label): label for label in reversed(given.labels)}.values()
    means = [(walk.meaning(label), label) for label in once]
    for labels in _alike((m.ours, label) for m, label in means if m.known):
        first, *others = _commonest_first(given, labels)
        for other in others:
            yield _of_label("synonyms", other, f"both mean '{walk.meaning(other).ours}'; "
                            f"{_tracks(given.counts[other])} and {given.counts[first]}", first)


def _one_artist(given: Labelled) -> Iterator[Finding]:
    for label in given.labels:
        tracks = given.bearers.get(label, ())
        artists = {given.artists.get(track) for track in tracks}
        if len(tracks) > 1 and len(artists) == 1 and None not in artists:
            yield _of_label("one artist", label, f"all {len(tracks)} tracks are of one artist, "
                            f"{artists.pop()}")


def _bare(given: Labelled) -> Iterator[Finding]:
    for track, labels in given.sets.items():
        if not labels:
            yield Finding("no label", track, "bears no label")


def _prevalence(given: Labelled) -> Iterator[Finding]:
    borne = [label for label in given.labels if given.counts[label]]
    if not borne:
        return
    total = len(given.sets)
    ordered = _commonest_first(given, borne)
    most, least = ordered[0], ordered[-1]
    middle = median(given.counts[label] for label in borne) / total
    yield Finding(
        "prevalence", given.name,
        f"{len(borne)} labels on {total} tracks, {given.counts.total() / total:.2f} a track: from "
        f"{_share(given, least, total)} to {_share(given, most, total)}, the middle one "
        f"{middle:.1%}; always saying '{most}' is right for {given.counts[most] / total:.1%}",
        subject="dataset",
    )


def _alike(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the labels that share a key, where there are several."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key, label in pairs:
        groups[key].append(label)
    return [labels for labels in groups.values() if len(labels) > 1]


def _commonest_first(given: Labelled, labels: Iterable[str]) -> list[str]:
    return sorted(labels, key=lambda label: (-given.counts[label], label))


def _of_label(kind: str, label: str, detail: str, other: str | None = None) -> Finding:
    return Finding(kind, label, detail, other, subject="label")


def _share(given: Labelled, label: str, total: int) -> str:
    return f"{given.counts[label] / total:.1%} ('{label}')"


def _tracks(count: int) -> str:
    return f"{count} track{'' if count == 1 else 's'}"


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + more
