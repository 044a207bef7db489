"""Who watches a network in training: where its states are kept, and who is told how it goes.

A model's ``fit`` takes rows and labels and knows of no folders. Whoever runs it may stand around
it: ``with watched(Watch(folder=...)):``. Nothing that is learnt depends on it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Watch:
    """What is done while networks are trained.

    Attributes:
        folder: where each fit keeps its state after every epoch, so that one that was killed is
            taken up again and ends as if it had not been; None to keep nothing.
        keeps: whether states are written, or only taken up: of several processes that train one
            network together, the first writes.
        tell: gets a line an epoch.
        tensorboard: where TensorBoard's files go, a folder a fit; None for none.
        curves: gets what each fit has to tell, in the order of their ends.
    """

    folder: Path | None = None
    keeps: bool = True
    tell: Callable[[str], None] = lambda _: None
    tensorboard: Path | None = None
    curves: list[Mapping[str, Any]] = field(default_factory=list)


_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """Let everything that is trained inside be watched so."""
    token = _current.set(watch)
    try:
        yield watch
    finally:
        _current.reset(token)


def current() -> Watch:
    """Return who watches; one who does nothing where nobody does."""
    return _current.get() or Watch()


def rank() -> int:
    """Return which of the processes that train together this is, as torchrun and accelerate say; 0
    for the first, and for the only one."""
    given = os.environ.get("RANK", "")
    return int(given) if given.isdecimal() else 0
