"""How long things take beside one another: medians of runs in turn, so that a machine that slows
down slows down all of them; in the process's own time, so that other processes do not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

_ROUNDS = 9


def milliseconds(ways: Mapping[str, Callable[[], Any]], rounds: int = _ROUNDS) -> dict[str, float]:
    """Return the median processor time of each, of all its threads; a first run of each, which
    loads what it needs, is not counted."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for counted in (False, *[True] * rounds):
        for name, run in ways.items():
            taken = _seconds(run)
            if counted:
                times[name].append(1000 * taken)
    return {name: median(taken) for name, taken in times.items()}


def _seconds(run: Callable[[], Any]) -> float:
    """Return what a run takes: once, but where the clock is coarse (16 ms on Windows) as often as
    it takes to move it."""
    begun, runs, taken = time.process_time(), 0, 0.0
    while not taken > 0:
        run()
        runs += 1
        taken = time.process_time() - begun
    return taken / runs
