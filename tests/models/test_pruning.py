"""Pruning by hand, against numpy, and on tables too wide to be copied."""

import numpy as np
import pytest

from earmark.errors import DataError, SettingsError
from earmark.models import pruning
from earmark.models.pruning import RULES, correlations, products_of_columns, pruned

# |r| of four columns: 0-1 .9, 0-2 .8, 1-2 .75, 2-3 .7, the others less.
R = np.array([[1.0, 0.9, 0.8, 0.1], [0.9, 1.0, 0.75, 0.2], [0.8, 0.75, 1.0, 0.7],
              [0.1, 0.2, 0.7, 1.0]])  # fmt: skip


def test_pairwise_drops_the_later_of_each_pair():
    assert RULES["pairwise"](R, 0.7).tolist() == [0]
    assert RULES["pairwise"](R, 0.71).tolist() == [0, 3]
    assert RULES["pairwise"](R, 0.85).tolist() == [0, 2, 3]


def test_twice_drops_what_comes_first_in_two_pairs():
    # 0 is first of (0, 1) and (0, 2); 1 only of (1, 2); 2 only of (2, 3); 3 of none.
    assert RULES["twice"](R, 0.7).tolist() == [1, 2, 3]
    assert RULES["twice"](R, 0.81).tolist() == [0, 1, 2, 3]


def test_correlations_are_numpys_and_a_constant_column_goes_with_none(rng, monkeypatch):
    monkeypatch.setattr(pruning, "_BLOCK_ROWS", 7)
    rows = rng.standard_normal((30, 4)).astype(np.float32) * [1, 1e5, 1e-4, 1] + [0, 1e6, 0, 5]
    rows[:, 3] = 5
    found = correlations(rows.astype(np.float32))
    oracle = np.corrcoef(rows[:, :3].astype(np.float32).astype(float).T)
    np.testing.assert_allclose(found[:3, :3], oracle, atol=1e-9)
    assert (found[3] == 0).all()


def test_two_constant_columns_do_not_go_together():
    # The mean of 80 times 0.1 in single precision is not that number in double precision.
    rows = np.full((80, 3), [0.1, 0.3, 0.7], np.float32)
    assert (correlations(rows) == 0).all()
    assert pruned(rows, "pairwise", 0.5) == []


@pytest.fixture
def four():
    """Columns a, -2 a, b and a + b / 8, of which a and b do not go together."""
    a, b = np.array([1.0, 2, 3, 4] * 2), np.array([1.0, -1, -1, 1] * 2)
    return np.stack([a, -2 * a, b, a + b / 8], axis=1).astype(np.float32)


def test_what_is_dropped_is_told_with_its_first_partner(four):
    assert [d[:2] for d in pruned(four, "pairwise", 0.9)] == [(1, 0), (3, 0)]
    assert pruned(four, "pairwise", 0.9)[0].r == pytest.approx(-1)
    assert pruned(four, "pairwise", 0.9)[1].r == pytest.approx(np.corrcoef(four.T)[3, 0])
    # 0 is first of (0, 1) and (0, 3); 1 of (1, 3) alone.
    (only,) = pruned(four, "twice", 0.9)
    assert only[:2] == (0, 1)
    assert pruned(four, "none", 0.9) == []


def test_what_is_told_is_what_the_model_drops(rng):
    from earmark.models.classical import Logistic

    rows = rng.standard_normal((40, 4)) @ rng.standard_normal((4, 9))
    rows = rows.astype(np.float32)
    labels = np.eye(2, dtype=np.int8)[(rows[:, 0] > 0).astype(int)]
    for rule in ("pairwise", "twice"):
        model = Logistic(inverse_penalty=1.0, pruning=rule, pruning_threshold=0.5)
        kept = model.fit(rows, labels, rng=rng).preparation_.kept.tolist()
        gone = [d.column for d in pruned(rows, rule, 0.5)]
        assert gone
        assert sorted(kept + gone) == list(range(9))


def test_products_are_those_of_centred_columns_whatever_the_blocks(rng, monkeypatch):
    rows = (rng.standard_normal((50, 3)) * [1, 2, 3] + np.array([0, 1e4, -3])).astype(np.float32)
    centred = rows.astype(float) - rows.astype(float).mean(axis=0)
    for size in (7, 50, 1000):
        monkeypatch.setattr(pruning, "_BLOCK_ROWS", size)
        products, mean = products_of_columns(rows)
        np.testing.assert_allclose(products, centred.T @ centred, rtol=1e-9, atol=1e-7)
        np.testing.assert_allclose(mean, rows.astype(float).mean(axis=0))


def test_impossible_questions_are_named(four):
    with pytest.raises(SettingsError, match=r"no rule of pruning is called 'twise'.*'twice'"):
        pruned(four, "twise", 0.7)
    with pytest.raises(SettingsError, match=r"threshold is 1\.5"):
        pruned(four, "twice", 1.5)
    holed = four.copy()
    holed[2, 2] = np.nan
    with pytest.raises(DataError, match="finite numbers"):
        pruned(holed, "twice", 0.7)
