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
            begun = time.process_time()
            run()
            if counted:
                times[name].append(1000 * (time.process_time() - begun))
    return {name: median(taken) for name, taken in times.items()}
