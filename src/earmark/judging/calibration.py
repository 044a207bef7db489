"""Scores as chances: what calibration is, and how it is applied, in numpy alone.

``fitting`` learns one from out-of-fold scores; it travels in the tagger as plain values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.05, 20.0
MOST_SLOPE = 100.0
# Scores below this count as this before the logarithm. float32 scores are right to about 1e-7:
# without a floor, arithmetic that differs between processors would show in calibrated scores.
LEAST_SCORE = 1e-6


@dataclass(frozen=True)
class Stairs:
    """A rising line from scores to chances, straight between its knots and level beyond them.

    Attributes:
        scores: of the knots, rising, in [0, 1].
        chances: at the knots, never falling, in [0, 1].
    """

    scores: tuple[float, ...]
    chances: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.scores or len(self.scores) != len(self.chances):
            raise ValueError(f"{len(self.scores)} scores and {len(self.chances)} chances; expected "
                             "one chance for each of at least one score.")
        x, y = np.asarray(self.scores), np.asarray(self.chances)
        within = ((x >= 0) & (x <= 1)).all() and ((y >= 0) & (y <= 1)).all()  # NaN is not
        if not within or (np.diff(x) <= 0).any() or (np.diff(y) < 0).any():
            raise ValueError("scores and chances of a calibration are to be in [0, 1], scores "
                             "rising and chances not falling.")

    def __call__(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Return the chance of each score."""
        return np.asarray(np.interp(scores, self.scores, self.chances))


@dataclass(frozen=True)
class Calibration:
    """How track scores become chances: a temperature, slopes and offsets, or stairs.

    Attributes:
        temperature: single-label: softmax(log(scores) / temperature), in [0.05, 20]. Above 1 it
            flattens, below 1 it sharpens; the order of a row's labels stays (Guo et al. 2017).
        slopes: multi-label, one a label in [0, 100]: sigmoid(slope * logit(score) + offset)
            (Platt 1999). Without an offset a slope is the inverse of a label's temperature.
        offsets: likewise, one a label.
        stairs: multi-label, one a label: what isotonic regression finds (Zadrozny and Elkan
            2002).
    """

    temperature: float | None = None
    slopes: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    stairs: tuple[Stairs, ...] = ()

    def __post_init__(self) -> None:
        if sum([self.temperature is not None, bool(self.slopes), bool(self.stairs)]) != 1:
            raise ValueError("a calibration is a 'temperature', 'slopes' and 'offsets', or "
                             "'stairs'.")
        if len(self.slopes) != len(self.offsets):
            raise ValueError(f"{len(self.slopes)} slopes and {len(self.offsets)} offsets; "
                             "expected one of each a label.")
        given = self.temperature
        if given is not None and not LEAST_TEMPERATURE <= given <= MOST_TEMPERATURE:
            raise ValueError(f"the temperature is {given}; expected between "
                             f"{LEAST_TEMPERATURE:g} and {MOST_TEMPERATURE:g}.")
        for slope, offset in zip(self.slopes, self.offsets, strict=True):
            if not (0 <= slope <= MOST_SLOPE and np.isfinite(offset)):
                raise ValueError(f"a slope of {slope} and an offset of {offset}; expected a slope "
                                 f"between 0 and {MOST_SLOPE:g} and a finite offset.")

    @property
    def form(self) -> str:
        """What it is made of, in words."""
        if self.temperature is not None:
            return "temperature"
        return "slopes and offsets" if self.slopes else "stairs"

    @property
    def labels(self) -> int | None:
        """How many labels it is for; None: any number."""
        return len(self.slopes) or len(self.stairs) or None

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chances of scores in [0, 1], both [shape=(..., labels)]."""
        if self.temperature is not None:
            return softened(scores, self.temperature)
        if self.slopes:
            slopes, offsets = np.asarray(self.slopes), np.asarray(self.offsets)
            return sigmoid(slopes * log_odds(scores) + offsets)
        return np.stack([rise(scores[..., k]) for k, rise in enumerate(self.stairs)], axis=-1)


def softened(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return softmax(log(scores) / temperature) along the last axis."""
    warmed = np.log(scores.clip(LEAST_SCORE)) / temperature
    powers = np.exp(warmed - warmed.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def log_odds(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ln(s / (1 - s)), scores being kept 1e-6 away from 0 and 1."""
    kept = scores.clip(LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-values)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))
