"""Work on many files at once, in processes or threads, with what came of each in order.

Processes are started anew (spawn), on every system alike. Each is handed one file while it works
on another, so that it never waits and yet, when it dies (a decoder's fault, no memory left), it is
known over which file: that one is named, another process takes its place and the rest go on. Where
none can be started, threads do the work.

Work on a file of music uses one core, so the libraries below numpy are told to use one thread each:
several processes with several threads each only take turns.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from earmark.errors import AudioError

T = TypeVar("T")
Work = Callable[[Path], T]
Kind = Literal["processes", "threads"]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")  # fmt: skip
_AHEAD = 1024  # files that may be finished before the one whose turn it is
_QUEUED = 2  # files a process holds: one at work and one waiting
_LAST_WORDS_SECONDS = 5.0


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
        pool = _Pool(paths, work, jobs, known, advance)
        try:
            yield from pool.outcomes()
            return
        except _CannotStartError as error:
            note(f"{error}: going on with threads")
            paths = paths[pool.turn :]
        finally:
            pool.close()
    yield from _in_threads(paths, work, jobs, advance)


def _in_threads(
    paths: Sequence[Path], work: Work[T], jobs: int, advance: Callable[[Path], None]
) -> Iterator[Outcome[T]]:
    def one(path: Path) -> Outcome[T]:
        outcome = attempt(path, work)
        advance(path)
        return outcome

    if jobs == 1 or len(paths) < 2:
        yield from map(one, paths)
        return
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(one, paths)
    finally:  # whoever is interrupted does not wait for long files
        pool.shutdown(wait=False, cancel_futures=True)


class _CannotStartError(Exception):
    """No process could be started."""


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    ready: bool = False
    files: deque[int] = field(default_factory=deque)  # numbers; the first is being worked on


class _Pool(Generic[T]):
    """Processes, the files they hold, and what is finished but not yet its turn.

    Attributes:
        turn: number of the next file to be given out.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        work: Work[T],
        jobs: int,
        known: Callable[[Path], T | None] | None,
        advance: Callable[[Path], None],
    ) -> None:
        self.turn = 0
        self._paths, self._work, self._jobs = paths, work, jobs
        self._known, self._advance = known, advance
        self._workers: list[_Worker] = []
        self._finished: dict[int, Outcome[T]] = {}
        self._next = 0  # the next file to be looked at
        self._waiting: deque[int] = deque()  # looked at, and to be worked on

    @cached_property
    def _seconds(self) -> list[float]:
        from earmark.audio.queued import likely_seconds

        return [likely_seconds([path]) for path in self._paths]

    def outcomes(self) -> Iterator[Outcome[T]]:
        while self.turn < len(self._paths):
            while (outcome := self._finished.pop(self.turn, None)) is not None:
                self.turn += 1
                yield outcome
            self._hand_out()  # last, so that nobody waits for work while this process listens
            self._listen()

    def close(self) -> None:
        """End all processes; what they have not finished is lost."""
        for worker in self._workers:
            worker.process.kill()
            worker.connection.close()
        for worker in self._workers:
            worker.process.join()

    def _hand_out(self) -> None:
        """Give files to processes with room, starting processes as long as they are wanted."""
        while (number := self._wanted()) is not None:
            free = min(self._workers, key=lambda worker: len(worker.files), default=None)
            if (free is None or free.files) and len(self._workers) < self._jobs:
                self._workers.append(free := self._start())
            if free is None or len(free.files) >= _QUEUED:
                self._waiting.appendleft(number)
                return
            free.files.append(number)
            with contextlib.suppress(OSError):  # it died; _listen finds out
                free.connection.send(self._paths[number])

    def _wanted(self) -> int | None:
        """Return the next file that is to be worked on; one that is known is finished here."""
        if self._waiting:
            return self._waiting.popleft()
        # What is finished and has its turn is given out before the next is looked at.
        while self.turn not in self._finished and self._next < self._end:
            number = self._next
            self._next += 1
            if not self._is_known(number):
                return number
        return None

    @property
    def _end(self) -> int:
        return min(len(self._paths), self.turn + _AHEAD)

    def _is_known(self, number: int) -> bool:
        if self._known is None:
            return False
        found = attempt(self._paths[number], self._known)
        if found.value is None and found.error is None:
            return False
        self._finish(number, Outcome(found.path, found.value, found.error))
        return True

    def _finish(self, number: int, outcome: Outcome[T]) -> None:
        self._finished[number] = outcome
        self._advance(outcome.path)

    def _start(self) -> _Worker:
        seconds = sum(self._seconds[self._next - 1 :]) / self._jobs
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._work, seconds), daemon=True)
        try:
            with one_thread_each(), _without_interrupts():
                process.start()
        except OSError as error:
            raise _CannotStartError(f"processes cannot be started ({error})") from error
        theirs.close()  # so that the end of the other side is heard
        return _Worker(process, ours)

    def _listen(self) -> None:
        """Take what the processes have to say, waiting for it when there is nothing else to do."""
        if not self._workers:
            return
        can_wait = self.turn not in self._finished and any(w.files for w in self._workers)
        heard = wait([w.connection for w in self._workers], None if can_wait else 0)
        for worker in [w for w in self._workers if w.connection in heard]:
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if message is None:
                worker.ready = True
            elif isinstance(message, Outcome):
                self._finish(worker.files.popleft(), message)
            else:
                raise message

    def _bury(self, worker: _Worker) -> None:
        worker.process.join(_LAST_WORDS_SECONDS)
        worker.connection.close()
        self._workers.remove(worker)
        if not worker.ready:
            if not any(w.ready for w in self._workers):
                raise _CannotStartError("processes end as soon as they are started")
            self._jobs = len(self._workers)
        elif worker.files:
            path = self._paths[number := worker.files.popleft()]
            self._finish(number, Outcome(path, None, f"{path}: {_how_it_ended(worker.process)}"))
        self._waiting.extendleft(reversed(worker.files))


def _how_it_ended(process: BaseProcess) -> str:
    code = process.exitcode or 0
    why = f"ended with code {code}"
    if code < 0:
        with contextlib.suppress(ValueError):
            why = f"was ended by {signal.Signals(-code).name}"
    hint = "; memory may have run out: try fewer --jobs" if code == -9 else ""
    return f"the process that worked on it {why}{hint}."


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let Ctrl-C reach this process only, not those started in the block."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, work: Work[Any], seconds: float) -> None:
    """Work on files until nobody is on the other side."""
    from earmark.audio import kernels

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        connection.send(None)
        kernels.expect(seconds)
        for path in iter(connection.recv, None):
            connection.send(_answer(path, work))


def _answer(path: Path, work: Work[Any]) -> Outcome[Any] | Exception:
    try:
        return attempt(path, work)
    except Exception as error:  # carried over whole, and raised there
        error.add_note(f"while working on {path}")
        return error
