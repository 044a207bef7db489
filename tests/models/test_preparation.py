"""Preparation steps against numbers worked out by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler

from earmark.errors import DataError
from earmark.graphs.writer import Graph
from earmark.models import _preparation, _scaling
from earmark.models.classical import Logistic
from earmark.tagger.export import run


def learn(rows, *, scaling="none", pca=None, pruning="none", threshold=0.7):
    return _preparation.learn(np.asarray(rows, np.float32), scaling=scaling, pca=pca,
                              pruning=pruning, pruning_threshold=threshold)


def as_onnx(preparation, rows):
    graph = Graph(preparation.columns)
    return run(graph.content(preparation.add_to(graph), preparation.width), rows)


def test_pruning_gathers_the_columns_left():
    a, b = np.array([1.0, 2, 3, 4]), np.array([1.0, -1, 1, -1])
    rows = np.stack([a, 2 * a, b], axis=1).astype(np.float32)
    preparation = learn(rows, pruning="pairwise")
    assert preparation.kept.tolist() == [0, 2]
    assert np.array_equal(preparation(rows), rows[:, [0, 2]])
    assert np.array_equal(as_onnx(preparation, rows), rows[:, [0, 2]])


def test_quantiles_by_hand():
    # Four rows, four knots at shares 1/8, 3/8, 5/8, 7/8; the second and third value are equal and
    # share the middle of their places, 1/2, which is 0 of the normal distribution.
    step = _scaling.quantile(np.array([[1.0], [2], [2], [5]]))
    high = 1.1503493803760079  # the normal quantile of 7/8
    given = np.array([[0.0], [1], [1.5], [2], [3.5], [5], [9]])
    expected = [-high, -high, -high / 2, 0, high / 2, high, high]
    np.testing.assert_allclose(step(given)[:, 0], expected, atol=1e-12)


def test_a_constant_column_harms_no_scaling():
    rows = np.stack([np.full(20, 3.0), np.arange(20)], axis=1).astype(np.float32)
    for scaling in ("standard", "quantile", "power"):
        assert (learn(rows, scaling=scaling)(rows)[:, 0] == 0).all()


@pytest.fixture
def skewed(rng):
    return np.exp(rng.standard_normal((80, 5)) * [0.1, 1, 2, 0.5, 3]).astype(np.float32)


def test_power_is_scikit_learns_after_standardising(skewed):
    oracle = make_pipeline(StandardScaler(), PowerTransformer()).fit_transform(
        skewed.astype(np.float64))  # fmt: skip
    np.testing.assert_allclose(learn(skewed, scaling="power")(skewed), oracle, atol=1e-4)


@pytest.mark.parametrize(("exponent", "expected"), [
    (2.0, [4.0, -np.log(3)]),  # ((2 + 1)^2 - 1) / 2 above; the logarithm below
    (0.0, [np.log(3), -4.0]),
    (1.0, [2.0, -2.0]),
])  # fmt: skip
def test_yeo_johnson_by_hand(exponent, expected):
    step = _scaling.YeoJohnson(np.array([exponent]))
    np.testing.assert_allclose(step(np.array([[2.0], [-2.0]]))[:, 0], expected, atol=1e-12)


def test_pca_is_scikit_learns(skewed):
    oracle = PCA(0.9, svd_solver="full").fit(StandardScaler().fit_transform(skewed))
    preparation = learn(skewed, scaling="standard", pca=0.9)
    assert preparation.width == oracle.n_components_
    expected = oracle.transform(StandardScaler().fit_transform(skewed))
    np.testing.assert_allclose(np.abs(preparation(skewed)), np.abs(expected), atol=1e-4)


@pytest.mark.parametrize("scaling", ["none", "standard", "quantile", "power"])
@pytest.mark.parametrize("pca", [None, 2])
@pytest.mark.parametrize("pruning", ["none", "pairwise", "twice"])
def test_the_graph_prepares_as_the_model_does(skewed, scaling, pca, pruning):
    preparation = learn(skewed, scaling=scaling, pca=pca, pruning=pruning, threshold=0.1)
    others = np.concatenate([skewed, -skewed, skewed * 1e9, 0 * skewed])
    np.testing.assert_allclose(as_onnx(preparation, others), preparation(others), rtol=1e-6,
                               atol=1e-5)


@given(arrays(np.float32, (12, 3), elements=st.floats(-(2.0**100), 2.0**100, width=32)),
       st.sampled_from(["standard", "quantile", "power"]))  # fmt: skip
def test_scaling_never_gives_what_is_no_number(rows, scaling):
    quiet = np.random.default_rng(0).standard_normal((12, 3)).astype(np.float32)
    prepared = learn(quiet, scaling=scaling)(rows)
    assert np.isfinite(prepared).all()


def test_scaling_keeps_the_order_of_rows(skewed):
    for scaling in ("standard", "quantile", "power"):
        prepared = learn(skewed, scaling=scaling)(skewed)
        for k in range(skewed.shape[1]):
            assert (np.diff(prepared[np.argsort(skewed[:, k]), k]) >= 0).all()


def test_preparation_is_learnt_from_the_rows_given(rng):
    rows, labels = rng.standard_normal((40, 3)).astype(np.float32), np.tile(np.eye(2), (20, 1))
    model = Logistic(inverse_penalty=1.0).fit(rows, labels, rng=rng)
    mean = model.preparation_.steps[0].mean.copy()
    model.scores(rows + 100)
    np.testing.assert_allclose(mean, rows.mean(axis=0), atol=1e-6)
    assert np.array_equal(model.preparation_.steps[0].mean, mean)


@pytest.mark.parametrize("settings", [{"pca": 0}, {"pca": 1.0}, {"pca": -0.5}, {"pca": 1.5},
                                      {"pruning_threshold": 0.0}, {"pruning_threshold": 1.1}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        Logistic(**settings)


def test_more_components_than_features_are_refused(rng):
    rows, labels = rng.standard_normal((40, 3)).astype(np.float32), np.tile(np.eye(2), (20, 1))
    with pytest.raises(DataError, match="asks for 4 components of 40 rows with 3 features"):
        Logistic(pca=4).fit(rows, labels, rng=rng)


def test_rows_the_model_was_not_fitted_for_are_named(rng):
    preparation = learn(rng.standard_normal((9, 3)))
    with pytest.raises(DataError, match=r"shape \(9, 2\).*fitted on 3 features"):
        preparation(np.zeros((9, 2)))
    with pytest.raises(DataError, match="feature 1 of row 0 is inf"):
        preparation(np.array([[0, np.inf, 0]]))


@pytest.mark.parametrize("pca", [3, 0.9, 0.999])
def test_components_are_the_same_from_products_of_columns(rng, pca):
    wide = rng.standard_normal((200, 12)) @ rng.standard_normal((12, 12)) + 1000
    oracle = PCA(pca, svd_solver="full").fit(wide)
    found = _preparation._projection(wide, pca)
    assert len(found.axes) == oracle.n_components_
    np.testing.assert_allclose(abs(found.axes), abs(oracle.components_), atol=1e-7)
    np.testing.assert_allclose(found.mean, oracle.mean_)


def test_few_and_many_rows_turn_components_the_same_way(rng, monkeypatch):
    wide = rng.standard_normal((200, 6)) * [9, 7, 5, 3, 2, 1]
    many = _preparation._projection(wide, 4)
    monkeypatch.setattr(_preparation, "_MANY_ROWS", 1000)
    few = _preparation._projection(wide, 4)
    np.testing.assert_allclose(many.axes, few.axes, atol=1e-9)
    assert (np.take_along_axis(few.axes, abs(few.axes).argmax(axis=1)[:, None], axis=1) > 0).all()


def test_rows_that_are_all_alike_have_a_component_all_the_same():
    preparation = learn(np.full((40, 2), 3.0), pca=0.9)
    assert (preparation(np.full((5, 2), 3.0)) == 0).all()
    assert learn(np.full((3, 2), 3.0), pca=1).width == 1
