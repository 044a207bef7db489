"""Stored values of the pictures, for hosts without librosa and against silent drift.

To make them anew after a deliberate change: ``python -m tests.golden.test_pictures``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from earmark.audio.synth import compose
from earmark.features import base

GOLDEN = Path(__file__).with_name("pictures.json")
FAMILIES = ("logmel", "stacked", "image")
_PLACES = 24


def made():
    """Return the shape, the mean and some values of each family's picture of a composed piece."""
    piece = compose("reggae", rng=np.random.default_rng(7), seconds=12.0)
    found = {}
    for family in FAMILIES:
        picture = base.build({"name": family, "sample_rate": piece.sample_rate})(piece.samples)
        places = np.linspace(0, picture.size - 1, _PLACES).astype(int)
        found[family] = {
            "shape": list(picture.shape),
            "mean": round(float(picture.mean(dtype=float)), 5),
            "values": [round(float(v), 5) for v in picture.reshape(-1)[places]],
        }
    return found


def test_nothing_has_drifted():
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    found = made()
    for family in FAMILIES:
        ours, stored = found[family], expected[family]
        assert ours["shape"] == stored["shape"], family
        tolerance = 1e-2 if family == "logmel" else 2e-3  # decibels, else parts of [0, 1]
        assert ours["mean"] == pytest.approx(stored["mean"], abs=tolerance), family
        np.testing.assert_allclose(ours["values"], stored["values"], atol=tolerance)


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(made(), indent=1) + "\n", encoding="utf-8")
