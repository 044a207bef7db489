"""Dense networks have the layers, numbers and training that were published."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from torch import nn  # noqa: E402

from earmark import settings  # noqa: E402
from earmark.errors import SettingsError  # noqa: E402
from earmark.models import dense  # noqa: E402
from earmark.models._training import Training  # noqa: E402


def layers_of(network, shape, labels):
    return [type(m).__name__ for m in network.build(shape, labels)][1:]


def count(network, shape, labels):
    return sum(p.numel() for p in network.build(shape, labels).parameters())


# weights and offsets of each layer, by hand
S0 = (57 * 512 + 512) + (512 * 256 + 256) + (256 * 128 + 128) + (128 * 64 + 64) + (64 * 32 + 32)
PUBLISHED = [
    (dense.S0Ann, 57, 15, S0 + (32 * 15 + 15)),
    # A factor and an offset for each unit that is normalised; what is averaged is no parameter.
    (dense.S0AnnNormalised, 57, 15, S0 + (32 * 15 + 15) + 2 * (512 + 256 + 128 + 64 + 32)),
    (dense.S1Dnn, 33, 61,
     (33 * 256 + 256) + (256 * 128 + 128) + (128 * 128 + 128) + (128 * 61 + 61)),
    (dense.S4Mlp, 55, 10,
     (55 * 500 + 500) + (500 * 500 + 500) + (500 * 300 + 300) + (300 * 10 + 10)),
]


@pytest.mark.parametrize(("kind", "features", "labels", "parameters"), PUBLISHED,
                         ids=lambda v: getattr(v, "name", ""))
def test_published_networks_have_as_many_parameters(kind, features, labels, parameters):
    assert count(kind(), (features,), labels) == parameters


def test_the_numbers_above_are_these():
    assert [row[3] for row in PUBLISHED] == [204_751, 206_735, 65_981, 431_810]


def test_layers_stand_in_the_published_order():
    assert layers_of(dense.S0Ann(), (57,), 15) == ["Linear", "ReLU"] * 5 + ["Linear"]
    assert layers_of(dense.S0AnnNormalised(), (57,), 15) == (
        ["Linear", "ReLU", "BatchNorm1d"] * 5 + ["Linear"])
    assert layers_of(dense.S1Dnn(), (33,), 61) == ["Linear", "ReLU", "Dropout"] * 3 + ["Linear"]
    drops = [m.p for m in dense.S1Dnn().build((33,), 61) if isinstance(m, nn.Dropout)]
    assert drops == [0.5, 0.3, 0.3]
    assert layers_of(dense.S2Ann(), (57,), 10) == ["Linear", "ReLU", "Dropout"] * 4 + ["Linear"]
    assert layers_of(dense.Dense(hidden=(4,), normalise="before"), (3,), 2) == [
        "Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]


@pytest.mark.parametrize(("kind", "epochs", "batch", "optimiser"), [
    (dense.S0Ann, 500, 250, "adam"), (dense.S0AnnNormalised, 500, 250, "adam"),
    (dense.S1Dnn, 20, 32, "adam"), (dense.S2Ann, 600, 128, "adam"), (dense.S4Mlp, 500, 200, "sgd"),
], ids=lambda v: getattr(v, "name", ""))  # fmt: skip
def test_training_is_as_published(kind, epochs, batch, optimiser):
    decay = 0.0001 / 200 if kind is dense.S4Mlp else 0
    assert kind().training == Training(epochs=epochs, batch_size=batch, optimiser=optimiser,
                                       learning_rate=0.001, schedule="constant", weight_decay=decay)
    assert kind().training.patience is None


def test_keras_begins_with_small_weights_no_offsets_and_slow_means():
    network = dense.S0AnnNormalised().build((57,), 15)
    first = network[1]
    limit = (6 / (57 + 512)) ** 0.5  # Glorot & Bengio 2010
    assert 0.99 * limit < float(first.weight.detach().abs().max()) <= limit
    assert not first.bias.any()
    assert (network[3].eps, network[3].momentum) == (1e-3, 0.01)
    plain = dense.S0AnnNormalised(as_keras=False).build((57,), 15)
    assert plain[1].bias.any()


def test_a_residual_block_adds_to_its_input():
    network = dense.Residual(units=4, blocks=1, dropout=0.0).build((3,), 2)
    block = network[2]
    nn.init.zeros_(block.layers[4].weight)
    nn.init.zeros_(block.layers[4].bias)
    rows = torch.randn(5, 4)
    assert torch.equal(block(rows), rows)


def test_a_residual_network_has_the_parameters_of_its_layers():
    block = 2 * 128 + (128 * 256 + 256) + (256 * 128 + 128)
    assert count(dense.Residual(), (57,), 10) == (
        57 * 128 + 128 + 2 * block + 2 * 128 + 128 * 10 + 10)


@pytest.mark.parametrize(("given", "message"), [
    ({"hidden": []}, "'hidden' is .*; expected at least one layer"),
    ({"hidden": [4, 0]}, "'hidden' is"),
    ({"hidden": [4, 4], "dropout": [0.1, 0.1, 0.1]}, "'dropout' has 3 shares for 2 layers"),
    ({"dropout": [1.0]}, "'dropout' is .*below 1"),
    ({"crop": 0}, "'crop' is 0"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(given, message):
    with pytest.raises(SettingsError, match=message):
        settings.from_mapping(dense.Dense, given)


@pytest.mark.parametrize("given", [{"units": 0}, {"blocks": 0}, {"widening": 0}, {"dropout": 1.0}])
def test_settings_of_the_residual_network_that_cannot_be_are_refused(given):
    with pytest.raises(SettingsError, match=f"'{next(iter(given))}' is "):
        settings.from_mapping(dense.Residual, given)
