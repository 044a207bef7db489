"""How scores of several models become one: shares, or a small logistic regression, learnt from
scores of rows that the models had not seen.

Everything is deterministic: both losses are convex and begun where all models count the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.graphs.writer import Graph
from earmark.labels.vocabulary import Task
from earmark.models import _choice

Doubles = NDArray[np.float64]

_STEPS = 500  # of shares; each lowers the loss
_LEAST_SCORE = 1e-3  # where a logarithm stops: below, single precision would be magnified


def shares(members: Doubles, truth: NDArray[np.int8], task: Task) -> Doubles:
    """Return shares, none below 0, their sum 1, whose mean score has the least log loss.

    The share of a member is what it explains of the truth, again and again: expectation
    maximisation of a mixture (Dempster, Laird & Rubin 1977), whose loss never rises. A single
    member that does better is taken instead, so that the mean is never worse than the best.

    Args:
        members: scores [shape=(members, rows, labels)]. truth: 0/1 [shape=(rows, labels)].

    >>> right = np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> shares(np.stack([right, 1 - right]), np.eye(2, dtype=np.int8), "single").round(3)
    array([1., 0.])
    """
    given = np.clip(members, 1e-9, 1 - 1e-9)
    on = truth == 1
    chance = given[:, on]  # of what was true
    if task == "multi":
        chance = np.concatenate([chance, 1 - given[:, ~on]], axis=1)
    found = np.full(len(members), 1 / len(members))
    for _ in range(_STEPS if chance.size else 0):
        explained = found[:, None] * chance
        step = (explained / explained.sum(axis=0)).mean(axis=1)
        if np.abs(step - found).max() < 1e-9:
            break
        found = step
    tried = [found, *np.eye(len(members))]
    losses: list[float] = [_choice.log_loss(truth, mean(members, share), task) for share in tried]
    best: Doubles = tried[int(np.argmin(losses))]
    return best


def mean(members: Doubles, share: Doubles) -> Doubles:
    """Return the members' mean by their shares [shape=(rows, labels)]."""
    found: Doubles = np.tensordot(share / share.sum(), members, axes=1)
    return found


class Stack(NamedTuple):
    """A logistic regression on the members' logits, each label on its own.

    Attributes:
        weights: [shape=(members, labels)]. offsets: [shape=(labels,)].
    """

    weights: Doubles
    offsets: Doubles

    def scores(self, members: Doubles, task: Task) -> Doubles:
        """Return scores from the members' [shape=(members, rows, labels)]."""
        logits = (self.weights[:, None] * _logits(members, task)).sum(axis=0) + self.offsets
        return _activated(logits, task)

    def add_to(self, graph: Graph, members: list[str], task: Task) -> str:
        """Add it behind the members' scores, in double precision; return its scores' name."""
        terms = [
            graph.add("Mul", _add_logits(graph, name, task), graph.constant(weights))
            for name, weights in zip(members, self.weights, strict=True)
        ]
        summed = graph.add("Sum", *terms, graph.constant(self.offsets))
        return graph.probabilities(summed, task)


def stack(members: Doubles, truth: NDArray[np.int8], task: Task, penalty: float) -> Stack:
    """Return the regression with the least log loss, summed over rows, plus ``penalty / 2`` times
    the squared distance of its numbers from those of a plain mean of logits: with little to learn
    from it is that mean.

    Args:
        members: scores of rows not seen [shape=(members, rows, labels)]. truth: 0/1 likewise.
    """
    from scipy.optimize import minimize

    logits = _logits(members, task)
    count, labels = len(members), truth.shape[1]
    plain = np.concatenate([np.full(count * labels, 1 / count), np.zeros(labels)])

    def loss(numbers: Doubles) -> tuple[float, Doubles]:
        weights, offsets = numbers[:-labels].reshape(count, labels), numbers[-labels:]
        given = np.clip(_activated((weights[:, None] * logits).sum(axis=0) + offsets, task),
                        1e-12, 1 - 1e-12)
        off, away = given - truth, numbers - plain
        slope = np.concatenate([(off * logits).sum(axis=1).ravel(), off.sum(axis=0)])
        every = truth * np.log(given)
        every = every + (1 - truth) * np.log(1 - given) if task == "multi" else every
        return float(penalty / 2 * (away @ away) - every.sum()), slope + penalty * away

    found = minimize(loss, plain, jac=True, method="L-BFGS-B").x
    return Stack(found[:-labels].reshape(count, labels), found[-labels:])


def _logits(members: Doubles, task: Task) -> Doubles:
    given = np.clip(members, _LEAST_SCORE, 1 - _LEAST_SCORE)
    logits: Doubles = np.log(given)
    return logits if task == "single" else logits - np.log(1 - given)


def _add_logits(graph: Graph, name: str, task: Task) -> str:
    least, most = graph.constant(_LEAST_SCORE), graph.constant(1 - _LEAST_SCORE)
    given = graph.add("Clip", name, least, most)
    logits = graph.add("Log", given)
    if task == "single":
        return logits
    return graph.add("Sub", logits, graph.add("Log", graph.add("Sub", graph.constant(1.0), given)))


def _activated(logits: Doubles, task: Task) -> Doubles:
    from scipy.special import expit, softmax

    found: Doubles = softmax(logits, axis=1) if task == "single" else expit(logits)
    return found
