"""L-BFGS for many functions side by side: the steps taken give the curvature.

Nocedal & Wright, Numerical Optimization (2006), algorithm 7.4, a row of each array a function,
begun with what is known of the curvature in place of a multiple of the identity.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
_STEPS = 12


class _Step(NamedTuple):
    """A step [shape=(functions, variables)], the change of gradient, and 1 / their product."""

    taken: Doubles
    change: Doubles
    inverse: Doubles


class Curvature:
    """What is known of each function's curvature."""

    def __init__(self, known: Doubles) -> None:
        """Begin with what is known of the second derivatives.

        Args:
            known: their diagonal, above 0 [shape=(functions, variables)], or all of them
                [shape=(functions, variables, variables)].
        """
        self._inverse = np.linalg.inv(known) if known.ndim == 3 else 1 / known
        self._scale = np.ones(len(known))
        self._steps: deque[_Step] = deque(maxlen=_STEPS)

    def solve(self, gradient: Doubles) -> Doubles:
        """Return the gradient divided by the curvature [shape=(functions, variables)]."""
        found, shares = gradient.copy(), []
        for step in reversed(self._steps):
            shares.append(step.inverse * _products(step.taken, found))
            found -= shares[-1][:, None] * step.change
        found = self._scale[:, None] * self._begun(found)
        for step, share in zip(self._steps, reversed(shares), strict=True):
            back = step.inverse * _products(step.change, found)
            found += (share - back)[:, None] * step.taken
        return found

    def learn(self, taken: Doubles, change: Doubles) -> None:
        """Add a step and what it changed in the gradient, where that tells of a curvature."""
        product = _products(taken, change)
        told = product > 0  # else lost in rounding
        safe = np.where(told, product, 1.0)
        weighted = _products(change, self._begun(change))
        self._scale = np.where(told, safe / np.where(told, weighted, 1.0), self._scale)
        self._steps.append(_Step(taken, change, told / safe))

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Forget the other functions."""
        self._inverse, self._scale = self._inverse[which], self._scale[which]
        kept = [_Step(*(each[which] for each in step)) for step in self._steps]
        self._steps = deque(kept, maxlen=_STEPS)

    def _begun(self, gradient: Doubles) -> Doubles:
        """Return the gradient divided by the curvature begun with."""
        if self._inverse.ndim == 2:
            return self._inverse * gradient
        found: Doubles = (self._inverse @ gradient[:, :, None])[:, :, 0]
        return found


def _products(a: Doubles, b: Doubles) -> Doubles:
    found: Doubles = np.einsum("fv,fv->f", a, b)
    return found
