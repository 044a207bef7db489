"""The protocols of an audit: how the same tracks are divided, with equally much to learn from.

Sizes are those of the recipe's own split. Drawn protocols deal its tracks anew, some seeds each;
published partitions are taken as they are, cut down where they have more to learn from, and left
out, with the reason, where they have less.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError
from earmark.judging import splits
from earmark.judging.splits import Split
from earmark.lab.recipe import SplitChoice
from earmark.labels.dealing import deal_groups, numbered

_TEST_SHARE = 0.25  # where the recipe holds nothing out
_STEPS = np.arange(0, 0.21, 0.01)  # by which more is dealt to learn from, until it suffices
_WHOLE = 0.99  # of a partition's tracks to learn from: still that partition
_FOLD = re.compile(r"(?P<of>.+)-(?P<number>\d+)")
_LEAST = 2


@dataclass(frozen=True)
class Draw:
    """One division of tracks.

    Attributes:
        learn, test: sorted track ids.
        split: the published one that it is of; None for one that was drawn.
    """

    learn: tuple[str, ...]
    test: tuple[str, ...]
    split: Split | None = None


@dataclass(frozen=True)
class Dealt:
    """A protocol and its draws.

    Attributes:
        how: what it does, in words.
        published: name of the partition, which the dataset came with; None when drawn.
        cut: from how many tracks a published one was cut to the size of all; 0 where it was not.
    """

    name: str
    how: str
    draws: tuple[Draw, ...]
    published: str | None = None
    cut: int = 0


@dataclass(frozen=True)
class Sizes:
    """Tracks to learn from and to judge on, and the pool they are dealt from."""

    pool: tuple[str, ...]
    learn: int
    test: int


def sizes(dataset: Dataset, choice: SplitChoice, known: frozenset[str], most: int | None) -> Sizes:
    """Return the sizes that all protocols are to have: those of the recipe's own split.

    Args:
        known: tracks that have features.
        most: to learn from; None for as many as the recipe does.

    Raises:
        DataError: too few tracks. SettingsError: ``most`` is more than there are, or none.
    """
    if choice.partition is not None:
        own = splits.official(dataset, choice.partition)
        pool = [i for i in own.parts if i in known]
        learn = sum(own.parts[i] in choice.learn_from for i in pool)
        test = sum(own.parts[i] == "test" for i in pool)
    else:
        pool = sorted(known)
        test = round(len(pool) * (choice.fractions.get("test") or _TEST_SHARE))
        learn = len(pool) - test
    if min(learn, test) < _LEAST:
        raise DataError(f"{dataset.root}: {learn} tracks to learn from and {test} to judge on; an "
                        f"audit needs {_LEAST} of each at least.")
    if most is not None and not _LEAST <= most <= learn:
        raise SettingsError(f"--tracks is {most}; expected {_LEAST} to {learn}, as many as the "
                            "recipe's own split has to learn from.")
    return Sizes(tuple(pool), most or learn, test)


def by_groups(
    dataset: Dataset, wanted: Sizes, groups: Mapping[str, str] | None,
    rngs: Sequence[np.random.Generator],
) -> tuple[Draw, ...]:
    """Deal the pool, whole groups at a time, once for each generator.

    Groups are of unlike sizes: more are dealt to learn from than wanted, and cut down.

    Args:
        groups: track id to group; None for single tracks.
    """
    return tuple(_dealt(dataset, wanted, groups, rng) for rng in rngs)


def published(
    dataset: Dataset, choice: SplitChoice, known: frozenset[str], own: str | None
) -> tuple[list[Dealt], list[str]]:
    """Return the published partitions that can be judged on, and why others cannot.

    Folds of one cross-validation (``fold-1``, ``fold-2`` ..., whose test parts have no track in
    common) are the draws of one protocol.
    """
    found, refused = [], []
    for names in _families(dataset):
        try:
            found.append(_published(dataset, choice, known, names))
        except DataError as error:
            refused.append(f"{names[0]}: {error}")
    found.sort(key=lambda dealt: dealt.published != own)
    return found, refused


def levelled(
    dataset: Dataset, found: Sequence[Dealt], learn: int, rngs: Sequence[np.random.Generator]
) -> tuple[list[Dealt], list[str]]:
    """Cut all protocols to ``learn`` tracks to learn from; leave out those that have fewer.

    One that is cut by more than a little is drawn once for each generator.
    """
    kept, short = [], []
    for dealt in found:
        least, most = (f(len(d.learn) for d in dealt.draws) for f in (min, max))
        if least < learn:
            short.append(f"{dealt.name}: has {least} tracks to learn from where the others have "
                         f"{learn}; --tracks {least} takes it in")
        elif dealt.published is None or learn >= _WHOLE * most:
            kept.append(_cut_each(dataset, dealt, learn, rngs[:1]))
        else:
            kept.append(dataclasses.replace(_cut_each(dataset, dealt, learn, rngs), cut=most))
    return kept, short


def cut(
    dataset: Dataset, ids: Sequence[str], count: int, rng: np.random.Generator
) -> tuple[str, ...]:
    """Return ``count`` of the tracks, by chance, with the shares of labels kept."""
    if len(ids) <= count:
        return tuple(sorted(ids))
    of_label: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for i in (ids[k] for k in rng.permutation(len(ids))):
        of_label[tuple(sorted(dataset.tracks[i].labels))].append(i)
    rank = {i: ((at + rng.random()) / len(its), i)
            for its in of_label.values() for at, i in enumerate(its)}  # fmt: skip
    return tuple(sorted(sorted(ids, key=rank.__getitem__)[:count]))


def _cut_each(
    dataset: Dataset, dealt: Dealt, learn: int, rngs: Sequence[np.random.Generator]
) -> Dealt:
    draws = tuple(dataclasses.replace(draw, learn=cut(dataset, draw.learn, learn, rng))
                  for rng in rngs for draw in dealt.draws)
    return dataclasses.replace(dealt, draws=draws)


def _dealt(
    dataset: Dataset, wanted: Sizes, groups: Mapping[str, str] | None, rng: np.random.Generator
) -> Draw:
    pool = wanted.pool
    truth = dataset.vocabulary.matrix([dataset.tracks[i].labels for i in pool])
    member = numbered([groups[i] if groups else i for i in pool])
    share = wanted.learn / (wanted.learn + wanted.test)
    best = Draw((), ())
    for step in _STEPS:
        learn_share = min(share + step, 0.95)
        part = deal_groups(member, truth, np.array([learn_share, 1 - learn_share]), rng)
        learn, test = (tuple(i for i, p in zip(pool, part, strict=True) if p == side)
                       for side in (0, 1))
        if test and len(learn) > len(best.learn):
            best = Draw(learn, test)
        if test and len(learn) >= wanted.learn:
            break
    return dataclasses.replace(best, test=cut(dataset, best.test, wanted.test, rng))


def _families(dataset: Dataset) -> Iterator[list[str]]:
    """Yield the names of partitions, those of folds of one cross-validation together."""
    partitions = dataset.partitions()
    families: defaultdict[str, list[str]] = defaultdict(list)
    for name in partitions:
        match = _FOLD.fullmatch(name)
        families[match["of"] if match else name].append(name)
    for names in families.values():
        tests = [{t for t, part in partitions[name].items() if part == "test"} for name in names]
        disjoint = sum(map(len, tests)) == len(set().union(*tests))
        yield from [names] if len(names) > 1 and disjoint else [[name] for name in names]


def _published(
    dataset: Dataset, choice: SplitChoice, known: frozenset[str], names: Sequence[str]
) -> Dealt:
    draws = []
    for name in names:
        split = splits.official(dataset, name)
        there = {part: [i for i in split.ids(part) if i in known] for part in splits.PARTS}
        learn = [i for part in choice.learn_from for i in there[part]] or there["train"]
        if not learn or not there["test"]:
            raise DataError("it has no part to learn from, or none to judge on, that has features.")
        draws.append(Draw(tuple(sorted(learn)), tuple(there["test"]), split))
    if len(names) == 1:
        return Dealt(split.name, "the published partition", tuple(draws), published=split.name)
    name = f"{names[0]}..{names[-1].rpartition('-')[2]}"
    return Dealt(name, f"the {len(names)} published folds in turn", tuple(draws), published=name)
