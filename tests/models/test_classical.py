import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from earmark.errors import DataError
from earmark.models import classical
from earmark.models.classical import Logistic


@pytest.fixture
def rows(rng):
    return rng.standard_normal((60, 5)).astype(np.float32)


@pytest.fixture
def labels(rows):
    return np.eye(3, dtype=np.int8)[(rows[:, 0] > -0.4).astype(int) + (rows[:, 0] > 0.4)]


def test_it_is_scikit_learns_on_standardised_rows(rng, rows, labels):
    model = Logistic(inverse_penalty=0.3).fit(rows, labels, rng=rng)
    scaler = StandardScaler().fit(rows)
    oracle = LogisticRegression(C=0.3, max_iter=2000).fit(scaler.transform(rows),
                                                          labels.argmax(axis=1))
    expected = oracle.predict_proba(scaler.transform(rows))
    np.testing.assert_allclose(model.scores(rows), expected, atol=1e-4)


def test_the_penalty_is_chosen_without_looking_across_groups(rows, labels, monkeypatch):
    seen = []
    true_folds = classical._group_folds

    def folds(y, groups, rng):
        found = true_folds(y, groups, rng)
        seen.extend((set(groups[a]), set(groups[b])) for a, b in found)
        return found

    monkeypatch.setattr(classical, "_group_folds", folds)
    model = Logistic().fit(rows, labels, groups=np.arange(60) // 6, rng=np.random.default_rng(0))
    assert len(seen) == 5
    assert all(not learn & held for learn, held in seen)
    assert model.inverse_penalty_ in classical._GRID


def test_noise_gets_a_stronger_penalty_than_a_plain_rule(rng, rows, labels):
    shuffled = rng.permutation(labels)
    plain = Logistic().fit(rows, labels, rng=np.random.default_rng(0)).inverse_penalty_
    noise = Logistic().fit(rows, shuffled, rng=np.random.default_rng(0)).inverse_penalty_
    assert noise < plain


def test_one_group_cannot_choose(rows, labels, rng):
    with pytest.raises(DataError, match="needs two groups"):
        Logistic().fit(rows, labels, groups=np.zeros(60), rng=rng)


def test_a_label_with_a_single_row_is_learnt_all_the_same(rows, labels, rng):
    rare = labels.copy()
    rare[rare[:, 2] == 1] = [0, 1, 0]
    rare[0] = [0, 0, 1]
    scores = Logistic().fit(rows, rare, rng=rng).scores(rows)
    assert scores.shape == (60, 3)
