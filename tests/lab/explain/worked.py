"""Taggers whose answers are known by construction: the logit is a mean of mel decibels.

A part turned down by 12 dB takes exactly 12 times its weight from the logit, whatever the sound, as
long as nothing falls to the floor of the decibels.
"""

import numpy as np

from earmark.audio.segments import Segments
from earmark.features import base
from earmark.features.logmel import LogMel
from earmark.graphs.writer import Graph
from earmark.judging.decisions import Decisions
from earmark.tagger.checks import with_check
from earmark.tagger.format import FORMAT, Branch, Card, Manifest
from earmark.tagger.tagger import Tagger

RATE, SECONDS = 8000, 4
FRONT_END = LogMel(sample_rate=RATE, n_fft=256, hop_length=128, n_mels=16, top_db=None)
SHAPE = (16, 1 + SECONDS * RATE // 128)  # (bands, frames)
LABELS = ("low", "second", "nothing")


def weights():
    """0.1 a dB: ``low`` of the four lowest bands, ``second`` of all bands in the second second,
    ``nothing`` of nothing [shape=(3, bands, frames)]."""
    found = np.zeros((3, *SHAPE))
    found[0, :4] = 0.1 / found[0, :4].size
    moments = (np.arange(SHAPE[1]) + 0.5) * SECONDS / SHAPE[1]
    its = (moments >= 1) & (moments < 2)
    found[1][:, its] = 0.1 / (16 * its.sum())
    return found


def tagger(front_end=FRONT_END, segments=None, name="worked"):
    graph = Graph(SHAPE)
    flat = graph.add("Flatten", graph.cast(graph.rows, np.float64), axis=1)
    scores = graph.probabilities(graph.linear(flat, weights().reshape(3, -1), np.zeros(3)), "multi")
    manifest = Manifest(
        format=FORMAT, name=name, task="multi", labels=LABELS, groups={},
        branches=(Branch(base.describe(front_end), segments or Segments(float(SECONDS)),
                         "branch0.onnx"),),
        decisions=Decisions((0.5,) * 3), card=Card(title="A test", licence="MIT", limits="none"),
    )  # fmt: skip
    return Tagger(with_check(manifest, {"branch0.onnx": graph.content(scores, 3)}))


def noise(rng, seconds=SECONDS):
    return (0.1 * rng.standard_normal(int(seconds * RATE))).astype(np.float32)
