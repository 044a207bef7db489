"""Where the nodes of a graph are drawn: springs, then room for every name.

Deterministic: nodes begin on a circle in the order given, and nothing is drawn by chance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEPS = 500
_GRAVITY = 0.08  # holds parts of the graph that nothing ties together
_ROUNDS = 200
_GROWTH = 1.1


def springs(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places at which tied nodes are near and all others apart [shape=(nodes, 2)].

    Fruchterman and Reingold (1991): all repel by 1 / distance, tied ones attract by weight times
    distance squared, and steps shrink. The unit is the distance at which the two are equal.
    """
    count = len(weights)
    angle = 2 * np.pi * np.arange(count) / max(count, 1)
    places = np.column_stack([np.cos(angle), np.sin(angle)]) * np.sqrt(count) / 2
    strong = weights / (weights.max(initial=0) or 1)
    for step in range(_STEPS):
        apart = places[:, None] - places[None]  # (nodes, nodes, 2)
        distance = np.maximum(np.linalg.norm(apart, axis=2), 1e-3)
        force = 1 / distance**2 - strong * distance
        moved = (apart * force[:, :, None]).sum(axis=1) - _GRAVITY * places
        length = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        places = places + moved / length * np.minimum(length, 0.5 * (1 - step / _STEPS))
    return np.asarray(places)


def spread(places: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places in pixels, moved so that no two boxes overlap [shape=(nodes, 2)].

    Args:
        places: in any unit [shape=(nodes, 2)].
        half: half the width and height of each node's box, in pixels [shape=(nodes, 2)].
    """
    room = np.sqrt((4 * half[:, 0] * half[:, 1]).sum() / 0.45)  # boxes fill under half of it
    extent = float(np.ptp(places, axis=0).max()) or 1.0
    # Names are wider than high, and so are pages.
    found = (places - places.mean(axis=0)) / extent * room * np.asarray([1.25, 0.8])
    found = found + 1e-3 * np.arange(len(found))[:, None]  # none exactly upon another
    while True:
        for _ in range(_ROUNDS):
            push = _push(found, half)
            if not push.any():
                return np.asarray(found)
            found = found + push
        found = found * _GROWTH


def _push(places: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each node is to go: out of the boxes it overlaps, the shorter way."""
    apart = places[:, None] - places[None]
    lack = half[:, None] + half[None] - np.abs(apart)  # (nodes, nodes, 2)
    lack[np.arange(len(places)), np.arange(len(places))] = 0
    over = np.asarray((lack > 1e-6).all(axis=2))
    shorter = np.asarray(lack.argmin(axis=2)[:, :, None] == np.arange(2))
    step = np.where(over[:, :, None] & shorter, np.sign(apart) * (lack / 2 + 0.01), 0.0)
    return np.asarray(step.sum(axis=1))
