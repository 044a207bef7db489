"""Looks into an ONNX file before onnxruntime does, without the onnx package.

A tagger may come from anywhere. Its graphs may use the operators of the ONNX standard but loops,
and may not point at other files. The protobuf is walked field by field; the field numbers
are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from earmark.errors import TaggerError

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_ENDLESS = frozenset({"Loop"})  # Scan ends with its input
_MOST_LEVELS = 32  # of graphs inside nodes of graphs
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
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


class _Field(NamedTuple):
    number: int
    value: int | memoryview  # a number, or the bytes of a string, message or packed list


def check(content: bytes, where: str) -> None:
    """Refuse a graph with operators outside the ONNX standard or with data in other files.

    Raises:
        TaggerError: names the operator, or says that the bytes are no ONNX graph.
    """
    try:
        if not any(f.number == 7 for f in _fields(memoryview(content))):
            raise ValueError("it holds no graph")
        _walk(memoryview(content), "model", where, 0)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise TaggerError(f"{where} is not an ONNX model: {error}.") from error


def _walk(message: memoryview, kind: str, where: str, level: int) -> None:
    if level > _MOST_LEVELS:
        raise ValueError(f"it nests graphs more than {_MOST_LEVELS} levels deep")
    fields = list(_fields(message))
    if kind == "node":
        _check_node(fields, where)
    if kind == "tensor":
        _check_tensor(fields, where)
    for field in fields:
        inside = _CHILDREN[kind].get(field.number)
        if inside and isinstance(field.value, memoryview):
            _walk(field.value, inside, where, level + 1)


def _check_node(fields: list[_Field], where: str) -> None:
    domain, operator = _text(fields, 7), _text(fields, 4)
    if operator in _ENDLESS:
        raise TaggerError(f"{where} uses the operator '{operator}', which may run for ever; export "
                          "the model without loops.")
    if domain not in STANDARD_DOMAINS:
        raise TaggerError(
            f"{where} uses the operator '{domain}.{operator}', which is not of the ONNX standard; "
            "Earmark runs only standard operators: export the model without custom ones."
        )


def _check_tensor(fields: list[_Field], where: str) -> None:
    for field in fields:
        if field.number == _EXTERNAL_DATA or field == (_DATA_LOCATION, _EXTERNAL):
            raise TaggerError(f"{where} keeps weights in another file; a tagger holds all it "
                              "needs: export the model with its weights inside.")


def _text(fields: list[_Field], number: int) -> str:
    values = [f.value for f in fields if f.number == number and isinstance(f.value, memoryview)]
    return bytes(values[-1]).decode() if values else ""


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield _Field(number, value)
            continue
        if wire == _BYTES:
            size, at = _varint(message, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if at + size > len(message):
            raise ValueError("it ends in the middle of a field")
        if wire == _BYTES:
            yield _Field(number, message[at : at + size])
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError(f"a number at byte {at} has no end")
