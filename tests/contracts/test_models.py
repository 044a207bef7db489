"""Every model keeps this contract; a new file in ``models/`` is tested by being there."""

import dataclasses
import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from earmark import registry, settings
from earmark.errors import DataError, SettingsError
from earmark.models._network import Network
from earmark.models._training import Training
from earmark.models.watch import Watch, watched
from earmark.tagger.export import TOLERANCE, export, run

ROWS, FEATURES, LABELS = 90, 6, 3
_FITTED = {}
# Enough for rows as easy as these; its own training may take a network hours.
TRAINED = Training(epochs=30, batch_size=16, learning_rate=0.01)

TASKS = ("single", "multi")
ALL = {name: registry.load("models", name) for name in registry.names("models")}
# Networks that cannot be made small: what they are made of is tried on the small one of their kind.
HEAVY = {name: family for name, family in ALL.items() if getattr(family, "heavy", False)}
FAMILIES = {name: family for name, family in ALL.items() if name not in HEAVY}
PAIRS = [(family, task) for family in FAMILIES.values() for task in family.tasks]
SEVERAL = [family for family in FAMILIES.values() if "multi" in family.tasks]


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0].name}-{pair[1]}")
def pair(request):
    return request.param


@pytest.fixture
def family(pair):
    return pair[0]


@pytest.fixture
def task(pair):
    return pair[1]


several = pytest.mark.parametrize("model", SEVERAL, ids=lambda model: model.name)
networks = pytest.mark.parametrize(
    "network", [f for f in FAMILIES.values() if issubclass(f, Network)], ids=lambda f: f.name)


def made(family, task="single", **settings):
    """Return a model as it is, and a network as small as it can be tried."""
    if not issubclass(family, Network):
        return family(task=task)
    for package in ("torch", "skorch", "safetensors"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    return family(**{"task": task, "training": TRAINED, **family.small, **settings})


def shaped(family, numbers):
    """Return rows of numbers, or for a network that takes none pictures of as much: each number is
    the strength of a texture of its own, or of a tone where a picture has one line only.

    Args:
        numbers: [shape=(rows, numbers)].
    """
    if not issubclass(family, Network) or 1 in family.takes:
        return numbers.astype(np.float32)
    *_, high, wide = (1, *family.tried_on)
    up, along = np.arange(high)[:, None], np.arange(wide)
    waves = [np.cos(2 * np.pi * (up * a + along * b) + 0.5) for a, b in (
        (0, 0.25), (0.25, 0), (0.25, 0.25), (0, 0.5), (0.5, 0), (0.125, 0.4), (0.4, 0.125))]
    strengths = np.exp(numbers / (1e-6 + np.abs(numbers).max(axis=0)))
    pictures = np.einsum("nk,khw->nhw", strengths, np.array(waves[: numbers.shape[1]]))
    around = np.ones((*family.tried_on[:-2], 1, 1))
    return (around * pictures[(slice(None), *(None for _ in family.tried_on[:-2]))]).astype("f4")


@pytest.fixture
def numbers(rng):
    return (rng.standard_normal((ROWS, FEATURES)) * [1, 1000, 1e-3, 1, 1, 1]).astype(np.float32)


@pytest.fixture
def rows(family, numbers):
    return shaped(family, numbers)


@pytest.fixture
def labels(rng, numbers, task):
    if task == "single":
        return np.eye(LABELS, dtype=np.int8)[(numbers[:, 0] > 0).astype(int) + (numbers[:, 3] > 0)]
    noise = 0.3 * rng.standard_normal((ROWS, LABELS))
    return (numbers[:, [0, 3, 4]] + noise > 0.2).astype(np.int8)


@pytest.fixture
def fitted(family, task, rows, labels):
    # Once a session for each model and task: fitting changes nothing for the tests that follow.
    if (family, task) not in _FITTED:
        _FITTED[family, task] = made(family, task).fit(
            rows, labels, groups=np.arange(ROWS) // 3, rng=np.random.default_rng(1)
        )
    return _FITTED[family, task]


def test_scores_are_in_range_and_learn_something(fitted, task, rows, labels):
    scores = fitted.scores(rows)
    assert scores.shape == (ROWS, LABELS)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    if task == "single":
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    if getattr(fitted, "tune", "") == "frozen":
        return  # what an encoder of chance that stands still gives need not tell labels apart
    if task == "single":
        assert (scores.argmax(axis=1) == labels.argmax(axis=1)).mean() > 0.7
    else:
        assert ((scores > 0.5) == labels).mean() > 0.7


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_network_begins_as_it_is_set(name):
    torch = pytest.importorskip("torch")
    pytest.importorskip("timm")
    family = HEAVY[name]
    network = family(task="multi", **family.small)
    network.shape_, network.labels_ = family.tried_on, LABELS
    from earmark.models._deep import learning

    shell = learning.built(network).eval()
    rows = torch.rand(2, *family.tried_on)
    with torch.inference_mode():
        whole, alone = shell.scores(rows), shell.scores(rows[:1])
    assert whole.shape == (2, LABELS)
    assert ((whole >= 0) & (whole <= 1)).all()
    torch.testing.assert_close(whole[:1], alone, atol=1e-5, rtol=0)


def test_a_batch_equals_its_rows(fitted, rows):
    one_by_one = np.concatenate([fitted.scores(row[None]) for row in rows[:10]])
    np.testing.assert_allclose(fitted.scores(rows[:10]), one_by_one, atol=1e-6)


def test_the_same_seed_gives_the_same_model(family, task, rows, labels, fitted):
    again = made(family, task).fit(rows, labels, groups=np.arange(ROWS) // 3,
                                   rng=np.random.default_rng(1))
    assert np.array_equal(again.scores(rows), fitted.scores(rows))


def test_onnx_gives_the_models_scores(fitted, rows):
    content, worst = export(fitted, rows)
    assert worst <= TOLERANCE
    if not isinstance(fitted, Network):  # whose exporter takes seconds: tests/models tries one
        assert content == fitted.to_onnx(), "two exports of one model differ"
    for few in (1, 5):
        np.testing.assert_allclose(run(content, rows[:few]), fitted.scores(rows[:few]), atol=1e-5)


def test_fitting_leaves_rows_and_settings_alone(family, task, rows, labels):
    model = made(family, task, training=replace(TRAINED, epochs=1))
    before, kept = settings.to_mapping(model), rows.copy()
    model.fit(rows, labels, rng=np.random.default_rng(0))
    assert settings.to_mapping(model) == before
    assert np.array_equal(rows, kept)


def test_settings_make_the_model_again(family, task):
    model = made(family, task)
    assert settings.from_mapping(family, settings.to_mapping(model)) == model
    assert {f.name for f in dataclasses.fields(family) if f.init} >= {"task"}


def test_wrong_rows_are_named(family, task, rows, labels):
    rng = np.random.default_rng(0)
    holed = rows.copy()
    holed[7, min(2, rows.shape[1] - 1)] = np.nan
    with pytest.raises(DataError, match=r"feature \d of row 7 is nan"):
        made(family, task).fit(holed, labels, rng=rng)
    with pytest.raises(DataError, match="as many rows"):
        made(family, task).fit(rows[1:], labels, rng=rng)
    axes = next(k for k in (2, 3, 1) if k not in getattr(family, "takes", (1,)))
    wide = " x ".join("234"[:axes])
    with pytest.raises(DataError, match=rf"(pictures|rows) of {wide}; this model takes \w+"):
        made(family, task).fit(np.zeros((len(rows), 2, 3, 4)[: axes + 1], np.float32), labels,
                               rng=rng)
    with pytest.raises(DataError, match="other than 0 and 1"):
        made(family, task).fit(rows, labels * 2, rng=rng)
    unused = labels.copy()
    unused[:, 0] = 0
    with pytest.raises(DataError, match=r"no row to learn from|no label or several"):
        made(family, task).fit(rows, unused, rng=rng)


def test_scores_of_rows_that_are_no_numbers_are_refused(fitted, rows):
    last = rows.shape[1] - 1
    holed = rows[:3].copy()
    holed[2, last] = np.inf
    with pytest.raises(DataError, match=f"feature {last} of row 2 is inf"):
        fitted.scores(holed)
    wide = " x ".join(map(str, rows.shape[1:]))
    with pytest.raises(DataError, match=f"fitted on {wide} features"):
        fitted.scores(rows[..., 1:])
    assert fitted.scores(rows[:0]).shape == (0, LABELS)


def test_a_misspelt_setting_is_named(family):
    with pytest.raises(SettingsError, match="unknown setting 'tsak'"):
        settings.from_mapping(family, {"tsak": "single"})


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_is_refused_for_what_it_is_not_made_for(name):
    family = FAMILIES[name]
    assert family.tasks
    assert family().task in family.tasks
    for task in set(TASKS) - set(family.tasks):
        with pytest.raises(SettingsError, match=rf"'task' is '{task}'.*{name}"):
            settings.from_mapping(family, {"task": task})


def hostile(family, rng):
    """Rows that bear no label, a label of one row, one of all but one, one of every row."""
    rows = rng.standard_normal((24, 5)).astype(np.float32)
    rows[:, 3] = 1  # a column that tells nothing
    labels = (rows[:, [0, 1, 2, 4]] > 0.4).astype(np.int8)
    labels = np.column_stack([labels, np.eye(24, 1), 1 - np.eye(24, 1, -7), np.ones(24)])
    labels[12:15, :-2] = 0
    return shaped(family, rows), labels.astype(np.int8)


@several
def test_rare_and_certain_labels_get_scores_and_a_graph(model, rng):
    rows, labels = hostile(model, rng)
    fitted = made(model, "multi").fit(rows, labels, groups=np.arange(24) // 2, rng=rng)
    scores = fitted.scores(rows)
    assert scores.shape == labels.shape
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (scores[:, -1] > 0.5).all()
    if not isinstance(fitted, Network):  # to whose graph a rare label is one like others
        assert export(fitted, rows)[1] <= TOLERANCE


@several
def test_rows_without_any_label_are_rows_like_others(model, rng):
    rows, labels = hostile(model, rng)
    labels = labels[:, :4]
    assert (labels.sum(axis=1) == 0).any()
    fitted = made(model, "multi", training=replace(TRAINED, epochs=2)).fit(rows, labels, rng=rng)
    assert np.isfinite(fitted.scores(rows)).all()


@several
def test_more_labels_than_rows_and_one_label_only(model, rng):
    numbers = rng.standard_normal((12, 4))
    rows = shaped(model, numbers)
    many = np.tile(np.eye(12, dtype=np.int8), 2)  # each borne by one row, so missing in a fold
    many[:, :12] |= (numbers[:, :1] > 0).astype(np.int8)
    few = replace(TRAINED, epochs=2)
    for labels in (many, many[:, :1]):
        fitted = made(model, "multi", training=few).fit(rows, labels, rng=np.random.default_rng(0))
        scores = fitted.scores(rows)
        assert scores.shape == labels.shape
        assert ((scores >= 0) & (scores <= 1)).all()
        if not isinstance(fitted, Network):  # to whose graph few labels are like many
            assert export(fitted, rows)[1] <= TOLERANCE


@several
def test_labels_that_are_printed_lists_are_refused(model, rng):
    rows = shaped(model, rng.standard_normal((2, 4)))
    model = made(model, "multi")
    for labels in (["['Rock']", "['Rock', 'Folk']"], [["['Rock']"], ["[]"]]):
        with pytest.raises(DataError, match=r"text such as .*Rock.*a printed list.* 0/1 matrix"):
            model.fit(rows, labels, rng=rng)
    with pytest.raises(DataError, match=r"text such as 'Rock'; expected a 0/1 matrix"):
        model.fit(rows, np.array([["Rock"], ["Folk"]], dtype=object), rng=rng)
    with pytest.raises(DataError, match="lists of unequal lengths"):
        model.fit(rows, [["Rock"], ["Rock", "Folk"]], rng=rng)
    with pytest.raises(DataError, match="feature rows are no numbers"):
        model.fit([["a", "b"], ["c", "d"]], np.eye(2, dtype=np.int8), rng=rng)
    with pytest.raises(DataError, match=r"4 features and 0 labels|at least one label"):
        model.fit(rows, np.zeros((2, 0), np.int8), rng=rng)


@networks
def test_a_network_learns_16_examples_by_heart(network, rng):
    rows = rng.standard_normal((16, *shape_of(network))).astype(np.float32)
    labels = np.eye(4, dtype=np.int8)[np.arange(16) % 4]
    epochs = 300 if 1 in network.takes else 80  # what takes rows of numbers is quick
    training = replace(TRAINED, epochs=epochs, batch_size=8)
    model = made(network, training=training)
    if getattr(model, "tune", "") == "frozen":
        pytest.skip("its encoder stands still and is drawn by chance: the head alone cannot")
    model.fit(rows, labels, rng=rng)
    assert (model.scores(rows).argmax(axis=1) == labels.argmax(axis=1)).all()
    assert model.history_[-1]["train_loss"] < model.history_[0]["train_loss"]


@networks
def test_a_network_that_was_killed_ends_as_if_it_had_not_been(network, rng, tmp_path):
    rows = rng.standard_normal((20, *shape_of(network))).astype(np.float32)
    labels = np.eye(2, dtype=np.int8)[np.arange(20) % 2]
    training = replace(TRAINED, epochs=4, batch_size=8)

    def trained(watch):
        with watched(watch):
            return made(network, training=training).fit(
                rows, labels, rng=np.random.default_rng(3)).scores(rows)

    whole = trained(Watch())
    with pytest.raises(KeyboardInterrupt):
        trained(Watch(tmp_path, tell=killer(after=2)))
    lines = []
    assert np.array_equal(trained(Watch(tmp_path, tell=lines.append)), whole)
    # The epoch that it was killed in is not in the state: it is begun anew.
    assert "taken up after epoch 1 of 4" in lines
    epochs = [line.split(", epoch ")[1][0] for line in lines if ", epoch " in line]
    assert epochs == ["2", "3", "4"]


@networks
def test_a_network_is_read_as_it_was_written(network, rng, tmp_path):
    rows = rng.standard_normal((12, *shape_of(network))).astype(np.float32)
    labels = np.eye(2, dtype=np.int8)[np.arange(12) % 2]
    model = made(network, training=replace(TRAINED, epochs=1)).fit(rows, labels, rng=rng)
    model.save(tmp_path / "network.safetensors")
    again = network.load(tmp_path / "network.safetensors")
    assert again == model
    assert np.array_equal(again.scores(rows), model.scores(rows))
    assert again.told() == model.told()


def killer(after):
    """Return a ``tell`` that ends the process, as it were, in the epoch given."""
    def tell(line):
        if f"epoch {after} " in line:
            raise KeyboardInterrupt
    return tell


def shape_of(network):
    return (FEATURES,) if 1 in network.takes else network.tried_on
