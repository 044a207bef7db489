"""Work on many files at once, in processes or threads, with what came of each in order.

Processes (see ``pool``) survive one another; where none can be started, threads do the work.
Work on a file of music uses one core, so the libraries below numpy are told to use one thread each:
several processes with several threads each only take turns.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from earmark.errors import AudioError

T = TypeVar("T")
Work = Callable[[Path], T]
Kind = Literal["processes", "threads"]
_MISSES = 4
_all_cores = False
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")  # fmt: skip


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of one file: a value or an error of one line."""

    path: Path
    value: T | None
    error: str | None = None


def cores() -> int:
    """Return how many cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def allow_all_cores() -> None:
    """Let long work inside this process start processes of its own, one a core.

    For programs whose main module may be imported again, as spawned processes do; a script without
    a guard would run once more in each. The command line says so.
    """
    global _all_cores
    _all_cores = True


def jobs() -> int:
    """Return how many files long work may be at, at once: 1 unless all cores are allowed."""
    return cores() if _all_cores else 1


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Let what is started or imported in this block use one thread in its linear algebra."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def attempt(path: Path, work: Work[T]) -> Outcome[T]:
    """Do the work on one file; a file that cannot be read is an outcome."""
    try:
        return Outcome(path, work(path))
    except AudioError as error:
        return Outcome(path, None, str(error))
    except OSError as error:  # the file went while it was read
        return Outcome(path, None, f"{path}: cannot be read: {error.strerror or error}.")


def run(
    paths: Sequence[Path],
    work: Work[T],
    *,
    jobs: int,
    kind: Kind,
    known: Callable[[Path], T | None] | None = None,
    advance: Callable[[Path], None] = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[Outcome[T]]:
    """Yield what became of each file, in their order.

    Args:
        work: can be pickled, and so can what it returns.
        jobs: files worked on at once; 1 works in this process.
        known: a quick look, in this process, for what need not be worked on.
        advance: called with each file when it is finished, in any order.
        note: called with what is to be said about the processes.

    Raises:
        EarmarkError: what ``work`` raises beside an AudioError, which ends the run.
    """
    if jobs > 1 and kind == "processes" and len(paths) > 1:
        from earmark.lab.pool import CannotStartError, Pool

        pool = Pool(paths, work, jobs, known, advance)
        try:
            yield from pool.outcomes()
            return
        except CannotStartError as error:
            note(f"{error}: going on with threads")
            paths = paths[pool.turn :]
        finally:
            pool.close()
    if jobs == 1 or len(paths) < 2:
        yield from _one_by_one(paths, work, known, advance)
    else:
        yield from _in_threads(paths, work, jobs, advance)


def _one_by_one(
    paths: Sequence[Path], work: Work[T], known: Callable[[Path], T | None] | None,
    advance: Callable[[Path], None],
) -> Iterator[Outcome[T]]:  # fmt: skip
    expected, look = False, Look(known)
    for number, path in enumerate(paths):
        found = look(path)
        if found is None:
            if not expected:
                _expect(paths[number:])
                expected = True
            found = attempt(path, work)
        advance(path)
        yield found


class Look(Generic[T]):
    """A quick look for what need not be worked on, as long as it finds something.

    It costs reading the file. Where several files in a row are unknown, it is left to the work,
    which looks as well.
    """

    def __init__(self, known: Callable[[Path], T | None] | None) -> None:
        self._known = known
        self._missed = 0

    def __call__(self, path: Path) -> Outcome[T] | None:
        """Return what is known of a file, which may be that it is unreadable; None for nothing."""
        if self._known is None or self._missed >= _MISSES:
            return None
        found = attempt(path, self._known)
        if found.value is None and found.error is None:
            self._missed += 1
            return None
        self._missed = 0
        return Outcome(path, found.value, found.error)


def _in_threads(
    paths: Sequence[Path], work: Work[T], jobs: int, advance: Callable[[Path], None]
) -> Iterator[Outcome[T]]:
    def one(path: Path) -> Outcome[T]:
        outcome = attempt(path, work)
        advance(path)
        return outcome

    _expect(paths)
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(one, paths)
    finally:  # whoever is interrupted does not wait for long files
        pool.shutdown(wait=False, cancel_futures=True)


def _expect(paths: Sequence[Path]) -> None:
    from earmark.audio import kernels
    from earmark.audio.queued import likely_seconds

    kernels.expect(likely_seconds(paths))
