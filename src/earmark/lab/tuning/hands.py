"""Trials fitted in this process, or in several that are told what to fit.

Those are started anew (spawn), on every system alike. After each fold they tell the score and wait
to hear whether to go on, so that what is proposed, pruned and kept is decided in one place. One
that dies takes its trial with it and nothing else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from earmark.errors import EarmarkError
from earmark.lab.choose import Bench
from earmark.lab.pool import end_all, how_it_ended, without_interrupts
from earmark.lab.tuning.scoring import Folds, running
from earmark.lab.tuning.trials import Trial, Trials
from earmark.lab.workers import one_thread_each

_LAST_WORDS_SECONDS = 5.0


def work(trials: Trials, bench: Bench, folds: Folds, jobs: int) -> None:
    """Try settings until there are as many trials as wanted.

    Args:
        jobs: processes; 1 for this one alone.

    Raises:
        EarmarkError: the recipe as given cannot be fitted, or all processes died.
    """
    if jobs == 1:
        while (trial := trials.ask()) is not None:
            _fit(trials, trial, bench, folds)
        return
    hands = _Hands(trials, bench, folds)
    try:
        hands.work(jobs)
    finally:
        hands.close()


def _fit(trials: Trials, trial: Trial, bench: Bench, folds: Folds) -> None:
    try:
        for score in running(bench, trial.recipe, folds):
            if not trials.heard(trial, score):
                return
    except EarmarkError as error:
        trials.refused(trial, error)
    else:
        trials.done(trial)


@dataclass(eq=False)
class _Hand:
    process: BaseProcess
    connection: Connection
    trial: Trial | None = None


class _Hands:
    """Processes and the trials they are at."""

    def __init__(self, trials: Trials, bench: Bench, folds: Folds) -> None:
        self._trials, self._folds = trials, folds
        # What this process logs to, a terminal maybe, cannot be sent.
        self._bench = dataclasses.replace(bench, log=_say_nothing)
        self._hands: list[_Hand] = []

    def work(self, jobs: int) -> None:
        for _ in range(jobs):
            if (trial := self._trials.ask()) is None:
                break
            self._hands.append(hand := self._start())
            self._give(hand, trial)
        while busy := [hand for hand in self._hands if hand.trial is not None]:
            heard = wait([hand.connection for hand in busy])
            for hand in [hand for hand in busy if hand.connection in heard]:
                self._listen(hand)

    def close(self) -> None:
        """End all processes; what they have not finished is lost."""
        end_all(self._hands)

    def _start(self) -> _Hand:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._bench, self._folds))
        try:
            with one_thread_each(), without_interrupts():
                process.start()
        except OSError as error:
            raise EarmarkError(f"processes cannot be started ({error}); try --jobs 1.") from error
        theirs.close()  # so that the end of the other side is heard
        return _Hand(process, ours)

    def _give(self, hand: _Hand, trial: Trial | None) -> None:
        hand.trial = trial
        if trial is not None:
            with contextlib.suppress(OSError):  # it died; _listen finds out
                hand.connection.send(trial.recipe)

    def _listen(self, hand: _Hand) -> None:
        trial = hand.trial
        assert trial is not None
        try:
            kind, said = hand.connection.recv()
            if kind == "score":
                on = self._trials.heard(trial, said)
                hand.connection.send(on)
                if on:
                    return
        except (EOFError, OSError):
            self._bury(hand, trial)
            return
        if kind == "done":
            self._trials.done(trial)
        elif kind == "refused":
            self._trials.refused(trial, said)
        elif kind == "bug":
            raise said
        self._give(hand, self._trials.ask())

    def _bury(self, hand: _Hand, trial: Trial) -> None:
        hand.process.join(_LAST_WORDS_SECONDS)
        self._hands.remove(hand)
        hand.connection.close()
        self._trials.lost(trial)
        why = f"trial {trial.number}: {how_it_ended(hand.process)}"
        if trial.given or not self._hands:
            raise EarmarkError(f"{why} What is finished is kept; the same command goes on from "
                               "there.")
        self._trials.log(why)
        for idle in [other for other in self._hands if other.trial is None]:
            self._give(idle, self._trials.ask())


def _say_nothing(_: str) -> None:
    """Take a line of progress that nobody waits for."""


def _serve(connection: Connection, bench: Bench, folds: Folds) -> None:
    """Fit recipes until nobody is on the other side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            recipe = connection.recv()
            with contextlib.suppress(_StoppedError):
                connection.send(_answer(connection, bench, recipe, folds))


def _answer(
    connection: Connection, bench: Bench, recipe: Any, folds: Folds
) -> tuple[str, EarmarkError | Exception | None]:
    try:
        for score in running(bench, recipe, folds):
            connection.send(("score", score))
            if not connection.recv():
                raise _StoppedError
    except EarmarkError as error:
        return "refused", error
    except (_StoppedError, EOFError, BrokenPipeError, ConnectionError):
        raise
    except Exception as error:  # carried over whole, and raised there
        error.add_note("while trying a setting in a process of its own")
        return "bug", error
    return "done", None


class _StoppedError(Exception):
    """The trial lags behind the others."""
