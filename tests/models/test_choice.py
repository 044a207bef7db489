"""Folds inside a model: as scikit-learn's for one label a row, stratified by all for several."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from earmark.errors import DataError
from earmark.models import _choice


def test_one_label_a_row_is_folded_as_scikit_learn_does(rng):
    y = np.eye(3, dtype=np.int8)[rng.integers(0, 3, 90)]
    groups = np.arange(90) // 3
    folds = _choice.group_folds(y, groups, np.random.default_rng(5), "choosing")
    state = int(np.random.default_rng(5).integers(2**31))
    oracle = StratifiedGroupKFold(5, shuffle=True, random_state=state)
    for (learn, held), (a, b) in zip(folds, oracle.split(y, y.argmax(axis=1), groups), strict=True):
        assert learn.tolist() == a.tolist()
        assert held.tolist() == b.tolist()


@pytest.mark.parametrize("grouped", [True, False])
def test_each_of_several_labels_is_in_every_fold(rng, grouped):
    y = (rng.random((300, 6)) < 0.3).astype(np.int8)
    y[:, 5] = 0
    y[::60, 5] = 1  # five rows, of five groups, and never a row's first label
    y[::60, 0] = 1
    groups = np.arange(300) // 3 if grouped else None
    folds = _choice.group_folds(y, groups, rng, "choosing")
    assert len(folds) == 5
    assert sorted(np.concatenate([held for _, held in folds]).tolist()) == list(range(300))
    for learn, held in folds:
        assert sorted([*learn, *held]) == list(range(300))
        assert y[held, 5].sum() == 1
        assert abs(y[held, :5].mean(axis=0) - y[:, :5].mean(axis=0)).max() < 0.05
        if grouped:
            assert not set(groups[learn]) & set(groups[held])


def test_names_and_odd_labels_are_folded(rng):
    names = np.array([f"artist {i // 4}" for i in range(40)])
    for y in (np.zeros((40, 3), np.int8), np.ones((40, 3), np.int8)):
        folds = _choice.group_folds(y, names, rng, "choosing")
        assert [len(held) for _, held in folds] == [8] * 5


def test_two_groups_make_two_folds_and_one_none(rng):
    y = np.ones((6, 2), np.int8)
    folds = _choice.group_folds(y, np.array([0, 0, 0, 0, 1, 1]), rng, "choosing")
    assert sorted(held.tolist() for _, held in folds) == [[0, 1, 2, 3], [4, 5]]
    with pytest.raises(DataError, match="all 6 rows are of one group; choosing needs two groups"):
        _choice.group_folds(y, np.zeros(6), rng, "choosing")
