"""Processes that work on files, each of which may die without taking the others along.

They are started anew (spawn), on every system alike. Each is handed one file while it works on
another, so that it never waits and yet, when it dies (a decoder's fault, no memory left), it is
known over which file: that one is named, another process takes its place and the rest go on.

Ctrl-C reaches only the process that started them, which ends them at once; when that one is killed
they finish what they hold and leave.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from earmark.lab.workers import Look, Outcome, Work, attempt, one_thread_each

T = TypeVar("T")
_AHEAD = 1024  # files that may be finished before the one whose turn it is
_QUEUED = 2  # files a process holds: one at work and one waiting
_MOST = 60  # processes that Windows can wait for at once
_LAST_WORDS_SECONDS = 5.0


class CannotStartError(Exception):
    """No process could be started."""


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    ready: bool = False
    files: deque[int] = field(default_factory=deque)  # numbers; the first is being worked on


class Pool(Generic[T]):
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
        self._paths, self._work, self._jobs = paths, work, min(jobs, _MOST)
        self._look, self._advance = Look(known), advance
        self._workers: list[_Worker] = []
        self._finished: dict[int, Outcome[T]] = {}
        self._next = 0  # the next file to be looked at
        self._waiting: deque[int] = deque()  # looked at, and to be worked on

    @cached_property
    def _seconds(self) -> list[float]:
        from earmark.audio.queued import guesses

        return guesses(self._paths)

    def outcomes(self) -> Iterator[Outcome[T]]:
        """Yield what became of each file, in their order.

        Raises:
            CannotStartError: no process could be started.
        """
        while self.turn < len(self._paths):
            while (outcome := self._finished.pop(self.turn, None)) is not None:
                self.turn += 1
                yield outcome
            self._hand_out()  # last, so that nobody waits for work while this process listens
            self._listen()

    def close(self) -> None:
        """End all processes; what they have not finished is lost."""
        end_all(self._workers)

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
        found = self._look(self._paths[number])
        if found is not None:
            self._finish(number, found)
        return found is not None

    def _finish(self, number: int, outcome: Outcome[T]) -> None:
        self._finished[number] = outcome
        self._advance(outcome.path)

    def _start(self) -> _Worker:
        seconds = sum(self._seconds[self._next - 1 :]) / self._jobs
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._work, seconds), daemon=True)
        try:
            with one_thread_each(), without_interrupts():
                process.start()
        except OSError as error:
            raise CannotStartError(f"processes cannot be started ({error})") from error
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
                raise CannotStartError("processes end as soon as they are started")
            self._jobs = len(self._workers)
        elif worker.files:
            path = self._paths[number := worker.files.popleft()]
            self._finish(number, Outcome(path, None, f"{path}: {how_it_ended(worker.process)}"))
        self._waiting.extendleft(reversed(worker.files))


def how_it_ended(process: BaseProcess) -> str:
    """Say why a process is no more."""
    code = process.exitcode or 0
    why = f"ended with code {code}"
    if code < 0:
        with contextlib.suppress(ValueError):
            why = f"was ended by {signal.Signals(-code).name}"
    hint = "; memory may have run out: try fewer --jobs" if code == -9 else ""
    return f"the process that worked on it {why}{hint}."


class _AtWork(Protocol):
    """A process that is spoken to."""

    process: BaseProcess
    connection: Connection


def end_all(started: Sequence[_AtWork]) -> None:
    """End processes, and wait until they have gone."""
    for each in started:
        each.process.kill()
        each.connection.close()
    for each in started:
        each.process.join()


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
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
