"""A tagger's file that holds a backbone alone: no labels, an embedding."""

import dataclasses

import numpy as np
import pytest
from tests.tagger.conftest import manifest

from earmark.audio.segments import Segments
from earmark.errors import AudioError, TaggerError
from earmark.features import base
from earmark.features.gtzan57 import Gtzan57
from earmark.graphs.writer import Graph
from earmark.tagger import format as tagger_format
from earmark.tagger.checks import with_check
from earmark.tagger.format import Branch
from earmark.tagger.tagger import Tagger

pytest.importorskip("onnx")
BRANCH = Branch(base.describe(Gtzan57()), Segments(1.0), "branch0.onnx", embedding="half")


def graph():
    made = Graph(57, extra="import")
    half = made.add("Mul", made.rows, made.constant(0.5, np.float32))
    return made.content("", 0, half=(half, 57))


def alone(**changes):
    return manifest(**{"labels": (), "groups": {}, "task": "multi", "branches": (BRANCH,),
                       **changes})  # fmt: skip


@pytest.fixture(scope="module")
def backbone():
    return with_check(alone(), {"branch0.onnx": graph()})


def test_its_check_is_the_mean_of_its_embedding(backbone):
    samples = (backbone.check.samples / 32768).astype(np.float32)
    seconds = [Gtzan57()(part) for part in np.split(samples, 4)]
    np.testing.assert_allclose(backbone.check.scores, np.mean(seconds, axis=0) / 2, rtol=1e-5)


def test_it_is_written_read_and_checked(backbone, tmp_path):
    path = tmp_path / "it.earmark"
    tagger_format.write(backbone, path)
    assert Tagger.load(path).check() == 0
    other = dataclasses.replace(backbone.check, scores=backbone.check.scores + 1)
    tagger_format.write(dataclasses.replace(backbone, check=other), path)
    with pytest.raises(TaggerError, match="gives other scores here"):
        Tagger.load(path).check()


def test_silence_is_refused_as_elsewhere(backbone):
    with pytest.raises(AudioError, match="silent from beginning to end"):
        Tagger(backbone).replay(np.zeros(22_050, np.float32), 22_050)


@pytest.mark.parametrize("branches", [
    (dataclasses.replace(BRANCH, embedding=""),), (BRANCH, BRANCH)])  # fmt: skip
def test_without_labels_there_is_one_branch_with_an_embedding(branches):
    with pytest.raises(ValueError, match="no labels; expected some, or one branch with an embedd"):
        alone(branches=branches)


def test_an_output_that_is_not_there_is_named():
    branch = dataclasses.replace(BRANCH, embedding="third")
    with pytest.raises(TaggerError, match="has no output 'third' of a known width to learn on"):
        with_check(alone(branches=(branch,)), {"branch0.onnx": graph()})
