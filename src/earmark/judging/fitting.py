"""Learning decisions: calibration (``calibrating``), thresholds, and when to say "unknown".

Label sets are learnt by ``conformal``, parents by ``naming``, several choices of thresholds by
``thresholds``.

All of it is learnt from out-of-fold track scores: each track scored by a model that has heard
neither it nor its artist (``lab.selfjudge`` makes them), combined over as many segments as in
service. Scores of tracks a model learnt from are too sure, and a test part has no business here;
no function takes one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from earmark.errors import SettingsError
from earmark.judging import metrics
from earmark.judging.calibrating import (
    cross_calibrated,
    fit_calibration,
    fit_platt,
    fit_temperature,
)
from earmark.judging.curves import Floats
from earmark.judging.how import HowDecided
from earmark.judging.ladders import ladders_of
from earmark.judging.thresholds import best_by_label, best_global

__all__ = [
    "best_scores", "cross_calibrated", "fit_calibration", "fit_platt", "fit_temperature",
    "fit_thresholds", "kept_threshold",
]  # fmt: skip

_MACRO = HowDecided(aim="f1_macro")
_UNBORNE = 0.5


def fit_thresholds(
    scores: ArrayLike, truth: ArrayLike, by: Literal["label", "all"] = "label"
) -> tuple[float, ...]:
    """Return a threshold a label for multi-label work, from calibrated out-of-fold scores.

    Args:
        by: ``label``: the best F1 of each label for itself; ``all``: one threshold for all
            labels, with the best macro F1.

    A threshold lies midway between the lowest score answered and the next one below. A label
    that no track bears gets 0.5.

    Raises:
        DataError: what ``metrics.checked`` refuses. SettingsError: another ``by``.
    """
    x, y = metrics.checked(scores, truth)
    if by not in ("all", "label"):
        raise SettingsError(f"thresholds by '{by}'. Known: all, label.")
    ladders = ladders_of(x, y)
    if by == "all":
        return (best_global(ladders, _MACRO),) * len(ladders)
    best = best_by_label(ladders, _MACRO)
    return tuple(np.where(y.any(axis=0), best, _UNBORNE).tolist())


def best_scores(scores: ArrayLike) -> Floats:
    """Return the best score of each row [shape=(tracks,)]: what "unknown" is decided on.

    On GTZAN the margin to the second score and the entropy told held-out genres no better.
    """
    x, _ = metrics.checked(scores, np.zeros(np.shape(scores)))
    return np.asarray(x.max(axis=1))


def kept_threshold(known: ArrayLike, keep: float) -> float:
    """Return the highest threshold that at least ``keep`` of the known tracks reach.

    Args:
        known: calibrated out-of-fold scores [shape=(tracks, labels)] of tracks whose labels were
            learnt.

    Raises:
        SettingsError: ``keep`` not between 0 and 1. DataError: scores that are none.
    """
    if not 0 < keep < 1:
        raise SettingsError(f"the share of known tracks to keep is {keep}; expected between 0 "
                            "and 1.")
    # In float32, as ``is_unknown`` compares.
    ascending = np.sort(best_scores(known).astype(np.float32))
    return float(ascending[int(np.floor((1 - keep) * len(ascending) + 1e-9))])
