"""Chains against scikit-learn's, link by link, and the graphs they become."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit
from sklearn.multioutput import ClassifierChain

from earmark import settings
from earmark.errors import DataError, SettingsError
from earmark.models.chains import Chain
from earmark.models.classical import Logistic
from earmark.tagger.export import TOLERANCE, export


@pytest.fixture
def rows(rng):
    return rng.standard_normal((150, 4)).astype(np.float32)


@pytest.fixture
def labels(rng, rows):
    """The second label is told by the first alone: which rows bear that, noise decides."""
    first = rows[:, 0] + rng.standard_normal(150) > 0
    second = first ^ (rng.random(150) < 0.05)
    return np.stack([first, second, rows[:, 1] > 0.5, rows[:, 2] > 1], axis=1).astype(np.int8)


def fitted(rows, labels, groups=None, **given):
    return Chain(scaling="none", **given).fit(rows, labels, groups=groups,
                                              rng=np.random.default_rng(3))


def orders(model):
    return [[link.label for link in chain] for chain in model.fitted_]


def oracle(rows, labels, order, cv=None):
    base = LogisticRegression(C=0.5, tol=1e-10, solver="newton-cholesky")
    chain = ClassifierChain(base, order=order, cv=cv, chain_method="predict_proba")
    return chain.fit(rows.astype(float), labels.astype(int)).predict_proba(rows.astype(float))


def test_chains_of_the_truth_are_scikit_learns(rows, labels):
    model = fitted(rows, labels, chains=3, given="truth", inverse_penalty=0.5)
    expected = np.mean([oracle(rows, labels, order) for order in orders(model)], axis=0)
    np.testing.assert_allclose(model.scores(rows), expected, atol=1e-5)
    assert len({tuple(order) for order in orders(model)}) > 1
    assert not model.fold_of_row_.size


def test_chains_of_unseen_scores_are_scikit_learns_on_the_same_folds(rows, labels):
    groups = np.arange(150) // 5
    model = fitted(rows, labels, groups, chains=2, inverse_penalty=0.5)
    folds = PredefinedSplit(model.fold_of_row_)
    expected = np.mean([oracle(rows, labels, order, folds) for order in orders(model)], axis=0)
    np.testing.assert_allclose(model.scores(rows), expected, atol=1e-5)
    assert all(len(set(model.fold_of_row_[groups == g])) == 1 for g in range(30))


def test_by_frequency_the_most_frequent_label_is_first(rows, labels):
    model = fitted(rows, labels, chains=1, order="frequency", inverse_penalty=0.5)
    (order,) = orders(model)
    assert np.diff(labels.sum(axis=0)[order]).max() <= 0


def test_a_label_that_goes_with_another_is_told_from_it(rng, rows, labels):
    # What the first label was is known here: as a column of the features it is not.
    model = fitted(rows, labels, chains=1, order="frequency", given="truth", inverse_penalty=3.0)
    chain = {link.label: link.model.fitted_ for link in model.fitted_[0]}
    order = orders(model)[0]
    later = max((0, 1), key=order.index)
    before = 4 + order.index(min((0, 1), key=order.index))
    assert chain[later].weights[0].argmax() == before
    assert chain[later].weights[0, before] > 2


@pytest.mark.parametrize("base", ["logistic", "boosting", "forest"])
@pytest.mark.parametrize("given", ["out_of_fold", "truth"])
def test_every_base_learns_and_becomes_a_graph(base, given, rows, labels):
    model = fitted(rows, labels, chains=2, base=base, given=given, n_estimators=40)
    assert export(model, np.concatenate([rows, 3 * rows]))[1] <= TOLERANCE
    found = model.scores(rows) > 0.5
    assert (found == labels).mean() > 0.75
    again = fitted(rows, labels, chains=2, base=base, given=given, n_estimators=40)
    assert np.array_equal(again.scores(rows), model.scores(rows))


def test_a_score_that_is_a_threshold_goes_one_way_in_numpy_and_in_the_graph(rng):
    # Scores of a forest of two trees are few, and thresholds lie midway between them.
    rows = rng.integers(0, 3, (300, 2)).astype(np.float32)
    labels = (rows.sum(axis=1, keepdims=True) + rng.integers(0, 2, (300, 6)) > 2).astype(np.int8)
    model = fitted(rows, labels, chains=3, base="forest", n_estimators=2, given="truth")
    assert export(model, rows)[1] <= TOLERANCE


def test_the_penalty_is_that_of_logistic_regression_on_the_same_folds(rows, labels):
    groups = np.arange(150) // 5
    model = fitted(rows, labels, groups, chains=1)
    alone = Logistic(task="multi", scaling="none").fit(rows, labels, groups=groups,
                                                       rng=np.random.default_rng(3))
    assert model.inverse_penalty_ == alone.inverse_penalty_


def test_one_group_cannot_give_unseen_scores(rows, labels):
    with pytest.raises(DataError, match="a chain's scores of unseen rows needs two groups"):
        fitted(rows, labels, np.zeros(150), inverse_penalty=1.0)
    fitted(rows, labels, np.zeros(150), inverse_penalty=1.0, given="truth")


@pytest.mark.parametrize("wrong", [
    {"chains": 0}, {"order": "frequency"}, {"base": "svm"}, {"given": "labels"},
    {"inverse_penalty": -1.0}, {"task": "single"},
])  # fmt: skip
def test_impossible_settings_are_named(wrong):
    with pytest.raises(SettingsError, match="chains" if "order" in wrong else next(iter(wrong))):
        settings.from_mapping(Chain, wrong)
