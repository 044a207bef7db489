"""Each classic model against scikit-learn's (or LightGBM's) own, and against hostile rows."""

import warnings

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from earmark import registry, settings
from earmark.errors import DataError, SettingsError
from earmark.models import _choice, _classic, _tree_graph, neighbours, vectors
from earmark.models.boosting import Boosting
from earmark.models.classical import Logistic
from earmark.models.discriminant import GaussianNaiveBayes, LinearDiscriminant
from earmark.models.neighbours import Neighbours
from earmark.models.perceptron import Perceptron
from earmark.models.trees import DecisionTree, ExtraTrees, Forest
from earmark.models.vectors import SupportVectors
from earmark.tagger.export import TOLERANCE, export

CLASSIC = [n for n in registry.names("models") if n.startswith("classical:")]
TASKS = [(name, task) for name in CLASSIC for task in registry.load("models", name).tasks]
SMALL = {"classical:logistic": {"inverse_penalty": 1.0}, "classical:svm": {"inverse_penalty": 1.0},
         "classical:forest": {"n_estimators": 20}, "classical:extra_trees": {"n_estimators": 20},
         "classical:boosting": {"n_estimators": 10, "min_child_samples": 3},
         "classical:chain": {"inverse_penalty": 1.0, "chains": 2},
         "classical:mlp": {"hidden_layer_sizes": (8,), "max_iterations": 40, "alpha": 0.01,
                           "learning_rate": 0.01}}  # fmt: skip


def small(name, **given):
    values = SMALL.get(name, {}) | given
    return settings.from_mapping(registry.load("models", name), values)


@pytest.fixture
def rows(rng):
    return rng.standard_normal((60, 5)).astype(np.float32)


@pytest.fixture
def labels(rows):
    return np.eye(3, dtype=np.int8)[(rows[:, 0] > -0.4).astype(int) + (rows[:, 0] > 0.4)]


@pytest.fixture
def several(rows):
    return (rows[:, :3] > [0.0, 0.5, -0.5]).astype(np.int8)


def seed_of(rng_seed):
    """The seed that the first draw of a generator gives an estimator."""
    return int(np.random.default_rng(rng_seed).integers(2**31))


def twins():
    seed = seed_of(7)
    return [
        (Logistic(inverse_penalty=0.3), LogisticRegression(C=0.3, tol=1e-8, max_iter=2000)),
        (Logistic(inverse_penalty=0.3, class_weight="balanced"),
         LogisticRegression(C=0.3, class_weight="balanced", tol=1e-8, max_iter=2000)),
        (LinearDiscriminant(scaling="standard"),
         LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
        (GaussianNaiveBayes(), GaussianNB()),
        (Neighbours(n_neighbors=7, p=1, weights="uniform"), KNeighborsClassifier(7, p=1)),
        (Neighbours(n_neighbors=7, p=2, weights="distance"),
         KNeighborsClassifier(7, p=2, weights="distance")),
        (DecisionTree(max_depth=4, min_samples_leaf=2),
         DecisionTreeClassifier(max_depth=4, min_samples_leaf=2, random_state=seed)),
        (Forest(n_estimators=9, max_depth=5),
         RandomForestClassifier(9, max_depth=5, random_state=seed)),
        (ExtraTrees(n_estimators=9, max_features="sqrt", class_weight="balanced"),
         ExtraTreesClassifier(9, class_weight="balanced", random_state=seed)),
        (Perceptron(hidden_layer_sizes=(6, 4), max_iterations=20, solver="sgd", alpha=0.1),
         MLPClassifier((6, 4), max_iter=20, solver="sgd", alpha=0.1, batch_size=60,
                       random_state=seed)),
    ]  # fmt: skip


@pytest.mark.parametrize(("model", "twin"), twins())
def test_it_is_scikit_learns_on_the_rows_it_prepares(model, twin, rows, labels):
    model.fit(rows, labels, rng=np.random.default_rng(7))
    x = rows if model.scaling == "none" else StandardScaler().fit_transform(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        twin.fit(x, labels.argmax(axis=1))
    np.testing.assert_allclose(model.scores(rows), twin.predict_proba(x), atol=1e-4)


@pytest.mark.parametrize(("model", "twin"), twins())
def test_several_labels_are_one_against_the_rest_or_the_librarys_own(model, twin, rows, several):
    model = type(model)(**settings.to_mapping(model) | {"task": "multi"})
    model.fit(rows, several, rng=np.random.default_rng(7))
    x = rows if model.scaling == "none" else StandardScaler().fit_transform(rows.astype(float))
    if isinstance(model, Logistic | LinearDiscriminant | GaussianNaiveBayes):
        twin = OneVsRestClassifier(twin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        given = twin.fit(x, several.astype(int)).predict_proba(x)
    if isinstance(given, list):
        given = np.stack([columns[:, 1] for columns in given], axis=1)
    np.testing.assert_allclose(model.scores(rows), given, atol=1e-4)


@pytest.mark.parametrize(("model", "twin"), [
    (DecisionTree(task="multi", max_depth=4, min_samples_leaf=2, several="one_vs_rest"),
     DecisionTreeClassifier(max_depth=4, min_samples_leaf=2, random_state=seed_of(7))),
    (Forest(task="multi", n_estimators=9, max_depth=5, several="one_vs_rest"),
     RandomForestClassifier(9, max_depth=5, random_state=seed_of(7))),
    (ExtraTrees(task="multi", n_estimators=9, max_features="sqrt", several="one_vs_rest"),
     ExtraTreesClassifier(9, random_state=seed_of(7))),
])  # fmt: skip
def test_trees_can_take_each_label_against_the_rest(model, twin, rows, several):
    several = np.column_stack([several, several[:, 0] * 0 + 1])  # and one that every row bears
    model.fit(rows, several, rng=np.random.default_rng(7))
    for label in range(3):
        given = twin.fit(rows, several[:, label].astype(int)).predict_proba(rows)[:, 1]
        np.testing.assert_allclose(model.scores(rows)[:, label], given, atol=1e-6)
    assert (model.scores(rows)[:, 3] == 1).all()
    assert export(model, rows)[1] <= TOLERANCE


def test_forests_a_label_are_no_other_model_for_one_label_a_row(rows, labels):
    native, apart = (Forest(n_estimators=5, several=several).fit(
        rows, labels, rng=np.random.default_rng(0)) for several in ("native", "one_vs_rest"))
    assert np.array_equal(native.scores(rows), apart.scores(rows))


def test_the_machines_decide_as_scikit_learns(rows, labels):
    model = SupportVectors(inverse_penalty=2.0).fit(rows, labels, rng=np.random.default_rng(0))
    x = StandardScaler().fit_transform(rows)
    oracle = OneVsRestClassifier(SVC(C=2.0)).fit(x, labels.argmax(axis=1))
    decided = vectors.decisions(model.fitted_, model.preparation_(rows).astype(float))
    np.testing.assert_allclose(decided, oracle.decision_function(x), atol=1e-4)


def test_machines_that_share_a_kernel_are_those_that_do_not(rows, labels, monkeypatch):
    found = []
    for most in (0, 1000):
        monkeypatch.setattr(vectors, "_MOST_SHARED", most)
        monkeypatch.setattr(vectors, "_LEAST_SHARING", 0)
        model = SupportVectors(inverse_penalty=2.0).fit(rows, labels, rng=np.random.default_rng(0))
        found.append(model.scores(rows))
    np.testing.assert_allclose(*found, atol=1e-4)


def test_the_kernel_is_scikit_learns(rows):
    from sklearn.metrics.pairwise import rbf_kernel

    rows = rows.astype(float)
    np.testing.assert_allclose(vectors.kernel(rows, 0.3), rbf_kernel(rows, gamma=0.3), atol=1e-12)


def test_platt_finds_the_slope_that_made_the_truth(rng):
    decided = rng.uniform(-3, 3, 20_000)
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-(2 * decided - 1)))).astype(np.int8)
    slope, intercept = vectors.platt(decided, truth)
    assert slope == pytest.approx(2, abs=0.1)
    assert intercept == pytest.approx(-1, abs=0.1)


def test_platt_on_decisions_that_tell_nothing_gives_the_share():
    decided, truth = np.array([3.0, 2, 1, 0]), np.array([0, 0, 1, 1], np.int8)
    slope, intercept = vectors.platt(decided, truth)
    assert (slope, intercept) == (0.0, 0.0)  # share (2 + 1) / (4 + 2)
    assert vectors.platt(np.array([np.nan, 1.0]), np.array([1, 0], np.int8)) == (1.0, 0.0)


def test_boosting_is_lightgbms(rows, labels):
    import lightgbm

    model = Boosting(n_estimators=8, num_leaves=4, learning_rate=0.05, min_child_samples=4,
                     subsample=1.0, colsample_bytree=1.0, reg_lambda=0.5)  # fmt: skip
    model.fit(rows, labels, rng=np.random.default_rng(0))
    twin = lightgbm.LGBMClassifier(n_estimators=8, num_leaves=4, min_child_samples=4,
                                   learning_rate=0.05, reg_lambda=0.5, verbose=-1)  # fmt: skip
    expected = twin.fit(rows, labels.argmax(axis=1)).booster_.predict(rows)
    np.testing.assert_allclose(model.scores(rows), expected, atol=1e-6)


@pytest.mark.parametrize("task", ["single", "multi"])
def test_few_rounds_are_the_first_of_many(task, rows, labels):
    model = Boosting(task=task, min_child_samples=4, class_weight="balanced")
    few, many = model._learn_each(rows, labels, [{"n_estimators": 5}, {"n_estimators": 40}], 7)
    alone = model._learn(rows, labels, {"n_estimators": 5}, 7)
    assert np.array_equal(model._predict(few, rows), model._predict(alone, rows))
    assert np.abs(model._predict(few, rows) - model._predict(many, rows)).max() > 0.1


def test_boosting_of_several_labels_is_lightgbms_of_each(rows, several):
    import lightgbm

    model = Boosting(task="multi", n_estimators=6, min_child_samples=4, subsample=1.0,
                     colsample_bytree=1.0, class_weight="balanced")  # fmt: skip
    model.fit(rows, several, rng=np.random.default_rng(0))
    for label in range(3):
        twin = lightgbm.LGBMClassifier(n_estimators=6, num_leaves=4, min_child_samples=4,
                                       reg_lambda=1.0, class_weight="balanced", verbose=-1)
        expected = twin.fit(rows, several[:, label]).booster_.predict(rows)
        np.testing.assert_allclose(model.scores(rows)[:, label], expected, atol=1e-6)


def test_a_threshold_is_never_rounded_past_a_row():
    # The double between two neighbouring single-precision numbers rounds up to the upper one.
    low = np.float32(1)
    high = np.nextafter(low, np.float32(2))
    middle = (float(low) + float(high)) / 2 + 1e-9
    assert np.float32(middle) == high
    assert _tree_graph.round_down(np.array([middle]))[0] == low
    assert _tree_graph.round_down(np.array([float(high)]))[0] == high


def test_equally_near_rows_count_in_their_order():
    rows = np.array([[1.0], [-1], [1], [5]], np.float32)
    labels = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.int8)
    model = Neighbours(n_neighbors=1, scaling="none", weights="uniform")
    model.fit(rows, labels, rng=np.random.default_rng(0))
    assert model.scores(np.zeros((1, 1), np.float32)).tolist() == [[1, 0]]
    _, worst = export(model, np.zeros((3, 1), np.float32))
    assert worst == 0


def test_neighbours_are_found_a_few_rows_at_a_time_where_labels_are_many(rows, monkeypatch):
    labels = np.tile(np.eye(60, dtype=np.int8), 5)
    model = Neighbours(task="multi", n_neighbors=7).fit(rows, labels, rng=np.random.default_rng(0))
    whole, asked = model.scores(rows), []
    true_block = Neighbours._block

    def block(self, fitted, x):
        asked.append(len(x))
        return true_block(self, fitted, x)

    monkeypatch.setattr(Neighbours, "_block", block)
    monkeypatch.setattr(neighbours, "_BLOCK_VALUES", 20 * 7 * 300)
    assert np.array_equal(model.scores(rows), whole)
    assert asked == [20] * 3


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_two_labels_and_one_label_convert(name, task, rows, several):
    two = np.stack([several[:, 0], 1 - several[:, 0]], axis=1)
    export(small(name, task=task).fit(rows, two, rng=np.random.default_rng(0)), rows)
    if task == "multi":
        model = small(name, task=task).fit(rows, two[:, :1], rng=np.random.default_rng(0))
        assert export(model, rows)[1] <= TOLERANCE
        assert model.scores(rows).shape == (60, 1)


@pytest.mark.parametrize("name", CLASSIC)
def test_a_label_that_every_row_bears_is_sure(name, rows, several):
    several[:, 1] = 1
    model = small(name, task="multi").fit(rows, several, rng=np.random.default_rng(0))
    assert export(model, rows)[1] <= TOLERANCE
    assert (model.scores(rows)[:, 1] > 0.5).all()


@pytest.mark.parametrize(("name", "task"), TASKS)
def test_a_label_of_a_single_artist_is_learnt_all_the_same(name, task, rows, labels):
    rare = labels.copy()
    rare[:3] = [0, 0, 1]
    rare[3:][rare[3:, 2] == 1] = [0, 1, 0]
    model = registry.load("models", name)(task=task) if name == "classical:logistic" else small(
        name, task=task)
    model.fit(rows, rare, groups=np.arange(60) // 3, rng=np.random.default_rng(0))
    assert model.scores(rows).shape == (60, 3)
    assert np.isfinite(model.scores(rows)).all()


@pytest.mark.parametrize("name", CLASSIC)
@pytest.mark.parametrize("scaling", ["none", "standard", "quantile", "power"])
def test_enormous_rows_get_scores_all_the_same(name, scaling, rows, labels):
    model = small(name, scaling=scaling).fit(rows, labels, rng=np.random.default_rng(0))
    far = np.sign(rows) * np.float32(1e6 if scaling == "none" else 1e30)
    assert np.isfinite(model.scores(far)).all()
    assert export(model, np.concatenate([rows, far]))[1] <= TOLERANCE


@pytest.mark.parametrize("name", CLASSIC)
def test_rows_of_another_kind_are_named(name, rows, labels):
    model = small(name).fit(rows, labels, rng=np.random.default_rng(0))
    with pytest.raises(DataError, match="fitted on 5 features"):
        model.scores(rows[:, :4])
    with pytest.raises(DataError, match="feature 0 of row 1 is nan"):
        model.scores(np.array([[0.0] * 5, [np.nan] + [0.0] * 4], np.float32))
    with pytest.raises(SettingsError, match=r"has not been fitted"):
        small(name).scores(rows)


def test_one_label_only_is_refused(rows):
    with pytest.raises(DataError, match="at least two"):
        Logistic().fit(rows, np.ones((60, 1), np.int8), rng=np.random.default_rng(0))


def test_the_penalty_is_chosen_without_looking_across_groups(rows, labels, monkeypatch):
    seen = []
    true_folds = _choice.group_folds

    def folds(y, groups, *others):
        found = true_folds(y, groups, *others)
        seen.extend((set(groups[a]), set(groups[b])) for a, b in found)
        return found

    monkeypatch.setattr(_classic._choice, "group_folds", folds)
    model = Logistic().fit(rows, labels, groups=np.arange(60) // 6, rng=np.random.default_rng(0))
    assert len(seen) == 5
    assert all(not learn & held for learn, held in seen)
    assert model.inverse_penalty_ in Logistic.candidates["inverse_penalty"]


def test_the_preparation_of_a_fold_sees_the_fold_alone(rows, labels, monkeypatch):
    counts = []
    true_learn = _classic._preparation.learn

    def learn(x, **given):
        counts.append(len(x))
        return true_learn(x, **given)

    monkeypatch.setattr(_classic._preparation, "learn", learn)
    Logistic().fit(rows, labels, groups=np.arange(60) // 6, rng=np.random.default_rng(0))
    assert counts == [48] * 5 + [60]  # once a fold whatever is tried, then on all rows


def test_each_candidate_is_fitted_once_a_fold(rows, labels, monkeypatch):
    asked = []
    true_learn = Neighbours._learn

    def learn(self, x, y, choice, seed):
        asked.append(choice["n_neighbors"])
        return true_learn(self, x, y, choice, seed)

    monkeypatch.setattr(Neighbours, "_learn", learn)
    model = Neighbours().fit(rows, labels, rng=np.random.default_rng(0))
    tried = list(Neighbours.candidates["n_neighbors"])
    assert asked == tried * 5 + [model.n_neighbors_]


def test_a_setting_that_is_given_is_taken(rows, labels):
    model = Neighbours(n_neighbors=4).fit(rows, labels, rng=np.random.default_rng(0))
    assert model.n_neighbors_ == 4
    assert Logistic(inverse_penalty=9.0).fit(
        rows, labels, rng=np.random.default_rng(0)
    ).inverse_penalty_ == 9.0


def test_noise_gets_a_stronger_penalty_than_a_plain_rule(rng, rows, labels):
    shuffled = rng.permutation(labels)
    plain = Logistic().fit(rows, labels, rng=np.random.default_rng(0)).inverse_penalty_
    noise = Logistic().fit(rows, shuffled, rng=np.random.default_rng(0)).inverse_penalty_
    assert noise < plain


@pytest.mark.parametrize(("model", "purpose"), [
    (Logistic(), "choosing 'inverse_penalty'"), (Neighbours(), "choosing 'n_neighbors'"),
    (SupportVectors(inverse_penalty=1.0), "calibration"),
])  # fmt: skip
def test_one_group_cannot_choose(model, purpose, rows, labels, rng):
    with pytest.raises(DataError, match=f"{purpose} needs two groups"):
        model.fit(rows, labels, groups=np.zeros(60), rng=rng)


def test_losses_by_hand():
    y = np.array([[1, 0], [0, 1]], np.int8)
    scores = np.array([[0.5, 0.5], [0.2, 0.8]])
    assert _choice.brier(y, scores, "single") == pytest.approx((0.25 * 2 + 0.04 * 2) / 4)
    assert _choice.log_loss(y, scores, "single") == pytest.approx(-(np.log(0.5 * 0.8)) / 4)
    assert _choice.log_loss(y, scores, "multi") == pytest.approx(-(np.log(0.5 * 0.8)) / 2)


@pytest.mark.parametrize(("name", "setting"), [
    ("classical:knn", {"n_neighbors": 0}), ("classical:knn", {"p": 3}),
    ("classical:logistic", {"inverse_penalty": -1.0}), ("classical:svm", {"gamma": 0.0}),
    ("classical:forest", {"n_estimators": 0}), ("classical:forest", {"max_features": 1.5}),
    ("classical:decision_tree", {"max_depth": 0}), ("classical:boosting", {"num_leaves": 1}),
    ("classical:boosting", {"subsample": 1.5}), ("classical:mlp", {"hidden_layer_sizes": []}),
    ("classical:mlp", {"alpha": -1.0}), ("classical:lda", {"shrinkage": 2.0}),
    ("classical:gaussian_nb", {"var_smoothing": 0.0}), ("classical:forest", {"several": "some"}),
    ("classical:extra_trees", {"scaling": "x"}),
])  # fmt: skip
def test_impossible_settings_are_named(name, setting):
    with pytest.raises(SettingsError, match=next(iter(setting))):
        settings.from_mapping(registry.load("models", name), setting)


def test_more_neighbours_than_rows_are_refused(rows, labels, rng):
    with pytest.raises(DataError, match="'n_neighbors' is 61 but there are 60 rows"):
        Neighbours(n_neighbors=61).fit(rows, labels, rng=rng)


def test_the_settings_of_the_source_project_can_be_said():
    # laudmt/gtzan_db: kNN 14 p=1, forest 1400 deep 32 unscaled, MLP (500, 500, 300) by SGD
    Neighbours(n_neighbors=14, p=1, weights="uniform", scaling="standard")
    Forest(n_estimators=1400, max_depth=32, scaling="none")
    Perceptron(hidden_layer_sizes=(500, 500, 300), solver="sgd", learning_rate=0.001,
               max_iterations=500, alpha=0.0001)  # fmt: skip


@pytest.mark.parametrize(("name", "setting"), [("classical:boosting", "n_estimators"),
                                               ("classical:mlp", "max_iterations")])
def test_when_to_stop_can_be_chosen_by_grouped_folds(name, setting):
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((60, 4)).astype(np.float32)
    labels = np.eye(2, dtype=np.int8)[(rows[:, 0] > 0).astype(int)]
    family = registry.load("models", name)
    fixed = family().fit(rows, labels, groups=np.arange(60) // 3, rng=np.random.default_rng(0))
    assert getattr(fixed, f"{setting}_") == getattr(fixed, setting)
    chosen = family(**{setting: None}).fit(rows, labels, groups=np.arange(60) // 3,
                                           rng=np.random.default_rng(0))
    assert getattr(chosen, f"{setting}_") in family.candidates[setting]
    noise = family(**{setting: None}).fit(rows, rng.permutation(labels), rng=rng,
                                          groups=np.arange(60) // 3)
    assert getattr(noise, f"{setting}_") <= getattr(chosen, f"{setting}_")


@pytest.mark.parametrize("task", ["single", "multi"])
def test_naive_bayes_of_rows_that_are_all_equal_gives_the_labels_shares(task):
    labels = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.int8)
    family = registry.load("models", "classical:gaussian_nb")
    model = family(task=task).fit(np.zeros((4, 3), np.float32), labels,
                                  rng=np.random.default_rng(0))
    np.testing.assert_allclose(model.scores(np.zeros((2, 3), np.float32)),
                               [[0.75, 0.25]] * 2, atol=1e-6)
