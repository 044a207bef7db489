"""What a model must beat: figures of knowing only how frequent labels are.

Both are learnt from the truth that models learn from, never from the truth they are judged by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from earmark.judging.curves import Floats, Truth
from earmark.judging.metric import checked


def prior_scores(train_truth: ArrayLike, rows: int) -> Floats:
    """Return the scores of a model that has learned only how frequent labels are.

    Every metric of it [shape=(rows, labels)] is that metric's baseline: its accuracy is that of
    always answering the most frequent label, its PR AUC is the prevalence.
    """
    _, y = checked(train_truth, train_truth)
    return np.tile(y.mean(axis=0), (rows, 1))


def constant_answers(train_truth: ArrayLike, rows: int) -> Truth:
    """Return the one set of labels, given to every row, that has the best micro F1 on train.

    For a set of a given size, F1 = 2 right / (answered + borne) is best with the most frequent
    labels, so the best of all sets is found among those of the 1, 2, 3 ... most frequent; the
    smallest of equals. Where no row of train bears a label the set is empty.

    Args:
        train_truth: 0/1 [shape=(any number of rows, labels)].

    Returns:
        0/1 answers, all rows alike [shape=(rows, labels)].
    """
    _, y = checked(train_truth, train_truth)
    counts = y.sum(axis=0, dtype=np.int64)
    order = np.argsort(-counts, kind="stable")
    answered = len(y) * np.arange(1, len(order) + 1)
    best = int(np.argmax(2 * counts[order].cumsum() / (answered + counts.sum())))
    chosen = np.zeros(len(order), dtype=np.int8)
    chosen[order[: best + 1]] = counts.any()
    return np.tile(chosen, (rows, 1))
