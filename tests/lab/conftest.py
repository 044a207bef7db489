"""A made-up GTZAN whose feature table is what the front end makes of its clips."""

import csv

import numpy as np
import pytest
import soundfile

from earmark.datasets.gtzan import Gtzan
from earmark.features.gtzan57 import COLUMNS, Gtzan57


@pytest.fixture(scope="session")
def sample_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("gtzan")
    Gtzan.sample(root)
    front_end = Gtzan57()
    with (root / "Data/features_30_sec.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "length", *COLUMNS, "label"])
        for clip in sorted((root / "Data").rglob("*.wav")):
            samples, _ = soundfile.read(clip, dtype="float32")
            values = front_end(samples).astype(float).tolist()
            writer.writerow([clip.name, len(samples), *values, clip.parent.name])
    return root


@pytest.fixture
def clips(rng, tmp_path):
    """A few seconds of noise as wav files; returns a function that adds one."""

    def add(name, seconds=2.0, level=0.1):
        path = tmp_path / name
        samples = level * rng.standard_normal(int(22_050 * seconds))
        soundfile.write(path, samples.astype(np.float32), 22_050)
        return path

    return add
