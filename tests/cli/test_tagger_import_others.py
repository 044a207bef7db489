import pytest
from tests.cli.conftest import one_line
from tests.tagger.importers import foreign


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
