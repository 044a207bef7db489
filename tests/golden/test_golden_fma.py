"""Stored values of the 518 features, for hosts without librosa and against silent drift.

To make them anew after a deliberate change: ``python -m tests.golden.test_golden_fma``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from earmark.audio.synth import compose
from earmark.features.fma518 import COLUMNS, Fma518

GOLDEN = Path(__file__).with_name("golden_fma.json")


def made(variant):
    """Return the features of a composed piece."""
    piece = compose("jazz", rng=np.random.default_rng(7), seconds=12.0, sample_rate=44_100)
    front_end = Fma518(sample_rate=piece.sample_rate, variant=variant)
    values = front_end(piece.samples).astype(float)
    return dict(zip(COLUMNS, (float(f"{v:.7g}") for v in values), strict=True))


@pytest.mark.parametrize("variant", ["as_published", "correct"])
def test_nothing_has_drifted(variant):
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))[variant]
    for column, value in made(variant).items():
        assert value == pytest.approx(expected[column], rel=1e-3, abs=1e-5), column


if __name__ == "__main__":
    found = {variant: made(variant) for variant in ("as_published", "correct")}
    GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
