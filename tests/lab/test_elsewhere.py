"""A tagger's graphs beside what one needs to know of them."""

import json

import numpy as np
import onnxruntime
import pytest
from tests.tagger.conftest import LABELS, manifest

from earmark.audio.segments import Segments
from earmark.errors import DataError, EarmarkError, TaggerError
from earmark.features import base
from earmark.features.gtzan57 import Gtzan57
from earmark.lab import elsewhere
from earmark.lab.elsewhere import Small
from earmark.tagger.checks import with_check
from earmark.tagger.format import Branch
from earmark.tagger.tagger import Tagger


@pytest.fixture(scope="module")
def tagger():
    from tests.tagger.test_quantising import layers

    branches = tuple(Branch(base.describe(Gtzan57()), Segments(1.0), f"branch{k}.onnx", weight)
                     for k, weight in enumerate((1.0, 3.0)))
    graphs = {f"branch{k}.onnx": layers(np.random.default_rng(k), (57, 64, 3), 0.03)
              for k in (0, 1)}
    return Tagger(with_check(manifest(branches=branches), graphs))


def test_all_that_one_needs_is_there(tagger, tmp_path):
    found = elsewhere.write(tagger, tmp_path / "o")
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == [
        "README.txt", "branch0.json", "branch0.onnx", "branch1.json", "branch1.onnx"]
    for k, about in enumerate(found):
        assert json.loads((tmp_path / f"o/branch{k}.json").read_text()) == about
        assert about["labels"] == list(LABELS)
        assert about["inputs"] == {"rows": ["n", 57]}
        assert about["outputs"] == {"scores": ["n", 3]}
        assert base.build(about["front_end"]) == Gtzan57()
        assert about["segments"]["seconds"] == 1.0
        assert "int8" not in about
    assert [about["weight"] for about in found] == [0.25, 0.75]
    text = (tmp_path / "o/README.txt").read_text()
    assert "rows n x 57 in, scores n x 3 out, weight 0.75" in text
    assert "22050 Hz" in text


def test_following_the_steps_gives_the_taggers_scores(tagger, tmp_path, rng):
    """As README.txt says, with onnxruntime alone."""
    sound = 0.2 * rng.standard_normal(3 * 22_050).astype(np.float32)
    total = np.zeros(3)
    for about in elsewhere.write(tagger, tmp_path / "o"):
        front_end, length = base.build(about["front_end"]), about["sample_rate_hz"]
        rows = np.stack([front_end(sound[k : k + length]) for k in range(0, 3 * length, length)])
        session = onnxruntime.InferenceSession(tmp_path / "o" / about["graph"])
        total += about["weight"] * session.run(["scores"], {"rows": rows})[0].mean(axis=0)
    assert np.allclose(total, tagger.scores(sound, 22_050), atol=1e-5)


def test_each_rate_that_branches_listen_at_is_said(tmp_path):
    from tests.tagger.test_quantising import layers

    ends = (Gtzan57(), Gtzan57(sample_rate=16_000))
    branches = tuple(Branch(base.describe(end), Segments(1.0), f"branch{k}.onnx")
                     for k, end in enumerate(ends))
    graphs = {branch.model: layers(np.random.default_rng(0), (57, 64, 3), 0.03)
              for branch in branches}
    elsewhere.write(Tagger(with_check(manifest(branches=branches), graphs)), tmp_path / "o")
    text = (tmp_path / "o/README.txt").read_text()
    assert "at 16000 and 22050 Hz, samples from -1 to 1, once for each rate" in text


def test_what_is_there_is_left_alone(tagger, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(EarmarkError, match="is there already"):
        elsewhere.write(tagger, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_fails_on_the_way_leaves_nothing(tagger, tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "_readme", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        elsewhere.write(tagger, tmp_path / "o")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_line(tagger, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(elsewhere, "_readme", full)
    with pytest.raises(EarmarkError, match="o cannot be written: No space left on device"):
        elsewhere.write(tagger, tmp_path / "o")


@pytest.fixture
def audio(clips):
    return [clips("a.wav", 2.0, 0.1), clips("b.wav", 20.0, 0.3)]


def test_a_branch_hears_some_of_each_file(tagger, audio):
    rows = elsewhere.heard(tagger.manifest.branches[0], audio)
    assert rows.shape == (2 + 16, 57)


def test_of_many_files_fewer_segments_are_held(tagger, audio, monkeypatch):
    monkeypatch.setattr(elsewhere, "_MOST_ROWS", 5)
    rows = elsewhere.heard(tagger.manifest.branches[0], audio)
    assert rows.shape == (2 + 2, 57)


def test_files_that_cannot_be_heard_are_told(tagger, audio, clips, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    failed = []
    rows = elsewhere.heard(tagger.manifest.branches[0],
                           [*audio, tmp_path / "broken.wav", clips("silent.wav", level=0)],
                           failed.append)
    assert len(rows) == 18
    assert ["broken.wav" in line for line in failed] == [True]
    with pytest.raises(DataError, match="nothing is to be heard in 1 files;"):
        elsewhere.heard(tagger.manifest.branches[0], [tmp_path / "silent.wav"])
    with pytest.raises(DataError, match=r"in 1 files \(first: .*broken.wav: .*\); eight bits"):
        elsewhere.heard(tagger.manifest.branches[0], [tmp_path / "broken.wav"])


def test_eight_bits_are_compared_on_that_audio(tagger, audio):
    first, second = elsewhere.in_eight_bits(tagger, audio)
    for small, name in ((first, "branch0-int8.onnx"), (second, "branch1-int8.onnx")):
        told = small.told
        assert (told["file"], told["rows"], told["bytes"]) == (name, 18, len(small.content))
        assert told["faster"] > 0
        assert 0 < told["largest_difference"] < 0.2
        assert 0.7 < told["same_top_label"] <= 1


def of_speed(faster):
    return [Small(b"graph", {"file": f"branch{k}-int8.onnx", "bytes": 5, "faster": its,
                             "same_top_label": 1.0, "largest_difference": 0.01, "rows": 3})
            for k, its in enumerate(faster)]


def test_what_is_slower_is_left_out_but_anyway(tagger, tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "in_eight_bits", lambda *_: of_speed((1.5, 0.8)))
    found = elsewhere.write(tagger, tmp_path / "o", [tmp_path])
    assert found[0]["int8"]["faster"] == 1.5
    assert found[1]["int8"] == {"left_out": "branch1-int8.onnx is 0.80 times as fast as the graph "
                                            "in 32 bits: no gain on this machine"}
    assert [p.name for p in sorted((tmp_path / "o").glob("*int8*"))] == ["branch0-int8.onnx"]
    found = elsewhere.write(tagger, tmp_path / "all", [tmp_path], anyway=True)
    assert [about["int8"]["faster"] for about in found] == [1.5, 0.8]
    assert (tmp_path / "all/branch1-int8.onnx").read_bytes() == b"graph"
    assert "1.5 times as fast where it was made" in (tmp_path / "all/README.txt").read_text()


def test_where_all_are_slower_nothing_is_written(tagger, tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "in_eight_bits", lambda *_: of_speed((1.0, 0.8)))
    with pytest.raises(TaggerError, match=r"branch0-int8.onnx is 1.00 .*branch1.*--anyway"):
        elsewhere.write(tagger, tmp_path / "o", [tmp_path])
    assert list(tmp_path.iterdir()) == []


def test_a_branch_without_layers_is_left_out_and_the_others_made(audio, tmp_path):
    from tests.tagger.test_quantising import layers

    branches = tuple(Branch(base.describe(Gtzan57()), Segments(1.0), f"branch{k}.onnx")
                     for k in range(2))
    graphs = {f"branch{k}.onnx": layers(np.random.default_rng(k), sizes, 0.03)
              for k, sizes in enumerate(((57, 3), (57, 64, 3)))}
    both = Tagger(with_check(manifest(branches=branches), graphs))
    plain, small = elsewhere.write(both, tmp_path / "o", audio, anyway=True)
    assert "no layers before its last one" in plain["int8"]["left_out"]
    assert small["int8"]["file"] == "branch1-int8.onnx"
    text = (tmp_path / "o/README.txt").read_text()
    assert "branch1-int8.onnx: the same in eight bits" in text
    assert "branch0-int8" not in text
