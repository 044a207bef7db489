"""How many threads a model is fitted with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from earmark.models.base import Model


@contextlib.contextmanager
def its_threads(model: Model) -> Iterator[None]:
    """Hold models of many small products to one thread: threads that wait for one another make
    them many times slower."""
    from threadpoolctl import threadpool_limits

    with contextlib.nullcontext() if model.many_threads else threadpool_limits(1):
        yield
