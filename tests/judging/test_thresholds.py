import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.errors import DataError, SettingsError
from earmark.judging import metrics
from earmark.judging.decisions import Decisions, answers
from earmark.judging.how import HowDecided
from earmark.judging.ladders import cuts_below, ladders_of, pooled
from earmark.judging.thresholds import (
    COARSE,
    figures,
    fit_thresholds,
    lowest_precise,
    wilson_low,
)
from earmark.labels.vocabulary import Vocabulary

AIMS = ["f1_micro", "f1_macro", "precision"]
WAYS = ["fixed", "global", "label", "shrunk", "top"]


def answered(scores, learnt):
    vocabulary = Vocabulary(tuple(f"l{k}" for k in range(scores.shape[1])), "multi")
    return answers(scores, vocabulary, Decisions(learnt[0], most=learnt[1]))


def reached(scores, truth, learnt):
    return figures(answered(scores, learnt), truth)


def toy(rng, rows=60, labels=3):
    scores = rng.random((rows, labels)).round(2)
    return scores, (rng.random((rows, labels)) < scores * [0.9, 0.5, 0.2][:labels]).astype(np.int8)


def test_figures_are_scikit_learns(rng):
    from sklearn.metrics import f1_score, precision_score, recall_score

    scores, truth = toy(rng)
    given = (scores > 0.4).astype(np.int8)
    assert figures(given, truth) == pytest.approx({
        "f1_micro": f1_score(truth, given, average="micro"),
        "f1_macro": f1_score(truth, given, average="macro"),
        "precision_micro": precision_score(truth, given, average="micro"),
        "recall_micro": recall_score(truth, given, average="micro")})
    assert figures(0 * given, 0 * truth)["f1_micro"] == 0


def test_thresholds_by_label_have_the_best_micro_f1_of_all_combinations(rng):
    scores, truth = rng.random((14, 3)).round(1), (rng.random((14, 3)) < 0.4).astype(np.int8)
    found = reached(scores, truth, fit_thresholds(scores, truth, HowDecided(thresholds="label")))
    grid = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0]
    best = max(reached(scores, truth, (cuts, 0))["f1_micro"]
               for cuts in itertools.product(grid, repeat=3))
    assert found["f1_micro"] == pytest.approx(best)


@pytest.mark.parametrize("aim", ["f1_micro", "f1_macro"])
def test_the_global_threshold_has_the_best_f1_of_all(rng, aim):
    scores, truth = toy(rng)
    found = fit_thresholds(scores, truth, HowDecided(thresholds="global", aim=aim))
    assert len(set(found[0])) == 1
    best = max(reached(scores, truth, ((cut,) * 3, 0))[aim] for cut in np.linspace(0, 1, 401))
    assert reached(scores, truth, found)[aim] == pytest.approx(best)


def test_by_hand():
    scores = np.array([[0.9, 0.2], [0.8, 0.4], [0.3, 0.6], [0.1, 0.8]])
    truth = np.array([[1, 0], [1, 1], [0, 1], [0, 1]])

    def learnt(way, aim="f1_micro", **more):
        return fit_thresholds(scores, truth, HowDecided(thresholds=way, aim=aim, **more))

    assert learnt("fixed") == ((0.5, 0.5), 0)
    assert learnt("global")[0] == pytest.approx((0.35, 0.35))  # nothing wrong, nothing missed
    assert learnt("label")[0] == pytest.approx((0.55, 0.3))
    assert learnt("global", grid="coarse")[0] == pytest.approx((0.4, 0.4))  # the highest of equals
    # one label a track: 4 right of 4 answered, 5 borne; two: 5 right of 8
    assert learnt("top") == ((0, 0), 1)
    assert learnt("global", "precision", precision=0.75)[0] == pytest.approx((0.35, 0.35))


def test_the_coarse_grid_is_that_of_s3():
    np.testing.assert_allclose(COARSE, np.arange(0.1, 0.91, 0.05))


def test_top_k_is_the_best_count_of_all(rng):
    scores, truth = toy(rng, 200)
    for aim in ("f1_micro", "f1_macro"):
        _, most = fit_thresholds(scores, truth, HowDecided(thresholds="top", aim=aim))
        each = [reached(scores, truth, ((0.0,) * 3, k))[aim] for k in (1, 2, 3)]
        assert most == int(np.argmax(each)) + 1


def test_wanted_precision_is_reached_with_the_most_right_answers(rng):
    scores, truth = toy(rng, 400)
    how = HowDecided(thresholds="global", aim="precision", precision=0.5)
    found = reached(scores, truth, fit_thresholds(scores, truth, how))
    assert found["precision_micro"] >= 0.5
    for cut in np.linspace(0, 1, 201):
        other = reached(scores, truth, ((cut,) * 3, 0))
        assert other["precision_micro"] < 0.5 or other["recall_micro"] <= found["recall_micro"]


def test_a_rare_label_does_not_reach_a_precision_by_luck():
    scores = np.linspace(0.01, 0.99, 200)[:, None].repeat(2, axis=1)
    truth = np.zeros((200, 2), np.int8)
    truth[-3:, 0] = 1  # three of three right, by luck maybe
    truth[-60:, 1] = 1
    how = HowDecided(thresholds="label", aim="precision", precision=0.8)
    rare, common = fit_thresholds(scores, truth, how)[0]
    assert rare == 1.0
    assert common < 0.75
    assert wilson_low(3.0, 3.0) < 0.8 < wilson_low(60.0, 60.0)


def test_a_precision_that_cannot_be_had_answers_nothing():
    scores, truth = np.array([[0.2], [0.7], [0.9]]), np.array([[1], [0], [0]])
    how = HowDecided(thresholds="global", aim="precision", precision=0.9)
    assert fit_thresholds(scores, truth, how) == ((1.0,), 0)


def test_wilsons_bound_by_hand():
    # 8 of 10, one-sided 95 %: (p + z2/2n - z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n)
    z = 1.6449
    by_hand = (0.8 + z * z / 20 - z * np.sqrt(0.016 + z * z / 400)) / (1 + z * z / 10)
    assert wilson_low(8.0, 10.0) == pytest.approx(by_hand)
    assert np.isnan(wilson_low(0.0, 0.0))


def test_shrunk_lies_between_the_global_one_and_each_labels_own(rng):
    scores, truth = toy(rng, 300)
    shrunk, own, common = (np.array(fit_thresholds(scores, truth, HowDecided(thresholds=way))[0])
                           for way in ("shrunk", "label", "global"))
    low, high = np.minimum(own, common), np.maximum(own, common)
    assert ((shrunk >= low - 1e-12) & (shrunk <= high + 1e-12)).all()


def test_few_tracks_that_differ_by_chance_only_get_the_global_threshold(rng):
    chances = rng.random((150, 12)) ** 3
    truth = (rng.random(chances.shape) < chances).astype(np.int8)  # calibrated: one serves all
    shrunk = np.array(fit_thresholds(chances, truth, HowDecided(thresholds="shrunk"))[0])
    own = np.array(fit_thresholds(chances, truth, HowDecided(thresholds="label"))[0])
    assert np.ptp(shrunk) < np.ptp(own) / 2


def test_labels_that_truly_differ_keep_their_own(rng):
    x = rng.random((4000, 2))
    truth = (x > [0.2, 0.8]).astype(np.int8)  # each label has its own threshold, without error
    shrunk = fit_thresholds(x, truth, HowDecided(thresholds="shrunk"))[0]
    assert shrunk == pytest.approx((0.2, 0.8), abs=0.02)


def test_folds_given_are_those_it_is_chosen_by(rng):
    scores, truth = toy(rng, 100)
    how = HowDecided(thresholds="shrunk")
    whole = fit_thresholds(scores, truth, how, fold=np.zeros(100))
    assert whole == fit_thresholds(scores, truth, HowDecided(thresholds="global"))


HOSTILE = {
    "no positives": np.zeros((12, 3)),
    "all ones": np.ones((12, 3)),
    "all ones in a column": np.tile([1, 0, 0], (12, 1)),
    "one label": (np.arange(12) % 2)[:, None],
    "more labels than rows": np.eye(3, 9),
    "one row": np.array([[1, 0]]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("aim", AIMS)
@pytest.mark.parametrize("truth", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("scores", ["drawn", "equal", "zeros", "ones"])
def test_odd_truth_gives_thresholds_in_range(rng, way, aim, truth, scores):
    x = {"drawn": rng.random(truth.shape), "equal": np.full(truth.shape, 0.3),
         "zeros": np.zeros(truth.shape), "ones": np.ones(truth.shape)}[scores]
    thresholds, most = fit_thresholds(x, truth, HowDecided(thresholds=way, aim=aim))
    assert all(0 <= value <= 1 for value in thresholds)
    assert 0 <= most <= truth.shape[1]
    assert answered(x, (thresholds, most)).shape == truth.shape


def test_a_label_without_positives_is_not_answered(rng):
    scores, truth = toy(rng)
    truth[:, 1] = 0
    for way, aim in itertools.product(["label"], AIMS):
        found = fit_thresholds(scores, truth, HowDecided(thresholds=way, aim=aim))
        assert not answered(scores, found)[:, 1].any()


@given(arrays(np.float32, (12, 2), elements=st.floats(0, 1, width=32)),
       arrays(np.int8, (12, 2), elements=st.integers(0, 1)), st.sampled_from(AIMS[:2]))
def test_more_freedom_is_never_worse_on_what_it_is_learnt_from(scores, truth, aim):
    def of(**way):
        return reached(scores, truth, fit_thresholds(scores, truth, HowDecided(aim=aim, **way)))

    label, exact = of(thresholds="label"), of(thresholds="global")
    assert label[aim] >= exact[aim] - 1e-9
    assert exact[aim] >= of(thresholds="global", grid="coarse")[aim] - 1e-9
    if truth.any():
        assert exact[aim] >= of(thresholds="fixed")[aim] - 1e-9


@given(arrays(np.float32, 8, elements=st.floats(0, 1, width=32)))
def test_from_each_cut_up_is_just_its_level_and_those_above(scores):
    levels = np.unique(scores).astype(np.float64)
    for cut, level in zip(cuts_below(levels), levels, strict=True):
        np.testing.assert_array_equal(scores >= np.float32(cut), scores >= np.float32(level))


def test_neighbours_in_float32_are_told_apart():
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    scores, truth = np.array([[low], [high]]), np.array([[0], [1]])
    found = fit_thresholds(scores, truth, HowDecided(thresholds="label"))
    np.testing.assert_array_equal(answered(scores, found), truth)


def test_pooled_sums_are_those_counted_one_by_one(rng):
    scores, truth = toy(rng, 30)
    truth[:, 2] = 0
    ladders = ladders_of(scores, truth)
    for found in (pooled(ladders), pooled(ladders, COARSE)):
        for k, cut in enumerate(found.cuts):
            given = (scores.astype(np.float32) >= np.float32(cut)).astype(np.int8)
            assert found.answered[k] == given.sum()
            assert found.right[k] == (given * truth).sum()
            assert found.f1_macro[k] == pytest.approx(metrics.f1_macro(given, truth))


def test_of_one_column(rng):
    chances = np.linspace(0, 1, 500)
    right = rng.random(500) < chances
    cut = lowest_precise(chances, right, 0.8)
    assert right[chances >= cut].mean() >= 0.8
    assert lowest_precise(chances, np.zeros(500, bool), 0.8) is None
    assert lowest_precise(np.empty(0), np.empty(0, bool), 0.8) is None


def test_what_cannot_be_learnt_from_is_refused(rng):
    scores, truth = toy(rng)
    with pytest.raises(DataError, match="nan"):
        fit_thresholds(np.where(truth == 1, np.nan, scores), truth, HowDecided())
    with pytest.raises(DataError, match="other than 0 and 1"):
        fit_thresholds(scores, 2 * truth, HowDecided())
    with pytest.raises(SettingsError, match="thresholds by 'each'"):
        fit_thresholds(scores, truth, HowDecided(thresholds="each"))
    with pytest.raises(DataError, match="expected one a track"):
        fit_thresholds(scores, truth, HowDecided(thresholds="shrunk"), fold=[0, 1])
    with pytest.raises(SettingsError, match="the aim 'recall'"):
        fit_thresholds(scores, truth, HowDecided(aim="recall"))
