"""Learning decisions: calibration (``calibrating``), thresholds, and when to say "unknown".

Label sets are learnt by ``conformal``, parents by ``naming``, several choices of thresholds by
``thresholds``.

All of it is learnt from out-of-fold track scores: each track scored by a model that has heard
neither it nor its artist (``lab.selfjudge`` makes them), combined over as many segments as in
service. Scores of tracks a model learnt from are too sure, and a test part has no business here;
no function takes one.
"""

from __future__ import annotations

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

__all__ = [
    "best_scores", "cross_calibrated", "fit_calibration", "fit_platt", "fit_temperature",
    "kept_threshold",
]  # fmt: skip

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
