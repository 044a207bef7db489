"""Stored outputs of the whole way, for hosts without librosa and against silent drift.

To make them anew after a deliberate change: ``python -m tests.golden.test_golden``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from earmark.audio.synth import compose
from earmark.features.gtzan57 import COLUMNS, Gtzan57
from earmark.tagger.tagger import Tagger

GOLDEN = Path(__file__).with_name("golden.json")
STYLES = ("classical", "metal", "reggae")


def made():
    """Return features and scores of three composed pieces."""
    found = {}
    for style in STYLES:
        piece = compose(style, rng=np.random.default_rng(7), seconds=12.0)
        features = Gtzan57()(piece.samples).astype(float)
        scores, network = (Tagger.load(name).scores(piece.samples, piece.sample_rate)
                           for name in ("gtzan10", "gtzan10-net"))
        found[style] = {
            "sample_rms": float(np.sqrt(np.mean(piece.samples**2))),
            "features": dict(zip(COLUMNS, (float(f"{v:.7g}") for v in features), strict=True)),
            "scores": [round(float(s), 6) for s in scores],
            "scores of gtzan10-net": [round(float(s), 6) for s in network],
        }
    return found


@pytest.mark.parametrize("style", STYLES)
def test_nothing_has_drifted(style):
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))[style]
    found = made()[style]
    assert found["sample_rms"] == pytest.approx(expected["sample_rms"], rel=1e-4)
    for column, value in expected["features"].items():
        assert found["features"][column] == pytest.approx(value, rel=1e-3, abs=1e-6), column
    for scores in ("scores", "scores of gtzan10-net"):
        np.testing.assert_allclose(found[scores], expected[scores], atol=1e-3)


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(made(), indent=1) + "\n", encoding="utf-8")
