"""Convolutional-recurrent networks: the published one, and the tagger for any picture."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from earmark import settings  # noqa: E402
from earmark.errors import DataError, SettingsError  # noqa: E402
from earmark.models._training import Training  # noqa: E402
from earmark.models.crnn import S0Crnn, Tagger  # noqa: E402
from earmark.tagger.export import TOLERANCE, export, run  # noqa: E402

FEW = Training(epochs=1, batch_size=8)


def logits(network, shape, rows=3, labels=5):
    torch.manual_seed(0)
    return network.build(shape, labels).eval()(torch.randn(rows, *shape))


def small(**given):
    return Tagger(**{**Tagger.small, "training": FEW, **given})


def test_the_published_one_has_as_many_parameters_as_in_keras():
    network = S0Crnn().build((57,), 15)
    convolution = 3 * 1 * 32 + 32
    lstm = 4 * (64 * (32 + 64) + 64)  # four gates of weights for input and state, one offset
    dense = 64 * 15 + 15
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    assert trained == convolution + lstm + dense == 25_935
    # PyTorch's second offset of a gate stays 0.
    assert sum(p.numel() for p in network.parameters()) == trained + 4 * 64
    assert not network.read.bias_hh_l0.any()
    assert network.read.bias_ih_l0[64:128].eq(1).all()  # the forget gate begins open
    assert float(network.read.bias_ih_l0.detach().sum()) == 64
    assert S0Crnn().training == Training(epochs=50, batch_size=32, optimiser="adam",
                                         schedule="constant", weight_decay=0)


def test_the_published_one_reads_27_steps_and_answers_from_the_last():
    network = S0Crnn().build((57,), 15).eval()
    rows = torch.randn(2, 57)
    steps = network.convolved(rows[:, None])
    assert steps.shape == (2, 32, 27)  # 57 - 2, halved
    _, (last, _) = network.read(steps.transpose(1, 2))
    assert torch.allclose(network(rows), network.told(last[0]), atol=1e-6)


def test_rows_too_short_for_the_published_one_are_refused():
    assert logits(S0Crnn(), (4,)).shape == (3, 5)
    with pytest.raises(DataError, match=r"rows of 3 features; crnn:s0 .* needs 4 or more"):
        S0Crnn().build((3,), 2)


@pytest.mark.parametrize("shape", [(128, 160), (128, 10), (96, 1), (64, 33), (3, 64, 32),
                                   (1, 70, 50)], ids=str)
@pytest.mark.parametrize("pooling", ["mean", "attention", "last"])
@pytest.mark.parametrize("both", [True, False], ids=["both ways", "one way"])
def test_the_tagger_takes_pictures_of_any_size(shape, pooling, both):
    network = Tagger(channels=(2, 2, 2, 2), units=3, pooling=pooling, bidirectional=both)
    assert logits(network, shape).shape == (3, 5)


def test_short_sequences_are_convolved_over_time_alone():
    torch.manual_seed(0)
    network = Tagger(channels=(4, 4), band_pools=(2,), frame_pools=(2,), units=3).build((8, 5), 2)
    assert network.flat
    assert network.convolved(torch.zeros(1, 8, 5)).shape == (1, 4, 5)  # no pool leaves 4 steps
    long = Tagger(channels=(4, 4), band_pools=(2,), frame_pools=(2,), units=3,
                  bands_as_channels=True).build((8, 21), 2)
    assert long.convolved(torch.zeros(1, 8, 21)).shape == (1, 4, 5)  # 21 to 10 to 5
    wide = Tagger(channels=(4, 4), band_pools=(2,), frame_pools=(2,), units=3).build((8, 21), 2)
    assert wide.convolved(torch.zeros(1, 1, 8, 21)).shape == (1, 4, 2, 5)


def test_attention_is_a_mean_with_weights_that_sum_to_one():
    network = small().build((16, 24), 2).eval()
    same = torch.ones(2, 1, 16).expand(2, 6, 16)  # every step alike: any weights give the step
    assert torch.allclose(network._together(same), same[:, 0], atol=1e-6)
    steps = torch.randn(2, 6, 16)
    weights = network.heed(steps).softmax(dim=1)
    by_hand = sum(weights[:, k] * steps[:, k] for k in range(6))
    assert torch.allclose(network._together(steps), by_hand, atol=1e-6)


def test_the_last_state_is_the_end_of_each_direction():
    network = small(pooling="last").build((16, 24), 2).eval()
    steps, ends = network.read(torch.randn(2, 6, network.read.input_size))
    assert torch.allclose(network._together(steps), torch.cat([ends[0], ends[1]], dim=1))


@pytest.mark.parametrize(("shape", "message"), [
    ((40, 160), "pictures of 40 bands and 160 frames; crnn:tagger pools 64 and 16"),
    ((3, 64, 15), "pictures of 64 bands and 15 frames"),
])
def test_pictures_that_are_too_small_are_refused(shape, message):
    with pytest.raises(DataError, match=message):
        Tagger().build(shape, 2)


def test_channels_are_not_taken_for_bands():
    with pytest.raises(DataError, match="have channels already; leave 'bands_as_channels' out"):
        Tagger(bands_as_channels=True).build((3, 64, 64), 2)


@pytest.mark.parametrize(("given", "message"), [
    ({"units": 0}, "'units' is 0"), ({"layers": 0}, "'layers' is 0"),
    ({"channels": []}, "'channels' is"), ({"band_pools": [0]}, "'band_pools' is"),
    ({"frame_pools": [2, 2]}, "'frame_pools' has 2 numbers for 4 blocks"),
    ({"dropout": 1.0}, "'dropout' is 1.0"), ({"head_dropout": -0.1}, "'head_dropout' is -0.1"),
    ({"pooling": "most"}, "'pooling'"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(given, message):
    with pytest.raises(SettingsError, match=message):
        settings.from_mapping(Tagger, given)


@pytest.mark.parametrize(("shape", "given"), [
    ((16, 30), {"crop": 12, "pooling": "last"}), ((10, 6), {"layers": 2}),
    ((3, 16, 20), {"crop": 9}),
], ids=str)  # fmt: skip
def test_its_graph_takes_any_number_of_rows(shape, given, rng):
    rows = rng.standard_normal((9, *shape)).astype(np.float32)
    labels = np.eye(3, dtype=np.int8)[np.arange(9) % 3]
    model = small(task="multi", **given).fit(rows, labels, rng=rng)
    content, worst = export(model, rows)
    assert worst <= TOLERANCE
    for count in (1, 4):
        np.testing.assert_allclose(run(content, rows[:count]), model.scores(rows[:count]),
                                   atol=1e-5)
