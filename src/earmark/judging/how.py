"""How decisions are to be learnt: the words of a recipe for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from earmark.judging.labelsets import Promise

Calibrating = Literal["none", "temperature", "platt", "isotonic", "best"]
Cutting = Literal["fixed", "global", "label", "shrunk", "top"]
Aim = Literal["f1_micro", "f1_macro", "precision"]


@dataclass(frozen=True)
class HowDecided:
    """What a recipe says of thresholds, calibration, label sets, "unknown" and parents.

    All but ``unknown`` is for multi-label work; a single-label tagger gets a temperature.

    Attributes:
        part: what they are learnt from: ``folds``, out-of-fold scores of the tracks learnt from;
            or ``valid``, scores of the valid part by the final model, which must then not be
            among the parts learnt from. Never a test part.
        calibration: of each label; ``best`` is the one of them with the least cross-fitted log
            loss. On AudioSet's balanced train isotonic has (.0325, Platt .0328, temperatures
            .0332, none .0331), and the least calibration error; labels of few tracks get Platt's.
        thresholds: ``fixed`` at 0.5; one ``global``; one a ``label``; ``shrunk``: one a label,
            drawn towards the global one the fewer tracks bear it; ``top``: the best k labels.
            On AudioSet's balanced train the global one (as which shrunk ones came out) reached a
            micro-F1 of .576, one a label .561, fixed ones .557, the best k .519.
        aim: what thresholds (or k) shall make best; ``precision``: as many right answers as can
            be had at the precision wanted.
        precision: the one wanted, of answers where that is the aim, and of genres above.
        grid: global thresholds tried: ``exact``, all that make a difference; ``coarse``: .1 to .9
            in steps of .05, the grid of a student project on MagnaTagATune (S3).
        error: of the label sets; 0 for none.
        promise: of the label sets: ``all`` or ``share`` of a track's labels; see ``labelsets``.
        unknown: how many genres are held out whole, the most frequent ones, to learn and judge
            "unknown"; 0 for none. Single-label work holds out each in turn.
        parents: learn when to name the genre above the labels.
    """

    part: Literal["folds", "valid"] = "folds"
    calibration: Calibrating = "isotonic"
    thresholds: Cutting = "shrunk"
    aim: Aim = "f1_micro"
    precision: float = 0.8
    grid: Literal["exact", "coarse"] = "exact"
    error: float = 0.1
    promise: Promise = "all"
    unknown: int = 0
    parents: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.precision < 1:
            raise ValueError(f"'precision' is {self.precision}; expected between 0 and 1.")
        if not 0 <= self.error < 1:
            raise ValueError(f"'error' is {self.error}; expected 0, or between 0 and 1.")
        if self.unknown < 0:
            raise ValueError(f"'unknown' is {self.unknown}; expected 0 or more genres.")
