"""``earmark tagger export`` as a user runs it."""

import json

from tests.cli.conftest import one_line
from tests.tagger.conftest import hearing

from earmark.tagger import format as tagger_format
from earmark.tagger.format import Card


def test_the_graphs_of_a_tagger(earmark, tmp_path):
    ran = earmark("tagger", "export", "gtzan10", "--out", "graphs")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("gtzan10@")
    assert lines[1] == "  branch0.onnx: rows n x 53 to scores n x 10, weight 0.333"
    assert lines[-1] == "written: graphs"
    assert (tmp_path / "graphs/README.txt").is_file()
    again = earmark("tagger", "export", "gtzan10", "--out", "graphs")
    assert again.returncode == 1
    assert "graphs is there already" in one_line(again)


def test_json_is_alone_on_stdout(earmark, tmp_path):
    ran = earmark("tagger", "export", "gtzan10", "--out", "graphs", "--json")
    told = json.loads(ran.stdout)
    assert told == [json.loads((tmp_path / f"graphs/branch{k}.json").read_text())
                    for k in range(3)]


def test_slips_are_a_line(earmark, clip, tmp_path):
    assert "go together" in earmark("tagger", "export", "gtzan10", "--out", "o", "--int8").stderr
    assert "leave it out" in earmark("tagger", "export", "gtzan10", "--out", "o",
                                     "--anyway").stderr
    assert "no tagger is called" in earmark("tagger", "export", "gtzam", "--out", "o").stderr
    (tmp_path / "empty").mkdir()
    ran = earmark("tagger", "export", "gtzan10", "--out", "o", "--int8", "--data", "empty")
    assert "no audio files" in one_line(ran)
    clip("music/a.wav")
    ran = earmark("tagger", "export", "gtzan10", "--out", "o", "--int8", "--data", "music")
    assert "cannot be turned into eight bits" in one_line(ran)
    assert not (tmp_path / "o").exists()


def test_show_tells_of_eight_bits(earmark, tmp_path):
    said = "branch0.onnx: 2.0 times as fast as in 32 bits, pr_auc_macro -0.0010 on unheard tracks"
    card = Card(title="A test", licence="MIT", limits="knows nothing",
                made_with={"earmark": "1", "int8": said})
    tagger_format.write(hearing((0.2, 0.7), ("a", "b"), card=card), tmp_path / "small.earmark")
    assert f"  in eight bits: {said}" in earmark("tagger", "show", "small.earmark").stdout
    assert "eight bits" not in earmark("tagger", "show", "gtzan10").stdout
