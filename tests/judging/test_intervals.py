import numpy as np
import pytest

from earmark.errors import DataError, SettingsError
from earmark.judging import metrics
from earmark.judging.intervals import (
    Sample,
    bootstrap,
    paired_difference,
    percentiles,
    several,
    shared_draws,
)


def seeded():
    return np.random.default_rng(11)


@pytest.fixture
def case(rng):
    """200 tracks of 3 labels; scores lean to the truth in 3 of 5."""
    truth = np.eye(3, dtype=np.int8)[rng.integers(3, size=200)]
    scores = rng.dirichlet(np.ones(3), 200)
    lean = rng.random(200) < 0.6
    scores[lean] = 0.5 * scores[lean] + 0.5 * truth[lean]
    return scores, truth


def test_the_interval_is_that_of_the_textbook(case):
    scores, truth = case
    value = metrics.accuracy(scores, truth)
    error = np.sqrt(value * (1 - value) / 200)
    low, high, level = bootstrap(metrics.accuracy, scores, truth, rng=seeded(), draws=2000)
    assert level == 0.95
    assert low == pytest.approx(value - 1.96 * error, abs=0.012)
    assert high == pytest.approx(value + 1.96 * error, abs=0.012)


@pytest.mark.parametrize(
    "metric", [metrics.accuracy, metrics.log_loss, metrics.roc_auc_macro, metrics.pr_auc_macro],
    ids=lambda m: m.name,
)
def test_any_function_gives_the_same_as_the_metric(case, metric):
    scores, truth = case
    one = bootstrap(metric, scores, truth, rng=seeded(), draws=30)
    other = bootstrap(lambda x, y: metric(x, y), scores, truth, rng=seeded(), draws=30)
    assert one == pytest.approx(other)


def test_groups_of_one_are_tracks(case):
    scores, truth = case
    one = bootstrap(metrics.accuracy, scores, truth, rng=seeded())
    groups = [f"artist {i}" for i in range(200)]
    assert bootstrap(metrics.accuracy, scores, truth, groups=groups, rng=seeded()) == one


def test_copies_within_a_group_tell_nothing_new(case):
    scores, truth = case
    one = bootstrap(metrics.accuracy, scores, truth, rng=seeded())
    four, true = np.repeat(scores, 4, axis=0), np.repeat(truth, 4, axis=0)
    groups = np.repeat(np.arange(200), 4)
    grouped = bootstrap(metrics.accuracy, four, true, groups=groups, rng=seeded())
    assert grouped == pytest.approx(one)
    by_track = bootstrap(metrics.accuracy, four, true, rng=seeded())
    assert by_track.high - by_track.low < 0.7 * (one.high - one.low)


def test_a_higher_level_is_wider_and_holds_the_value(case):
    scores, truth = case
    narrow = bootstrap(metrics.accuracy, scores, truth, rng=seeded(), level=0.5)
    wide = bootstrap(metrics.accuracy, scores, truth, rng=seeded(), level=0.99)
    value = metrics.accuracy(scores, truth)
    assert wide.low < narrow.low < value < narrow.high < wide.high


def test_blocks_change_only_the_memory(case, monkeypatch):
    scores, truth = case
    one = bootstrap(metrics.accuracy, scores, truth, rng=seeded(), draws=50)
    monkeypatch.setattr("earmark.judging.intervals._BLOCK", 1000)  # 5 draws a block
    assert bootstrap(metrics.accuracy, scores, truth, rng=seeded(), draws=50) == one


def test_a_paired_difference_of_equals_is_nothing(case):
    scores, truth = case
    found = paired_difference(metrics.accuracy, scores, scores, truth, rng=seeded())
    assert found == (0.0, 0.0, 0.95)


def test_a_paired_difference_is_turned_by_turning_the_pair(case):
    scores, truth = case
    others = np.full_like(scores, 1 / 3)
    there = paired_difference(metrics.accuracy, scores, others, truth, rng=seeded())
    back = paired_difference(metrics.accuracy, others, scores, truth, rng=seeded())
    assert there.low > 0
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_a_paired_difference_sees_what_two_intervals_do_not(case):
    scores, truth = case
    others = scores.copy()
    wrong = np.flatnonzero(scores.argmax(axis=1) != truth.argmax(axis=1))[:12]
    others[wrong] = truth[wrong]  # right on 12 tracks more, equal on all others
    first = bootstrap(metrics.accuracy, scores, truth, rng=seeded())
    second = bootstrap(metrics.accuracy, others, truth, rng=seeded())
    assert second.low < first.high
    groups = np.arange(200)
    difference = paired_difference(
        metrics.accuracy, others, scores, truth, groups=groups, rng=seeded()
    )
    assert 0 < difference.low < 12 / 200 < difference.high


def test_draws_without_positives_are_left_out():
    truth, scores = np.zeros((10, 1), dtype=int), np.linspace(0, 1, 10)[:, None]
    truth[9] = 1  # absent from (9/10)^10 = 35 % of the draws
    found = bootstrap(metrics.roc_auc_macro, scores, truth, rng=seeded())
    assert (found.low, found.high) == (1.0, 1.0)


def test_a_metric_that_is_mostly_undefined_is_refused():
    truth = np.zeros((10, 1), dtype=int)
    with pytest.raises(DataError, match="defined on 0 of 100 draws only"):
        bootstrap(metrics.roc_auc_macro, truth / 2, truth, rng=seeded(), draws=100)


def test_wrong_arguments_are_refused(case):
    scores, truth = case
    refused = [
        ({"groups": ["one"] * 200}, DataError, "200 tracks in 1 group"),
        ({"groups": ["one"] * 3}, DataError, "3 groups for 200 tracks"),
        ({"draws": 0}, SettingsError, "0 draws"),
        ({"level": 95}, SettingsError, "level is 95"),
    ]
    for arguments, error, message in refused:
        with pytest.raises(error, match=message):
            bootstrap(metrics.accuracy, scores, truth, rng=seeded(), **arguments)
    with pytest.raises(DataError, match="not logits"):
        bootstrap(metrics.accuracy, scores * 7, truth, rng=seeded())


def turned(value, spread):
    """Return the interval that lies round the value as the value lies in the spread."""
    return (pytest.approx(min(value, value + (value - spread.high))),
            pytest.approx(max(value, value + (value - spread.low))), spread.level)


def test_several_figures_are_bootstrapped_at_once(case):
    scores, truth = case
    chosen = (metrics.accuracy, metrics.lrap, metrics.pr_auc_micro)
    groups = np.arange(200) // 3
    found = several(lambda w: {m.name: m.weighted(scores, truth, w) for m in chosen}, 200,
                    groups=groups, rng=seeded(), draws=60)
    for metric in chosen:
        spread = bootstrap(metric, scores, truth, groups=groups, rng=seeded(), draws=60)
        assert found[metric.name] == turned(metric(scores, truth), spread)


def test_rare_labels_are_judged_too_well_and_intervals_know_it(rng):
    truth = (rng.random((40_000, 8)) < 0.01).astype(np.int8)
    scores = 1 / (1 + np.exp(2 - 2 * truth - rng.normal(size=truth.shape)))
    population = metrics.pr_auc_macro(scores, truth)
    below = held = 0
    for part in np.array_split(np.arange(40_000), 40):
        x, y = scores[part], truth[part]
        spread = bootstrap(metrics.pr_auc_macro, x, y, rng=rng, draws=100)
        found = several(lambda w, x=x, y=y: {"it": metrics.pr_auc_macro.weighted(x, y, w)},
                        len(x), rng=rng, draws=100)["it"]
        assert found.low <= metrics.pr_auc_macro(x, y) <= found.high
        below += population < spread.low
        held += found.low <= population <= found.high
    assert below > 5  # of 40; percentiles that were right would leave one
    assert held > 30


def test_draws_that_all_lie_above_the_value_do_not_leave_it_out():
    def figures(weights):
        return {"ends": (weights != 1).any(axis=1) * 0.25 + 0.5}  # of all rows once: .5

    assert several(figures, 50, rng=seeded(), draws=30)["ends"] == (0.25, 0.5, 0.95)


def test_several_leave_out_what_is_not_defined(case):
    scores, truth = case

    def figures(weights):
        return {"auc": metrics.roc_auc_macro.weighted(scores, np.zeros_like(truth), weights),
                "accuracy": metrics.accuracy.weighted(scores, truth, weights)}

    assert list(several(figures, 200, rng=seeded(), draws=20)) == ["accuracy"]
    assert several(figures, 200, groups=["one"] * 200, rng=seeded()) == {}
    assert several(lambda w: {"rows": w.sum(axis=1)}, 1, rng=seeded()) == {}


def judged(rng, rows=60, skill=0.7, groups=12):
    """Return a sample of single-label scores, right with a chance of ``skill``."""
    truth = np.eye(3, dtype=np.int8)[rng.integers(3, size=rows)]
    shift = (rng.random(rows) > skill).astype(int)
    scores = np.eye(3)[(truth.argmax(axis=1) + shift) % 3] * 0.8 + 0.2 / 3
    return Sample(scores, truth, [f"g{k % groups}" for k in range(rows)])


def test_shared_draws_of_one_thing_are_its_bootstrap(rng):
    sample = judged(rng)
    (drawn,) = shared_draws(metrics.accuracy, [[sample]], rng=np.random.default_rng(1), draws=4000)
    found = percentiles(drawn)
    expected = bootstrap(metrics.accuracy, sample.scores, sample.truth, groups=sample.groups,
                         rng=np.random.default_rng(2), draws=4000)
    assert found.low == pytest.approx(expected.low, abs=0.02)
    assert found.high == pytest.approx(expected.high, abs=0.02)


def test_things_judged_on_the_same_groups_are_paired(rng):
    sample = judged(rng)
    a, b = shared_draws(metrics.accuracy, [[sample], [sample]], rng=rng, draws=50)
    np.testing.assert_array_equal(a, b)
    other = sample._replace(groups=[f"h{k % 12}" for k in range(60)])
    a, b = shared_draws(metrics.accuracy, [[sample], [other]], rng=rng, draws=400)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.3


def test_a_thing_is_the_mean_of_its_samples(rng):
    right, wrong = judged(rng, skill=1.1), judged(rng, skill=-0.1)
    (mean,) = shared_draws(metrics.accuracy, [[right, wrong]], rng=rng, draws=20)
    np.testing.assert_allclose(mean, 0.5)


def test_a_sample_whose_groups_are_not_drawn_is_left_out(rng):
    right = judged(rng, skill=1.1)._replace(groups=["a"] * 60)
    wrong = judged(rng, skill=-0.1)._replace(groups=["b"] * 60)
    both, one = shared_draws(metrics.accuracy, [[right, wrong], [right]], rng=rng, draws=200)
    assert set(np.unique(both)) == {0.0, 0.5, 1.0}
    assert np.isnan(one).any()
    assert set(one[np.isfinite(one)]) == {1.0}


def test_shared_draws_need_two_groups(rng):
    with pytest.raises(DataError, match="at least two groups"):
        shared_draws(metrics.accuracy, [[judged(rng, groups=1)]], rng=rng)
