"""Graphs in eight bits: smaller, and on many processors faster; taken only where it is proved.

Weights and the values between operators become whole numbers whose ranges were seen on real rows
(static quantisation, QDQ: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
"""

from __future__ import annotations

import contextlib
import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError, require
from earmark.graphs.guard import STANDARD_DOMAINS
from earmark.graphs.session import Session, single_threads
from earmark.tagger.timing import milliseconds

MOST_LOST = 0.005  # of its metric, that a graph in eight bits may lose
_CALIBRATED = 200  # rows whose ranges are looked at
_AT_ONCE = 8
_WARNINGS, _ERRORS = 2, 3  # onnxruntime's, of which the first is its usual one
_LAYERS = frozenset({"Conv", "Gemm", "MatMul"})

Metric = Callable[[NDArray[np.float32]], float]


@dataclass(frozen=True)
class Quantised:
    """A graph in eight bits beside the one it was made of.

    Attributes:
        content: ONNX bytes.
        faster: milliseconds of the first over milliseconds of this one, a row at a time, with one
            thread: medians of runs in turn.
        lost: of the metric on the rows that were judged; below 0 where it gained, NaN where the
            metric is not defined.
    """

    content: bytes
    faster: float
    lost: float

    @property
    def worth_it(self) -> bool:
        """Whether it is faster and as good."""
        return self.faster > 1 and self.lost <= MOST_LOST

    def told(self) -> Mapping[str, Any]:
        """Return plain values for results."""
        lost = self.lost if math.isfinite(self.lost) else None
        return {"bytes": len(self.content), "faster": self.faster, "lost": lost,
                "taken": self.worth_it}


def judged(
    content: bytes, rows: NDArray[np.float32], metric: Metric, where: str,
    calibrated_on: NDArray[np.float32] | None = None,
) -> Quantised:  # fmt: skip
    """Return a graph in eight bits with what it gains in time and loses in score.

    Args:
        rows: to be judged on. metric: from their scores [shape=(rows, labels)] to a number of
            which more is better.
        calibrated_on: other rows whose ranges are looked at; the same ones without.

    Raises:
        TaggerError: it cannot be made.
    """
    made = quantised(content, rows if calibrated_on is None else calibrated_on, where)
    row = np.asarray(rows[:1], np.float32)
    with single_threads():
        plain, small = Session(content, where), Session(made, f"{where} in eight bits")
        lost = float(metric(scores_of(plain, rows)) - metric(scores_of(small, rows)))
        taken = milliseconds({"plain": lambda: plain.run(row), "small": lambda: small.run(row)})
    return Quantised(made, taken["plain"] / taken["small"], lost)


def quantised(content: bytes, rows: NDArray[np.float32], where: str) -> bytes:
    """Return a graph in eight bits, the ranges of its values those seen on the rows.

    What stands before its first layer and its last one stay as they are: rows of features whose
    columns differ by a million do not fit one range, and scores in 256 steps would tie.

    Raises:
        TaggerError: it cannot be made; says why.
        MissingExtraError: onnx is not installed.
    """
    require("onnx", extra="deep", purpose="making a graph of eight bits")
    numbers = np.linspace(0, len(rows) - 1, min(len(rows), _CALIBRATED)).astype(np.intp)
    some = np.asarray(rows[numbers], np.float32)
    if not len(some):
        raise TaggerError(f"{where} cannot be turned into eight bits: no rows to see ranges on.")
    with tempfile.TemporaryDirectory() as folder, _quiet():
        try:
            return _made(content, some, Path(folder))
        except Exception as error:  # of many kinds, none of them documented
            said = str(error).strip().splitlines() or [repr(error)]
            raise TaggerError(f"{where} cannot be turned into eight bits: {said[0]}") from error


def _made(content: bytes, some: NDArray[np.float32], folder: Path) -> bytes:
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(np.array_split(some, -(-len(some) // _AT_ONCE)))

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self.left, None)
            return None if batch is None else {"rows": batch}

    given, ready, made = (folder / name for name in ("given.onnx", "ready.onnx", "made.onnx"))
    given.write_bytes(content)
    quant_pre_process(given, ready, skip_symbolic_shape=True)
    model = onnx.load_model(ready)
    exact = _kept(model)
    onnx.save_model(model, ready)
    quantization.quantize_static(
        ready, made, Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
        weight_type=quantization.QuantType.QInt8, activation_type=quantization.QuantType.QUInt8,
        nodes_to_exclude=exact,
    )  # fmt: skip
    small = onnx.load_model(made)
    if not any(node.op_type == "DequantizeLinear" for node in small.graph.node):
        # As with the classical models' graphs, which compute in 64 bits as scikit-learn does.
        raise ValueError("of its layers before the last one none computes in 32 bits.")
    return _tidy(small)


def _tidy(model: Any) -> bytes:
    """Return the graph without the operator sets of others that it names and does not use, which
    some runtimes refuse."""
    used = [its for its in model.opset_import if its.domain in STANDARD_DOMAINS]
    del model.opset_import[:]
    model.opset_import.extend(used)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _kept(model: Any) -> list[str]:
    """Return the names, given where there are none, of operators that stay as they are.

    Raises:
        ValueError: that would be all of them.
    """
    nodes = model.graph.node
    for number, node in enumerate(nodes):
        node.name = f"{number} {node.op_type}"
    layers = [k for k, node in enumerate(nodes) if node.op_type in _LAYERS]
    if len(layers) < 2:
        raise ValueError("it has no layers before its last one.")
    return [node.name for k, node in enumerate(nodes) if not layers[0] <= k < layers[-1]]


def scores_of(session: Session, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a graph's scores [shape=(rows, labels)] of any number of rows, a few at a time."""
    return np.concatenate([session.run(np.asarray(rows[k : k + _AT_ONCE], np.float32))[0]
                           for k in range(0, len(rows), _AT_ONCE)])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the tool's advice to itself: it goes to the root logger, and from onnxruntime to stderr.
    """
    import onnxruntime

    before = logging.root.level
    logging.root.setLevel(logging.ERROR)
    onnxruntime.set_default_logger_severity(_ERRORS)
    try:
        yield
    finally:
        onnxruntime.set_default_logger_severity(_WARNINGS)
        logging.root.setLevel(before)
