"""A multi-label answer as people read it: in groups, synonyms as one label.

Published vocabularies have several names for one thing ("male", "man", "male voice"). Where an
answer is shown, they are one label of ours with the best of their scores. Scores and tags
themselves stay under the tagger's own labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from earmark.labels import crosswalk
from earmark.labels.tags import Tags
from earmark.labels.vocabulary import group_order


@dataclass(frozen=True)
class Shown:
    """One label as it is shown.

    Attributes:
        name: ours, or the tagger's where we have none.
        label: the tagger's own label with the best score among those that mean this.
        score: of that label, in [0, 1].
        decided: whether any of them is among the answer's tags.
    """

    name: str
    label: str
    score: float
    decided: bool


def grouped(tags: Tags) -> dict[str, tuple[Shown, ...]]:
    """Return all labels by group, groups in ``vocabulary.GROUPS``'s order, best first in each.

    >>> answer = Tags("a.mp3", 9.0, {"man": 0.2, "male vocal": 0.4}, ("man",),
    ...               groups={"man": "vocals", "male vocal": "vocals"})
    >>> grouped(answer)["vocals"]
    (Shown(name='male vocals', label='male vocal', score=0.4, decided=True),)
    """
    names = _names(tuple(tags.scores))
    found: dict[str, dict[str, Shown]] = {}
    for label, score in tags.top(len(tags.scores)):
        group = found.setdefault(tags.groups.get(label, "genre"), {})
        name, decided = names[label], label in tags.tags
        if (best := group.get(name)) is None:
            group[name] = Shown(name, label, score, decided)
        elif decided and not best.decided:
            group[name] = Shown(name, best.label, best.score, True)
    return {group: tuple(found[group].values()) for group in sorted(found, key=group_order)}


def best(tags: Tags, n: int) -> tuple[Shown, ...]:
    """Return the ``n`` best labels of all groups, synonyms once."""
    shown = [shown for group in grouped(tags).values() for shown in group]
    return tuple(sorted(shown, key=lambda s: -s.score)[: max(n, 0)])


def in_set(tags: Tags) -> tuple[str, ...]:
    """Return the names of the labels in the answer's label set, best first, synonyms once.

    A single-label tagger's are its own. Empty where the tagger promises no sets.
    """
    labels = tags.label_set.labels if tags.label_set else ()
    if not tags.groups:
        return labels
    names = _names(tuple(tags.scores))
    return tuple(dict.fromkeys(names[label] for label in labels))


@lru_cache(maxsize=16)
def _names(labels: tuple[str, ...]) -> dict[str, str]:
    walk = crosswalk.of(labels)
    return {label: walk.meaning(label).ours for label in labels}
