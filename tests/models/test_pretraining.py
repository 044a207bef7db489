"""Networks taught without labels: what is hidden, what is compared, and what may start from it."""

import importlib.util
import math
import sys

import numpy as np
import pytest

from earmark.errors import DataError, MissingExtraError
from earmark.models._training import Training
from earmark.models.cnn import Sequence, Vgg
from earmark.models.crnn import Tagger
from earmark.models.dense import Dense, Residual
from earmark.models.pretext import Pretext, pretrain

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

ONCE = Training(epochs=1, batch_size=8)
SHORT = Pretext(epochs=1, batch_size=8, patch_bands=2, patch_steps=2)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def rows(rng):
    return rng.standard_normal((16, 6, 10)).astype(np.float32)


LABELS = np.eye(2, dtype=np.int8)[np.arange(16) % 2]


def sequence(**given):
    return Sequence(channels=4, blocks=1, training=ONCE, **given)


def seeded():
    return np.random.default_rng(5)


def test_two_views_by_hand():
    """Of two rows whose views are (1, 0), (0, 1) and the same again, each view is like its partner
    by 1 and like the two others by 0: a loss of log(e + 2) - 1 at temperature 1."""
    from earmark.models._deep.pretraining import nt_xent

    views = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]])
    assert nt_xent(views, 1.0).item() == pytest.approx(math.log(math.e + 2) - 1, abs=1e-6)
    assert nt_xent(views, 0.5).item() == pytest.approx(math.log(math.e**2 + 2) - 2, abs=1e-6)
    mismatched = views[[0, 1, 3, 2]]
    assert nt_xent(mismatched, 1.0).item() == pytest.approx(math.log(math.e + 2), abs=1e-6)


def test_whole_patches_are_hidden_in_all_channels():
    from earmark.models._deep.pretraining import masks

    torch.manual_seed(0)
    found = masks(torch.zeros(40, 3, 5, 7), 0.5, 2, 3)
    assert found.shape == (40, 3, 5, 7)
    assert torch.equal(found[:, 0], found[:, 2])
    assert torch.equal(found[..., 0, 0], found[..., 1, 2])  # of one patch
    assert 0.4 < found.float().mean() < 0.6
    assert masks(torch.zeros(50, 8), 0.25, 9, 9).float().mean() < 0.4


def test_a_view_is_half_the_time_again_and_again():
    from earmark.models._deep import pretraining

    torch.manual_seed(0)
    rows = torch.arange(10.0).expand(20, 4, 10) * 100
    found = pretraining.view(rows, 0.01)  # noise of .1 against steps of 100; no bands
    steps = (found / 100).round()
    assert torch.equal(steps[..., :5], steps[..., 5:])
    begins = steps[:, 0, 0]
    assert len(begins.unique()) > 2
    assert torch.equal(steps[:, 0, :5], begins[:, None] + torch.arange(5))


def test_the_loss_counts_hidden_cells_alone():
    from earmark.models._deep.pretraining import Masked

    class Nothing(torch.nn.Module):
        def forward(self, rows):
            return torch.zeros(len(rows), 3)

    task = Masked(Nothing(), 3, (4, 4), SHORT)
    for weights in task.decoder.parameters():
        torch.nn.init.zeros_(weights)
    assert task(torch.full((9, 4, 4), 3.0)).item() == pytest.approx(9.0)  # 0 told, 3 there


@pytest.mark.parametrize("method", ["masked", "contrastive"])
@pytest.mark.parametrize("model", [
    sequence(), sequence(crop=6), Dense(hidden=(4,), training=ONCE), Residual(units=4, blocks=1),
    Vgg(channels=2, blocks=1, training=ONCE),
    Tagger(channels=(3,), band_pools=(2,), frame_pools=(2,), units=3, training=ONCE),
], ids=lambda model: f"{model.name}{model.crop or ''}")  # fmt: skip
def test_networks_learn_without_labels_and_start_from_it(model, method, rows, tmp_path):
    import dataclasses

    from earmark.models._deep import learning, trunks

    path = tmp_path / "trunk.safetensors"
    pretext = dataclasses.replace(SHORT, method=method)
    (loss,) = pretrain(model, rows, pretext, path, seeded())
    assert loss > 0
    one = dataclasses.replace(model, start=str(path), training=Training(epochs=1,
                                                                        learning_rate=1e-12))
    fitted = one.fit(rows, LABELS, rng=seeded()).module().inner
    other = learning.built(one).inner
    trunks.start(other, 2, path)
    head = trunks.head_of(other, 2)
    for name, value in other.named_parameters():
        if not name.startswith(head):
            torch.testing.assert_close(dict(fitted.named_parameters())[name], value)


@pytest.mark.parametrize("still", [{"freeze": "all"}, {"thaw": 1}], ids=str)
def test_what_stands_still_afterwards_is_taught_here(still, rows, tmp_path):
    if importlib.util.find_spec("timm") is None:  # not imported here: see graphs/torchvision.py
        pytest.skip("timm is not installed")
    from safetensors.torch import load_file

    from earmark.models.transfer import Timm

    seen = []
    for rate in (1e-12, 0.01):
        pretext = Pretext(epochs=1, batch_size=8, patch_bands=2, learning_rate=rate)
        model = Timm(backbone="test_resnet", resize=32, training=ONCE, **still)
        pretrain(model, rows, pretext, tmp_path / "trunk", seeded())
        seen.append(load_file(tmp_path / "trunk"))
    weights = [name for name in seen[0] if name.endswith("conv1.weight")]
    assert weights
    assert not any(torch.allclose(seen[0][name], seen[1][name]) for name in weights)


def test_without_pytorch_the_extra_is_named(rows, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skorch", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[deep\]'"):
        pretrain(sequence(), rows, SHORT, tmp_path / "trunk", seeded())


def test_rows_may_come_as_lists(rows, tmp_path):
    model = Dense(hidden=(4,), training=ONCE)
    lists = pretrain(model, rows[:, 0].tolist(), SHORT, tmp_path / "t", seeded())
    assert lists == pretrain(model, rows[:, 0], SHORT, tmp_path / "t", seeded())


def test_what_is_learnt_depends_on_the_seed_alone(rows, tmp_path):
    paths = [tmp_path / f"{k}.safetensors" for k in range(3)]
    losses = [pretrain(sequence(), rows, SHORT, path, np.random.default_rng(seed))
              for path, seed in zip(paths, (1, 1, 2), strict=True)]
    assert losses[0] == losses[1] != losses[2]
    assert paths[0].read_bytes() == paths[1].read_bytes() != paths[2].read_bytes()


def test_hidden_bands_that_follow_from_others_are_learnt(rng, tmp_path):
    """All cells of a row are one number: who sees half of them can tell the others."""
    rows = np.broadcast_to(rng.standard_normal((64, 1, 1)), (64, 6, 10)).astype(np.float32)
    model = Dense(hidden=(16,), dropout=(0.0,), training=ONCE)
    pretext = Pretext(epochs=60, batch_size=16, patch_bands=2, patch_steps=2, learning_rate=0.01)
    losses = pretrain(model, rows, pretext, tmp_path / "t", seeded())
    assert losses[-1] < 0.3 * losses[0]


def test_trunks_of_other_networks_are_refused(rows, tmp_path):
    path = tmp_path / "trunk.safetensors"
    pretrain(sequence(), rows, SHORT, path, seeded())
    wide = Sequence(channels=8, blocks=1, training=ONCE, start=str(path))
    with pytest.raises(DataError, match="is 4 x 6 x 3, where this network has 8 x 6 x 3"):
        wide.fit(rows, LABELS, rng=seeded())
    deep = Sequence(channels=4, blocks=2, training=ONCE, start=str(path))
    with pytest.raises(DataError, match=r"lacks .*; it is a trunk of another network"):
        deep.fit(rows, LABELS, rng=seeded())
    pretrain(Sequence(channels=4, blocks=2, training=ONCE), rows, SHORT, path, seeded())
    with pytest.raises(DataError, match=r"holds .*, which this network has not"):
        sequence(start=str(path)).fit(rows, LABELS, rng=seeded())


def test_files_that_are_no_trunks_are_named(rows, tmp_path):
    path = tmp_path / "odd"
    with pytest.raises(DataError, match="odd holds no trunk: "):
        sequence(start=str(path)).fit(rows, LABELS, rng=seeded())
    path.write_bytes(b"what is this")
    with pytest.raises(DataError, match="odd holds no trunk: "):
        sequence(start=str(path)).fit(rows, LABELS, rng=seeded())
    sequence().fit(rows, LABELS, rng=seeded()).save(path)
    with pytest.raises(DataError, match="holds no trunk; expected what 'earmark pretrain' wrote"):
        sequence(start=str(path)).fit(rows, LABELS, rng=seeded())


def test_damaged_trunks_are_refused(rows, tmp_path):
    from safetensors.torch import load_file, safe_open, save_file

    path = tmp_path / "trunk.safetensors"
    pretrain(sequence(), rows, SHORT, path, seeded())
    tensors = load_file(path)
    first = next(name for name, value in tensors.items() if value.is_floating_point())
    tensors[first][0] = math.nan
    with safe_open(path, "pt") as file:
        about = file.metadata()
    save_file(tensors, path, about)
    with pytest.raises(DataError, match="holds values that are no finite numbers"):
        sequence(start=str(path)).fit(rows, LABELS, rng=seeded())


def test_the_fingerprint_changes_with_what_the_trunk_holds(tmp_path):
    path = tmp_path / "t"
    found = [sequence().fingerprint, sequence(start=str(path)).fingerprint]
    for content in (b"one", b"two"):
        path.write_bytes(content)
        found.append(sequence(start=str(path)).fingerprint)
    assert len(set(found)) == 4


def test_a_trained_network_needs_its_trunk_no_more(rows, tmp_path):
    trunk, kept = tmp_path / "t", tmp_path / "network"
    pretrain(sequence(), rows, SHORT, trunk, seeded())
    model = sequence(start=str(trunk)).fit(rows, LABELS, rng=seeded())
    model.save(kept)
    trunk.unlink()
    assert np.array_equal(Sequence.load(kept).scores(rows), model.scores(rows))


def test_rows_that_cannot_be_learnt_from_are_refused(rows, tmp_path):
    holed = rows.copy()
    holed[3, 2] = np.nan
    for given, said in [(holed, "feature 2 of row 3 is nan"), (rows[:1], "1 rows to learn"),
                        (rows[:, 0], "this model takes pictures")]:
        with pytest.raises(DataError, match=said):
            pretrain(sequence(), given, SHORT, tmp_path / "t", seeded())
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(("given", "said"), [
    ({"epochs": 0}, "'epochs' is 0"), ({"batch_size": 1}, "'batch_size' is 1"),
    ({"share": 1.0}, "'share' is 1"), ({"temperature": 0.0}, "'temperature' is 0"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        Pretext(**given)
