"""What the reading of a test part tells of decisions: were chances true, did promises hold?

Measured once, with the reading itself; nothing is learnt from it. Where labels are not as frequent
as in what was learnt from, neither calibration nor label sets carry over: what correcting for the
rates would have mended is told beside, see ``judging.shift``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging import conformal, shift
from earmark.judging.calibrating import cross_calibrated
from earmark.judging.curves import Truth
from earmark.judging.decisions import Decisions, calibrate
from earmark.judging.how import HowDecided
from earmark.lab.beforehand import Material
from earmark.lab.multijudge import errors_of_labels
from earmark.labels.vocabulary import Vocabulary


def decisions_on_test(
    learnt: Material, scores: NDArray[np.floating], truth: Truth, vocabulary: Vocabulary,
    decisions: Decisions, how: HowDecided, rng: np.random.Generator,
) -> dict[str, Any]:
    """Return how learnt decisions did on the test part of multi-label work, as plain values.

    Args:
        learnt: what the decisions were learnt from, with its folds.
        scores: of the test part, not calibrated [shape=(tracks, labels)]. truth: 0/1, likewise.

    Returns:
        ``on_test``: ``calibration`` before and after, and ``label_sets``, where promised, with
        the share of tracks that kept the promise and its standard error; ``shift``.
    """
    x = scores.astype(np.float64)
    chances = calibrate(x, decisions, vocabulary).astype(np.float64)
    found: dict[str, Any] = {"calibration": {
        "before": errors_of_labels(x, truth, vocabulary, rng),
        "after": errors_of_labels(chances, truth, vocabulary, rng),
    }}
    if (sets := decisions.label_sets) is not None:
        held = sets(chances)
        reached = conformal.coverage(held, truth, sets.promise)
        found["label_sets"] = {
            "promised": 1 - sets.error, "coverage": reached,
            "standard_error": float(np.sqrt(reached * (1 - reached) / len(truth))),
            "size": float(held.sum(axis=1).mean()),
        }
    known = learnt.scores
    if how.calibration != "none":
        known = cross_calibrated(learnt.scores, learnt.truth, np.asarray(learnt.fold), vocabulary,
                                 how.calibration)
    return {"on_test": found,
            "shift": shift.report((known, learnt.truth), chances, truth, vocabulary, decisions)}
