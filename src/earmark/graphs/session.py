"""ONNX graphs at work, one way for all: quiet, on the processor, with few threads.

onnxruntime's threads wait by spinning unless told not to, which burns what other files need.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.graphs import guard

_threads = 0  # 0: as many as there are cores


@contextlib.contextmanager
def single_threads() -> Iterator[None]:
    """Give each graph that is first run in this block one thread: many files are worked on."""
    global _threads
    before, _threads = _threads, 1
    try:
        yield
    finally:
        _threads = before


class Session:
    """One graph, looked into at once and loaded when it is first run."""

    def __init__(self, content: bytes, where: str) -> None:
        """Take the graph's bytes; ``where`` names it in errors.

        Raises:
            TaggerError: it is no ONNX graph, or may not be run (see ``guard``).
        """
        guard.check(content, where)
        self.where = where
        self._content = content

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = _threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(
                self._content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises many kinds, none of them documented
            raise TaggerError(f"{self.where} cannot be run: {_line(error)}") from error

    @property
    def outputs(self) -> dict[str, list[Any]]:
        """Name to shape of each output; sizes that may vary are text or None."""
        return {o.name: list(o.shape) for o in self._session.get_outputs()}

    @property
    def inputs(self) -> dict[str, list[Any]]:
        """Name to shape of each input, likewise."""
        return {i.name: list(i.shape) for i in self._session.get_inputs()}

    @property
    def input_types(self) -> dict[str, str]:
        """Name to type of each input, as onnxruntime writes it: ``tensor(float)``."""
        return {i.name: i.type for i in self._session.get_inputs()}

    def run(
        self, rows: NDArray[np.float32], outputs: Sequence[str] = ("scores",), *,
        given: str = "rows",
    ) -> list[NDArray[np.float32]]:  # fmt: skip
        """Return the named outputs for the input ``rows`` [shape=(n, ...)].

        Args:
            given: what the input is called, in graphs that are not ours.

        Raises:
            TaggerError: the graph does not take rows of this shape, or lacks an output.
        """
        session = self._session
        try:
            found: list[NDArray[np.float32]] = session.run(list(outputs), {given: rows})
        except Exception as error:  # as above
            raise TaggerError(f"{self.where} does not fit its front end: {_line(error)}") from error
        return found


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
