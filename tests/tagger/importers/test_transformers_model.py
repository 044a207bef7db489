import json
import os

import numpy as np
import pytest
from tests.tagger.importers import made_up_transformers as made_up

from earmark import hub
from earmark.errors import EarmarkError, TaggerError
from earmark.graphs.session import Session
from earmark.graphs.torchvision import require_mended
from earmark.tagger import format as tagger_format
from earmark.tagger.importers.transformers_model import Options, import_transformers
from earmark.tagger.tagger import Tagger

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
require_mended("transformers", extra="hub", purpose="these tests")
pytest.importorskip("onnxscript")
pytest.importorskip("onnx")
# transformers and PyTorch warn of their own future here and there; none of it is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def sound(samples, rate):
    rng = np.random.default_rng(2)
    times = np.arange(samples) / rate
    return (0.3 * np.sin(2 * np.pi * (220 + 90 * times) * times)
            + 0.02 * rng.standard_normal(samples)).astype(np.float32)


@pytest.fixture(scope="module")
def ast(tmp_path_factory):
    return made_up.ast(tmp_path_factory.mktemp("tiny-ast"), problem_type=MULTI)


@pytest.fixture(scope="module")
def ast_tagger(ast):
    return import_transformers(str(ast))


MULTI = "multi_label_classification"


def test_ast_gives_what_transformers_gives(ast, ast_tagger):
    samples = sound(made_up.AST_SAMPLES, 16_000)
    model = transformers.ASTForAudioClassification.from_pretrained(ast).eval()
    extractor = transformers.ASTFeatureExtractor.from_pretrained(ast)
    with torch.inference_mode():
        logits = model(**extractor(samples, sampling_rate=16_000, return_tensors="pt")).logits
    expected = torch.sigmoid(logits)[0].numpy()
    found = Tagger(ast_tagger).scores(samples, 16_000)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert found.std() > 0.05  # else any labels would agree
    assert ast_tagger.manifest.task == "multi"
    assert ast_tagger.manifest.labels == ("calm", "loud", "odd")


def test_its_embedding_is_what_the_last_layer_is_given(ast, ast_tagger):
    (content,) = ast_tagger.models.values()
    rows = np.random.default_rng(0).standard_normal((2, made_up.FRAMES, made_up.BANDS))
    rows = rows.astype(np.float32)
    model = transformers.ASTForAudioClassification.from_pretrained(ast).eval()
    with torch.inference_mode():
        body = model.audio_spectrogram_transformer(torch.from_numpy(rows)).pooler_output
    (found,) = Session(content, "it").run(rows, ("embedding",))
    np.testing.assert_allclose(found, body.numpy(), atol=1e-4)


def test_it_travels(ast_tagger, tmp_path):
    path = tmp_path / "it.earmark"
    tagger_format.write(ast_tagger, path)
    tagger = Tagger.load(path)
    assert tagger.check() <= 1e-6
    assert "sha256" in tagger.manifest.card.source
    for folder in (str(tmp_path.parent), "site-packages"):
        assert folder.encode() not in path.read_bytes()


def test_what_is_said_decides_on_one_label_or_several(ast, tmp_path):
    single = import_transformers(str(ast), Options(activation="softmax", labels="a,b,c"))
    assert (single.manifest.task, single.manifest.labels) == ("single", ("a", "b", "c"))
    assert abs(single.check.scores.sum() - 1) < 1e-5
    (ast / "README.md").write_text("---\nlicense: bsd-3-clause\n---\n# It\n", encoding="utf-8")
    try:
        assert import_transformers(str(ast)).manifest.card.licence == "bsd-3-clause"
    finally:
        (ast / "README.md").unlink()


@pytest.mark.parametrize("family", ["Wav2Vec2", "WavLM"])
def test_models_of_waveforms_give_what_transformers_gives(tmp_path, family):
    folder = made_up.of_waveforms(tmp_path / "tiny", family)
    contents = import_transformers(str(folder), Options(seconds=0.5))
    samples = sound(8000, 16_000)
    model = transformers.AutoModelForAudioClassification.from_pretrained(folder).eval()
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    with torch.inference_mode():
        logits = model(**extractor(samples, sampling_rate=16_000, return_tensors="pt")).logits
    np.testing.assert_allclose(Tagger(contents).scores(samples, 16_000),
                               torch.softmax(logits, -1)[0].numpy(), atol=1e-3)
    assert contents.manifest.task == "single"


def test_clap_gives_what_transformers_gives(tmp_path):
    folder = made_up.clap(tmp_path / "tiny")
    contents = import_transformers(str(folder), Options(labels="rock,calm jazz,loud"))
    samples = sound(480_000, 48_000)
    listener = transformers.pipeline("zero-shot-audio-classification", model=str(folder))
    answers = listener(samples, candidate_labels=["rock", "calm jazz", "loud"])
    expected = {answer["label"]: answer["score"] for answer in answers}
    found = Tagger(contents).scores(samples, 48_000)
    np.testing.assert_allclose(found, [expected[label] for label in contents.manifest.labels],
                               atol=1e-3)
    assert found.std() > 0.05
    with pytest.raises(TaggerError, match="names any label it is given and none by itself; give"):
        import_transformers(str(folder))


def test_several_sentences_for_a_label_are_their_mean(tmp_path):
    folder = made_up.clap(tmp_path / "tiny")
    prompts = ("This is a sound of {label}.", "This is {label}")
    contents = import_transformers(str(folder), Options(labels="rock,loud",
                                                        prompt=" | ".join(prompts)))
    model = transformers.ClapModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        rows = np.random.default_rng(0).standard_normal((1, 64, 1001)).astype(np.float32)
        sound_of = model.audio_projection(model.audio_model(
            torch.from_numpy(rows).transpose(1, 2)[:, None], is_longer=None).pooler_output)
        means = []
        for label in ("rock", "loud"):
            each = [model.text_projection(model.text_model(**tokenizer(
                        prompt.replace("{label}", label), return_tensors="pt")).pooler_output)[0]
                    for prompt in prompts]
            means.append(sum(e / e.norm() for e in each) / 2)
        near = [float(sound_of[0] @ m / (sound_of.norm() * m.norm())) for m in means]
        expected = torch.softmax(torch.tensor(near) * model.logit_scale_a.exp(), 0).numpy()
    (content,) = contents.models.values()
    (found,) = Session(content, "it").run(rows, ("scores",))
    np.testing.assert_allclose(found[0], expected, atol=1e-3)
    with pytest.raises(TaggerError, match=r"or several such with \| between"):
        Options(prompt="This is {label}.|This is it.")


def test_clap_with_fusion_is_refused(tmp_path):
    folder = made_up.clap(tmp_path / "tiny", fusion=True)
    with pytest.raises(TaggerError, match="form with fusion, which listens to chance excerpts"):
        import_transformers(str(folder), Options(labels="rock,jazz"))


def edited(folder, tmp_path, name, **changes):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    values = json.loads((copy / name).read_text(encoding="utf-8"))
    (copy / name).write_text(json.dumps({**values, **changes}), encoding="utf-8")
    return copy


@pytest.mark.parametrize(("name", "changes", "message"), [
    ("config.json", {"model_type": "bert"}, "of the kind 'bert', which cannot be opened"),
    ("config.json", {"model_type": "none such"}, "cannot be opened as a transformers model"),
    ("config.json", {"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}},
     "does not name its 3 labels; give --labels"),
    ("config.json", {"num_hidden_layers": 2}, "lacks 1?[0-9] tensors of its model"),
    ("config.json", {"hidden_size": 48}, "cannot be opened as a transformers model"),
    ("preprocessor_config.json", {"sampling_rate": 44100}, "takes 44100 Hz; expected 16000"),
    ("preprocessor_config.json", {"max_length": 100}, "gives 32 bands by 100 frames and the mod"),
])  # fmt: skip
def test_other_models_are_refused_in_one_line(ast, tmp_path, name, changes, message):
    with pytest.raises(EarmarkError, match=message) as raised:
        import_transformers(str(edited(ast, tmp_path, name, **changes)))
    assert "\n" not in str(raised.value)


def test_folders_that_lack_files(ast, tmp_path):
    with pytest.raises(TaggerError, match=r"holds no config\.json"):
        import_transformers(str(tmp_path))
    (tmp_path / "config.json").write_bytes((ast / "config.json").read_bytes())
    with pytest.raises(TaggerError, match=r"holds no weights; expected model\.safetensors"):
        import_transformers(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(TaggerError, match="cannot be opened as a transformers model"):
        import_transformers(str(tmp_path))
    with pytest.raises(TaggerError, match="is neither a folder nor a name on the hub"):
        import_transformers("somewhere")


def test_pickled_weights_are_not_run(ast, tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    folder = edited(ast, tmp_path, "config.json")
    (folder / "model.safetensors").unlink()
    torch.save({"classifier.dense.weight": Harmful()}, folder / "pytorch_model.bin")
    with pytest.raises(TaggerError, match="cannot be opened as a transformers model"):
        import_transformers(str(folder))
    assert not (tmp_path / "ran").exists()


def test_labels_of_another_count(ast):
    with pytest.raises(TaggerError, match="gives 3 scores and 2 labels were given"):
        import_transformers(str(ast), Options(labels="a,b"))
    with pytest.raises(TaggerError, match=r"expected a sentence with \{label\} in it"):
        Options(prompt="a sound")


def test_without_a_network_it_says_what_to_bring(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    message = "nobody/nothing is not on this machine and the hub cannot be reached: download it el"
    with pytest.raises(TaggerError, match=message):
        import_transformers("nobody/nothing")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(TaggerError, match=message):
        import_transformers("nobody/nothing")


def test_whether_anything_answers():
    import http.server
    import threading

    class Refuses(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_error(403)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert hub.answers(f"http://127.0.0.1:{server.server_port}")
    assert not hub.answers("http://127.0.0.1:9")
    assert not hub.answers("no address")
