"""A branch that hears whole tracks hears them in passes, whatever their length."""

import weakref

import numpy as np
import pytest
import soundfile
from tests.tagger.conftest import manifest

from earmark.audio.hearing import Hearing
from earmark.audio.segments import Segments
from earmark.errors import AudioError
from earmark.features import base
from earmark.features.gtzan57 import Gtzan57
from earmark.tagger.checks import with_check
from earmark.tagger.export import export
from earmark.tagger.format import Branch
from earmark.tagger.listening import Ears
from earmark.tagger.tagger import Tagger

RATE = 22_050


@pytest.fixture(scope="module")
def tagger(fitted):
    model, rows = fitted
    branch = Branch(base.describe(Gtzan57()), Segments(None), "branch0.onnx")
    graphs = {"branch0.onnx": export(model, rows)[0]}
    return Tagger(with_check(manifest(branches=(branch,)), graphs))


@pytest.mark.parametrize("held_samples", [0, 1 << 24])
def test_a_file_has_the_scores_of_its_samples(tagger, tmp_path, rng, monkeypatch, held_samples):
    monkeypatch.setattr(Hearing.__init__, "__kwdefaults__",
                        {"each": None, "held_samples": held_samples})
    soundfile.write(tmp_path / "a.wav", 0.1 * rng.standard_normal(RATE * 12), RATE)
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    tags = tagger.tag(tmp_path / "a.wav", timeline=True)
    assert list(tags.scores.values()) == pytest.approx(tagger.scores(samples, RATE), abs=1e-6)
    assert tags.seconds == 12.0
    assert tags.timeline.starts_seconds == (0.0,)
    assert tags.timeline.segment_seconds == 12.0


def test_a_truncated_file_is_told_of_once(tagger, tmp_path, rng, monkeypatch):
    monkeypatch.setattr(Hearing.__init__, "__kwdefaults__", {"each": None, "held_samples": 0})
    path = tmp_path / "a.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(RATE * 12), RATE)
    path.write_bytes(path.read_bytes()[: -RATE * 8])
    assert len(tagger.tag(path).notes) == 1


def test_silence_is_no_music(tagger, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(RATE * 2, 0.25), RATE)
    with pytest.raises(AudioError, match=r"a\.wav: silent from beginning to end"):
        tagger.tag(tmp_path / "a.wav")


def test_branches_of_one_rate_decode_once_and_hold_no_more_than_a_segment(fitted, rng):
    model, rows = fitted
    graph = export(model, rows)[0]
    lengths = (1.0, 4.0, 2.5)
    branches = tuple(Branch(base.describe(Gtzan57()), Segments(seconds), f"b{k}.onnx")
                     for k, seconds in enumerate(lengths))
    graphs = {branch.model: graph for branch in branches}
    samples = 0.1 * rng.standard_normal(RATE * 30).astype(np.float32)
    given, made, most = [], [], 0

    def blocks(rate):
        nonlocal most
        given.append(rate)
        for begin in range(0, len(samples), RATE // 2):
            block = samples[begin : begin + RATE // 2].copy()
            made.append(weakref.ref(block))
            yield block
            del block
            most = max(most, sum(each() is not None for each in made))

    heard = Ears(branches, graphs, 3).hear(blocks, [])
    assert given == [RATE]
    for branch, one in zip(branches, heard, strict=True):
        (alone,) = Ears((branch,), graphs, 3).hear(lambda _: [samples], [])
        np.testing.assert_array_equal(one.scores, alone.scores)
        np.testing.assert_array_equal(one.starts, alone.starts)
        assert one.seconds == alone.seconds == 30.0
    assert len(made) == 60
    assert most <= 2 * 2 * max(lengths)  # two blocks a second: the segment given and the next one
