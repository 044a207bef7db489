import numpy as np
import pytest
from tests.cli.conftest import one_line
from tests.tagger.conftest import manifest
from tests.tagger.importers import foreign

from earmark.audio.segments import Segments
from earmark.features import base
from earmark.features.gtzan57 import Gtzan57
from earmark.graphs.writer import Graph
from earmark.tagger import format as tagger_format
from earmark.tagger.checks import with_check
from earmark.tagger.format import Branch


@pytest.fixture
def theirs(tmp_path):
    pytest.importorskip("onnx")
    (tmp_path / "theirs.onnx").write_bytes(foreign.model())
    return "theirs.onnx"


def test_an_onnx_file_becomes_a_tagger(earmark, theirs, clip):
    done = earmark(
        "tagger", "import", "onnx", theirs, "--labels", "calm,loud,odd", "--front-end",
        foreign.FRONT, "--frames", "8", "--activation", "sigmoid", "--output", "logits",
        "--licence", "MIT", "--name", "mine", "--out", "it.earmark",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mine: theirs.onnx: 3 labels\n  from: theirs.onnx, sha256 ")
    assert done.stdout.endswith("try it: earmark tag FILES --tagger it.earmark\n")
    clip("a.wav")
    tagged = earmark("tag", "a.wav", "--tagger", "it.earmark", "--csv")
    assert tagged.returncode == 0, tagged.stderr
    assert "calm" in tagged.stdout


def test_what_cannot_be_opened_leaves_no_file(earmark, theirs, tmp_path):
    done = earmark("tagger", "import", "onnx", theirs, "--labels", "a,b,c", "--front-end",
                   "musicnn", "--output", "logits", "--out", "it.earmark")  # fmt: skip
    assert done.returncode == 1
    assert "the front end gives 96 bands by 187 frames a segment" in one_line(done)
    assert not (tmp_path / "it.earmark").exists()


def test_the_help_says_what_each_importer_needs(earmark):
    words = " ".join(earmark("tagger", "import", "--help").stdout.split())
    assert "onnx gives whatever labels the file was trained on. It needs an ONNX file" in words


@pytest.fixture
def backbone(tmp_path):
    """A backbone alone, which halves the 57 features."""
    pytest.importorskip("onnx")
    graph = Graph(57, extra="import")
    content = graph.content("", 0, embedding=(
        graph.add("Mul", graph.rows, graph.constant(0.5, np.float32)), 57))  # fmt: skip
    branch = Branch(base.describe(Gtzan57()), Segments(1.0), "branch0.onnx", embedding="embedding")
    alone = manifest(labels=(), groups={}, task="multi", branches=(branch,), name="half")
    tagger_format.write(with_check(alone, {"branch0.onnx": content}), tmp_path / "half.earmark")
    return "half.earmark"


def test_a_backbone_names_nothing_and_says_so(earmark, backbone, clip):
    clip("a.wav")
    done = earmark("tag", "a.wav", "--tagger", backbone)
    assert done.returncode == 1
    assert "half is a backbone and names nothing by itself; learn labels on it: earmark tr" in (
        one_line(done))  # fmt: skip
    assert earmark("tagger", "check", backbone).returncode == 0
    shown = earmark("tagger", "show", backbone).stdout
    assert "  labels: none; a backbone, on which labels are learnt\n  listens by: gtzan57" in shown
    assert "calibration" not in shown


def test_what_vggish_and_transformers_need_is_said(earmark, tmp_path):
    (tmp_path / "vggish_model.ckpt").write_bytes(b"")
    done = earmark("tagger", "import", "vggish", "vggish_model.ckpt")
    assert "bring vggish-10086976.pth" in one_line(done)
    done = earmark("tagger", "import", "transformers", "nobody/nothing",
                   env={"HF_HUB_OFFLINE": "1"})  # fmt: skip
    assert done.returncode == 1
    line = one_line(done)
    assert "and give the folder" in line or "pip install '.[hub]'" in line
