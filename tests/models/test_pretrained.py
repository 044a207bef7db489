"""Encoders of the transformers library: tiny ones, with weights by chance, from folders."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tagger.importers import made_up_transformers as made_up

from earmark.errors import DataError, EarmarkError, SettingsError
from earmark.features import base as features
from earmark.models._training import Augment, Training
from earmark.models.pretrained import AST, CLAP, MERT, Pretrained, Wav2Vec2
from earmark.models.watch import Watch, watched

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
onnxruntime = pytest.importorskip("onnxruntime")
# transformers and PyTorch warn of their own future here and there; none of it is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

Floats = NDArray[np.float32]
ONCE = Training(epochs=1, batch_size=4)
LABELS = np.eye(2, dtype=np.int8)[np.arange(8) % 2]
KINDS = (AST, MERT, Wav2Vec2, CLAP)


@pytest.fixture(scope="module", autouse=True)
def _mended() -> None:
    from earmark.graphs.torchvision import require_mended

    require_mended("transformers", extra="deep", purpose="these tests")
    torch.set_num_threads(1)


def rows_for(kind: type[Pretrained], count: int = 8) -> Floats:
    rng = np.random.default_rng(3)
    return rng.standard_normal((count, *kind.tried_on), dtype=np.float32)


def fitted(kind: type[Pretrained], rows: Floats | None = None, **settings: Any) -> Pretrained:
    given = {"training": ONCE, "dropout": 0.0, **kind.small, **settings}
    return kind(**given).fit(rows_for(kind) if rows is None else rows, LABELS,
                             rng=np.random.default_rng(0))  # fmt: skip


def from_folder(kind: type[Pretrained], folder: Path, rows: Floats, **settings: Any) -> Pretrained:
    model = kind(weights=str(folder), training=ONCE, **settings)
    return model.fit(rows, LABELS[: len(rows)], rng=np.random.default_rng(0))


def embedded(model: Pretrained, rows: Floats) -> Floats:
    with torch.inference_mode():
        return model.module().inner.body(torch.from_numpy(rows)).numpy()  # type: ignore


@pytest.mark.parametrize("kind", KINDS)
class TestEach:
    def test_it_builds_from_its_configuration_and_says_what_it_would_fetch(
        self, kind: type[Pretrained]
    ) -> None:
        said: list[str] = []
        with watched(Watch(tell=said.append)):
            model = fitted(kind)
        assert said[0] == (f"{kind.name} begins with weights by chance; weights = 'pretrained' "
                           f"takes {kind.published} (about {kind.size_mb} MB)")
        assert model.heard == ()

    def test_offline_it_says_what_to_bring(
        self, kind: type[Pretrained], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        begun = time.monotonic()
        with pytest.raises(SettingsError) as raised:
            kind().fit(rows_for(kind), LABELS, rng=np.random.default_rng(0))
        assert time.monotonic() - begun < 60
        assert str(raised.value).startswith(
            f"'weights' of {kind.name}: {kind.published} (about {kind.size_mb} MB) is not on this "
            "machine and the hub cannot be reached: download it elsewhere (config.json,")

    def test_only_the_head_learns_where_it_is_frozen(self, kind: type[Pretrained]) -> None:
        before, after = (fitted(kind, training=Training(epochs=n, batch_size=4)).module().inner
                         for n in (1, 4))
        for (name, old), new in zip(before.body.state_dict().items(),
                                    after.body.state_dict().values(), strict=True):
            assert torch.equal(old, new), name
        assert not torch.equal(before.head[-1].weight, after.head[-1].weight)

    def test_all_of_it_learns_where_it_is_tuned(self, kind: type[Pretrained]) -> None:
        before, after = (fitted(kind, tune="fine", training=Training(epochs=n, batch_size=4)
                                ).module().inner for n in (1, 2))
        changed = [not torch.equal(a, b) for a, b in zip(before.body.parameters(),
                                                         after.body.parameters(), strict=True)]
        assert sum(changed) > 0.8 * len(changed)

    def test_a_seed_repeats_it(self, kind: type[Pretrained]) -> None:
        first, second = (fitted(kind, tune="fine").scores(rows_for(kind)) for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_saved_and_read_without_its_folder(
        self, kind: type[Pretrained], tmp_path: Path
    ) -> None:
        model = fitted(kind)
        model.save(tmp_path / "net.safetensors")
        again = kind.load(tmp_path / "net.safetensors")
        np.testing.assert_array_equal(again.scores(rows_for(kind)), model.scores(rows_for(kind)))

    def test_as_onnx_it_gives_the_same_scores(self, kind: type[Pretrained]) -> None:
        settings = {} if kind is CLAP else {"layer": "weighted"}
        model = fitted(kind, **settings)
        session = onnxruntime.InferenceSession(model.to_onnx())
        rows = rows_for(kind)
        for given in (rows, rows[:1], rows[:3] * 2):
            found = session.run(None, {"rows": given})[0]
            np.testing.assert_allclose(found, model.scores(given), atol=1e-5)


class TestWhatIsHeard:
    def test_ast_hears_fbank_as_its_own_extractor_does(self, tmp_path: Path) -> None:
        folder = made_up.ast(tmp_path / "ast")
        rng = np.random.default_rng(2)
        # Shorter than a picture: filled up as the extractor does.
        samples = (0.1 * rng.standard_normal((8, 8000))).astype(np.float32)
        front_end = features.build({"name": "fbank", "n_mels": made_up.BANDS})
        rows = np.stack([front_end.whole(lambda s=s: iter([s])) for s in samples])
        assert rows.shape == (8, made_up.BANDS, 48)
        model = from_folder(AST, folder, rows)
        extractor = transformers.ASTFeatureExtractor.from_pretrained(folder)
        whole = transformers.ASTForAudioClassification.from_pretrained(folder).eval()
        pictures = extractor(list(samples), sampling_rate=16_000, return_tensors="pt")
        with torch.inference_mode():
            expected = whole.audio_spectrogram_transformer(**pictures).pooler_output.numpy()
        np.testing.assert_allclose(embedded(model, rows), expected, atol=2e-3)
        assert expected.std(axis=0).max() > 0.01

    def test_frames_may_come_first(self, tmp_path: Path) -> None:
        folder = made_up.ast(tmp_path / "ast")
        rows = np.random.default_rng(0).standard_normal((8, made_up.BANDS, made_up.FRAMES))
        rows = rows.astype(np.float32)
        turned = np.ascontiguousarray(rows.transpose(0, 2, 1))
        np.testing.assert_array_equal(embedded(from_folder(AST, folder, rows), rows),
                                      embedded(from_folder(AST, folder, turned), turned))

    @pytest.mark.parametrize(("family", "kind"), [
        ("Wav2Vec2", Wav2Vec2), ("WavLM", Wav2Vec2), ("Hubert", MERT)])
    def test_waveforms(self, family: str, kind: type[Pretrained], tmp_path: Path) -> None:
        folder = made_up.of_waveforms(tmp_path / "it", family)
        rows = rows_for(kind)
        model = from_folder(kind, folder, rows)
        whole = getattr(transformers, f"{family}Model").from_pretrained(folder).eval()
        with torch.inference_mode():
            out = whole(torch.from_numpy(rows[:, 0]), output_hidden_states=True)
        expected = out.last_hidden_state.mean(1).numpy()
        np.testing.assert_allclose(embedded(model, rows), expected, atol=1e-5)
        first = from_folder(kind, folder, rows, layer=0)
        np.testing.assert_allclose(embedded(first, rows), out.hidden_states[0].mean(1), atol=1e-5)
        mean = from_folder(kind, folder, rows, layer="mean")
        both = torch.stack(out.hidden_states).mean((0, 2)).numpy()
        np.testing.assert_allclose(embedded(mean, rows), both, atol=1e-5)

    def test_claps_embedding_is_its_own(self, tmp_path: Path) -> None:
        folder = made_up.clap(tmp_path / "clap")
        rows = rows_for(CLAP)
        whole = transformers.ClapModel.from_pretrained(folder).eval()
        with torch.inference_mode():
            pictures = torch.from_numpy(rows).transpose(1, 2).unsqueeze(1)
            expected = whole.audio_projection(
                whole.audio_model(pictures, is_longer=None).pooler_output).numpy()
        np.testing.assert_allclose(embedded(from_folder(CLAP, folder, rows), rows), expected,
                                   atol=1e-5)

    def test_a_weighted_mean_begins_as_the_mean(self) -> None:
        from earmark.models._deep.encoders import Weighted

        given = torch.tensor([[1.0, 2.0, 3.0, 6.0]])
        mixed = Weighted(2)
        torch.testing.assert_close(mixed(given), torch.tensor([[2.0, 4.0]]))
        mixed.weights.data = torch.tensor([0.0, float(np.log(3))])
        torch.testing.assert_close(mixed(given), torch.tensor([[2.5, 5.0]]))


class TestMert:
    def folder(self, tmp_path: Path, **changes: Any) -> Path:
        """As published: HuBERT's tensors under a kind of model of its own."""
        folder = made_up.of_waveforms(tmp_path / "mert", "Hubert")
        config = json.loads((folder / "config.json").read_text())
        config |= {"model_type": "mert_model", "feature_extractor_cqt": False, "deepnorm": False,
                   "attention_relax": -1.0, "auto_map": {"AutoModel": "modeling_MERT.MERTModel"}}
        (folder / "config.json").write_text(json.dumps(config | changes))
        return folder

    def test_it_is_read_as_hubert_and_its_code_is_not_run(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        (folder / "modeling_MERT.py").write_text("raise SystemExit('run')")
        plain = made_up.of_waveforms(tmp_path / "hubert", "Hubert")
        rows = rows_for(MERT)
        np.testing.assert_array_equal(embedded(from_folder(MERT, folder, rows), rows),
                                      embedded(from_folder(MERT, plain, rows), rows))

    def test_a_form_that_needs_code_is_refused(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path, feature_extractor_cqt=True)
        with pytest.raises(SettingsError, match="'feature_extractor_cqt' is True, a form of MERT"):
            from_folder(MERT, folder, rows_for(MERT))


class TestLayers:
    def test_they_thaw_from_the_top_and_no_further_than_told(self) -> None:
        model = Wav2Vec2(**Wav2Vec2.small, tune="fine", thaw=1, top=2)
        inner = model.build((1, 400), 2)
        assert len(inner.stages) == 3  # two layers, and what is before them
        learning = []
        for epoch in range(4):
            model.on_epoch(inner, epoch)
            learning.append([all(p.requires_grad for p in stage) for stage in inner.stages])
        assert learning == [[False, False, False], [False, False, True], [False, True, True],
                            [False, True, True]]

    def test_upper_ones_learn_faster(self) -> None:
        model = AST(**AST.small, lr_decay=0.5)
        groups = model.parameter_groups(model.build(AST.tried_on, 2))
        assert [group["lr_share"] for group in groups] == [1.0, 0.125, 0.25, 0.5]

    @pytest.mark.parametrize("kind", [AST, MERT])
    def test_sixteen_examples_are_learnt_by_heart(self, kind: type[Pretrained]) -> None:
        rows, labels = rows_for(kind, 16), np.eye(2, dtype=np.int8)[np.arange(16) % 2]
        training = Training(epochs=80, batch_size=8, learning_rate=0.01)
        model = kind(**kind.small, tune="fine", lr_decay=1.0, dropout=0.0, training=training)
        scores = model.fit(rows, labels, rng=np.random.default_rng(1)).scores(rows)
        np.testing.assert_array_equal(scores.argmax(1), labels.argmax(1))
        np.testing.assert_allclose(model.scores(rows[:1]), scores[:1], atol=1e-5)

    def test_embedding_once_learns_what_embedding_each_epoch_does(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        training = Training(epochs=3, batch_size=4)
        once = fitted(MERT, training=training, layer="weighted")
        monkeypatch.setattr(MERT, "rows_repeat", False)
        each = fitted(MERT, training=training, layer="weighted")
        rows = rows_for(MERT)
        np.testing.assert_allclose(once.scores(rows), each.scores(rows), atol=1e-5)

    def test_crops_and_augmented_rows_are_heard_each_epoch(self) -> None:
        model = fitted(Wav2Vec2, crop=200, augment=Augment(noise=0.1))
        assert model.scores(rows_for(Wav2Vec2)).shape == (8, 2)


class TestRefused:
    @pytest.mark.parametrize(("settings", "message"), [
        ({"scaling": "standard"}, "encoders of others know their own: expected 'none'"),
        ({"config": {"hidden_size": 3}}, "'config' is given with weights 'pretrained'"),
        ({"thaw": 1}, "set 'tune' to 'fine' with them"),
        ({"tune": "fine", "thaw": -1}, "expected 0 epochs or more, and 1 layer or more"),
        ({"tune": "fine", "top": 0}, "expected 0 epochs or more, and 1 layer or more"),
        ({"lr_decay": 0.0}, "'lr_decay' is 0.0; expected above 0 to 1"),
        ({"hidden": (0,)}, r"'hidden' is \[0\]; expected layers of 1 unit"),
        ({"dropout": 1.0}, "'dropout' is 1.0; expected 0 to below 1"),
    ])  # fmt: skip
    def test_settings_that_cannot_be(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            AST(**settings)

    @pytest.mark.parametrize(("kind", "shape", "message"), [
        (Wav2Vec2, (1, 4), "rows of 1 x 4 are not for pretrained:wav2vec2"),
        (CLAP, (64, 2000), "rows of 64 x 2000 are not for pretrained:clap: the wav size"),
    ])
    def test_rows_that_it_cannot_hear(
        self, kind: type[Pretrained], shape: tuple[int, ...], message: str
    ) -> None:
        with pytest.raises(DataError, match=message):
            fitted(kind, np.zeros((8, *shape), np.float32))

    def test_pictures_longer_than_asts(self, tmp_path: Path) -> None:
        folder = made_up.ast(tmp_path / "ast")
        with pytest.raises(DataError, match=r"rows of 32 x 70; this AST takes fbank's 32 bands by "
                                            "at most 64 frames"):
            from_folder(AST, folder, np.zeros((8, 32, 70), np.float32))

    def test_layers_that_are_not_there(self) -> None:
        with pytest.raises(SettingsError, match="'layer' is 3; this encoder has 0, what goes into "
                                                "its layers, to 2"):
            fitted(MERT, layer=3)
        with pytest.raises(SettingsError, match="'layer' is 'mean'; CLAP gives its 'last' alone"):
            fitted(CLAP, layer="mean")

    def test_configurations_that_transformers_refuses(self) -> None:
        config = {**Wav2Vec2.small["config"], "conv_dim": [8]}
        with pytest.raises(SettingsError, match="'config' cannot be"):
            fitted(Wav2Vec2, config=config)

    def test_other_kinds_than_its_own(self, tmp_path: Path) -> None:
        folder = made_up.ast(tmp_path / "ast")
        with pytest.raises(SettingsError, match="is of the kind 'audio-spectrogram-transformer'; "
                                                "pretrained:clap takes clap"):
            from_folder(CLAP, folder, rows_for(CLAP))

    @pytest.mark.parametrize("said", ["[]", '{"mean": "a"}', '{"mean": [1, 2]}', '{"std": 0}',
                                      '{"std": null}', "3"])  # fmt: skip
    def test_a_normalisation_that_cannot_be(self, tmp_path: Path, said: str) -> None:
        folder = made_up.ast(tmp_path / "ast")
        (folder / "preprocessor_config.json").write_text(said)
        with pytest.raises(SettingsError, match=r"preprocessor_config\.json cannot be read"):
            from_folder(AST, folder, rows_for(AST))

    def test_clap_whose_tower_is_not_described(self, tmp_path: Path) -> None:
        folder = made_up.clap(tmp_path / "c")
        (folder / "config.json").write_text('{"model_type": "clap", "audio_config": "x"}')
        with pytest.raises(SettingsError, match=r"'audio_config' in its config\.json is no table"):
            from_folder(CLAP, folder, rows_for(CLAP))

    def test_clap_with_fusion(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="form with fusion"):
            from_folder(CLAP, made_up.clap(tmp_path / "c", fusion=True), rows_for(CLAP))

    def test_absent_tensors(self, tmp_path: Path) -> None:
        from safetensors.torch import load_file, save_file

        folder = made_up.of_waveforms(tmp_path / "it", "Wav2Vec2")
        given = load_file(path := folder / "model.safetensors")
        lost = next(name for name in given if "layers.0.attention.k_proj.weight" in name)
        kept = {k: v.clone() for k, v in given.items() if k != lost}
        save_file(kept, path, {"format": "pt"})
        with pytest.raises(DataError, match=r"lacks 1 tensors of its encoder, .*k_proj.weight'"):
            from_folder(Wav2Vec2, folder, rows_for(Wav2Vec2))

    @pytest.mark.parametrize(("file", "content"), [
        ("model.safetensors", b"no weights"), ("config.json", b"{"), ("config.json", b"[1]"),
        ("config.json", b"{}")])  # fmt: skip
    def test_damaged_folders(self, file: str, content: bytes, tmp_path: Path) -> None:
        folder = made_up.of_waveforms(tmp_path / "it", "Wav2Vec2")
        (folder / file).write_bytes(content)
        with pytest.raises(EarmarkError, match="cannot be read"):
            from_folder(Wav2Vec2, folder, rows_for(Wav2Vec2))

    def test_neither_folder_nor_name(self) -> None:
        with pytest.raises(SettingsError, match="'weights' of pretrained:ast: 'no where' is n"):
            fitted(AST, weights="no where", config={})


def test_what_weights_have_heard() -> None:
    assert any(line.startswith("AudioSet:") for line in AST().heard)
    assert AST(weights="pretrained").heard == AST(weights=AST.published).heard
    assert AST(weights="none").heard == ()
    (line,) = AST(weights="some/where").heard
    assert line.startswith("unknown music:")
