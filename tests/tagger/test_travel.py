"""Every rule of decisions travels in the file and is applied by the base install alone."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from tests.tagger.conftest import hearing

from earmark.judging import decisions as judging
from earmark.judging.calibration import Calibration, Stairs
from earmark.judging.decisions import Decisions, Unknown
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent
from earmark.tagger import format as tagger_format
from earmark.tagger.tagger import Tagger

LABELS = ("thrash metal", "death metal", "jazz", "blues", "piano", "slow")
GROUPS = {"piano": "instrument", "slow": "tempo"}
HEARD = (0.3, 0.4, 0.1, 0.2, 0.7, 0.9)
PLATT = Calibration(slopes=(1.2, 0.8, 1, 0, 2, 1), offsets=(0.5, 0.2, 0, -2, -1, 0.1))
STAIRS = Calibration(stairs=(
    Stairs((0.0, 0.2, 0.4, 1.0), (0.0, 0.1, 0.55, 0.9)), Stairs((0.3, 0.6), (0.1, 0.7)),
    *[Stairs((0.0, 1.0), (0.0, 1.0))] * 3, Stairs((0.5,), (0.75,))))
EVERY = {"unknown": Unknown(0.65, 0.9, 0.4, columns=(0, 1, 2, 3)), "most": 1,
         "label_sets": LabelSets(0.1, "share", (0.3, 0.3, 0.05, 0.3, 0.9, 0.5), 50, 0.9, 3.0),
         "parents": (Parent("metal", (0, 1), 0.4, 0.8), Parent("any", (0, 1, 2, 3), 0.9))}
RULES = {"platt": Decisions((0.3, 0.3, 0.3, 0.3, 0.5, 0.5), PLATT, **EVERY),
         "stairs": Decisions((0.3, 0.3, 0.3, 0.3, 0.5, 0.5), STAIRS, **EVERY)}

# What is not of the base install cannot be imported, from however deep inside.
ALONE = """
import json, sys
from pathlib import Path

ABSENT = {"sklearn", "scipy", "torch", "numba", "pandas", "onnx", "lightgbm", "librosa", "pyarrow"}

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
try:
    import sklearn
    raise SystemExit("sklearn could be imported: the test would prove nothing")
except ModuleNotFoundError:
    pass
from earmark.tagger.tagger import Tagger

tagger = Tagger.load(sys.argv[1])
tags = tagger.tag(Path(sys.argv[2]), timeline=True)
print(json.dumps({"json": tags.to_json(), "scores": tags.scores, "parents": tags.parents,
                  "check": tagger.check(),
                  "timeline": tags.timeline.scores}, allow_nan=False))
"""


@pytest.fixture(params=sorted(RULES))
def decisions(request):
    return RULES[request.param]


@pytest.fixture
def tagger_file(tmp_path, decisions):
    made = hearing(HEARD, LABELS, name="every", groups=GROUPS, decisions=decisions)
    tagger_format.write(made, tmp_path / "every.earmark")
    return tmp_path / "every.earmark"


@pytest.fixture
def clip(rng, tmp_path):
    samples = (0.2 * rng.standard_normal(22_050 * 3)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 22_050)
    return tmp_path / "a.wav"


def test_all_rules_are_applied_without_what_learnt_them(tagger_file, clip, decisions):
    run = subprocess.run([sys.executable, "-c", ALONE, str(tagger_file), str(clip)], check=False,
                         capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    vocabulary = Tagger.load(tagger_file).vocabulary
    row = judging.calibrate(np.float32(HEARD), decisions, vocabulary)
    assert list(said["scores"]) == list(LABELS)
    np.testing.assert_allclose(list(said["scores"].values()), row, atol=1e-6)
    plain = said["json"]
    assert tuple(plain["tags"]) == judging.decide(row, vocabulary, decisions)
    assert plain["unknown"] == bool(judging.is_unknown(row, decisions))
    held = judging.label_sets(row[None], vocabulary, decisions)[0]
    assert {*plain["label_set"]["labels"]} == {x for x, h in zip(LABELS, held, strict=True) if h}
    for (name, chance), (expected, sure) in zip(
            said["parents"], judging.parents(row, vocabulary, decisions), strict=True):
        assert name == expected
        assert chance == pytest.approx(sure, abs=1e-6)
    for segment in said["timeline"]:
        np.testing.assert_allclose(segment, row, atol=1e-6)
    assert said["check"] < 1e-6


def test_the_answer_by_hand(clip, tmp_path):
    made = hearing(HEARD, LABELS, name="every", groups=GROUPS, decisions=RULES["stairs"])
    tags = Tagger(made).tag(clip)
    # .3 is midway from .2 to .4, so midway from .1 to .55; .4 a third of the way from .1 to .7
    expected = dict(zip(LABELS, (0.325, 0.3, 0.1, 0.2, 0.7, 0.75), strict=True))
    assert tags.scores == pytest.approx(expected, abs=1e-6)
    assert tags.unknown  # no genre reaches .65, so thrash metal is no tag though it reaches .3
    assert tags.unknown_among == LABELS[:4]
    assert tags.unknown_groups == ("genre",)
    assert tags.tags == ("slow",)  # piano reaches .5 too, but one label at most was wanted
    assert tags.label_set.labels == ("slow", "thrash metal", "death metal", "jazz")
    assert (tags.label_set.error, tags.label_set.promise) == (0.1, "share")
    # 1 - .675 x .7 = .5275; with jazz and blues 1 - .4725 x .9 x .8 = .66, which is below .9
    assert tags.parents == (("metal", pytest.approx(0.5275, abs=1e-6)),)


def test_a_tagger_without_these_rules_says_nothing_of_them(clip):
    tags = Tagger(hearing(HEARD, LABELS, groups=GROUPS)).tag(clip)
    assert (tags.label_set, tags.parents, tags.unknown_among, tags.unknown) == (None, None, (),
                                                                               False)
    assert {"label_set", "parents", "unknown_groups"}.isdisjoint(tags.to_json())
