"""A small hand for writing ONNX graphs of standard operators, with names that never change.

The classic models write their graphs themselves rather than through a converter: what they learn
is a few arrays, sums can be kept in double precision where single precision loses the fifth
decimal (features span 1e-3 to 1e7), thresholds of trees can be rounded so that no row changes
sides, and the bytes are equal for equal models. ``tagger.export`` compares the graph with the
model on real rows before it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import TaggerError, require
from earmark.graphs.naming import rename

OPSETS = {"": 21, "ai.onnx.ml": 3}
_IR_VERSION = 10  # of ONNX 1.16, the first with opset 21


class Graph:
    """A graph that grows by one operator at a time, from ``rows`` [shape=(rows, *shape)]."""

    def __init__(
        self, shape: int | Sequence[int], *, prefix: str = "", extra: str = "train"
    ) -> None:
        """Begin a graph.

        Args:
            shape: of one row: a number of features, or several sizes.
            extra: whose part the onnx package is, for whoever lacks it.
        """
        self._onnx = require("onnx", extra=extra, purpose="writing a tagger")
        self._shape = [shape] if isinstance(shape, int) else list(shape)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._prefix = prefix  # a graph inside a graph may not use its names again
        self.rows = f"{prefix}rows"

    def constant(self, values: ArrayLike, dtype: Any = np.float64) -> str:
        """Put an array into the graph and return its name."""
        name = f"{self._prefix}c{len(self._constants)}"
        array = np.ascontiguousarray(values, dtype=dtype).reshape(np.shape(values))
        self._constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add an operator and return the name of its first output."""
        return self.add_many(operator, 1, *inputs, domain=domain, **attributes)[0]

    def add_many(
        self, operator: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add an operator and return the names of its outputs."""
        names = [f"{self._prefix}n{len(self._nodes)}_{k}" for k in range(outputs)]
        self._nodes.append(self._onnx.helper.make_node(
            operator, list(inputs), names, domain=domain, **attributes))  # fmt: skip
        return names

    def cast(self, name: str, dtype: Any) -> str:
        """Add a cast to a numpy type."""
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", name, to=kind)

    def linear(self, name: str, weights: NDArray[Any], offsets: NDArray[Any]) -> str:
        """Add ``rows @ weights.T + offsets`` for weights [shape=(outputs, inputs)]."""
        return self.add("Gemm", name, self.constant(weights), self.constant(offsets), transB=1)

    def probabilities(self, name: str, task: Literal["single", "multi"]) -> str:
        """Add a softmax over labels or a sigmoid for each."""
        return self.add("Softmax", name, axis=1) if task == "single" else self.add("Sigmoid", name)

    def graft(self, content: bytes, prefix: str) -> str:
        """Add a whole graph of the same ``rows``; return the name of its ``scores``.

        Args:
            prefix: put before its names; one that no other graph in here has.

        Raises:
            TaggerError: it has operators of a kind, or of a version, that do not fit in here.
        """
        model = _of_our_opsets(self._onnx, self._onnx.load_model_from_string(content), prefix)
        rename(model.graph, prefix)
        self._nodes.append(self._onnx.helper.make_node(
            "Identity", [self.rows], [model.graph.input[0].name]))  # fmt: skip
        self._nodes.extend(model.graph.node)
        self._constants.extend(model.graph.initializer)
        return prefix + "scores"

    def scan(self, inputs: str, body: Graph, result: str, *, width: int) -> str:
        """Run ``body`` on each row of ``inputs`` and stack its results [shape=(rows, width)].

        Args:
            body: its ``rows`` is the one row it is given [shape=(inputs,)].
            result: the body's name of what it gives [shape=(width,)].
        """
        helper, double = self._onnx.helper, self._onnx.TensorProto.DOUBLE
        inner = helper.make_graph(
            body._nodes, "each_row",
            [helper.make_tensor_value_info(body.rows, double, body._shape)],
            [helper.make_tensor_value_info(result, double, [width])], body._constants,
        )  # fmt: skip
        return self.add("Scan", inputs, body=inner, num_scan_inputs=1)

    def content(self, scores: str, labels: int, **others: tuple[str, int]) -> bytes:
        """Return the whole as bytes, with ``scores`` [shape=(rows, labels)] as the output.

        Args:
            scores: empty for a graph without.
            others: further outputs: what they are called to their name here and width.
        """
        helper, proto = self._onnx.helper, self._onnx.TensorProto
        outputs = []
        wanted = {"scores": (scores, labels), **others} if scores else others
        for name, (made, width) in wanted.items():
            self._nodes.append(helper.make_node("Cast", [made], [name], to=proto.FLOAT))
            outputs.append(helper.make_tensor_value_info(name, proto.FLOAT, [None, width]))
        rows = helper.make_tensor_value_info("rows", proto.FLOAT, [None, *self._shape])
        graph = helper.make_graph(self._nodes, "model", [rows], outputs, self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION,
                                  producer_name="earmark")  # fmt: skip
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def row_shape(content: bytes) -> tuple[int, ...]:
    """Return the shape of one row that a graph of ours takes."""
    onnx = require("onnx", extra="train", purpose="writing a tagger")
    given = onnx.load_model_from_string(content).graph.input[0].type.tensor_type.shape.dim
    return tuple(size.dim_value for size in given[1:])


def _of_our_opsets(onnx: Any, model: Any, where: str) -> Any:
    """Return a graph with the operators of ``OPSETS``, which is what a graph is written with."""
    versions = {imported.domain: imported.version for imported in model.opset_import}
    used = {node.domain for node in model.graph.node}
    if model.functions or any(versions[d] != OPSETS.get(d) for d in used - {""}):
        raise TaggerError(f"{where} has operators of {', '.join(sorted(used)) or 'its own'}, which "
                          "cannot stand in one graph with others; leave it out.")
    if versions.get("", OPSETS[""]) == OPSETS[""]:
        return model
    try:
        return onnx.version_converter.convert_version(model, OPSETS[""])
    except Exception as error:  # the converter raises what its C++ half raises
        said = " ".join(str(error).split())
        raise TaggerError(f"{where} is of ONNX operator set {versions['']} and cannot be brought "
                          f"to {OPSETS['']}: {said}") from error
