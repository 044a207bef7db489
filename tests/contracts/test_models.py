"""Every model keeps this contract; a new file in ``models/`` is tested by being there."""

import dataclasses

import numpy as np
import pytest

from earmark import registry, settings
from earmark.errors import DataError, SettingsError
from earmark.tagger.export import TOLERANCE, export

ROWS, FEATURES, LABELS = 90, 6, 3
_FITTED = {}


TASKS = ("single", "multi")
FAMILIES = {name: registry.load("models", name) for name in registry.names("models")}
PAIRS = [(family, task) for family in FAMILIES.values() for task in family.tasks]
SEVERAL = [family for family in FAMILIES.values() if "multi" in family.tasks]


@pytest.fixture(params=PAIRS, ids=lambda pair: f"{pair[0].name}-{pair[1]}")
def pair(request):
    return request.param


@pytest.fixture
def family(pair):
    return pair[0]


@pytest.fixture
def task(pair):
    return pair[1]


several = pytest.mark.parametrize("model", SEVERAL, ids=lambda model: model.name)


@pytest.fixture
def rows(rng):
    return (rng.standard_normal((ROWS, FEATURES)) * [1, 1000, 1e-3, 1, 1, 1]).astype(np.float32)


@pytest.fixture
def labels(rng, rows, task):
    if task == "single":
        return np.eye(LABELS, dtype=np.int8)[(rows[:, 0] > 0).astype(int) + (rows[:, 3] > 0)]
    return (rows[:, [0, 3, 4]] + 0.3 * rng.standard_normal((ROWS, LABELS)) > 0.2).astype(np.int8)


@pytest.fixture
def fitted(family, task, rows, labels):
    # Once a session for each model and task: fitting changes nothing for the tests that follow.
    if (family, task) not in _FITTED:
        _FITTED[family, task] = family(task=task).fit(
            rows, labels, groups=np.arange(ROWS) // 3, rng=np.random.default_rng(1)
        )
    return _FITTED[family, task]


def test_scores_are_in_range_and_learn_something(fitted, task, rows, labels):
    scores = fitted.scores(rows)
    assert scores.shape == (ROWS, LABELS)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    if task == "single":
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
        assert (scores.argmax(axis=1) == labels.argmax(axis=1)).mean() > 0.7
    else:
        assert ((scores > 0.5) == labels).mean() > 0.7


def test_a_batch_equals_its_rows(fitted, rows):
    one_by_one = np.concatenate([fitted.scores(row[None]) for row in rows[:10]])
    np.testing.assert_allclose(fitted.scores(rows[:10]), one_by_one, atol=1e-6)


def test_the_same_seed_gives_the_same_model(family, task, rows, labels, fitted):
    again = family(task=task).fit(rows, labels, groups=np.arange(ROWS) // 3,
                                  rng=np.random.default_rng(1))
    assert np.array_equal(again.scores(rows), fitted.scores(rows))


def test_onnx_gives_the_models_scores(fitted, rows):
    content, worst = export(fitted, rows)
    assert worst <= TOLERANCE
    assert content == fitted.to_onnx(), "two exports of one model differ"


def test_fitting_leaves_rows_and_settings_alone(family, task, rows, labels):
    model = family(task=task)
    before, kept = settings.to_mapping(model), rows.copy()
    model.fit(rows, labels, rng=np.random.default_rng(0))
    assert settings.to_mapping(model) == before
    assert np.array_equal(rows, kept)


def test_settings_make_the_model_again(family, task):
    model = family(task=task)
    assert settings.from_mapping(family, settings.to_mapping(model)) == model
    assert {f.name for f in dataclasses.fields(family) if f.init} >= {"task"}


def test_wrong_rows_are_named(family, task, rows, labels):
    rng = np.random.default_rng(0)
    holed = rows.copy()
    holed[7, 2] = np.nan
    with pytest.raises(DataError, match="feature 2 of row 7 is nan"):
        family(task=task).fit(holed, labels, rng=rng)
    with pytest.raises(DataError, match="as many rows"):
        family(task=task).fit(rows[1:], labels, rng=rng)
    with pytest.raises(DataError, match="pictures of 2 x 3; this model takes rows"):
        family(task=task).fit(np.zeros((len(rows), 2, 3), np.float32), labels, rng=rng)
    with pytest.raises(DataError, match="other than 0 and 1"):
        family(task=task).fit(rows, labels * 2, rng=rng)
    unused = labels.copy()
    unused[:, 0] = 0
    with pytest.raises(DataError, match=r"no row to learn from|no label or several"):
        family(task=task).fit(rows, unused, rng=rng)


def test_scores_of_rows_that_are_no_numbers_are_refused(fitted, rows):
    holed = rows[:3].copy()
    holed[2, 5] = np.inf
    with pytest.raises(DataError, match="feature 5 of row 2 is inf"):
        fitted.scores(holed)
    with pytest.raises(DataError, match=f"fitted on {FEATURES} features"):
        fitted.scores(rows[:, 1:])
    assert fitted.scores(rows[:0]).shape == (0, LABELS)


def test_a_misspelt_setting_is_named(family):
    with pytest.raises(SettingsError, match="unknown setting 'tsak'"):
        settings.from_mapping(family, {"tsak": "single"})


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_is_refused_for_what_it_is_not_made_for(name):
    family = FAMILIES[name]
    assert family.tasks
    assert family().task in family.tasks
    for task in set(TASKS) - set(family.tasks):
        with pytest.raises(SettingsError, match=rf"'task' is '{task}'.*{name}"):
            settings.from_mapping(family, {"task": task})


def hostile(rng):
    """Rows that bear no label, a label of one row, one of all but one, one of every row."""
    rows = rng.standard_normal((24, 5)).astype(np.float32)
    rows[:, 3] = 1  # a column that tells nothing
    labels = (rows[:, [0, 1, 2, 4]] > 0.4).astype(np.int8)
    labels = np.column_stack([labels, np.eye(24, 1), 1 - np.eye(24, 1, -7), np.ones(24)])
    labels[12:15, :-2] = 0
    return rows, labels.astype(np.int8)


@several
def test_rare_and_certain_labels_get_scores_and_a_graph(model, rng):
    rows, labels = hostile(rng)
    fitted = model(task="multi").fit(rows, labels, groups=np.arange(24) // 2, rng=rng)
    scores = fitted.scores(rows)
    assert scores.shape == labels.shape
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (scores[:, -1] > 0.5).all()
    assert export(fitted, rows)[1] <= TOLERANCE


@several
def test_rows_without_any_label_are_rows_like_others(model, rng):
    rows, labels = hostile(rng)
    labels = labels[:, :4]
    assert (labels.sum(axis=1) == 0).any()
    fitted = model(task="multi").fit(rows, labels, rng=rng)
    assert np.isfinite(fitted.scores(rows)).all()


@several
def test_more_labels_than_rows_and_one_label_only(model, rng):
    rows = rng.standard_normal((12, 4)).astype(np.float32)
    many = np.tile(np.eye(12, dtype=np.int8), 2)  # each borne by one row, so missing in a fold
    many[:, :12] |= (rows[:, :1] > 0).astype(np.int8)
    for labels in (many, many[:, :1]):
        fitted = model(task="multi").fit(rows, labels, rng=np.random.default_rng(0))
        scores = fitted.scores(rows)
        assert scores.shape == labels.shape
        assert ((scores >= 0) & (scores <= 1)).all()
        assert export(fitted, rows)[1] <= TOLERANCE


@several
def test_labels_that_are_printed_lists_are_refused(model, rng):
    rows = rng.standard_normal((2, 4)).astype(np.float32)
    model = model(task="multi")
    for labels in (["['Rock']", "['Rock', 'Folk']"], [["['Rock']"], ["[]"]]):
        with pytest.raises(DataError, match=r"text such as .*Rock.*a printed list.* 0/1 matrix"):
            model.fit(rows, labels, rng=rng)
    with pytest.raises(DataError, match=r"text such as 'Rock'; expected a 0/1 matrix"):
        model.fit(rows, np.array([["Rock"], ["Folk"]], dtype=object), rng=rng)
    with pytest.raises(DataError, match="lists of unequal lengths"):
        model.fit(rows, [["Rock"], ["Rock", "Folk"]], rng=rng)
    with pytest.raises(DataError, match="feature rows are no numbers"):
        model.fit([["a", "b"], ["c", "d"]], np.eye(2, dtype=np.int8), rng=rng)
    with pytest.raises(DataError, match="4 features and 0 labels"):
        model.fit(rows, np.zeros((2, 0), np.int8), rng=rng)
