"""What every network does around its layers: files, messages, rows from the disk."""

import json
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from safetensors.numpy import load, save  # noqa: E402
from torch import nn  # noqa: E402

from earmark import registry, settings  # noqa: E402
from earmark.errors import DataError, SettingsError  # noqa: E402
from earmark.models._network import Network, identity_of  # noqa: E402
from earmark.models._training import Training, as_published  # noqa: E402
from earmark.models.crnn import Tagger  # noqa: E402
from earmark.models.dense import Dense  # noqa: E402
from earmark.picked import Picked  # noqa: E402

ONCE = Training(epochs=1, batch_size=8)
LABELS = np.eye(2, dtype=np.int8)[np.arange(12) % 2]


@pytest.fixture
def rows(rng):
    return rng.standard_normal((12, 4)).astype(np.float32)


@pytest.fixture
def fitted(rows):
    network = Dense(training=ONCE, hidden=(3,), normalise="before")
    return network.fit(rows, LABELS, rng=np.random.default_rng(0))


@pytest.fixture
def file(fitted, tmp_path):
    fitted.save(tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


def rewritten(file, *, drop=(), **told):
    """Write the file anew with other settings, or without some weights."""
    from safetensors import safe_open

    with safe_open(str(file), framework="np") as opened:
        header = json.loads(opened.metadata()["earmark"])
    tensors = {k: v for k, v in load(file.read_bytes()).items() if k not in drop}
    file.write_bytes(save(tensors, {"earmark": json.dumps({**header, **told})}))


def test_a_network_comes_back_whole(fitted, file, rows):
    again = Dense.load(file)
    assert again == fitted
    assert again.shape_ == (4,)
    assert again.fingerprint == fitted.fingerprint
    assert np.array_equal(again.scores(rows), fitted.scores(rows))
    assert again.told() == fitted.told()


def test_loading_draws_from_nobodys_chance(file):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    Dense.load(file)
    assert torch.equal(torch.rand(1), expected)


def test_damaged_and_foreign_files_are_refused(file, tmp_path):
    whole = file.read_bytes()
    foreign = save({"weights": np.zeros(3, np.float32)})
    for content in (whole[: len(whole) // 2], b"", b"PK\x03\x04 zip", foreign):
        file.write_bytes(content)
        with pytest.raises(DataError, match="holds no network of Earmark's"):
            Dense.load(file)
    with pytest.raises(DataError, match="holds no network of Earmark's"):
        Dense.load(tmp_path / "missing.safetensors")


def test_a_changed_weight_is_found(file):
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match="not those that were written; the file is damaged"):
        Dense.load(file)


def test_weights_that_are_not_those_of_the_settings_are_refused(fitted, file):
    kept = file.read_bytes()
    given = settings.to_mapping(fitted)
    for told in ({"settings": {**given, "hidden": [5]}}, {"labels": 3}, {"shape": [6]}):
        file.write_bytes(kept)
        rewritten(file, **told)
        with pytest.raises(DataError, match="weights are not those of its settings"):
            Dense.load(file)
    file.write_bytes(kept)
    rewritten(file, drop=["mean"])
    with pytest.raises(DataError, match="weights are not those that were written"):
        Dense.load(file)


def test_settings_and_names_in_a_file_are_read_strictly(fitted, file):
    kept = file.read_bytes()
    rewritten(file, settings={**settings.to_mapping(fitted), "hiden": [3]})
    with pytest.raises(DataError, match="unknown setting 'hiden'"):
        Dense.load(file)
    file.write_bytes(kept)
    rewritten(file, name="dense:mpl")
    with pytest.raises(DataError, match="no model is called 'dense:mpl'"):
        Dense.load(file)


@pytest.mark.parametrize("told", [
    {"labels": "x"}, {"labels": -1}, {"shape": []}, {"shape": ["a"]}, {"settings": []},
    {"settings": [1]}, {"seed": "a"}, {"history": None}, {"about": 3},
    {"name": "classical:lda", "settings": {}}, {"name": ["x"]}],
    ids=str)  # fmt: skip
def test_headers_that_cannot_be_are_refused(file, told):
    rewritten(file, **told)
    with pytest.raises(DataError, match=r"network\.safetensors: .*(of its settings|missing)"):
        Dense.load(file)


@pytest.mark.parametrize("header", ["[]", "3", "null", '"a"'])
def test_headers_that_are_no_table_are_refused(file, header):
    file.write_bytes(save(load(file.read_bytes()), {"earmark": header}))
    with pytest.raises(DataError, match=r"holds no network of Earmark's|not those that were"):
        Dense.load(file)


def test_rows_on_the_disk_and_picked_rows_are_learnt_like_those_in_memory(tmp_path, rng):
    pictures = rng.standard_normal((20, 8, 12)).astype(np.float32)
    np.save(tmp_path / "rows.npy", pictures)
    numbers = np.arange(19, 7, -1)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    small = dict(Tagger.small, training=ONCE)
    found = []
    for rows in (pictures[numbers], Picked(mapped, numbers), Picked(pictures, numbers)):
        network = Tagger(**small).fit(rows, LABELS, rng=np.random.default_rng(0))
        found.append(network.scores(rows))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_rows_in_other_precision_are_taken_too(fitted, rows):
    exact = np.round(rows * 4).astype(np.int16)
    models = [Dense(training=ONCE, hidden=(3,)).fit(kind, LABELS, rng=np.random.default_rng(0))
              for kind in (exact, exact.astype(np.float64), exact.tolist())]
    scores = [m.scores(exact) for m in models]
    assert np.array_equal(scores[0], scores[1])
    assert np.array_equal(scores[0], scores[2])
    with pytest.raises(DataError, match="feature rows are no numbers"):
        fitted.scores(np.array([["a", "b", "c", "d"]]))


class Odd(Dense):
    name = "odd"

    def build(self, shape, labels):
        return nn.Sequential(nn.Flatten(), nn.Linear(4, labels + 1))


def test_a_network_of_the_wrong_width_is_named(rows):
    with pytest.raises(DataError, match=r"odd gives values of shape \(2, 3\) for two rows; "
                                        r"expected \(2, 2\)"):
        Odd(training=ONCE).fit(rows, LABELS, rng=np.random.default_rng(0))


def test_groups_of_parameters_and_epochs_are_the_networks_own(rows):
    seen = []

    class Thawing(Dense):
        def parameter_groups(self, inner):
            first, last = inner[1], inner[-1]
            return [{"params": list(last.parameters())},
                    {"params": list(first.parameters()), "lr_share": 1e-9}]

        def on_epoch(self, inner, epoch):
            seen.append((epoch, inner[1].weight.detach().clone(),
                         inner[-1].weight.detach().clone()))

    training = replace(ONCE, epochs=2, schedule="constant", weight_decay=0.0)
    Thawing(training=training, hidden=(3,)).fit(rows, LABELS, rng=np.random.default_rng(0))
    assert [epoch for epoch, *_ in seen] == [0, 1]
    assert torch.allclose(seen[0][1], seen[1][1], atol=1e-6)
    assert not torch.allclose(seen[0][2], seen[1][2], atol=1e-4)


def test_scaling_none_gives_rows_as_they_are(rows):
    plain = Dense(training=ONCE, scaling="none").fit(rows + 9, LABELS,
                                                     rng=np.random.default_rng(0)).module()
    assert not plain.mean.any()
    assert (plain.spread == 1).all()
    scaled = Dense(training=ONCE).fit(rows + 9, LABELS, rng=np.random.default_rng(0)).module()
    np.testing.assert_allclose(scaled.mean, (rows + 9).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(scaled.spread, (rows + 9).std(axis=0), rtol=1e-4)


def test_large_rows_go_through_few_at_a_time(rows, monkeypatch):
    """64 waveforms of half a minute would fill 19 GB inside an encoder."""
    from earmark.models._deep import learning

    network = Still(training=replace(ONCE, batch_size=2))
    monkeypatch.setattr(learning, "_VALUES_AT_ONCE", 3 * 4)
    seen = []
    monkeypatch.setattr(Loud, "forward", lambda _, given: seen.append(len(given)) or given)
    network.fit(rows, LABELS, valid=(rows, LABELS), rng=np.random.default_rng(0))
    network.scores(rows)
    assert seen == [2, *[3] * 12]  # once to see its shape; learnt from, judged on and scored
    assert learning.at_once((1 << 30,)) == 1


class Loud(nn.Module):
    def forward(self, rows):
        return 500 * rows


class Still(Dense):
    """Embeddings far from 0, which stand still."""

    name = "still"
    stands_still = True

    def build(self, shape, labels):
        return nn.Sequential(OrderedDict(body=Loud(), head=nn.Linear(*shape, labels)))


def test_a_head_is_taught_what_it_is_given_afterwards(rows):
    network = Still(training=replace(ONCE, epochs=2))
    network.fit(rows, LABELS, valid=(rows, LABELS), rng=np.random.default_rng(0))
    logits = network.module()(torch.from_numpy(rows))
    loss = nn.functional.cross_entropy(logits, torch.from_numpy(LABELS).float())
    assert network.history_[-1]["valid_loss"] == pytest.approx(float(loss.detach()), rel=1e-5)


def test_what_is_looked_into_is_a_copy(fitted, rows):
    before = fitted.scores(rows)
    for parameter in fitted.module().parameters():
        nn.init.zeros_(parameter)
    assert np.array_equal(fitted.scores(rows), before)


def test_identity_changes_with_rows_and_labels(rows):
    assert identity_of(rows, LABELS) == identity_of(rows.copy(), LABELS.copy())
    assert len({identity_of(rows, LABELS), identity_of(rows + 1, LABELS),
                identity_of(rows, 1 - LABELS)}) == 3


def test_published_training_is_plain():
    assert as_published(5, 10) == Training(epochs=5, batch_size=10, optimiser="adam",
                                           schedule="constant", weight_decay=0.0)


@pytest.mark.parametrize(("given", "message"), [
    ({"epochs": 0}, "'epochs' is 0; expected 1 or more"), ({"accumulate": 0}, "'accumulate' is 0"),
    ({"learning_rate": -1.0}, "'learning_rate' is -1.0; expected above 0"),
    ({"clip": 0.0}, "'clip' is 0.0"), ({"weight_decay": -0.1}, "'weight_decay' is -0.1"),
    ({"focal": 3.0}, "'focal' is 3.0, which does nothing without loss = \"focal\""),
    ({"most_weight": 3.0}, "'most_weight' is 3.0, which does nothing without weights"),
    ({"holdout": 0.3}, "'holdout' is 0.3, which does nothing without 'patience'"),
    ({"label_smoothing": 1.0}, "'label_smoothing' is 1.0"), ({"holdout": 0.0}, "'holdout' is 0.0"),
    ({"optimiser": "lion"}, "'optimiser'"), ({"patience": 0}, "'patience' is 0"),
    ({"learning_rate": "fnd"}, "'learning_rate'"), ({"most_weight": 0.5}, "'most_weight' is 0.5"),
])  # fmt: skip
def test_training_that_cannot_be_is_refused(given, message):
    with pytest.raises(SettingsError, match=message):
        settings.from_mapping(Training, given)


def test_every_network_says_what_it_takes():
    for name in registry.names("models"):
        family = registry.load("models", name)
        if issubclass(family, Network):
            assert family.takes, name
            assert set(family.takes) <= {1, 2, 3}
            if 1 not in family.takes:
                assert len(family.tried_on) in family.takes
