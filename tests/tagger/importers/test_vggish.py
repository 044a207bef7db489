import hashlib

import numpy as np
import pytest
from tests.tagger.importers import made_up_vggish as made_up

from earmark.audio.segments import Segments
from earmark.errors import EarmarkError, TaggerError
from earmark.features import base
from earmark.graphs.session import Session
from earmark.tagger import format as tagger_format
from earmark.tagger.importers import _vggish_tensors, vggish
from earmark.tagger.importers._vggish_tensors import layers, pca
from earmark.tagger.importers.vggish import Figures, import_vggish
from earmark.tagger.tagger import Tagger

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vggish")


PUBLISHED_SHAPES = _vggish_tensors._shapes()  # before any test makes it slimmer


@pytest.fixture(scope="module", autouse=True)
def _slim():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_vggish_tensors, "CHANNELS", made_up.CHANNELS)
        patch.setattr(_vggish_tensors, "DENSE", made_up.DENSE)
        yield


@pytest.fixture(scope="module")
def backbone(folder):
    np.savez(folder / "weights.npz", **made_up.tensors())
    np.savez(folder / "pca.npz", **made_up.pca())
    return import_vggish(folder / "weights.npz", folder / "pca.npz")


@pytest.fixture(scope="module")
def naive():
    """The rows of the test sound, and their raw embeddings by the definition."""
    rows = vggish.check_rows()
    tensors = made_up.tensors()
    return rows, np.stack([made_up.forward(tensors, row) for row in rows])


def test_the_test_sound_is_three_windows(naive):
    rows, _ = naive
    assert rows.shape == (3, 96, 64)
    # 1 kHz: the loudest band lies where HTK's mels between 125 and 7500 Hz say.
    mels = 1127 * np.log1p(np.asarray([125, 1000, 7500]) / 700)
    place = (mels[1] - mels[0]) / (mels[2] - mels[0]) * 65 - 1
    assert abs(rows.mean(axis=(0, 1)).argmax() - place) < 1


def test_the_published_shapes():
    assert list(made_up.PUBLISHED.values()) == PUBLISHED_SHAPES


def test_the_graph_is_the_network_of_the_definition(backbone, naive):
    rows, raw = naive
    (content,) = backbone.models.values()
    found, given = Session(content, "it").run(rows, ("embedding", "raw"))
    np.testing.assert_allclose(given, raw, rtol=2e-4, atol=2e-4)
    projection = made_up.pca()
    projected = (raw - projection["pca_means"][:, 0]) @ projection["pca_eigen_vectors"].T
    np.testing.assert_allclose(found, projected.clip(-2, 2), atol=2e-3)
    assert (np.abs(found) == 2).any()


def test_tensorflows_form_is_turned_into_the_same():
    tensors = made_up.tensors()
    plain = layers(tensors, "it")
    for found, expected in zip(layers(made_up.as_tensorflow(tensors), "it"), plain, strict=True):
        np.testing.assert_array_equal(found.weights, expected.weights)
        np.testing.assert_array_equal(found.biases, expected.biases)
    assert len(layers({**tensors, "pproc.pca_means": np.zeros(128)}, "it")) == len(plain) == 9


def test_means_come_in_one_column_or_none():
    flat = {**made_up.pca(), "pca_means": made_up.pca()["pca_means"][:, 0]}
    np.testing.assert_array_equal(pca(flat, "it").means, pca(made_up.pca(), "it").means)


def test_a_backbone_travels_and_names_nothing(backbone, tmp_path):
    path = tmp_path / "vggish.earmark"
    tagger_format.write(backbone, path)
    tagger = Tagger.load(path)
    assert tagger.check() <= 1e-5
    assert tagger.contents.check.scores.shape == (128,)
    branch = tagger.manifest.branches[0]
    assert branch.segments == Segments(frames=96, hop_frames=96, tail="drop")
    assert base.build(branch.front_end).frames_per_second == 100
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    with pytest.raises(TaggerError, match="names nothing by itself; learn labels on it: earmark"):
        tagger.scores(noise, 16_000)
    with pytest.raises(TaggerError, match="features embedding:vggish"):
        tagger.tag(tmp_path / "any.wav")


def test_labels_can_be_learnt_on_it(backbone, tmp_path):
    from earmark.lab.backbones import front_end_for

    path = tmp_path / "vggish.earmark"
    tagger_format.write(backbone, path)
    front_end = base.build(front_end_for(f"embedding:{path}"))
    assert front_end.dimensions == 128
    samples = backbone.check.samples.astype(np.float32) / 32768
    np.testing.assert_allclose(front_end(samples), backbone.check.scores, atol=1e-5)


def test_the_published_figures_are_compared(monkeypatch, backbone, naive):
    _, raw = naive
    (content,) = backbone.models.values()
    embedding = Session(content, "it").run(naive[0], ("embedding",))[0]
    stored = np.floor((embedding + 2) * 255 / 4)
    right = {"aaaaaaaa": Figures(raw.mean(), raw.std()),
             "bbbbbbbb": Figures(stored.mean(), stored.std())}  # fmt: skip
    monkeypatch.setattr(vggish, "PUBLISHED", right)
    vggish._refuse_other_values(content, ["aaaaaaaa00", "bbbbbbbb00"])
    vggish._refuse_other_values(content, ["cccccccc00"])
    for wrong, what in (("aaaaaaaa", "embedding"), ("bbbbbbbb", "bytes")):
        figures = right[wrong]._replace(deviation=right[wrong].deviation * 1.2)
        monkeypatch.setattr(vggish, "PUBLISHED", {**right, wrong: figures})
        with pytest.raises(TaggerError, match=f"VGGish's {what} of its authors' test sound"):
            vggish._refuse_other_values(content, ["aaaaaaaa00", "bbbbbbbb00"])


def without(name):
    return {k: v for k, v in made_up.tensors().items() if k != name}


@pytest.mark.parametrize(("change", "message"), [
    (lambda: without("features.8.bias"), r"lacks 1 tensors .* 'features.8.bias' among them"),
    (lambda: {**made_up.tensors(), "head.weight": np.zeros(3)}, "tensor 'head.weight', which"),
    (lambda: {**made_up.tensors(), "embeddings.4.bias": np.zeros(64)}, r"shape \(64,\); expecte"),
    (lambda: {**made_up.tensors(), "embeddings.4.bias": np.full(128, np.nan)}, "no finite numb"),
    (lambda: {}, "lacks 18 tensors"),
])  # fmt: skip
def test_other_weights_are_named(change, message):
    with pytest.raises(TaggerError, match=f"^it.*{message}"):
        layers(change(), "it")


def test_other_files_are_refused_in_one_line(tmp_path):
    (tmp_path / "vggish_model.ckpt").write_bytes(b"\0")
    (tmp_path / "it.txt").write_bytes(b"\0")
    (tmp_path / "it.safetensors").write_bytes(b"\xff" * 20)
    (tmp_path / "short.npz").write_bytes(b"PK\3\4")
    (tmp_path / "vggish-10086976.pth").write_bytes(b"something else")
    digits = hashlib.sha256(b"something else").hexdigest()[:8]
    for name, message in {
        "vggish_model.ckpt": "a TensorFlow checkpoint of the first version",
        "it.txt": r"weights of this kind are not read; expected \.npz",
        "it.safetensors": "cannot be read as safetensors",
        "short.npz": "cannot be read as npz",
        "vggish-10086976.pth": f"another file than its name says: its SHA-256 begins {digits}",
        "none.npz": "cannot be read: No such file",
        ".": "is a folder; expected a file of weights",
    }.items():
        with pytest.raises(EarmarkError, match=message) as raised:
            import_vggish(tmp_path / name)
        assert "\n" not in str(raised.value)
    with pytest.raises(TaggerError, match="lacks 2 tensors of the published VGGish, 'pca_eigen"):
        pca(made_up.tensors(), "it")
