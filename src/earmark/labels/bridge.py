"""From the labels of one set to those of another, by what both mean.

A label leads to the label of the other set that means the same, else to those of its ancestors in
the taxonomy that the other set has, the nearest on each way up, else nowhere. Where a sheet of
``crosswalks`` says by hand what becomes of the labels of a set, that goes before anything else.
What leads nowhere, and what nothing leads to, is said rather than dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from earmark.errors import DataError
from earmark.labels import crosswalk
from earmark.labels.crosswalk import Crosswalk, Meaning
from earmark.labels.taxonomy import Taxonomy, folded
from earmark.labels.vocabulary import Vocabulary

How = Literal["equal", "alias", "ancestor", "given", "none"]
WAYS = get_args(How)


@dataclass(frozen=True)
class Passage:
    """Where a label leads.

    Attributes:
        label: as its own set writes it.
        to: labels of the other set; empty where it leads nowhere.
        how: ``equal`` by name, ``alias`` by another name for the same, ``ancestor`` as a kind of
            them, ``given`` by hand, ``none``.
        meaning: what the label means in our taxonomy.
    """

    label: str
    to: tuple[str, ...]
    how: How
    meaning: Meaning


def translate(
    labels: Iterable[str],
    from_set: str | None,
    to: Vocabulary | Sequence[str] | str,
    taxonomy: Taxonomy | None = None,
) -> dict[str, Passage]:
    """Return where each label leads, in the order given.

    Args:
        from_set: name of the set that the labels are of, as ``crosswalk.names`` has it; None to
            tell it by the labels.
        to: the labels to lead to, or the name of a set.
        taxonomy: to understand both by; None for Earmark's.

    Raises:
        SettingsError: no set is called so. DataError: a set that lists no labels.

    >>> found = translate(["Trip-Hop", "Bebop", "Polka"], None, ["hip hop", "electronic", "jazz"])
    >>> [(passage.to, passage.how) for passage in found.values()]
    [(('hip hop', 'electronic'), 'ancestor'), (('jazz',), 'ancestor'), ((), 'none')]
    """
    labels = list(labels)
    taxonomy = taxonomy or Taxonomy.read()
    walk = crosswalk.read(from_set, taxonomy) if from_set else crosswalk.of(labels, taxonomy)
    goals = labels_of(to)
    target = crosswalk.read(to, taxonomy) if isinstance(to, str) else crosswalk.of(goals, taxonomy)
    given = target.sheet.given.get(from_set or crosswalk.name_of(walk) or "", {})
    reached = _by_meaning(goals, target)
    return {label: _passage(walk.meaning(label), given.get(label), goals, reached, taxonomy)
            for label in labels}  # fmt: skip


def labels_of(to: Vocabulary | Sequence[str] | str) -> tuple[str, ...]:
    """Return the labels of a vocabulary, a list, or a set by its name.

    Raises:
        SettingsError: no set is called so. DataError: a set that lists no labels.
    """
    if isinstance(to, Vocabulary):
        return to.labels
    if not isinstance(to, str):
        return tuple(to)
    if not (found := crosswalk.read(to).sheet.labels):
        raise DataError(f"the label set '{to}' has no list of its labels, any may come; name a "
                        "dataset that bears them.")
    return found


def unreached(passages: Mapping[str, Passage], to: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that nothing leads to, in their order."""
    found = {label for passage in passages.values() for label in passage.to}
    return tuple(label for label in to if label not in found)


def _by_meaning(goals: Sequence[str], target: Crosswalk) -> dict[str, list[str]]:
    """Return our label to the labels of the other set that mean it, else to those that cover it."""
    reached: dict[str, list[str]] = {}
    for goal in goals:
        reached.setdefault(_key(target.meaning(goal)), []).append(goal)
    covered = {ours: [goal] for goal in goals for ours in target.sheet.covers.get(goal, ())}
    return covered | reached


def _key(meaning: Meaning) -> str:
    """Return what is equal for labels that mean the same; what none of ours means is apart."""
    return meaning.ours if meaning.known else f"\0{folded(meaning.ours)}"


def _passage(
    meaning: Meaning, given: Sequence[str] | None, goals: Sequence[str],
    reached: Mapping[str, Sequence[str]], taxonomy: Taxonomy,
) -> Passage:  # fmt: skip
    label = meaning.label
    if given is not None:
        to = tuple(goal for goal in given if goal in goals)
        return Passage(label, to, "given" if to else "none", meaning)
    if (same := reached.get(_key(meaning))) is not None:
        bare = folded(label.rpartition("---")[2])  # genre---rock is rock
        equal = [goal for goal in same if folded(goal) in (folded(label), bare)]
        return Passage(label, tuple(equal or same)[:1], "equal" if equal else "alias", meaning)
    to = tuple(dict.fromkeys(_above(meaning.parents, reached, taxonomy)))
    return Passage(label, to, "ancestor" if to else "none", meaning)


def _above(
    parents: Sequence[str], reached: Mapping[str, Sequence[str]], taxonomy: Taxonomy
) -> Iterator[str]:
    """Yield the first label on each way up that the other set has; nearer ones first."""
    level, seen = list(parents), set[str]()
    while level:
        beyond: list[str] = []
        for label in level:
            if label in seen:
                continue
            seen.add(label)
            if label in reached:
                yield reached[label][0]
            else:
                beyond += taxonomy.parents(label)
        level = beyond
