"""Ensembles against means by hand, against their own members, and against hostile settings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark import registry, settings
from earmark.errors import SettingsError, TaggerError
from earmark.graphs.session import Session
from earmark.graphs.writer import Graph
from earmark.models import _choice, combining
from earmark.models.classical import Logistic
from earmark.models.discriminant import LinearDiscriminant
from earmark.models.ensemble import Mean, Stacking, Weighted
from earmark.tagger.export import TOLERANCE, export

SURE = {"name": "classical:logistic", "inverse_penalty": 1.0}
PLAIN = {"name": "classical:lda"}
LOST = {"name": "classical:logistic", "inverse_penalty": 1e-9}  # knows how common labels are


@pytest.fixture
def rows(rng):
    return rng.standard_normal((60, 4)).astype(np.float32)


@pytest.fixture
def labels(rows):
    return np.eye(3, dtype=np.int8)[(rows[:, 0] > -0.4).astype(int) + (rows[:, 0] > 0.4)]


@pytest.fixture
def several(rows):
    return (rows[:, :3] > [0.0, 0.5, -0.5]).astype(np.int8)


def seeded():
    return np.random.default_rng(3)


def test_a_mean_is_the_mean(rows, labels):
    found = Mean(members=(SURE, PLAIN)).fit(rows, labels, rng=seeded()).scores(rows)
    alone = [Logistic(inverse_penalty=1.0), LinearDiscriminant()]
    one, other = (m.fit(rows, labels, rng=seeded()).scores(rows) for m in alone)
    np.testing.assert_allclose(found, (one + other) / 2, atol=1e-6)


def test_copies_differ_by_seed_and_count_as_one_member(rows, labels):
    forest = {"name": "classical:forest", "n_estimators": 3}
    model = Mean(members=(forest, PLAIN), copies=2).fit(rows, labels, rng=seeded())
    (one, other), (plain, _) = model.fitted_
    assert not np.array_equal(one.scores(rows), other.scores(rows))
    by_hand = (one.scores(rows) + other.scores(rows)) / 4 + plain.scores(rows) / 2
    np.testing.assert_allclose(model.scores(rows), by_hand, atol=1e-6)
    assert export(model, rows)[1] <= TOLERANCE


def test_shares_by_hand():
    """Of two rows, one that only the first explains and one that only the second does: with
    chances .8, .2 and .2, .8 both count the same; with .8, .6 and .2, .6 the second alone is best
    (log .6 + log .6 > log .8 + log .2, and the slope at that end points outwards)."""
    def of(true):
        true = np.asarray(true)
        return np.stack([true, 1 - true], axis=2)

    truth = np.array([[1, 0], [1, 0]], np.int8)
    even = combining.shares(of([[0.8, 0.2], [0.2, 0.8]]), truth, "single")
    np.testing.assert_allclose(even, [0.5, 0.5], atol=1e-6)
    # slope of log(.6 + .2 w) + log(.6 - .4 w) at 0: .2 / .6 - .4 / .6 < 0
    assert combining.shares(of([[0.8, 0.2], [0.6, 0.6]]), truth, "single")[1] > 0.99


@given(arrays(np.float64, (3, 5, 2), elements=st.floats(0, 1)),
       arrays(np.int8, (5,), elements=st.integers(0, 1)))
def test_shares_are_shares_and_never_worse_than_the_best_member(members, top):
    truth = np.eye(2, dtype=np.int8)[top]
    found = combining.shares(members, truth, "multi")
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)
    loss = _choice.log_loss(truth, combining.mean(members, found), "multi")
    assert loss <= min(_choice.log_loss(truth, member, "multi") for member in members) + 1e-12


@pytest.mark.parametrize("task", ["single", "multi"])
def test_weighted_finds_the_better_member(rows, labels, several, task):
    truth = labels if task == "single" else several
    model = Weighted(task=task, members=(LOST, SURE))
    model.fit(rows, truth, groups=np.arange(60) // 3, rng=seeded())
    assert model.weights_[1] > 0.9
    assert model.log_loss_[0] <= min(model.log_loss_[1:])
    told = model.told()["members"]
    assert [member["name"] for member in told] == ["classical:logistic"] * 2
    assert told[1]["weight"] == model.weights_[1]


def test_weighted_goes_by_valid_where_there_is_one(rows, labels):
    """A valid part whose labels are the learnt ones' neighbours favours who knows nothing."""
    wrong = np.roll(labels, 1, axis=1)
    given = Weighted(members=(LOST, SURE)).fit(rows, labels, valid=(rows, wrong), rng=seeded())
    assert given.weights_[0] > 0.9


def test_a_regression_of_little_is_the_mean_of_logits():
    members = np.array([[[0.2, 0.5]], [[0.4, 0.5]]])
    found = combining.stack(members, np.zeros((1, 2), np.int8), "multi", 1e9)
    odds = np.sqrt(0.2 / 0.8 * 0.4 / 0.6)  # the mean of logits is the root of the odds' product
    np.testing.assert_allclose(found.scores(members, "multi"), [[odds / (1 + odds), 0.5]],
                               atol=1e-6)


def test_stacking_trusts_the_member_that_knows_each_label(rng):
    truth = (rng.random((400, 2)) > 0.5).astype(np.int8)
    knows, guesses = np.where(truth, 0.8, 0.2), rng.uniform(0.2, 0.8, truth.shape)
    members = np.stack([np.stack([knows[:, 0], guesses[:, 1]], 1),
                        np.stack([guesses[:, 0], knows[:, 1]], 1)])
    weights = combining.stack(members, truth, "multi", 1.0).weights
    assert weights[0, 0] > 3 * abs(weights[1, 0])
    assert weights[1, 1] > 3 * abs(weights[0, 1])


@pytest.mark.parametrize("task", ["single", "multi"])
@pytest.mark.parametrize("family", [Mean, Weighted, Stacking])
def test_networks_and_classic_models_go_into_one_graph(family, task, rows, labels, several):
    pytest.importorskip("torch")
    pytest.importorskip("skorch")
    pytest.importorskip("onnxscript")
    deep = {"name": "dense:mlp", "hidden": [4], "training": {"epochs": 2}}
    model = settings.from_mapping(family, {"members": [deep, SURE], "task": task})
    model.fit(rows, labels if task == "single" else several, rng=seeded())
    content, worst = export(model, rows)
    assert worst <= TOLERANCE
    assert content == model.to_onnx()


def test_ensembles_may_stand_in_ensembles(rows, labels):
    inner = {"name": "ensemble:stacking", "members": [SURE, PLAIN]}
    model = Mean(members=(inner, PLAIN)).fit(rows, labels, rng=seeded())
    assert export(model, rows)[1] <= TOLERANCE


@pytest.mark.parametrize(("given", "said"), [
    ({"members": []}, "'members' is empty"),
    ({"members": [{"name": "classical:logistik"}]}, "'classical:logistik'.*classical:logistic"),
    ({"members": [{"inverse_penalty": 1.0}]}, r"members\[0\]: missing setting 'name'"),
    ({"members": [SURE, {**SURE, "inverse_penality": 1}]},
     r"members\[1\]: unknown setting 'inverse_penality'.*inverse_penalty"),
    ({"members": [{**SURE, "task": "multi"}]}, "'task' is 'multi', but the ensemble's is 'single'"),
    ({"members": [{"name": "classical:chain"}]}, "made for 'multi' alone"),
    ({"copies": 0}, "'copies' is 0"),
    ({"members": "classical:lda"}, "expected a list"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(given, said):
    with pytest.raises(SettingsError, match=said):
        settings.from_mapping(registry.load("models", "ensemble:weighted"), given)


def test_what_members_have_heard_and_the_files_they_start_from_are_the_ensembles(tmp_path):
    encoder = {"name": "pretrained:clap"}
    started = {"name": "cnn:sequence", "start": "trunk"}
    model = Mean(members=(encoder, {"name": "ensemble:mean", "members": [encoder, started]}))
    assert model.heard[0] == "LAION-Audio-630K: sounds with sentences"
    assert len(model.heard) == len(set(model.heard)) == 3
    assert model.files() == {"members[1].members[1].start": "trunk"}
    assert model.axes() == (2,)
    assert Mean().heard == ()
    assert Mean(members=(SURE, encoder)).axes() == ()


def test_penalties_are_above_zero():
    with pytest.raises(SettingsError, match="'penalty' is 0"):
        settings.from_mapping(Stacking, {"penalty": 0})


def test_unfitted_ensembles_say_so(rows):
    for ask in (lambda: Mean().scores(rows), lambda: Mean().to_onnx()):
        with pytest.raises(SettingsError, match="has not been fitted"):
            ask()


def test_graphs_of_strange_operators_are_not_grafted():
    import onnx

    graph = Graph(2)
    model = onnx.load_model_from_string(graph.content(graph.rows, 2))
    model.graph.node[0].domain = "some.domain"
    model.opset_import.append(onnx.helper.make_opsetid("some.domain", 1))
    with pytest.raises(TaggerError, match=r"member0/ has operators of .*some.domain"):
        Graph(2).graft(model.SerializeToString(), "member0/")


def test_graphs_of_older_operators_are_grafted():
    from onnx import TensorProto, helper

    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 2])
            for n in ("rows", "scores")]
    old = helper.make_graph([helper.make_node("Softmax", ["rows"], ["scores"], axis=1)], "old",
                            info[:1], info[1:])
    content = helper.make_model(old, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    graph = Graph(2)
    whole = graph.content(graph.graft(content.SerializeToString(), "old/"), 2)
    given = np.array([[0.0, np.log(3.0)]], np.float32)
    np.testing.assert_allclose(Session(whole, "whole").run(given)[0], [[0.25, 0.75]], atol=1e-6)
