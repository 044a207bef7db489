"""Taggers that answer by how loud a sound is, and music that is loud or soft."""

import dataclasses

import numpy as np
import pytest
import soundfile
from tests.tagger.conftest import manifest

from earmark.audio.segments import Segments
from earmark.datasets.folder import Folder
from earmark.features import base
from earmark.features.gtzan57 import Gtzan57
from earmark.graphs.writer import Graph
from earmark.judging.decisions import Decisions, Unknown
from earmark.tagger.checks import with_check
from earmark.tagger.format import Branch, Card
from earmark.tagger.tagger import Tagger

RATE = 22_050
LEVEL = 0.1  # of loudness, where "calm" becomes "loud"
_FRONT_END = Gtzan57(separation=False)


def by_level(slopes, offsets, **changes):
    """A tagger whose odds are lines over the mean level."""
    width = len(_FRONT_END.columns)
    weights = np.zeros((len(slopes), width))
    weights[:, _FRONT_END.columns.index("rms_mean")] = slopes
    graph = Graph(width)
    odds = graph.linear(graph.cast(graph.rows, np.float64), weights, np.asarray(offsets))
    made = manifest(branches=(Branch(base.describe(_FRONT_END), Segments(4.0), "branch0.onnx"),),
                    **changes)
    content = graph.content(graph.probabilities(odds, made.task), len(slopes))
    return Tagger(with_check(made, {"branch0.onnx": content}))


@pytest.fixture(scope="session")
def loudness():
    """Calm, loud or odd: the third is never best."""
    return by_level([-100, 100, 0], [100 * LEVEL, -100 * LEVEL, -2.0],
                    decisions=Decisions(unknown=Unknown(0.6)))


@pytest.fixture(scope="session")
def several():
    """A tagger of several labels that hears the same in everything."""
    return by_level([0, 0], [2.0, -1.5], name="several", task="multi", labels=("loud", "piano"),
                    groups={}, decisions=Decisions((0.5, 0.5)))


@pytest.fixture(scope="session")
def music(tmp_path_factory):
    """Two tracks by each of two artists and a label, and one of a label that nobody knows."""
    root = tmp_path_factory.mktemp("music") / "levels"
    rng = np.random.default_rng(3)
    for label, level in (("calm", 0.02), ("loud", 0.3), ("polka", 0.3)):
        for artist in ("Ann", "Bob"):
            for title in ("One", "Two") if label != "polka" else ("One",):
                path = root / label / f"{artist} - {title}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                samples = (level * rng.standard_normal(7 * RATE // 2)).clip(-0.99, 0.99)
                soundfile.write(path, samples.astype(np.float32), RATE, subtype="FLOAT")
    return root


@pytest.fixture
def dataset(music):
    return Folder(music)


def taught(tagger, **card):
    """The tagger with another card."""
    contents = tagger.contents
    plain = Card(title="A test", licence="MIT", limits="knows nothing", **card)
    return Tagger(dataclasses.replace(
        contents, manifest=dataclasses.replace(contents.manifest, card=plain)))
