"""What a tagger makes of its scores: calibration and unknown, from the file to the answer."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile
from tests.tagger.conftest import LABELS, manifest

from earmark.errors import TaggerError
from earmark.judging.decisions import Calibration, Decisions, Unknown, calibrate
from earmark.tagger import format as tagger_format
from earmark.tagger.checks import with_check
from earmark.tagger.tagger import Tagger

WARM = Decisions(calibration=Calibration(temperature=3.0))
DOUBT = dataclasses.replace(WARM, unknown=Unknown(1.0, 0.9, 0.5))


@pytest.fixture
def clip(rng, tmp_path):
    samples = (0.2 * rng.standard_normal(22_050 * 3)).astype(np.float32)
    samples[22_050:44_100] = 0  # a silent second
    soundfile.write(tmp_path / "a.wav", samples, 22_050, subtype="FLOAT")
    return tmp_path / "a.wav"


def bearing(contents, decisions, **changes):
    return with_check(manifest(decisions=decisions, **changes), contents.models)


def test_tag_scores_and_timeline_are_calibrated(contents, clip):
    plain, warm = Tagger(contents), Tagger(bearing(contents, WARM))
    before, after = (t.tag(clip, timeline=True) for t in (plain, warm))
    raw = np.float32(list(before.scores.values()))
    np.testing.assert_allclose(list(after.scores.values()),
                               calibrate(raw, WARM, plain.vocabulary), atol=1e-6)
    assert max(after.scores.values()) < max(before.scores.values())
    assert after.tags == before.tags
    assert after.timeline.scores[1] is before.timeline.scores[1] is None
    for was, now in zip(before.timeline.scores, after.timeline.scores, strict=True):
        if was is not None:
            np.testing.assert_allclose(now, calibrate(was, WARM, plain.vocabulary), atol=1e-6)
            assert sum(now) == pytest.approx(1, abs=1e-6)
    samples, rate = soundfile.read(clip, dtype="float32")
    np.testing.assert_allclose(warm.scores(samples, rate), list(after.scores.values()), atol=1e-6)


def test_calibration_is_of_the_branches_average(contents, clip):
    branch = contents.manifest.branches[0]
    other = dataclasses.replace(branch, model="branch1.onnx", weight=2.0)
    models = {"branch0.onnx": contents.models["branch0.onnx"],
              "branch1.onnx": contents.models["branch0.onnx"]}
    two = Tagger(with_check(manifest(decisions=WARM, branches=(branch, other)), models))
    one = Tagger(bearing(contents, WARM))
    assert list(two.tag(clip).scores.values()) == pytest.approx(
        list(one.tag(clip).scores.values()), abs=1e-6)


def test_unknown_leaves_no_tag_and_keeps_the_scores(contents, clip):
    tags = Tagger(bearing(contents, DOUBT)).tag(clip)
    assert tags.unknown
    assert tags.tags == ()
    assert sum(tags.scores.values()) == pytest.approx(1, abs=1e-6)
    sure = dataclasses.replace(DOUBT, unknown=Unknown(0.0))
    assert not Tagger(bearing(contents, sure)).tag(clip).unknown


def test_decisions_survive_the_file_and_the_check_replays_them(contents, tmp_path):
    made = bearing(contents, DOUBT)
    tagger_format.write(made, tmp_path / "x.earmark")
    again = Tagger.load(tmp_path / "x.earmark")
    assert again.manifest.decisions == DOUBT
    assert again.check() < 1e-6
    cold = dataclasses.replace(made.manifest, decisions=Decisions())
    with pytest.raises(TaggerError, match="gives other scores"):
        Tagger(dataclasses.replace(made, manifest=cold)).check()


def test_taggers_without_these_decisions_still_load():
    old = tagger_format._manifest(json.dumps({
        "format": 1, "name": "old", "task": "single", "labels": list(LABELS), "groups": {},
        "branches": [{"front_end": {"name": "gtzan57"}, "segments": {}, "model": "branch0.onnx"}],
        "decisions": {"thresholds": []},
        "card": {"title": "t", "licence": "MIT", "limits": "l"},
    }).encode(), "old.earmark")
    assert old.decisions == Decisions()
    assert Tagger.load("gtzan10").check() < 1e-4


@pytest.mark.parametrize(("decisions", "message"), [
    (Decisions((), Calibration(slopes=(1.0,) * 3, offsets=(0.0,) * 3)), "does not fit single"),
    (Decisions((0.5,) * 2), "3 labels but 2 thresholds"),
])
def test_a_manifest_whose_decisions_do_not_fit_is_refused(decisions, message):
    with pytest.raises(ValueError, match=message):
        manifest(decisions=decisions)
    with pytest.raises(ValueError, match="label number 3"):
        manifest(decisions=Decisions((0.5,) * 3, unknown=Unknown(0.5, columns=(3,))), task="multi")
