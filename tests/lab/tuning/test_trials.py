"""Trials, on a bench whose scores are known beforehand."""

import sqlite3
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna", reason="pip install '.[tune]'")

from tests.lab.tuning.worked import DEADLY, HEAVY, Counted

from earmark.errors import DataError, EarmarkError, SettingsError
from earmark.lab.tuning import hands, keeping
from earmark.lab.tuning.ranges import Between, OneOf
from earmark.lab.tuning.scoring import Folds
from earmark.lab.tuning.space import space
from earmark.lab.tuning.trials import Trials

K = "branches.0.model.n_neighbors"
FOLDS = Folds(3)
IDENTITY = {"recipe": "near", "space": "its"}


@pytest.fixture
def search(neighbours, tmp_path):
    """Return a function that opens the trials in a folder."""

    @contextmanager
    def opened(wanted=10, its=None, given=5, prune=True, seed=0, jobs=1, folder=tmp_path,
               identity=IDENTITY):
        made = space(neighbours(n_neighbors=given), "single", {K: its or Between(1, 12)})
        with keeping.opened(folder, identity, prune=prune) as study:
            trials = Trials(study, made, wanted, FOLDS.steps, seed, jobs > 1, lambda _: None)
            try:
                yield trials
            finally:
                trials.lose_all()

    return opened


def without_scores(told):
    return [(t["values"][K], t["state"], t["given"]) for t in told]


def test_the_recipe_as_given_comes_first_and_scores_are_kept(search):
    with search(8, prune=False) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        found = trials.told()
    assert (found[0]["values"], found[0]["given"]) == ({K: 5}, True)
    assert not any(t["given"] for t in found[1:])
    assert [t["number"] for t in found] == list(range(8))
    for t in found:
        if t["state"] == "complete":
            assert t["score"] == pytest.approx(t["values"][K] / 12)
            assert t["folds"] == 3


def test_a_recipe_outside_its_ranges_is_tried_as_it_stands(search):
    with search(4, OneOf((1, 2)), given=11) as trials:
        bench = Counted.of()
        hands.work(trials, bench, FOLDS, 1)
        first = trials.told()[0]
    assert (first["values"], first["score"]) == ({K: 11}, pytest.approx(11 / 12))
    assert bench.fitted[0] == (11, 0)


def test_a_search_finds_the_best(search):
    with search(20) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        found = trials.told()
    assert max(t["score"] for t in found if t["state"] == "complete") == 1.0


def test_settings_that_were_tried_cost_nothing(search):
    bench = Counted.of()
    with search(10, OneOf((1, 2, 5)), prune=False) as trials:
        hands.work(trials, bench, FOLDS, 1)
        found = trials.told()
    assert len(bench.fitted) == 3 * FOLDS.steps
    assert sum(t["repeats_a_trial"] for t in found) == 7
    assert all(t["score"] == pytest.approx(t["values"][K] / 12) for t in found)


def test_trials_that_lag_behind_are_stopped(search):
    with search(12) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        found = trials.told()
    stopped = [t for t in found if t["state"] == "pruned"]
    assert stopped
    assert all(t["folds"] < 3 and not t["given"] for t in stopped)
    assert [t["state"] for t in found[:5]].count("pruned") == 0
    assert all(t["score"] < found[0]["score"] + 0.2 for t in stopped)


def test_settings_that_cannot_be_fitted_are_told_and_count(search):
    with search(6, OneOf((5, HEAVY)), prune=False) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        found = trials.told()
    refused = [t for t in found if t["state"] == "refused"]
    assert refused
    assert all(t["why"] == "9 neighbours are too heavy" and t["score"] is None for t in refused)
    assert len(found) == 6


def test_settings_that_a_model_refuses_are_told_and_count(search):
    with search(8, Between(-3, 3), given=2) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        refused = [t for t in trials.told() if t["state"] == "refused"]
    assert refused
    assert {t["values"][K] <= 0 for t in refused} == {True}
    assert "expected above 0" in refused[0]["why"]


def test_a_recipe_that_cannot_be_fitted_ends_the_search(search):
    with search(given=HEAVY) as trials:
        with pytest.raises(DataError, match="too heavy"):
            hands.work(trials, Counted.of(), FOLDS, 1)
        assert trials.told() == []


@pytest.mark.parametrize("stopped_at", [1, 8])
def test_a_search_that_is_taken_up_goes_on_as_it_would_have(search, tmp_path, stopped_at):
    class Interrupted(Counted):
        def fold(self, *given):
            if len(self.fitted) == stopped_at:
                raise KeyboardInterrupt
            return super().fold(*given)

    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    with search(10, folder=tmp_path / "whole") as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        expected = trials.told()
    with pytest.raises(KeyboardInterrupt), search(10, folder=tmp_path / "parts") as trials:
        hands.work(trials, Interrupted.of(), FOLDS, 1)
    with search(7, folder=tmp_path / "parts") as trials:  # and stops by itself in between
        hands.work(trials, Counted.of(), FOLDS, 1)
    with search(10, folder=tmp_path / "parts") as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        assert trials.told() == expected


def test_a_trial_of_a_killed_process_does_not_count(search):
    from optuna.trial import TrialState

    with search(3) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        trials.study.ask()  # and nothing is told of it any more
    with search(3) as trials:
        assert len(trials.told()) == 3
        assert trials.study.trials[-1].state == TrialState.FAIL
        assert trials.ask() is None


def test_the_seed_decides_what_is_tried(search, tmp_path):
    found = []
    for number, seed in enumerate((0, 0, 1)):
        (tmp_path / str(number)).mkdir()
        with search(4, seed=seed, folder=tmp_path / str(number)) as trials:
            hands.work(trials, Counted.of(), FOLDS, 1)
            found.append(trials.told())
    assert found[0] == found[1] != found[2]


def test_importance_is_a_share(search):
    with search(3) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        assert trials.importance() is None
    with search(9) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        assert trials.importance() == {K: pytest.approx(1.0)}


def test_equal_scores_have_no_importance(search):
    class Same(Counted):
        def fold(self, recipe, learn, held, seed):
            return dict(zip(held, self.truth(held).astype("f4"), strict=True))

    with search(8, prune=False) as trials:
        hands.work(trials, Same.of(), FOLDS, 1)
        assert trials.importance() is None


def test_two_processes_try_settings_at_once(search):
    with search(8, prune=False, jobs=2, its=Between(1, 6)) as trials:
        hands.work(trials, Counted.of(), FOLDS, 2)
        found = trials.told()
    assert len(found) == 8
    assert [t["given"] for t in found] == [True] + 7 * [False]
    assert all(t["score"] == pytest.approx(t["values"][K] / 12) for t in found)


def test_processes_stop_what_lags(search):
    with search(40, jobs=2, its=Between(13, 600)) as trials:  # enough that hardly one comes twice
        hands.work(trials, Counted.of(), FOLDS, 2)
        states = [t["state"] for t in trials.told()]
    assert set(states) == {"complete", "pruned"}


def test_processes_tell_what_cannot_be(search):
    with search(4, jobs=2, its=Between(1000, 2000)) as trials:
        hands.work(trials, Counted.of(), FOLDS, 2)
        found = trials.told()
    assert sorted(t["state"] for t in found) == ["complete"] + 3 * ["refused"]


def test_a_process_that_dies_takes_its_trial_along(search):
    with search(8, jobs=2, its=OneOf((5, DEADLY))) as trials:
        with pytest.raises(EarmarkError, match=r"SIGKILL.*goes on from there"):
            hands.work(trials, Counted.of(), FOLDS, 2)
        assert all(t["values"][K] == 5 for t in trials.told())


def test_another_search_in_the_folder_is_refused(search):
    with search(1) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
    with pytest.raises(SettingsError, match="holds a search with another space"), \
            search(identity={**IDENTITY, "space": "other"}):
        pass


def test_a_folder_of_other_things_is_refused(search, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match="is not empty and holds no search"), search():
        pass
    assert not (tmp_path / keeping.STUDY).exists()


def test_an_empty_file_is_a_new_search(search, tmp_path):
    (tmp_path / keeping.STUDY).touch()  # as a process leaves it that is killed at once
    with search(1) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
        assert len(trials.told()) == 1


def test_a_damaged_file_is_told(search, tmp_path):
    (tmp_path / keeping.STUDY).write_bytes(b"hello" * 1000)
    with pytest.raises(DataError, match=r"is damaged: file is not a database; remove"), search():
        pass


def test_a_file_cut_short_is_told(search, tmp_path):
    with search(2) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
    path = tmp_path / keeping.STUDY
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="is damaged"), search():
        pass


def test_a_database_of_another_program_is_left_alone(search, tmp_path):
    connection = sqlite3.connect(tmp_path / keeping.STUDY)
    connection.execute("CREATE TABLE letters (text TEXT)")
    connection.commit()
    connection.close()
    before = (tmp_path / keeping.STUDY).read_bytes()
    with pytest.raises(DataError, match="database of another program"), search():
        pass
    assert (tmp_path / keeping.STUDY).read_bytes() == before


def test_a_file_that_another_program_holds_is_told(search, tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "_WAIT_SECONDS", 0.01)
    other = sqlite3.connect(tmp_path / keeping.STUDY, isolation_level=None)

    def work_while_it_is_held():
        with search(2) as trials:
            hands.work(trials, Counted.of(), FOLDS, 1)
            other.execute("BEGIN IMMEDIATE")
            trials.wanted = 3
            trials.ask()

    with pytest.raises(EarmarkError, match=r"cannot be used: .*database is locked"):
        work_while_it_is_held()
    other.execute("ROLLBACK")
    other.execute("PRAGMA journal_mode=DELETE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(EarmarkError, match=r"cannot be used: database is locked; is the disk"), \
            search():
        pass
    other.close()


def test_a_file_of_another_optuna_is_told(search, tmp_path):
    with search(1) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
    connection = sqlite3.connect(tmp_path / keeping.STUDY)
    connection.execute("UPDATE alembic_version SET version_num = 'v1.0.0'")
    connection.commit()
    connection.close()
    with pytest.raises(DataError, match="another version of Optuna"), search():
        pass


def test_a_study_of_somebody_else_is_left_alone(search, tmp_path):
    import optuna

    url = f"sqlite:///{tmp_path / keeping.STUDY}"
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(storage=storage, study_name="mine")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    storage.remove_session()
    storage.engine.dispose()
    with pytest.raises(DataError, match="none of Earmark's"), search():
        pass


@pytest.mark.parametrize("name", ["a?b=c", "50% #1", "ü – 音"])
def test_folders_have_any_name(search, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    with search(1, folder=folder) as trials:
        hands.work(trials, Counted.of(), FOLDS, 1)
    assert [p.name for p in folder.iterdir()] == [keeping.STUDY]


def test_who_has_nothing_left_to_do_takes_the_trial_of_one_that_died():
    """Else a search would end with fewer trials than wanted."""
    sent, said, lost = [], [], []
    trials = SimpleNamespace(ask=lambda: again, lost=lost.append, log=said.append)
    dead, idle = (hands._Hand(SimpleNamespace(join=lambda _: None, exitcode=-9),
                              SimpleNamespace(send=sent.append, close=lambda: None))
                  for _ in range(2))
    at_work, again = (SimpleNamespace(number=n, given=False, recipe=f"recipe {n}") for n in (3, 4))
    dead.trial = at_work
    working = hands._Hands(trials, Counted.of(), FOLDS)
    working._hands = [dead, idle]
    working._bury(dead, at_work)
    assert lost == [at_work]
    assert working._hands == [idle]
    assert (idle.trial, sent) == (again, ["recipe 4"])
    assert said == ["trial 3: the process that worked on it was ended by SIGKILL; memory may have "
                    "run out: try fewer --jobs."]
