"""A tagger learnt through a backbone is one file that needs nothing else, anywhere."""

import dataclasses
import hashlib
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from tests.features.backbones import tiny, tiny_graph
from tests.tagger.conftest import manifest
from tests.tagger.test_format import changed, members, seal

from earmark.audio.segments import Segments
from earmark.errors import TaggerError
from earmark.features import _backbones, base
from earmark.features.gtzan57 import Gtzan57
from earmark.models.classical import Logistic
from earmark.tagger import format as tagger_format
from earmark.tagger.checks import with_check
from earmark.tagger.export import export
from earmark.tagger.format import Branch
from earmark.tagger.tagger import Tagger


@pytest.fixture(scope="module")
def learnt():
    """A tagger of one branch on the tiny backbone, and another on none beside it."""
    rng, front_end = np.random.default_rng(3), tiny()
    rows = rng.standard_normal((24, len(front_end.columns))).astype(np.float32)
    labels = np.eye(3, dtype=np.int8)[np.repeat([0, 1, 2], 8)]
    model = Logistic(inverse_penalty=1.0).fit(rows, labels, rng=rng)
    branch = Branch(base.describe(front_end), Segments(2.0), "branch0.onnx")
    return with_check(manifest(branches=(branch,)), {"branch0.onnx": export(model, rows)[0]})


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """As on a machine that has never seen a backbone."""
    monkeypatch.setattr(_backbones, "_held", {})
    monkeypatch.setattr(_backbones, "_sessions", {})
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "empty"))
    return tmp_path


def test_the_backbone_travels_in_the_file(learnt, tmp_path):
    tagger_format.write(learnt, tmp_path / "a.earmark")
    digest = hashlib.sha256(tiny_graph()).hexdigest()
    assert learnt.manifest.backbones == {digest: f"backbone-{digest[:16]}.onnx"}
    with zipfile.ZipFile(tmp_path / "a.earmark") as archive:
        assert archive.read(f"backbone-{digest[:16]}.onnx") == tiny_graph()
    assert tagger_format.read(tmp_path / "a.earmark").manifest == learnt.manifest


def test_it_works_with_an_empty_cache_and_writes_nothing_there(learnt, elsewhere):
    tagger_format.write(learnt, elsewhere / "a.earmark")
    assert Tagger.load(elsewhere / "a.earmark").check() < 1e-5
    assert not (elsewhere / "empty").exists()


def test_it_works_in_a_process_that_has_never_heard_of_it(learnt, elsewhere):
    tagger_format.write(learnt, elsewhere / "a.earmark")
    done = subprocess.run([sys.executable, "-m", "earmark", "tagger", "check", "a.earmark"],
                          cwd=elsewhere, capture_output=True, text=True, env=dict(os.environ),
                          check=False)
    assert done.returncode == 0, done.stderr
    assert "sound; its check agrees" in done.stdout


def test_equal_taggers_have_equal_bytes(learnt):
    again = with_check(learnt.manifest, {"branch0.onnx": learnt.models["branch0.onnx"]})
    assert tagger_format.pack(again) == tagger_format.pack(learnt)


def test_a_tagger_without_backbones_lists_none(contents):
    assert contents.manifest.backbones == {}
    assert set(contents.models) == {"branch0.onnx"}


def test_another_graph_under_the_same_name_is_found(learnt, elsewhere):
    (member,) = learnt.manifest.backbones.values()
    parts = {**members(learnt), member: tiny_graph(seed=5)}
    (elsewhere / "a.earmark").write_bytes(seal(parts.items()))
    with pytest.raises(TaggerError, match="is not the graph that it is said to be"):
        Tagger.load(elsewhere / "a.earmark")
    assert not _backbones._held


def test_a_backbone_that_may_not_be_run_is_refused(learnt, elsewhere):
    bad = b"no graph at all"
    digest = hashlib.sha256(bad).hexdigest()
    name = f"backbone-{digest[:16]}.onnx"
    odd = dataclasses.replace(
        learnt, models={"branch0.onnx": learnt.models["branch0.onnx"], name: bad},
        manifest=dataclasses.replace(learnt.manifest, backbones={digest: name}))
    with pytest.raises(TaggerError, match=rf"tagger small: {name} is not an ONNX model"):
        Tagger(odd)


def test_a_backbone_that_is_not_in_the_file_is_named(learnt, elsewhere):
    parts = changed(learnt, backbones={})
    del parts[next(iter(learnt.manifest.backbones.values()))]
    (elsewhere / "a.earmark").write_bytes(seal(parts.items()))
    with pytest.raises(TaggerError, match="the backbone 'tiny', which is not in the file"):
        Tagger.load(elsewhere / "a.earmark")


@pytest.mark.parametrize("backbones", [{"0" * 64: "tagger.json"}, {"0" * 64: "../x.onnx"},
                                       {"00": "backbone-00.onnx"}])
def test_a_backbone_under_another_name_is_refused(contents, small, backbones):
    small.write_bytes(seal(changed(contents, backbones=backbones).items()))
    with pytest.raises(TaggerError, match=r"the backbone '0+' is in"):
        tagger_format.read(small)


def test_branches_with_and_without_a_backbone_stand_side_by_side(learnt, contents, rng):
    plain = Branch(base.describe(Gtzan57()), Segments(2.0), "branch1.onnx")
    both = manifest(branches=(*learnt.manifest.branches, plain))
    models = {"branch0.onnx": learnt.models["branch0.onnx"],
              "branch1.onnx": contents.models["branch0.onnx"]}
    tagger = Tagger(with_check(both, models))
    samples = (0.1 * rng.standard_normal(3 * 22_050)).astype(np.float32)
    alone = [Tagger(with_check(manifest(branches=(dataclasses.replace(b, model="branch0.onnx"),)),
                               {"branch0.onnx": models[b.model]})).scores(samples, 22_050)
             for b in both.branches]
    np.testing.assert_allclose(tagger.scores(samples, 22_050), np.mean(alone, axis=0), atol=1e-6)
