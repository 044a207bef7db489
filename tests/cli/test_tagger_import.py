import json

import pytest
from tests.cli.conftest import one_line
from tests.tagger.importers import made_up


@pytest.fixture
def wheel(tmp_path):
    return made_up.wheel(tmp_path, made_up.files())


def test_a_wheel_becomes_an_installed_tagger(earmark, wheel, clip, tmp_path):
    home = {"EARMARK_DATA": str(tmp_path / "data")}
    done = earmark("tagger", "import", "musicnn", wheel, env=home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "musicnn: musicnn's network MTT_musicnn: 50 tags of MagnaTagATune"
    assert "  has seen: MagnaTagATune: train part of its authors' split (index/train.tsv)" in lines
    written = tmp_path / "data" / "taggers" / "musicnn.earmark"
    assert lines[-2:] == [f"written: {written}", "try it: earmark tag FILES --tagger musicnn"]
    clip("a.wav", 7.0)
    tagged = earmark("tag", "a.wav", "--tagger", "musicnn", "--json", env=home)
    assert tagged.returncode == 0, tagged.stderr
    (file,) = json.loads(tagged.stdout)["files"]
    assert list(file["scores"]) == made_up.LABELS
    assert earmark("tagger", "check", "musicnn", env=home).returncode == 0


def test_a_tagger_may_be_written_to_a_file(earmark, wheel, tmp_path):
    done = earmark("tagger", "import", "musicnn", wheel, "--out", "it.earmark", "--name", "mine",
                   "--tail", "keep")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("try it: earmark tag FILES --tagger it.earmark\n")
    shown = earmark("tagger", "show", "it.earmark").stdout
    assert shown.startswith("mine@")
    assert "on segments of 187 frames, weight 1" in shown
    assert "  source: musicnn 0.1.0, MTT_musicnn/.data-00000-of-00001, sha256" in shown
    assert "split the authors', unit not said, seed not said" in shown
    assert earmark("tagger", "check", "it.earmark").returncode == 0


def test_a_slip_costs_no_song(earmark, wheel, tmp_path):
    (tmp_path / "song.ogg").write_text("a song")
    done = earmark("tagger", "import", "musicnn", wheel, "--out", "song.ogg")
    assert "a tagger's file ends in .earmark" in one_line(done)
    assert (tmp_path / "song.ogg").read_text() == "a song"


def test_what_cannot_be_imported_is_said_in_one_line(earmark, tmp_path):
    other = made_up.wheel(tmp_path, {"numpy-2.0.dist-info/METADATA": b""}, "numpy.whl")
    for source, expected in (
        (other, "is the wheel of 'numpy'; expected musicnn"),
        ("none.whl", "none.whl does not exist"),
        (tmp_path, "holds no package 'musicnn'"),
    ):
        done = earmark("tagger", "import", "musicnn", source, "--out", "it.earmark")
        assert done.returncode == 1
        assert expected in one_line(done)
    assert not (tmp_path / "it.earmark").exists()


def test_without_a_network_it_says_what_to_do(earmark):
    pytest.importorskip("pip")
    done = earmark("tagger", "import", "musicnn", "--download", env={"PIP_NO_INDEX": "1"})
    assert done.returncode == 1
    assert "fetch its wheel elsewhere and give its path" in one_line(done)


def test_a_source_and_a_download_exclude_each_other(earmark, wheel):
    done = earmark("tagger", "import", "musicnn", wheel, "--download")
    assert done.returncode == 2
    assert "leave out SOURCE or --download" in done.stderr


def test_unknown_networks_are_usage_errors(earmark, wheel):
    done = earmark("tagger", "import", "musicnn", wheel, "--variant", "MSD_musicnn_big")
    assert done.returncode == 2
    assert "'MTT_musicnn', 'MTT_vgg', 'MSD_musicnn', 'MSD_vgg'" in done.stderr
