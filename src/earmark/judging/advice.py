"""A split for people's own collections, and what to know before trusting a score on it.

``sensible`` divides by artist where enough artists are known, else by track, and repairs what
dealing to shares cannot see to in small collections: each label is in train and in test as long
as it has two groups. ``too_small`` says in plain sentences what is lacking and what to do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset
from earmark.errors import DataError
from earmark.judging.groups import By, joined_groups
from earmark.judging.splits import Split, check_fractions, leaks
from earmark.labels.dealing import deal_groups, numbered

_FEW_TRACKS = 10  # a label, to learn from and be judged on
_FEW_TESTED = 5  # of a label, below which its score is hardly one
_MOST = 0.5
_MATTERS = ("train", "test", "valid")  # which part goes short last


def sensible(dataset: Dataset, fractions: Mapping[str, float], rng: np.random.Generator) -> Split:
    """Divide by artist when at least two artists a label are known for most tracks, else by track.

    Copies (``dataset.faults``) and the parts of a song stay together. A label in two groups or
    more is in train and in test, and in valid with a third; valid may stay empty where there are
    no third ones. The split's name says which way was taken: ``by artist`` or ``by track``.

    Args:
        fractions: part to its share of the tracks, in (0, 1], together 1.

    Raises:
        DataError: one track, one label, or too few tracks for the parts; says what to add.
        SettingsError: fractions that are none.
    """
    shares = check_fractions(fractions)
    _refuse_useless(dataset)
    first: By = "artist" if _artists_suffice(dataset) else "track"
    for by in dict.fromkeys((first, "track")):
        parts = _dealt(dataset, by, shares, rng)
        if set(shares) - {"valid"} <= set(parts.values()):
            return Split(f"by {by}", parts)
    raise DataError(f"{dataset.root}: {len(dataset.tracks)} tracks cannot be divided into "
                    f"{', '.join(shares)}; add more, of several artists for each label.")


def too_small(dataset: Dataset, split: Split) -> list[str]:
    """Return what to know before trusting a score on this split, each with what to do about it.

    An empty list means that no lack is known, not that there is none.
    """
    counts = _Counts(dataset, split)
    return [*_on_labels(counts), *_on_parts(counts), *_on_balance(counts),
            *_on_artists(dataset, split, counts)]  # fmt: skip


class _Counts:
    """Tracks, artists and tracks of each part, by label, of the tracks in a split."""

    def __init__(self, dataset: Dataset, split: Split) -> None:
        self.tracks = [dataset.tracks[i] for i in split.parts if i in dataset.tracks]
        # Names go on where something is held out or left out.
        self.by_artist = split.name.startswith(("by artist", "artist-"))
        self.by_track = split.name.startswith(("by track", "random", "track-"))
        self.parts = [part for part, count in split.counts.items() if count]
        self.labels = dataset.vocabulary.labels
        self.single = dataset.vocabulary.task == "single"
        self.of = Counter(label for t in self.tracks for label in t.labels)
        self.artists: defaultdict[str, set[str]] = defaultdict(set)
        self.in_part = {part: Counter[str]() for part in self.parts}
        for track in self.tracks:
            self.in_part[split.parts[track.id]].update(track.labels)
            for label in track.labels:
                self.artists[label].update([track.artist] if track.artist else [])
        self.unknown = [t for t in self.tracks if t.artist is None]


def _on_labels(counts: _Counts) -> Iterator[str]:
    """Labels that are too small as such: one track, one artist, few tracks."""
    if len(counts.labels) == 1:
        yield (f"'{counts.labels[0]}' is the only label; a tagger needs at least two to tell "
               "apart: add tracks of another")
    for label in counts.labels:
        number, artists = counts.of[label], len(counts.artists[label])
        has = f"{label}: {_counted(number, 'track')}"
        unknown = any(label in t.labels for t in counts.unknown)
        if number == 1:
            yield (f"{has}; it can be learnt from or judged, not both: add at least "
                   f"{_FEW_TRACKS - 1} more or leave the label out")
        elif artists == 1 and not unknown:
            yield (f"{has} of 1 artist; at least 2 artists are needed to judge it: add tracks of "
                   "other artists")
        elif number < _FEW_TRACKS:
            of = f" of {_counted(artists, 'artist')}" if artists else ""
            yield f"{has}{of}; add at least {_FEW_TRACKS - number} more to have {_FEW_TRACKS}"


def _on_parts(counts: _Counts) -> Iterator[str]:
    """Labels that a part lacks, or has so few of that their scores there mean little."""
    enough = [label for label in counts.labels if counts.of[label] > 1]
    for part in ("train", "test"):
        if part in counts.parts and (none := [n for n in enough if not counts.in_part[part][n]]):
            means = "cannot be learnt" if part == "train" else "will not be judged"
            what = "artists" if counts.by_artist else "tracks"
            yield f"no track of {listed(none)} is in the {part} part, so that {means}: add {what}"
    if "test" in counts.parts:
        tested = counts.in_part["test"]
        few = [f"{n} ({tested[n]})" for n in counts.labels if 0 < tested[n] < _FEW_TESTED]
        if few:
            yield (f"fewer than {_FEW_TESTED} test tracks of {listed(few)}: do not trust their "
                   "scores one by one, look at the interval of all together, or add tracks")


def _on_balance(counts: _Counts) -> Iterator[str]:
    if not counts.single or len(counts.labels) < 2 or not counts.tracks:
        return
    label, most = counts.of.most_common(1)[0]
    if most > len(counts.tracks) / 2:
        yield (f"{most} of {len(counts.tracks)} tracks are {label}: always answering so would be "
               f"right for {most / len(counts.tracks):.0%} of them: compare the accuracy with "
               "that, or add tracks of the others")


def _on_artists(dataset: Dataset, split: Split, counts: _Counts) -> Iterator[str]:
    total, known = len(counts.tracks), len(counts.tracks) - len(counts.unknown)
    unknown = f"{len(counts.unknown)} of {total} tracks"
    artists = Counter(t.artist for t in counts.tracks if t.artist)
    name_them = "write artists into the tags, or name files 'Artist - Title'"
    singly = ("so tracks were divided one by one: an artist who is in train and in test makes "
              "scores better than in use")  # fmt: skip
    if counts.by_track and len(counts.unknown) >= total / 2:
        lack = f"the artist of {unknown} is unknown" if known else "no artist is known"
        yield f"{lack}, {singly}: {name_them}"
    elif counts.by_track:
        yield f"most tracks bear labels with fewer than 2 known artists, {singly}: add artists"
    elif counts.unknown:
        yield f"the artist of {unknown} is unknown and may be in train and in test: {name_them}"
    if len(artists) == 1 and not counts.unknown:
        yield (f"all {total} tracks are by {next(iter(artists))}: what is learnt may be this "
               "artist and not the labels: add others")
    elif counts.by_artist and known == len(artists) >= _FEW_TRACKS:
        yield (f"each of the {known} artists has one track; if that is not so, they were misread: "
               "names should be 'Artist - Title', not 'Title - Artist'")
    shared = sorted({leak.shared for leak in leaks(split, dataset) if leak.kind == "artist"})
    if shared:
        yield (f"{_counted(len(shared), 'artist')} in more than one part ({listed(shared)}): "
               "scores are better than in use: add artists, so that whole ones can be set aside")


def _refuse_useless(dataset: Dataset) -> None:
    tracks, labels = dataset.tracks, dataset.vocabulary.labels
    if len(tracks) == 1:
        raise DataError(f"{dataset.root}: holds one track, {next(iter(tracks))}; expected at least "
                        f"two labels with {_FEW_TRACKS} tracks each.")
    if len(labels) == 1:
        raise DataError(f"{dataset.root}: all {len(tracks)} tracks bear one label, '{labels[0]}'; "
                        "a tagger needs at least two to tell apart: add tracks of another.")


def _artists_suffice(dataset: Dataset) -> bool:
    artists: defaultdict[str, set[str]] = defaultdict(set)
    for track in dataset.tracks.values():
        for label in track.labels:
            artists[label].update([track.artist] if track.artist else [])
    fit = [t for t in dataset.tracks.values()
           if t.artist and all(len(artists[label]) >= 2 for label in t.labels)]  # fmt: skip
    return len(fit) > _MOST * len(dataset.tracks)


def _dealt(
    dataset: Dataset, by: By, shares: Mapping[str, float], rng: np.random.Generator
) -> dict[str, str]:
    ids = sorted(dataset.tracks)
    member = numbered(joined_groups(dataset, ids, by))
    labels = dataset.vocabulary.matrix([dataset.tracks[i].labels for i in ids])
    part = deal_groups(member, labels, np.array(list(shares.values())), rng)
    load = np.zeros((int(member.max()) + 1, labels.shape[1]), dtype=np.intp)  # (groups, labels)
    np.add.at(load, member, labels)
    part_of = np.zeros(len(load), dtype=np.intp)
    part_of[member] = part
    names = list(shares)
    _spread(load > 0, load.sum(axis=1), part_of, [names.index(n) for n in _MATTERS if n in names])
    return {i: names[part_of[group]] for i, group in zip(ids, member, strict=True)}


def _spread(
    bears: NDArray[np.bool_], size: NDArray[np.intp], part_of: NDArray[np.intp],
    order: Sequence[int],
) -> None:
    """Move groups until each label is in as many parts, in ``order``, as it has groups for.

    Dealing to shares rounds: of two artists both may fall to train, and none be left to judge
    by. The smallest group that another part can spare is moved, in place.

    Args:
        bears: whether a group has tracks of a label [shape=(groups, labels)].
        size: of the groups [shape=(groups,)].
        order: the parts, the one that goes short last first.
    """
    for place, part in enumerate(order):
        rarest = np.argsort(bears.sum(axis=0), kind="stable")
        for label in rarest:
            if (bears[:, label] & (part_of == part)).any():
                continue
            later = set(order[place + 1 :])
            spare = [g for g in np.flatnonzero(bears[:, label])
                     if part_of[g] in later or _can_spare(bears, part_of, g)]  # fmt: skip
            if spare:
                part_of[min(spare, key=lambda g: (part_of[g] not in later, size[g]))] = part


def _can_spare(bears: NDArray[np.bool_], part_of: NDArray[np.intp], group: np.intp) -> bool:
    """Whether the group's part has another group for each of its labels."""
    others = bears[part_of == part_of[group]].sum(axis=0) - bears[group]
    return bool((others[bears[group]] > 0).all())


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return the first few names, and how many more there are."""
    names = list(names)
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
