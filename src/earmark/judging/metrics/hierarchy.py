"""Answers judged by the taxonomy: techno for house is half right, techno for opera is wrong.

Kiritchenko, Matwin and Famili 2005 (and 2006, with Nock): both the labels answered and those borne
are taken with all of their ancestors, and precision, recall and F1 are the micro ones of the sets
so enlarged. The top of the graph, that all is music, is no label and gives nothing away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.judging.curves import Truth
from earmark.judging.metric import checked
from earmark.judging.metrics.answered import (
    checked_answers,
    f1_micro,
    precision_micro,
    recall_micro,
)
from earmark.labels import crosswalk
from earmark.labels.crosswalk import Crosswalk, Meaning
from earmark.labels.vocabulary import Vocabulary


def closure(
    vocabulary: Vocabulary, labels_of: str | Crosswalk = ""
) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    """Return what each label means and is a kind of, near or far.

    Labels that mean the same ("woman", "female voice") share a column. A label that means none of
    ours has one of its own.

    Args:
        labels_of: name of the dataset the labels are of, or a crosswalk to understand them by.

    Returns:
        Names, those of the labels first and then of the ancestors that are no labels themselves,
        and the 0/1 matrix [shape=(labels, names)].

    >>> names, matrix = closure(Vocabulary(("trance", "bebop", "jazz"), "multi"))
    >>> names
    ('trance', 'bebop', 'jazz', 'electronic', 'dance')
    >>> matrix.tolist()
    [[1, 0, 0, 1, 1], [0, 1, 1, 0, 0], [0, 0, 1, 0, 0]]
    """
    walk = labels_of if isinstance(labels_of, Crosswalk) else _walk(vocabulary, labels_of)
    meanings = [walk.meaning(label) for label in vocabulary.labels]
    held = [{_key(m): None, **_above(m, walk)} for m in meanings]
    keys = dict.fromkeys([*map(_key, meanings), *(key for keys in held for key in keys)])
    matrix = np.array([[key in row for key in keys] for row in held], dtype=np.int8)
    return tuple(name for name, _ in keys), matrix


def augmented(answers: ArrayLike, matrix: ArrayLike) -> Truth:
    """Return answers, or truth, with all ancestors [shape=(rows, names)].

    Args:
        answers: 0/1 [shape=(rows, labels)]. matrix: of ``closure`` [shape=(labels, names)].

    Raises:
        DataError: answers other than 0 and 1, or a hierarchy of other labels.
    """
    (p, _), held = checked(answers, np.zeros(np.shape(answers))), np.asarray(matrix)
    if p.shape[1] != len(held):
        raise DataError(f"answers on {p.shape[1]} labels for a hierarchy of {len(held)}; make it "
                        "of the same vocabulary.")
    return np.asarray(checked_answers(p) @ held > 0).astype(np.int8)


def hierarchical(
    predicted: ArrayLike, truth: ArrayLike, matrix: ArrayLike
) -> dict[str, float | None]:
    """Return ``hierarchical_precision``, ``_recall`` and ``_f1``; None where not defined.

    Any other metric of answers, and its intervals, are to be had of ``augmented`` likewise.

    Args:
        predicted: 0/1 [shape=(rows, labels)]. truth: likewise.
        matrix: of ``closure``.

    Raises:
        DataError: what ``checked`` refuses, or answers other than 0 and 1.
    """
    p, y = (augmented(table, matrix) for table in checked(predicted, truth))
    figures = {"precision": precision_micro, "recall": recall_micro, "f1": f1_micro}
    return {f"hierarchical_{name}": metric.value(p, y) for name, metric in figures.items()}


def _walk(vocabulary: Vocabulary, dataset: str) -> Crosswalk:
    name = crosswalk.set_of(dataset, vocabulary.labels)
    return crosswalk.plain() if name is None else crosswalk.read(name)


def _key(meaning: Meaning) -> tuple[str, bool]:
    """Return what is equal for labels that mean the same; what means none of ours is apart."""
    return (meaning.ours, True) if meaning.known else (meaning.label, False)


def _above(meaning: Meaning, walk: Crosswalk) -> dict[tuple[str, bool], None]:
    above = [a for p in meaning.parents for a in (p, *walk.taxonomy.ancestors(p))]
    return dict.fromkeys((name, True) for name in above)
