"""Looks into an ONNX file before onnxruntime does, without the onnx package.

A tagger may come from anywhere. Its graphs may use the operators of the ONNX standard but loops,
and may not point at other files. The protobuf is walked field by field; the field numbers
are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from __future__ import annotations

from earmark.errors import TaggerError
from earmark.graphs.wire import Field, fields, text

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_ENDLESS = frozenset({"Loop"})  # Scan ends with its input
_MOST_LEVELS = 32  # of graphs inside nodes of graphs
_EXTERNAL_DATA, _DATA_LOCATION, _EXTERNAL = 13, 14, 1

# message -> {field number: message inside}
_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function", 20: "training"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


def check(content: bytes, where: str) -> None:
    """Refuse a graph with operators outside the ONNX standard or with data in other files.

    Raises:
        TaggerError: names the operator, or says that the bytes are no ONNX graph.
    """
    try:
        if not any(f.number == 7 for f in fields(memoryview(content))):
            raise ValueError("it holds no graph")
        _walk(memoryview(content), "model", where, 0)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise TaggerError(f"{where} is not an ONNX model: {error}.") from error


def _walk(message: memoryview, kind: str, where: str, level: int) -> None:
    if level > _MOST_LEVELS:
        raise ValueError(f"it nests graphs more than {_MOST_LEVELS} levels deep")
    found = list(fields(message))
    if kind == "node":
        _check_node(found, where)
    if kind == "tensor":
        _check_tensor(found, where)
    for field in found:
        inside = _CHILDREN[kind].get(field.number)
        if inside and isinstance(field.value, memoryview):
            _walk(field.value, inside, where, level + 1)


def _check_node(node: list[Field], where: str) -> None:
    domain, operator = text(node, 7), text(node, 4)
    if operator in _ENDLESS:
        raise TaggerError(f"{where} uses the operator '{operator}', which may run for ever; export "
                          "the model without loops.")
    if domain not in STANDARD_DOMAINS:
        raise TaggerError(
            f"{where} uses the operator '{domain}.{operator}', which is not of the ONNX standard; "
            "Earmark runs only standard operators: export the model without custom ones."
        )


def _check_tensor(tensor: list[Field], where: str) -> None:
    for field in tensor:
        if field.number == _EXTERNAL_DATA or field == (_DATA_LOCATION, _EXTERNAL):
            raise TaggerError(f"{where} keeps weights in another file; a tagger holds all it "
                              "needs: export the model with its weights inside.")
