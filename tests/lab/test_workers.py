"""Many files at once: in order, none lost, and whoever dies takes one file along."""

import os
import sys

import pytest
from tests.lab import worked

from earmark.errors import EarmarkError
from earmark.lab.pool import Pool
from earmark.lab.workers import Outcome, run

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


@pytest.fixture
def files(tmp_path):
    """Return a function that writes texts into files and returns their paths."""

    def write(*texts):
        paths = [tmp_path / f"{number:03d}" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return paths

    return write


def values(outcomes):
    return [outcome.value for outcome in outcomes]


@pytest.mark.parametrize(("kind", "jobs"), [("threads", 1), ("threads", 3), ("processes", 2)])
def test_outcomes_come_in_order_whatever_takes_long(files, kind, jobs):
    texts = ["sleep 0.3", *map(str, range(9)), "unreadable", "last"]
    paths = files(*texts)
    advanced = []
    found = list(run(paths, worked.read, jobs=jobs, kind=kind, advance=advanced.append))
    assert [o.path for o in found] == paths
    assert values(found) == [*texts[:10], None, "last"]
    assert found[10].error == f"{paths[10]}: no music"
    assert sorted(advanced) == paths


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_a_file_that_is_gone_is_an_outcome(files, kind):
    paths = files("a", "b", "c")
    paths[1].unlink()
    found = list(run(paths, worked.read, jobs=2, kind=kind))
    assert values(found) == ["a", None, "c"]
    assert found[1].error == f"{paths[1]}: cannot be read: No such file or directory."


@POSIX
def test_a_process_that_dies_is_named_for_its_file_and_the_others_go_on(files):
    texts = ["0", "killed", "2", "3", "exit", "5", "killed", "7"]
    paths = files(*texts)
    found = list(run(paths, worked.read, jobs=2, kind="processes"))
    assert values(found) == ["0", None, "2", "3", None, "5", None, "7"]
    assert "ended by SIGKILL; memory may have run out" in found[1].error
    assert found[4].error == f"{paths[4]}: the process that worked on it ended with code 7."


@pytest.mark.parametrize(("text", "error"), [("full", EarmarkError), ("bug", KeyError)])
@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_other_errors_end_the_run(files, kind, text, error):
    with pytest.raises(error):
        list(run(files("a", text, "c"), worked.read, jobs=2, kind=kind))


def test_what_is_known_needs_no_process(files, monkeypatch):
    monkeypatch.setattr(Pool, "_start", None)  # calling it would fail
    paths = files(*map(str, range(1500)))  # more than may be ahead
    found = list(run(paths, worked.read, jobs=2, kind="processes", known=lambda p: p.name))
    assert values(found) == [p.name for p in paths]


def test_what_is_partly_known_comes_in_order(files):
    paths = files(*map(str, range(40)))
    known = lambda p: "known" if int(p.name) % 3 else None  # noqa: E731
    found = values(run(paths, worked.read, jobs=2, kind="processes", known=known))
    assert found == ["known" if n % 3 else str(n) for n in range(40)]


def test_several_processes_work_and_none_of_them_is_this_one(files):
    found = values(run(files(*"abcdefgh"), worked.process, jobs=2, kind="processes"))
    assert len(set(found)) == 2
    assert os.getpid() not in found


def test_processes_use_one_thread_each_for_linear_algebra(files):
    before = dict(os.environ)
    assert values(run(files("a", "b"), worked.threads, jobs=2, kind="processes")) == ["1", "1"]
    assert dict(os.environ) == before


def test_processes_that_cannot_be_started_are_replaced_by_threads(files):
    notes = []
    work = worked.Unstartable()
    found = run(files("a", "b", "c"), work, jobs=2, kind="processes", note=notes.append)
    assert values(found) == ["a", "b", "c"]
    assert notes == ["processes end as soon as they are started: going on with threads"]


def test_whoever_stops_listening_leaves_no_process(files):
    pools = []
    start = Pool._start

    def remembered(self):
        pools.append(self)
        return start(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pool, "_start", remembered)
        outcomes = run(files("a", "sleep 60", "sleep 60"), worked.read, jobs=2, kind="processes")
        assert next(outcomes) == Outcome(files("a")[0], "a")
        outcomes.close()
    assert pools
    assert not any(w.process.is_alive() for pool in pools for w in pool._workers)


@pytest.mark.parametrize(("jobs", "expected"), [(1, [2.0]), (3, [4.0])])
def test_this_process_is_told_what_it_will_hear(files, monkeypatch, jobs, expected):
    from earmark.audio import kernels, queued

    told = []
    monkeypatch.setattr(kernels, "expect", told.append)
    monkeypatch.setattr(queued, "likely_seconds", lambda paths: float(len(paths)))
    known = lambda path: "known" if int(path.name) < 2 else None  # noqa: E731
    found = values(run(files(*"abcd"), worked.read, jobs=jobs, kind="threads", known=known))
    assert found == (["known", "known", "c", "d"] if jobs == 1 else ["a", "b", "c", "d"])
    assert told == expected
