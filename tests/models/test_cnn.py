"""Convolutional networks: shapes and sums of parameters by hand, sizes, filters, exports."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from earmark import registry, settings
from earmark.errors import DataError, SettingsError
from earmark.models.cnn import Columns, Sequence, SquarePictures, Vgg, WidePictures
from earmark.models.cnn_tagging import Harmonic, Musicnn, ShortChunk, ShortChunkResidual

torch = pytest.importorskip("torch")
if importlib.util.find_spec("skorch") is None:
    pytest.skip("skorch is not installed", allow_module_level=True)

KINDS = [registry.load("models", name) for name in registry.names("models")
         if name.startswith("cnn:")]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(5)
        yield


def made(kind, **given):
    return kind(**{**kind.small, **given})


def rows_of(rng, kind, count=6):
    return torch.from_numpy(rng.random((count, *kind.tried_on), dtype=np.float32))


def parameters(network, shape, labels):
    with torch.device("meta"):  # sums alone: no weight is drawn
        built = network.build(shape, labels)
    return sum(p.numel() for p in built.parameters())


@kinds
@pytest.mark.parametrize("labels", [1, 7])
def test_rows_to_logits(kind, labels, rng):
    network = made(kind).build(kind.tried_on, labels).eval()
    logits = network(rows_of(rng, kind))
    assert logits.shape == (6, labels)
    assert torch.isfinite(logits).all()
    assert (logits.std(dim=0) > 0).all(), "different rows give the same answer"


@kinds
def test_a_batch_equals_its_rows(kind, rng):
    network, rows = made(kind).build(kind.tried_on, 3).eval(), rows_of(rng, kind)
    alone = torch.cat([network(rows[k : k + 1]) for k in range(len(rows))])
    assert torch.allclose(network(rows), alone, atol=1e-5)


@kinds
def test_learning_reaches_every_weight(kind, rng):
    network = made(kind).build(kind.tried_on, 3).train()
    weighed = torch.tensor([[1.0, -2.0, 3.0]])
    (network(rows_of(rng, kind, 16)).tanh() * weighed).sum().backward()
    still = [name for name, p in network.named_parameters()
             if p.grad is None or not p.grad.abs().sum() > 0]
    assert not still


# What the contract, which exports each kind as its class says, does not reach.
@pytest.mark.parametrize("network", [
    made(SquarePictures), made(SquarePictures, colours="viridis"),
    made(Vgg, pooling="attention"), made(Sequence, pool=2, pooling="mean"),
    made(ShortChunkResidual, shortcut=1),
    made(Harmonic, blocks=3, values="magnitudes", scaling="none"),
], ids=lambda network: network.name)
def test_a_fit_is_exported_as_it_scores(network, rng):
    import onnxruntime

    network.training = replace(network.training, epochs=1, batch_size=8)
    shape = type(network).tried_on[-2:]  # bands over time, for pictures too
    rows = rng.random((8, *shape), dtype=np.float32)
    network.fit(rows, np.eye(2, dtype=np.int8)[np.arange(8) % 2], rng=rng)
    session = onnxruntime.InferenceSession(network.to_onnx(), providers=["CPUExecutionProvider"])
    for count in (1, 5):
        found = session.run(["scores"], {"rows": rows[:count]})[0]
        assert np.abs(found - network.scores(rows[:count])).max() <= 1e-5


@kinds
def test_settings_make_the_network_again(kind):
    network = made(kind)
    assert settings.from_mapping(kind, settings.to_mapping(network)) == network
    assert kind() == settings.from_mapping(kind, settings.to_mapping(kind()))


# By hand, as Keras and the papers count; convolutions before a normalisation have no bias here.
_TRUNK = 9 * (128 + 128 * 128 + 128 * 256 + 3 * 256 * 256 + 256 * 512)
_NORMS = 2 * (128 + 128 + 4 * 256 + 512)
_HEAD = 512 * 512 + 2 * 512 + 512 * 50 + 50
_SECOND = 9 * (2 * 128 * 128 + 4 * 256 * 256 + 512 * 512)
_PAST = 128 + 128 * 128 + 128 * 256 + 3 * 256 * 256 + 256 * 512


@pytest.mark.parametrize(("network", "shape", "labels", "count"), [
    (Columns(), (57,), 15, 128 + (27 * 32 * 15 + 15)),
    (SquarePictures(), (3, 224, 224), 10, 448 + 4640 + 18496 + 5_537_920 + 1290),
    (WidePictures(), (3, 288, 432), 10, 896 + 18496 + 73856 + 28_967_040 + 1290),
    (ShortChunk(), (128, 231), 50, 2 + _TRUNK + _NORMS + _HEAD),
    (ShortChunkResidual(), (128, 231), 50, 2 + _TRUNK * 2 + _SECOND + 3 * _NORMS + _HEAD),
    (ShortChunkResidual(shortcut=1), (128, 231), 50,
     2 + _TRUNK + _PAST + _SECOND + 3 * _NORMS + _HEAD),
    (Musicnn(), (96, 187), 50,
     2 + (204 * (38 * 7 + 1) + 408) + (204 * (67 * 7 + 1) + 408)
     + 51 * (129 + 65 + 33) + 3 * 102
     + 64 * (561 * 7 + 1) + 2 * 64 * (64 * 7 + 1) + 3 * 128
     + 2 * 1506 + 200 * 1507 + 400 + 50 * 201),
    (Vgg(channels=8, blocks=2, convolutions=2), (16, 20), 4,
     9 * (8 + 64 + 128 + 256) + 2 * (8 + 8 + 16 + 16) + 4 * (32 + 1)),
    (Sequence(), (128, 10), 52, 3 * 256 * (128 + 256) + 4 * 256 + 52 * 513),
    (Sequence(pooling="attention"), (128, 10), 52,
     3 * 256 * (128 + 256) + 4 * 256 + 257 + 52 * 257),
], ids=lambda value: getattr(value, "name", None))  # fmt: skip
def test_parameters_add_up(network, shape, labels, count):
    assert parameters(network, shape, labels) == count


def test_the_harmonic_networks_parameters_add_up():
    # Its filters are made of real frequencies. A second convolution where widths stay.
    built = Harmonic(channels=4).build((257, 128), 50)
    trunk = 9 * (6 * 4 + 4 * 4 * 2 + 4 * 8 + 3 * 2 * 8 * 8 + 8 * 16)
    norms = 2 * (4 + 2 * 4 + 8 + 3 * 2 * 8 + 16)
    head = 16 * 16 + 2 * 16 + 16 * 50 + 50
    assert sum(p.numel() for p in built.parameters()) == 1 + 2 * 6 + trunk + norms + head


def test_published_training_of_the_sources():
    for network, epochs, batch in ((Columns(), 500, 250), (WidePictures(), 10, 10)):
        training = network.training
        assert (training.epochs, training.batch_size) == (epochs, batch)
        assert (training.optimiser, training.learning_rate, training.weight_decay,
                training.schedule) == ("adam", 0.001, 0.0, "constant")


def test_first_weights_are_kerass():
    built = Columns().build((57,), 15)
    dense = built[-1]
    limit = (6 / (864 + 15)) ** 0.5
    assert float(dense.bias.detach().abs().max()) == 0
    assert 0.98 * limit < float(dense.weight.detach().abs().max()) <= limit


# --- pictures ----------------------------------------------------------------------------------

def test_grey_pictures_and_bands_are_coloured_alike(rng):
    grey = torch.from_numpy(rng.random((2, 20, 28), dtype=np.float32))
    answers = []
    for rows in (grey, grey[:, None], grey[:, None].expand(-1, 3, -1, -1)):
        torch.manual_seed(1)
        network = made(SquarePictures).build(tuple(rows.shape[1:]), 4).eval()
        answers.append(network(rows))
    assert torch.equal(answers[0], answers[1])
    assert torch.allclose(answers[0], answers[2], atol=1e-6)


def test_grey_pictures_get_the_colours_of_the_map():
    from earmark.models._deep.convolution import Coloured

    grey = torch.tensor([[[0.0, 0.25, 0.5, 0.75, 1.0, 0.125, -3.0, 7.0]]])
    expected = torch.tensor([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98],
                             [253, 231, 37], [63.5, 41.5, 111.5], [68, 1, 84], [253, 231, 37]])
    found = Coloured("viridis")(grey)
    assert torch.allclose(found[0, :, 0].T * 255, expected, atol=1e-4)
    assert torch.equal(Coloured("viridis")(found), found)
    network = made(SquarePictures, colours="viridis").build((20, 28), 4).eval()
    assert sum(p.numel() for p in network.parameters()) == sum(
        p.numel() for p in made(SquarePictures).build((20, 28), 4).parameters())


@pytest.mark.parametrize(("given", "wanted"), [
    ((20, 28), (24, 26)), ((370, 496), (288, 432)), ((7, 5), (2, 11)), ((1, 9), (4, 3))])
def test_resizing_is_bilinear_with_antialiasing(given, wanted, rng):
    from earmark.models._deep.convolution import Resized

    pictures = torch.from_numpy(rng.random((2, 3, *given)))  # doubles: floats differ by 2e-5
    expected = torch.nn.functional.interpolate(pictures, wanted, mode="bilinear", antialias=True)
    found = Resized(given, wanted)(pictures.float())
    assert torch.allclose(found.double(), expected, atol=1e-6)


def test_pictures_of_the_right_size_are_left_alone(rng):
    from earmark.models._deep.convolution import Resized

    right = made(SquarePictures).build((3, 14, 20), 2)
    other = made(SquarePictures).build((3, 15, 20), 2)
    assert not any(isinstance(layer, Resized) for layer in right)
    assert any(isinstance(layer, Resized) for layer in other)


def test_vgg_sees_a_texture_wherever_it_is():
    # Pooled over all places: what is moved by whole pools, inside a margin, gives the same answer.
    network = made(Vgg).build((32, 32), 3).eval()
    patch = torch.rand(6, 6)
    here, there = torch.zeros(1, 32, 32), torch.zeros(1, 32, 32)
    here[0, 8:14, 8:14], there[0, 16:22, 12:18] = patch, patch
    assert torch.allclose(network(here), network(there), atol=1e-5)
    assert not torch.allclose(network(here), network(torch.zeros(1, 32, 32)), atol=1e-5)


def test_sequences_do_not_depend_on_where_in_time(rng):
    network = made(Sequence, pooling="max").build((4, 30), 3).eval()
    here, there = torch.zeros(1, 4, 30), torch.zeros(1, 4, 30)
    burst = torch.rand(4, 3)
    here[..., 5:8], there[..., 20:23] = burst, burst
    assert torch.allclose(network(here), network(there), atol=1e-6)


@pytest.mark.parametrize(("kind", "expected"), [
    ("mean", [[3.0]]), ("max", [[6.0]]), ("both", [[3.0, 6.0]])])
def test_pooling_by_hand(kind, expected):
    from earmark.models._deep.convolution import Pooled

    pooled = Pooled(kind, 1)
    assert pooled(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])).tolist() == expected
    assert pooled.width == len(expected[0])


def test_attention_weighs_places_by_its_own_softmax():
    from earmark.models._deep.convolution import Pooled

    pooled = Pooled("attention", 1)
    with torch.no_grad():
        pooled.weigh.weight.fill_(float(np.log(2)))  # weights 2 ** value
    # (0 * 1 + 1 * 2 + 2 * 4) / (1 + 2 + 4)
    assert float(pooled(torch.tensor([[[0.0, 1.0, 2.0]]])).detach()) == pytest.approx(10 / 7)


def test_padding_keeps_time_for_kernels_of_any_length():
    from earmark.models._deep.convolution import Padded

    assert Padded(4)(torch.ones(1, 1, 2)).tolist() == [[[0, 1, 1, 0, 0]]]
    assert Padded(3)(torch.ones(1, 1, 2)).tolist() == [[[0, 1, 1, 0]]]


def test_musicnn_takes_filters_longer_than_the_row(rng):
    network = made(Musicnn, lengths=(30,)).build((10, 12), 2).eval()
    assert network(torch.from_numpy(rng.random((2, 10, 12), dtype=np.float32))).shape == (2, 2)


# --- harmonic filters --------------------------------------------------------------------------

@pytest.mark.parametrize(("row_hz", "centre_hz", "q", "expected"), [
    (440.0, 440.0, 1.0, 1.0),
    # (.1079 * 440 + 24.7) / 1 = 72.176 Hz wide: 20 Hz off is 1 - 40 / 72.176.
    (460.0, 440.0, 1.0, 1 - 40 / 72.176),
    (420.0, 440.0, 1.0, 1 - 40 / 72.176),
    (476.1, 440.0, 1.0, 0.0),
    (460.0, 440.0, 2.0, 0.0),  # 36.088 Hz wide
    (460.0, 440.0, 0.5, 1 - 40 / 144.352),
    (1000.0, 880.0, 0.25, 1 - 240 * 0.25 / (0.1079 * 880 + 24.7)),
])  # fmt: skip
def test_a_filter_answers_by_the_formula(row_hz, centre_hz, q, expected):
    from earmark.models._deep.harmonic import triangles

    found = triangles(torch.tensor([row_hz]), torch.tensor([centre_hz]), q)
    assert found.item() == pytest.approx(max(0.0, expected), abs=1e-5)


def test_pitches_go_from_c1_by_quarter_tones_to_where_the_sixth_harmonic_ends():
    from earmark.models._deep.harmonic import pitches

    found = pitches(8000, 6, 24, 2)
    assert len(found) == 128  # as published: C1 to E6
    assert float(found[0]) == pytest.approx(32.703, abs=1e-3)
    assert float(found[90]) == pytest.approx(440.0)  # 45 semitones above C1
    assert float(found[-1]) == pytest.approx(1318.51 / 2 ** (1 / 24), abs=0.01)


def test_a_tone_shows_at_its_pitch_and_its_octave_at_the_second_harmonic():
    from earmark.models._deep.harmonic import HarmonicFilters

    hertz = torch.tensor([100.0, 200.0, 400.0])
    filters = HarmonicFilters(101, 1000.0, hertz, 2, 1.0, "magnitudes")  # rows 10 Hz apart
    tone = torch.zeros(1, 101, 1)
    tone[0, 20] = 3.0  # at 200 Hz
    found = filters(tone).detach()[0, :, :, 0]
    loud = 10 * np.log10(9)
    assert found.tolist() == [pytest.approx([-100, loud, -100]), pytest.approx([loud, -100, -100])]


def test_values_of_three_kinds():
    from earmark.models._deep.harmonic import HarmonicFilters, triangles

    hertz = torch.tensor([100.0])
    flat = torch.full((1, 101, 1), 2.0)
    levels = HarmonicFilters(101, 1000.0, hertz, 1, 1.0, "levels")(flat)
    assert float(levels.detach()) == pytest.approx(2.0), "a weighted mean of equal values"
    weight = float(triangles(torch.linspace(0, 1000, 101), hertz, 1.0).sum())
    magnitudes = HarmonicFilters(101, 1000.0, hertz, 1, 1.0, "magnitudes")(flat)
    decibels = HarmonicFilters(101, 1000.0, hertz, 1, 1.0, "decibels")(flat)
    assert float(magnitudes.detach()) == pytest.approx(10 * np.log10(4 * weight), abs=1e-4)
    assert float(decibels.detach()) == pytest.approx(2 + 10 * np.log10(weight), abs=1e-4)


def test_sharpness_is_learnt(rng):
    network = made(Harmonic)
    network.training = replace(network.training, epochs=3, batch_size=8, learning_rate=0.01)
    rows = rng.random((8, *Harmonic.tried_on), dtype=np.float32)
    network.fit(rows, np.eye(2, dtype=np.int8)[np.arange(8) % 2], rng=rng)
    assert float(network.module().inner[0].q.detach()) != 1.0


# --- what cannot be ----------------------------------------------------------------------------

@pytest.mark.parametrize(("network", "shape", "said"), [
    (Columns(), (3,), "rows of 3 columns are too short"),
    (SquarePictures(), (2, 20, 20), "pictures of 2 channels; cnn:s2 takes 1 or 3"),
    (Vgg(), (15, 300), "pictures of 15 x 300 are too small.*at least 16 x 16.*fewer 'blocks'"),
    (ShortChunk(), (127, 231), "at least 128 x 128"),
    (ShortChunkResidual(), (1, 128, 127), "pictures of 1 x 128 x 127 are too small"),
    (Musicnn(), (2, 100), "spectra of 2 bands are too few"),
    (Sequence(pool=4), (128, 10), "at least 1 x 16.*smaller 'pool'"),
    (Harmonic(), (257, 100), "pictures of 128 x 100 are too small"),
    (Harmonic(sample_rate=22_050), (16, 496), "of 840 harmonic filters reach any of the 16 rows"),
    (Harmonic(sample_rate=300), (257, 496), "at least 128 x 128"),
], ids=lambda value: getattr(value, "name", None))
def test_rows_that_are_too_small_are_refused_in_one_line(network, shape, said):
    with pytest.raises(DataError, match=said) as refused:
        network.build(shape, 3)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("kind", "given", "said"), [
    (Columns, {"channels": 0}, "'channels' is 0; expected 1 or more"),
    (SquarePictures, {"channels": ()}, r"'channels' is \[\]; expected 1 or more"),
    (SquarePictures, {"size": (224,)}, "expected height and width"),
    (WidePictures, {"colours": "viridis", "scaling": "standard"}, "expected 'none' with it"),
    (WidePictures, {"size": (20, 400)}, "of which 3 convolutions leave nothing"),
    (Vgg, {"blocks": 0}, "'blocks' is 0"),
    (Vgg, {"dropout": 1.0}, "'dropout' is 1.0; expected 0 to below 1"),
    (Vgg, {"pooling": "median"}, "'pooling' is 'median'"),
    (Sequence, {"kernel": 4}, "'kernel' is 4; expected an odd number"),
    (ShortChunk, {"blocks": 8}, "'blocks' is 8; expected at most 7"),
    (ShortChunkResidual, {"shortcut": 2}, "'shortcut' is 2; expected 1 or 3"),
    (Musicnn, {"heights": (1.5,)}, "expected shares of the bands"),
    (Musicnn, {"lengths": (0,)}, r"'lengths' is \[0\]"),
    (Harmonic, {"blocks": 9}, "'blocks' is 9; expected at most 7"),
    (Harmonic, {"q": 0.0}, "'q' is 0.0; expected above 0"),
    (Harmonic, {"values": "magnitudes"}, "'values' is 'magnitudes'.*set 'scaling' to"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(kind, given, said):
    with pytest.raises(SettingsError, match=said):
        settings.from_mapping(kind, given)
