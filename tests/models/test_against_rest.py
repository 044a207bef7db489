"""Logistic regression of many labels at once against scikit-learn's of one, and what is rare."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from earmark.models import _against_rest
from earmark.models._lbfgs import Curvature
from earmark.models.classical import Logistic


@pytest.fixture
def rows(rng):
    """Columns that depend on one another, of unequal sizes, away from zero."""
    mixed = rng.standard_normal((400, 12)) @ rng.standard_normal((12, 12))
    return (mixed * np.geomspace(0.2, 5, 12) + np.arange(12)).astype(np.float32)


@pytest.fixture
def labels(rng, rows):
    """Forty labels, the rarest borne by a single row."""
    logits = (rows - rows.mean(axis=0)) @ rng.standard_normal((12, 40)) / 8
    logits += rng.logistic(size=logits.shape)
    borne = np.geomspace(1, 250, 40).astype(int)
    return (logits >= -np.sort(-logits, axis=0)[borne - 1, range(40)]).astype(np.int8)


def oracle(rows, column, c, weight=None):
    return LogisticRegression(C=c, class_weight=weight, tol=1e-10, max_iter=10_000,
                              solver="newton-cholesky").fit(rows.astype(float), column)


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("single", [False, True])
def test_each_label_and_penalty_is_scikit_learns(balanced, single, rows, labels, monkeypatch):
    monkeypatch.setattr(_against_rest, "_MANY", 0 if single else np.inf)
    penalties = (1.0, 0.01, 30.0)  # in no order
    found = _against_rest.fit(rows, labels, penalties, balanced=balanced, max_iterations=500)
    for fitted, c in zip(found, penalties, strict=True):
        for label in (0, 1, 17, 39):
            twin = oracle(rows, labels[:, label], c, "balanced" if balanced else None)
            if not single:
                np.testing.assert_allclose(fitted.weights[label], twin.coef_[0], rtol=1e-4,
                                           atol=1e-4)
            np.testing.assert_allclose(fitted.scores(rows)[:, label],
                                       twin.predict_proba(rows.astype(float))[:, 1],
                                       atol=3e-3 if single else 1e-5)


def test_more_columns_than_rows_are_scikit_learns(rng):
    rows = rng.standard_normal((20, 50)).astype(np.float32)
    labels = (rows[:, :3] > 0.2).astype(np.int8)
    (found,) = _against_rest.fit(rows, labels, [1.0], balanced=False, max_iterations=500)
    for label in range(3):
        twin = oracle(rows, labels[:, label], 1.0)
        np.testing.assert_allclose(found.weights[label], twin.coef_[0], atol=1e-4)


def test_a_label_is_the_same_whatever_stands_beside_it(rows, labels):
    (alone,) = _against_rest.fit(rows, labels[:, 20:21], [0.1], balanced=False, max_iterations=99)
    (beside,) = _against_rest.fit(rows, labels, [0.1], balanced=False, max_iterations=99)
    np.testing.assert_allclose(alone.weights[0], beside.weights[20], atol=1e-6)


def test_threads_change_nothing(rows, labels, monkeypatch):
    monkeypatch.setattr(_against_rest, "_MANY", 0)
    monkeypatch.setattr(_against_rest, "_LABELS_AT_ONCE", 4)
    found = []
    for cores in (1, 3):
        monkeypatch.setattr(_against_rest.os, "cpu_count", lambda cores=cores: cores)
        (fitted,) = _against_rest.fit(rows, labels, [0.3], balanced=False, max_iterations=99)
        found.append(fitted.weights)
    assert np.array_equal(*found)


def test_labels_that_all_or_no_rows_bear_are_sure(rows, labels):
    labels[:, 3], labels[:, 5] = 0, 1
    (found,) = _against_rest.fit(rows, labels, [1.0], balanced=True, max_iterations=99)
    scores = found.scores(rows)
    assert (scores[:, 3] < 1e-12).all()
    assert (scores[:, 5] == 1).all()
    assert not found.weights[[3, 5]].any()


def test_a_constant_column_gets_no_weight(rows, labels):
    rows[:, 4] = 7
    (found,) = _against_rest.fit(rows, labels, [1.0], balanced=False, max_iterations=99)
    np.testing.assert_allclose(found.weights[:, 4], 0, atol=1e-9)


def test_labels_told_apart_without_fault_have_an_end(rng):
    rows = rng.standard_normal((50, 3)).astype(np.float32)
    labels = (rows[:, :1] > 0).astype(np.int8)
    (found,) = _against_rest.fit(rows, labels, [1e6], balanced=False, max_iterations=2000)
    assert np.isfinite(found.weights).all()
    assert ((found.scores(rows) > 0.5) == labels).all()


def test_too_few_iterations_are_said(rows, labels):
    with pytest.warns(ConvergenceWarning, match="not settled in 2 iterations; scale"):
        _against_rest.fit(rows, labels, [1.0], balanced=False, max_iterations=2)


def test_a_quadratic_is_solved_at_once_where_its_curvature_is_known(rng):
    root = rng.standard_normal((2, 3, 3))
    hessian = root @ root.transpose(0, 2, 1) + np.eye(3)
    target = rng.standard_normal((2, 3))
    gradient = (hessian @ target[:, :, None])[:, :, 0]
    np.testing.assert_allclose(Curvature(hessian).solve(gradient), target)


def test_steps_teach_the_curvature(rng):
    # After steps along all axes of a quadratic, L-BFGS knows its inverse.
    hessian = np.array([[4.0, 1, 0], [1, 3, 0.5], [0, 0.5, 2]])
    known = Curvature(np.ones((1, 3)))
    at = np.array([3.0, -1, 2])
    for _ in range(12):
        step = -known.solve((hessian @ at)[None])[0]
        step *= -(step @ hessian @ at) / (step @ hessian @ step)  # to the least along it
        known.learn(step[None], (hessian @ step)[None])
        at = at + step
        if np.abs(at).max() < 1e-9:
            break
    np.testing.assert_allclose(at, 0, atol=1e-9)
    assert _ < 6


def test_penalties_are_tried_in_one_go(rows, labels, monkeypatch):
    asked = []
    true_fit = _against_rest.fit

    def fit(x, y, penalties, **others):
        asked.append(len(penalties))
        return true_fit(x, y, penalties, **others)

    monkeypatch.setattr(_against_rest, "fit", fit)
    model = Logistic(task="multi").fit(rows, labels, rng=np.random.default_rng(0))
    assert asked == [7] * 5 + [1]
    assert model.inverse_penalty_ in Logistic.candidates["inverse_penalty"]
