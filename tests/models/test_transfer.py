"""Networks of timm: what goes in, what stands still, what learns, and which weights are taken."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from earmark import registry
from earmark.errors import DataError, SettingsError
from earmark.models._training import Augment, Training
from earmark.models.transfer import VGG19, ResNet50, Timm, Transfer
from earmark.models.watch import Watch, watched

torch = pytest.importorskip("torch")
if importlib.util.find_spec("timm") is None:  # not imported here: see graphs/torchvision.py
    pytest.skip("timm is not installed", allow_module_level=True)
ONNX = pytest.importorskip("onnxruntime")

Floats = NDArray[np.float32]
TINY = {"backbone": "test_resnet", "dropout": 0.0}
ONCE = Training(epochs=1, batch_size=4)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def rows(rng: np.random.Generator) -> Floats:
    return rng.standard_normal((8, 32, 40), dtype=np.float32)


LABELS = np.eye(2, dtype=np.int8)[np.arange(8) % 2]


def fitted(model: Transfer, rows: Floats, seed: int = 0) -> Transfer:
    return model.fit(rows, LABELS, rng=np.random.default_rng(seed))


def backbone_file(folder: Path, channels: int = 3) -> Path:
    """A file as timm's hub has it: with a classifier, whose weights are passed over."""
    from safetensors.torch import save_file

    from earmark.models._deep.timm_backbones import timm

    torch.manual_seed(5)
    net = timm().create_model("test_resnet", num_classes=7, in_chans=channels)
    for buffer in (b for name, b in net.named_buffers() if name.endswith("running_mean")):
        buffer.add_(0.25)
    path = folder / "weights.safetensors"
    save_file(net.state_dict(), path)
    return path


class TestPictures:
    def make(self, shape: tuple[int, ...], **given: object) -> torch.nn.Module:
        from earmark.models._deep.timm_backbones import Pictures

        settings = {"side": None, "span": None, "normal": None, "channels": 1} | given
        return Pictures(shape, **settings)  # type: ignore[arg-type]

    def test_resizing_is_pytorchs_own_antialiased_filter(self, rng: np.random.Generator) -> None:
        rows = torch.from_numpy(rng.standard_normal((2, 3, 50, 130), dtype=np.float32))
        made = self.make((3, 50, 130), side=64, channels=3)(rows)
        expected = torch.nn.functional.interpolate(rows, (64, 64), mode="bilinear", antialias=True)
        torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)

    def test_a_level_picture_stays_level(self) -> None:
        made = self.make((10, 33), side=16)(torch.full((1, 10, 33), 0.7))
        torch.testing.assert_close(made, torch.full((1, 1, 16, 16), 0.7))

    def test_values_become_zero_to_one_and_then_the_networks_own_range_once(self) -> None:
        normal = {"mean": (0.5, 0.25, 0.0), "std": (0.5, 0.25, 1.0)}
        rows = torch.tensor([[[-80.0, -40.0, 0.0, 20.0]]])
        made = self.make((1, 4), span=(-80.0, 0.0), normal=normal, channels=3)(rows)
        expected = [[[-1, 0, 1, 1]], [[-1, 1, 3, 3]], [[0, 0.5, 1, 1]]]
        torch.testing.assert_close(made, torch.tensor([expected], dtype=torch.float32))

    def test_pretrained_networks_see_two_and_a_half_deviations(self) -> None:
        from earmark.models._deep.timm_backbones import span_of

        assert span_of("standard", (), pretrained=True) == (-2.5, 2.5)
        assert span_of("standard", (), pretrained=False) is None
        assert span_of("none", (), pretrained=True) is None
        assert span_of("none", (-80.0, 0.0), pretrained=False) == (-80.0, 0.0)


def test_a_fit_is_of_what_its_files_hold(tmp_path: Path, rows: Floats) -> None:
    """Else a state would be taken up that was trained from other weights."""
    path = tmp_path / "weights.pth"
    model = Timm(**TINY, weights=str(path))  # type: ignore[arg-type]
    seen = set()
    for content in (b"one", b"other"):
        path.write_bytes(content)
        seen.add(model.fingerprint)
    assert model.files() == {"weights": str(path)}
    assert len(seen) == 2
    assert Timm(**TINY, weights="pretrained").files() == {}  # type: ignore[arg-type]


class TestStages:
    def inner(self, **settings: object) -> torch.nn.Module:
        return Timm(**(TINY | settings)).build((32, 32), 2)  # type: ignore[arg-type]

    def test_every_parameter_is_in_one_group_and_upper_stages_learn_faster(self) -> None:
        model = Timm(**TINY, lr_decay=0.5)
        inner = model.build((32, 32), 2)
        groups = model.parameter_groups(inner)
        shares = [group["lr_share"] for group in groups]
        assert shares == [1.0, *(0.5 ** k for k in range(len(groups) - 1, 0, -1))]
        counted = [id(p) for group in groups for p in group["params"]]
        assert sorted(counted) == sorted(id(p) for p in inner.parameters())

    def test_stages_of_a_residual_network_are_its_stem_and_its_layers(self) -> None:
        from earmark.models._deep.stages import parted
        from earmark.models._deep.timm_backbones import ends_of, network

        class Body(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.net = network("test_resnet", 1, (32, 32))

        body = Body()
        names = {id(module): name for name, module in body.named_modules()}
        parts = parted(body, ends_of(body.net))
        first = [{".".join(names[id(m)].split(".")[1:2]) for m in part} - {""} for part in parts]
        assert first[0] >= {"conv1", "bn1"}
        layers = [{name for name in part if name.startswith("layer")} for part in first]
        assert layers == [set(), {"layer1"}, {"layer2"}, {"layer3"}, {"layer4"}]
        assert sum(map(len, parts)) == len(list(body.modules()))

    def test_stages_thaw_from_the_top(self) -> None:
        model = Timm(**TINY, thaw=2)
        inner = model.build((32, 32), 2)
        learning = []
        for epoch in (0, 1, 2, 4, 100):
            model.on_epoch(inner, epoch)
            learning.append([all(p.requires_grad for p in stage) for stage in inner.stages])
            assert all(p.requires_grad for p in inner.head.parameters())
        count = len(inner.stages)
        assert count > 2
        for found, many in zip(learning, (0, 0, 1, 2, count), strict=True):
            assert found == [False] * (count - many) + [True] * many

    def test_what_stands_still_is_not_changed_by_training(self, rows: Floats) -> None:
        model = Timm(**TINY, thaw=1, augment=Augment(noise=0.1), training=ONCE)
        torch.manual_seed(0)
        fit = fitted(model, rows)
        after = fit.module().inner
        torch.manual_seed(fit.seed_)
        before = Timm(**TINY, thaw=1).build((32, 40), 2)
        for (name, old), new in zip(before.body.state_dict().items(),
                                    after.body.state_dict().values(), strict=True):
            assert torch.equal(old, new), name
        assert not torch.equal(before.head[-1].weight, after.head[-1].weight)

    def test_normalisation_moves_once_its_stage_learns(self, rows: Floats) -> None:
        after = fitted(Timm(**TINY, training=ONCE), rows).module().inner.body.state_dict()
        steps = [value for name, value in after.items() if name.endswith("num_batches_tracked")]
        assert steps
        assert all(step == 2 for step in steps)

    def test_without_named_stages_there_is_one(self) -> None:
        from earmark.models._deep.stages import Tuned

        body = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 5))
        inner = Tuned(body, torch.nn.Linear(5, 2), [])
        assert [len(stage) for stage in inner.stages] == [4]


class TestFrozen:
    def test_embedding_once_learns_what_embedding_each_epoch_does(
        self, rows: Floats, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        training = Training(epochs=3, batch_size=4)
        once = fitted(Timm(**TINY, freeze="all", training=training), rows)
        monkeypatch.setattr(Timm, "rows_repeat", False)
        each = fitted(Timm(**TINY, freeze="all", training=training), rows)
        np.testing.assert_allclose(once.scores(rows), each.scores(rows), atol=1e-5)
        assert [line["epoch"] for line in once.history_] == [1, 2, 3]
        assert once.parameters_ == each.parameters_

    def test_rows_that_change_are_embedded_each_epoch(self) -> None:
        assert Timm(**TINY).rows_repeat
        assert not Timm(**TINY, augment=Augment(noise=0.1)).rows_repeat
        assert not Timm(**TINY, crop=16).rows_repeat

    def test_a_row_that_is_no_number_is_named(self, rows: Floats) -> None:
        rows[5, 3, 1] = np.nan
        with pytest.raises(DataError, match="of row 5 is nan"):
            fitted(Timm(**TINY, freeze="all"), rows)

    def test_its_fit_is_told_once_and_saved_whole(self, rows: Floats, tmp_path: Path) -> None:
        watch = Watch()
        with watched(watch):
            model = fitted(Timm(**TINY, freeze="all", training=ONCE), rows)
        assert [told["model"] for told in watch.curves] == ["transfer:timm"]
        model.save(tmp_path / "net.safetensors")
        again = Timm.load(tmp_path / "net.safetensors")
        np.testing.assert_array_equal(again.scores(rows), model.scores(rows))


class TestWeights:
    def test_a_files_weights_are_what_a_fit_begins_with(
        self, rows: Floats, tmp_path: Path
    ) -> None:
        from safetensors.torch import load_file

        path = backbone_file(tmp_path)
        model = fitted(Timm(**TINY, weights=str(path), freeze="all", training=ONCE), rows)
        given, own = load_file(path), model.module().inner.body.net.state_dict()
        assert {k for k in given if k not in own} == {"fc.weight", "fc.bias"}
        assert all(torch.equal(value, given[name]) for name, value in own.items())

    def test_a_trained_network_is_read_without_the_file_it_began_with(
        self, rows: Floats, tmp_path: Path
    ) -> None:
        path = backbone_file(tmp_path)
        model = fitted(Timm(**TINY, weights=str(path), training=ONCE), rows)
        model.save(tmp_path / "net.safetensors")
        path.unlink()
        again = Timm.load(tmp_path / "net.safetensors")
        np.testing.assert_array_equal(again.scores(rows), model.scores(rows))

    def test_pytorchs_files_are_read_as_tensors(self, rows: Floats, tmp_path: Path) -> None:
        from safetensors.torch import load_file

        path = tmp_path / "weights.pth"
        given = load_file(backbone_file(tmp_path))
        torch.save({"state_dict": {f"module.{k}": v for k, v in given.items()}}, path)
        model = fitted(Timm(**TINY, weights=str(path), freeze="all", training=ONCE), rows)
        own = model.module().inner.body.net.state_dict()
        assert torch.equal(own["conv1.0.weight" if "conv1.0.weight" in own else "conv1.weight"],
                           given["conv1.0.weight" if "conv1.0.weight" in own else "conv1.weight"])

    def test_absent_tensors_are_named(self, rows: Floats, tmp_path: Path) -> None:
        from safetensors.torch import load_file, save_file

        given = load_file(path := backbone_file(tmp_path))
        lost = next(name for name in given if name.startswith("layer2.0.") and "weight" in name)
        save_file({k: v for k, v in given.items() if k != lost}, path)
        with pytest.raises(DataError, match=f"lacks 1 of .* tensors of this backbone, '{lost}'"):
            fitted(Timm(**TINY, weights=str(path)), rows)

    def test_tensors_of_another_shape_are_named(self, rows: Floats, tmp_path: Path) -> None:
        path = backbone_file(tmp_path, channels=1)
        with pytest.raises(DataError, match=r"weight' is \(\d+, 1, 3, 3\); this backbone has"):
            fitted(Timm(**TINY, weights=str(path)), rows)

    @pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x80\x04."])
    @pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
    def test_damaged_files(
        self, content: bytes, name: str, rows: Floats, tmp_path: Path
    ) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="cannot be read as weights without running code"):
            fitted(Timm(**TINY, weights=str(tmp_path / name)), rows)

    def test_code_in_a_file_is_not_run(self, rows: Floats, tmp_path: Path) -> None:
        import pickle

        class Hostile:
            def __reduce__(self) -> tuple[object, tuple[object, ...]]:
                return Path.touch, (tmp_path / "ran",)

        (tmp_path / "w.pth").write_bytes(pickle.dumps({"a": Hostile()}))
        with pytest.raises(DataError, match="without running code"):
            fitted(Timm(**TINY, weights=str(tmp_path / "w.pth")), rows)
        assert not (tmp_path / "ran").exists()

    def test_a_file_that_is_not_there(self, rows: Floats) -> None:
        with pytest.raises(DataError, match=r"nowhere.pth is no file; expected weights"):
            fitted(Timm(**TINY, weights="nowhere.pth"), rows)

    def test_other_channels_than_theirs(self, rng: np.random.Generator, tmp_path: Path) -> None:
        rows = rng.standard_normal((8, 2, 32, 32), dtype=np.float32)
        with pytest.raises(DataError, match="pictures of 2 channels; weights of others take 1"):
            fitted(Timm(**TINY, weights=str(backbone_file(tmp_path))), rows)


class TestOffline:
    def test_one_line_says_what_would_be_fetched(
        self, rows: Floats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        begun = time.monotonic()
        with pytest.raises(SettingsError) as raised:
            ResNet50(weights="pretrained").fit(rows, LABELS, rng=np.random.default_rng(0))
        assert time.monotonic() - begun < 60  # the hub's own client would not have given up yet
        assert str(raised.value) == (
            "timm/resnet50.a1_in1k (about 102 MB) is not on this machine and the hub cannot be "
            "reached: download its model.safetensors elsewhere and set 'weights' to that file's "
            "path."
        )

    def test_a_hub_that_does_not_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from earmark.models._deep.timm_backbones import published

        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(SettingsError, match="the hub cannot be reached"):
            published("vgg19")

    def test_weights_in_the_hubs_cache_are_taken(
        self, rows: Floats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from safetensors.torch import load_file

        from earmark.models._deep.timm_backbones import config_of

        place = config_of("test_resnet")["hf_hub_id"]
        kept = tmp_path / f"models--{place.replace('/', '--')}"
        (kept / "snapshots" / "abc").mkdir(parents=True)
        (kept / "refs").mkdir()
        (kept / "refs" / "main").write_text("abc")
        path = backbone_file(tmp_path).rename(kept / "snapshots" / "abc" / "model.safetensors")
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        model = fitted(Timm(**TINY, weights="pretrained", freeze="all", training=ONCE), rows)
        own, given = model.module().inner.body.net.state_dict(), load_file(path)
        assert all(torch.equal(value, given[name]) for name, value in own.items())


class TestBuilding:
    def test_each_builds_from_its_name_alone(self) -> None:
        sizes = {}
        for name in (n for n in registry.names("models") if n.startswith("transfer:")):
            kind = registry.load("models", name)
            inner = kind(**kind.small).build(kind.tried_on, 2)
            sizes[name.partition(":")[2]] = sum(p.numel() for p in inner.body.parameters())
        # As published, without classifiers, and of one channel in place of three.
        assert sizes["vgg16"] == 14_714_688 - 2 * 9 * 64
        assert sizes["vgg19"] == 20_024_384 - 2 * 9 * 64
        assert sizes["resnet50"] == 25_557_032 - 2_049_000 - 2 * 49 * 64
        assert sizes["mobilenet_v2"] == 3_504_872 - 1_281_000 - 2 * 9 * 32
        assert sizes["efficientnet_b0"] == 5_288_548 - 1_281_000 - 2 * 9 * 32
        assert {"efficientnet_b2", "efficientnet_b4", "inception_v3", "timm"} < set(sizes)

    def test_networks_with_channels_last_are_pooled_over_places_too(self, rows: Floats) -> None:
        body = Timm(backbone="test_mambaout", pool="both").build((64, 64), 2).body.eval()
        given = torch.from_numpy(np.tile(rows, (1, 2, 2))[:2, :64, :64].copy())
        with torch.no_grad():
            maps = body.net.forward_features(body.pictures(given))
            made = body(given)
        assert maps.shape == (2, 2, 2, body.net.num_features)
        expected = torch.cat([maps.flatten(1, 2).mean(1), maps.flatten(1, 2).amax(1)], dim=1)
        torch.testing.assert_close(made, expected)

    def test_both_means_and_maxima(self, rows: Floats) -> None:
        mean, both = (Timm(**TINY, pool=pool).build((32, 40), 2)  # type: ignore[arg-type]
                      for pool in ("mean", "both"))
        assert both.head[-1].in_features == 2 * mean.head[-1].in_features
        both.body.net.load_state_dict(mean.body.net.state_dict())
        given = torch.from_numpy(rows)
        found, expected = both.eval().body(given), mean.eval().body(given)
        torch.testing.assert_close(found[:, : expected.shape[1]], expected)
        assert (found[:, expected.shape[1] :] >= expected).all()

    def test_a_transformer_gets_pictures_of_its_size(self, rows: Floats) -> None:
        model = Timm(backbone="test_vit", resize=48, training=ONCE)
        assert fitted(model, rows).scores(rows).shape == (8, 2)

    def test_an_unknown_backbone_gets_the_nearest(self) -> None:
        with pytest.raises(SettingsError, match=r"'resnet5'\. Did you mean 'resnet50'\?"):
            Timm(backbone="resnet5").build((32, 32), 2)
        with pytest.raises(SettingsError, match=r"no weights called 'resnet50\.a1_in2k'"):
            Timm(backbone="resnet50.a1_in2k").build((32, 32), 2)

    def test_pictures_too_small(self) -> None:
        with pytest.raises(DataError, match=r"pictures of 8 x 9 are not for vgg19 .*set 'resize'"):
            VGG19().build((8, 9), 2)

    @pytest.mark.parametrize(("settings", "message"), [
        ({"thaw": -1}, "'thaw' is -1; expected 0 epochs or more"),
        ({"thaw": 1, "freeze": "all"}, "expected one of them"),
        ({"lr_decay": 0.0}, "'lr_decay' is 0.0; expected above 0 to 1"),
        ({"hidden": (0,)}, r"'hidden' is \[0\]; expected layers of 1 unit"),
        ({"dropout": 1.0}, "'dropout' is 1.0; expected 0 to below 1"),
        ({"resize": 8}, "'resize' is 8; expected a side of 16 to 1024"),
        ({"span": (0.0,), "scaling": "none"}, "expected two values, the lower first"),
        ({"span": (0.0, -80.0), "scaling": "none"}, "expected two values, the lower first"),
        ({"span": (-80.0, 0.0)}, "set 'scaling' to 'none' with it"),
    ])  # fmt: skip
    def test_settings_that_cannot_be(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Timm(**settings)  # type: ignore[arg-type]


def test_taken_up_where_it_was_cut_off_it_ends_the_same(rows: Floats, tmp_path: Path) -> None:
    class Cut(Exception):
        pass

    def cut(line: str) -> None:
        if "epoch 3 of 4" in line:
            raise Cut

    def model() -> Timm:
        return Timm(**TINY, thaw=1, lr_decay=0.5, training=Training(epochs=4, batch_size=4))

    whole = fitted(model(), rows).scores(rows)
    with watched(Watch(folder=tmp_path, tell=cut)), pytest.raises(Cut):
        fitted(model(), rows)
    assert list(tmp_path.iterdir())
    with watched(Watch(folder=tmp_path)):
        np.testing.assert_array_equal(fitted(model(), rows).scores(rows), whole)


def test_sixteen_examples_are_learnt_by_heart(rng: np.random.Generator) -> None:
    rows = rng.standard_normal((16, 32, 32), dtype=np.float32)
    labels = np.eye(2, dtype=np.int8)[np.arange(16) % 2]
    training = Training(epochs=40, batch_size=8, learning_rate=0.01)
    model = Timm(**TINY, training=training).fit(rows, labels, rng=np.random.default_rng(1))
    scores = model.scores(rows)
    np.testing.assert_array_equal(scores.argmax(1), labels.argmax(1))
    np.testing.assert_allclose(model.scores(rows[:1]), scores[:1], atol=1e-5)


def test_as_onnx_it_gives_the_same_scores(rows: Floats, tmp_path: Path) -> None:
    model = fitted(Timm(**TINY, weights=str(backbone_file(tmp_path)), resize=48, pool="both",
                        hidden=(8,), training=ONCE), rows)
    session = ONNX.InferenceSession(model.to_onnx())
    for given in (rows, rows[:1], 50 * rows[:3]):
        found = session.run(None, {"rows": given})[0]
        np.testing.assert_allclose(found, model.scores(given), atol=1e-5)


def test_a_picture_in_zero_to_one_and_one_in_decibels_are_the_same(rows: Floats) -> None:
    unit = np.clip(0.5 + rows / 5, 0, 1)
    as_unit = fitted(Timm(**TINY, scaling="none", training=ONCE), unit)
    as_db = fitted(Timm(**TINY, scaling="none", span=(-80.0, 0.0), training=ONCE), 80 * unit - 80)
    np.testing.assert_allclose(as_unit.scores(unit), as_db.scores(80 * unit - 80), atol=1e-4)


def test_imagenet_held_no_music() -> None:
    assert ResNet50(weights="pretrained").heard == ()
