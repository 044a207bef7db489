"""A foreign graph in our clothes: ``rows`` in, ``scores`` and the like out, its operators as they
are.

What it takes is reached by turning and reshaping the axes of a row, what it gives by an activation
where it has none. The shapes between its operators are forgotten, so that many a graph with a batch
of fixed size takes any; whoever wraps it runs it to see, and has fewer rows filled up where not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.errors import require
from earmark.graphs.naming import rename

Activation = Literal["none", "sigmoid", "softmax"]

_PREFIX = "model/"  # before every name in the foreign graph, so that ours are free
_OPERATORS = {"sigmoid": "Sigmoid", "softmax": "Softmax", "none": "Identity"}


@dataclass(frozen=True)
class Fit:
    """How a row becomes what a graph takes.

    Attributes:
        order: of the row's axes.
        shape: of the row then, axes of size 1 put in or left out.
    """

    order: tuple[int, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Wrapping:
    """What is put around a graph.

    Attributes:
        input: its input.
        row_shape: of one row as we give it.
        fit: how that becomes what it takes.
        scores: its output that becomes ``scores`` [shape=(rows, labels)]; empty for none.
        others: names that we give to further outputs [shape=(rows, values)], to its own.
        activation: put behind ``scores``.
        batch: rows that the graph takes at once, fewer being filled up with zeros; 0 for any
            number.
        widths: values a row of our outputs, by our names.
    """

    input: str
    row_shape: tuple[int, ...]
    fit: Fit
    scores: str
    others: Mapping[str, str]
    activation: Activation = "none"
    batch: int = 0
    widths: Mapping[str, int] = field(default_factory=dict)


def fits(row_shape: Sequence[int], wanted: Sequence[int | None]) -> Iterator[Fit]:
    """Yield the ways in which a row has the shape wanted, for which its axes may change places and
    axes of size 1 come or go; those that put such axes first come first.

    Args:
        wanted: None for a size that may be any.

    >>> [fit.shape for fit in fits((96, 128), (1, 128, 96))]
    [(1, 128, 96)]
    """
    core = [axis for axis, size in enumerate(row_shape) if size > 1]
    ones = [axis for axis, size in enumerate(row_shape) if size == 1]
    for order in permutations(core):
        for places in reversed(list(combinations(range(len(wanted)), len(core)))):
            shape = [1] * len(wanted)
            for place, axis in zip(places, order, strict=True):
                shape[place] = row_shape[axis]
            if all(size in (None, given) for size, given in zip(wanted, shape, strict=True)):
                yield Fit((*order, *ones), tuple(shape))


def activated(values: NDArray[np.float32], activation: Activation) -> NDArray[np.float32]:
    """Return scores from what a graph gives [shape=(rows, labels)], as ``wrap`` makes them."""
    exact = values.astype(np.float64)
    if activation == "sigmoid":
        exact = 1 / (1 + np.exp(-np.clip(exact, -700, 700)))
    elif activation == "softmax":
        raised = np.exp(exact - exact.max(axis=1, keepdims=True))
        exact = raised / raised.sum(axis=1, keepdims=True)
    found: NDArray[np.float32] = exact.astype(np.float32)
    return found


def wrap(content: bytes, wrapping: Wrapping) -> bytes:
    """Return a graph, which ``guard`` has passed, in its wrapping.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    onnx = require("onnx", extra="import", purpose="opening an ONNX file as a tagger")
    model = onnx.load_model_from_string(content)
    _strip(model)
    rename(model.graph, _PREFIX)
    graph, helper, kind = model.graph, onnx.helper, onnx.TensorProto.FLOAT
    before, constants = _entrance(onnx, wrapping)
    after = list(_exit(onnx, wrapping))
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(constants)
    kept = [i for i in graph.input if i.name != _PREFIX + wrapping.input]
    del graph.input[:]
    rows = helper.make_tensor_value_info("rows", kind, [None, *wrapping.row_shape])
    graph.input.extend([rows, *kept])
    del graph.output[:]
    graph.output.extend(helper.make_tensor_value_info(name, kind, [None, wrapping.widths.get(name)])
                        for name in _outputs(wrapping))
    made: bytes = model.SerializeToString(deterministic=True)
    return made


def _outputs(wrapping: Wrapping) -> dict[str, str]:
    return {**({"scores": wrapping.scores} if wrapping.scores else {}), **wrapping.others}


def _entrance(onnx: Any, wrapping: Wrapping) -> tuple[list[Any], list[Any]]:
    """Nodes from ``rows`` to the foreign input, and their constants."""
    fit, make = wrapping.fit, onnx.helper.make_node
    turned = make("Transpose", ["rows"], ["turned"], perm=[0, *(axis + 1 for axis in fit.order)])
    reshaped = make("Reshape", ["turned", "shape"], [_PREFIX + wrapping.input])
    constants = {"shape": [-1, *fit.shape]}
    nodes = [turned, reshaped]
    if wrapping.batch:
        reshaped.output[0] = "given"
        nodes += _filling(make, _PREFIX + wrapping.input)
        constants |= {"whole": [wrapping.batch, *fit.shape], "zero": [0], "one": [1],
                      "batch_alone": [1, *(0 for _ in fit.shape)]}  # fmt: skip
    made = [onnx.numpy_helper.from_array(np.asarray(values, np.int64), name)
            for name, values in constants.items()]  # fmt: skip
    return nodes, made


def _filling(make: Any, filled: str) -> Iterator[Any]:
    """Nodes that put as many rows of zeros behind those given as a whole batch lacks."""
    yield make("Shape", ["given"], ["given_shape"])
    yield make("Mul", ["given_shape", "batch_alone"], ["given_rows"])
    yield make("Sub", ["whole", "given_rows"], ["lacking"])
    yield make("ConstantOfShape", ["lacking"], ["silent_rows"])
    yield make("Concat", ["given", "silent_rows"], [filled], axis=0)
    yield make("Slice", ["given_shape", "zero", "one"], ["count"])


def _exit(onnx: Any, wrapping: Wrapping) -> Iterator[Any]:
    """Nodes from the foreign outputs to ours."""
    make = onnx.helper.make_node
    for name, theirs in _outputs(wrapping).items():
        operator = _OPERATORS[wrapping.activation] if name == "scores" else "Identity"
        axis = {"axis": 1} if operator == "Softmax" else {}
        yield make("Flatten", [_PREFIX + theirs], [f"{name}_flat"], axis=1)
        if wrapping.batch:
            yield make("Slice", [f"{name}_flat", "zero", "count"], [f"{name}_real"])
        real = f"{name}_real" if wrapping.batch else f"{name}_flat"
        yield make("Cast", [real], [f"{name}_cast"], to=onnx.TensorProto.FLOAT)
        yield make(operator, [f"{name}_cast"], [name], **axis)


def _strip(model: Any) -> None:
    """Take out what is no part of the function: shapes that would fix the batch, and texts, which
    may name folders of whoever exported it."""
    del model.graph.value_info[:]
    del model.metadata_props[:]
    model.doc_string = model.graph.doc_string = ""
    for function in model.functions:
        del function.value_info[:]
    nodes = [*model.graph.node, *(node for f in model.functions for node in f.node)]
    for thing in [*nodes, *model.graph.initializer, *model.graph.input]:
        thing.ClearField("doc_string")
        if "metadata_props" in thing.DESCRIPTOR.fields_by_name:
            thing.ClearField("metadata_props")
