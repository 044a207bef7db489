import json

import numpy as np
import pytest
from tests.tagger.importers import foreign

from earmark.audio.segments import combine
from earmark.errors import DataError, EarmarkError, SettingsError, TaggerError
from earmark.features import base
from earmark.features.cutting import pieces
from earmark.graphs.session import Session
from earmark.tagger import format as tagger_format
from earmark.tagger.importers._fronts import front_for
from earmark.tagger.importers.onnx_file import Options, import_onnx
from earmark.tagger.tagger import Tagger

pytest.importorskip("onnx")

SIGMOID = Options(frames=foreign.FRAMES, activation="sigmoid", output="logits")


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a made-up file and opens it as a tagger."""

    def write(options=SIGMOID, labels="calm,loud,odd", front_end=foreign.FRONT, **changes):
        path = tmp_path / "theirs.onnx"
        path.write_bytes(foreign.model(**changes))
        return import_onnx(path, labels, front_end, options)

    return write


def sound(rng, seconds=1.0):
    return (0.1 * rng.standard_normal(int(seconds * 16_000))).astype(np.float32)


def by_hand(samples, activation="sigmoid"):
    front_end, segments = front_for(foreign.FRONT, frames=foreign.FRAMES)
    rows = [piece.values for piece in pieces(front_end, [samples], segments)]
    return combine(np.stack([foreign.expected(row, activation) for row in rows]))


@pytest.mark.parametrize(
    "shape", [(8, 16), (16, 8), (1, 8, 16), (8, 16, 1), (1, 16, 8), ("frames", 16)]
)
def test_scores_are_those_of_the_definition(written, rng, shape):
    samples = sound(rng)
    scores = Tagger(written(shape=shape)).scores(samples, 16_000)
    if shape in ((16, 8), (1, 16, 8)):  # it sees bands first; the weights are then of other values
        front_end, segments = front_for(foreign.FRONT, frames=foreign.FRAMES)
        rows = [piece.values.T for piece in pieces(front_end, [samples], segments)]
        np.testing.assert_allclose(
            scores, combine(np.stack([foreign.expected(row) for row in rows])), atol=1e-6
        )
    else:
        np.testing.assert_allclose(scores, by_hand(samples), atol=1e-6)


@pytest.mark.parametrize(("batch", "flat", "at_once"), [
    (None, -1, 16), ("n", -1, 16), (1, -1, 16), (1, 1, 1), (4, 4, 4), (64, 64, 64), (2, 2, 2),
])  # fmt: skip
def test_batches_of_a_fixed_size_are_freed_or_filled_up(written, rng, batch, flat, at_once):
    contents, samples = written(batch=batch, flat=flat), sound(rng, 3.1)  # 24 segments and a rest
    assert contents.manifest.branches[0].batch == at_once
    np.testing.assert_allclose(
        Tagger(contents).scores(samples, 16_000), by_hand(samples), atol=1e-6
    )


@pytest.mark.parametrize("opset", [11, 13, 21])
def test_one_label_a_track_by_softmax(written, rng, opset):
    contents = written(Options(frames=8, activation="softmax", output="logits"), opset=opset)
    assert contents.manifest.task == "single"
    samples = sound(rng)
    found = Tagger(contents).scores(samples, 16_000)
    np.testing.assert_allclose(found, by_hand(samples, "softmax"), atol=1e-6)


def test_names_like_ours_do_no_harm(written, rng):
    contents = written(Options(frames=8, activation="sigmoid", output="scores"), scores="scores")
    samples = sound(rng)
    np.testing.assert_allclose(
        Tagger(contents).scores(samples, 16_000), by_hand(samples), atol=1e-6
    )


def test_an_embedding_comes_along_and_other_outputs_do_not(written):
    (content,) = written(Options(8, activation="sigmoid", output="logits",
                                 embedding="features")).models.values()
    widths = {name: shape[1] for name, shape in Session(content, "it").outputs.items()}
    assert widths == {"scores": 3, "embedding": 3}
    (content,) = written().models.values()
    assert set(Session(content, "it").outputs) == {"scores"}


def test_graphs_inside_nodes_keep_what_they_take_from_outside(tmp_path, rng):
    from onnx import TensorProto, helper, numpy_helper

    float_, weights = TensorProto.FLOAT, numpy_helper.from_array(foreign.weights(), "scores")
    inside = [
        helper.make_graph([helper.make_node("MatMul", ["rows", "scores"], [name])], name, [],
                          [helper.make_tensor_value_info(name, float_, None)])
        for name in ("one", "other")
    ]  # fmt: skip
    nodes = [helper.make_node("Flatten", ["x"], ["rows"]),
             helper.make_node("If", ["which"], ["logits"], then_branch=inside[0],
                              else_branch=inside[1])]  # fmt: skip
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", float_, [None, 8, 16])],
        [helper.make_tensor_value_info("logits", float_, [None, 3])],
        [weights, numpy_helper.from_array(np.array(True), "which")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "it.onnx"
    path.write_bytes(model.SerializeToString())
    contents = import_onnx(path, "a,b,c", foreign.FRONT, SIGMOID)
    samples = sound(rng)
    np.testing.assert_allclose(
        Tagger(contents).scores(samples, 16_000), by_hand(samples), atol=1e-6
    )


def test_what_the_exporter_noted_stays_behind(written):
    (content,) = written().models.values()
    assert b"somebody" not in content


def test_the_tagger_travels(written, tmp_path):
    path = tmp_path / "it.earmark"
    tagger_format.write(written(), path)
    tagger = Tagger.load(path)
    assert tagger.check() <= 1e-6
    assert tagger.manifest.name == "theirs"
    assert tagger.manifest.decisions.thresholds == (0.5, 0.5, 0.5)
    assert tagger.manifest.card.licence.startswith("not stated")


def test_essentia_metadata_fill_the_card_and_find_the_outputs(written, tmp_path):
    told = {
        "name": "Genres by\n somebody", "license": "CC BY-NC-SA 4.0", "classes": ["a", "b", "c"],
        "citation": "Somebody, 2022", "dataset": {"name": "Their own 4M"},
        "inference": {"sample_rate": 16000, "algorithm": "X"},
        "schema": {"inputs": [{"name": "x"}], "outputs": [
            {"name": "logits", "output_purpose": "predictions"},
            {"name": "features", "output_purpose": "embeddings"}]},
    }  # fmt: skip
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    manifest = written(Options(frames=8, activation="sigmoid"), labels=str(path)).manifest
    card = manifest.card
    assert (card.title, card.licence, card.citation) == (
        "Genres by somebody", "CC BY-NC-SA 4.0", "Somebody, 2022")  # fmt: skip
    assert card.seen == ("Their own 4M",)
    assert manifest.branches[0].embedding == "embedding"
    told["inference"]["sample_rate"] = 44100
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(TaggerError, match=r"takes 44100 Hz and the front end .* gives 16000 Hz"):
        written(labels=str(path))


@pytest.mark.parametrize(("changes", "message"), [
    ({"shape": (8, 20)}, r"takes \(any, 8, 20\) and the front end gives 16 bands by 8 frames a se"),
    ({"shape": ("t", "f")}, r"may have time or bands first; say which by --layout"),
    ({"labels": "a,b"}, r"gives 3 scores of a segment .* and 2 labels were given"),
    ({"options": Options(frames=8, output="logits")}, r"which are no scores .* --activation sigmo"),
    ({"options": Options(frames=8, activation="sigmoid")}, r"has the outputs logits .*--output"),
    ({"options": Options(frames=8, output="logit")}, r"no output 'logit'\. Did you mean 'logits'"),
    ({"options": Options(frames=8, input="y")}, r"no input 'y'\. Known: x\."),
    ({"options": Options(frames=8, output="logits", embedding="em")}, r"no output 'em'"),
    ({"domain": "com.somebody"}, r"operator 'com.somebody.MatMul', which is not of the ONNX stan"),
    ({"external": True}, r"keeps weights in another file"),
    ({"input_type": 11}, r"input 'x' is tensor\(double\); expected tensor\(float\)|cannot be run"),
    ({"front_end": "musicn"}, r"no front end is called 'musicn'\. Did you mean 'musicnn'\?"),
    ({"front_end": "logmel:n_fft"}, r"'n_fft' has no value; expected setting=value"),
    ({"front_end": "logmel:n_ftt=5"}, r"unknown setting 'n_ftt'\. Did you mean 'n_fft'"),
    ({"front_end": foreign.FRONT, "options": Options(activation="sigmoid", output="logits")},
     r"give --frames or --seconds"),
    ({"options": Options(frames=8, seconds=1.0)}, r"in frames and in seconds; give one"),
    ({"options": Options(frames=0)}, r"'frames' is 0; expected between"),
    ({"second": "Sigmoid", "options": Options(8, output="features", activation="sigmoid")},
     r"'features' lies between 0 and 1 by itself; leave out --activation sigmoid"),
    ({"labels": "none.txt"}, r"'none.txt', which is no file"),
    ({"labels": "a,,c"}, r"label 2 is ''"),
    ({"labels": "a,A,c"}, r"equal or differ only by case"),
])  # fmt: skip
def test_what_does_not_fit_is_said_in_one_line(written, changes, message):
    with pytest.raises(EarmarkError, match=message) as raised:
        written(**changes)
    assert "\n" not in str(raised.value)


def test_a_layout_decides_where_both_fit(written, rng):
    options = Options(8, activation="sigmoid", output="logits", layout="time-first")
    samples = sound(rng)
    scores = Tagger(written(options, shape=("t", "f"))).scores(samples, 16_000)
    np.testing.assert_allclose(scores, by_hand(samples), atol=1e-6)


def test_what_is_no_onnx_file_is_said(tmp_path):
    (tmp_path / "it.onnx").write_bytes(b"no graph at all")
    with pytest.raises(TaggerError, match=r"it\.onnx is not an ONNX model"):
        import_onnx(tmp_path / "it.onnx", "a,b", "musicnn")
    with pytest.raises(TaggerError, match=r"none\.onnx cannot be read: No such file"):
        import_onnx(tmp_path / "none.onnx", "a,b", "musicnn")


@pytest.mark.parametrize(("content", "message"), [
    ("{", "cannot be read as JSON"), ("{}", "holds no labels; expected a list"),
    ("[1, 2]", "not a list of texts"), ("[]", "holds 0 labels"), ('["a\\u0007"]', "printable"),
])  # fmt: skip
def test_bad_json_of_labels(written, tmp_path, content, message):
    path = tmp_path / "labels.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        written(labels=str(path))


def test_labels_from_a_text_file(written, tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("calm, mostly\n\nloud \nodd\n", encoding="utf-8")
    assert written(labels=str(path)).manifest.labels == ("calm, mostly", "loud", "odd")


def test_a_front_end_from_a_file(tmp_path):
    path = tmp_path / "front.toml"
    path.write_text('name = "logmel"\nn_mels = 32\n', encoding="utf-8")
    front_end, segments = front_for(str(path), seconds=3)
    assert base.describe(front_end)["n_mels"] == 32
    assert segments.seconds == 3
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        front_for(str(path), seconds=3)
