"""From a PyTorch module to the bytes of an ONNX graph."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from earmark.errors import TaggerError, require


def exported(
    module: Any, rows: Any, inputs: Sequence[str], outputs: Sequence[str], where: str
) -> bytes:
    """Return the graph of a module that takes any number of rows, all weights inside.

    Args:
        rows: at least two, as a tensor. inputs, outputs: the names that they get.

    Raises:
        TaggerError: it cannot be exported; says why.
        MissingExtraError: PyTorch or its exporter is not installed.
    """
    torch: Any = require("torch", extra="hub", purpose="turning a network into ONNX")
    require("onnxscript", extra="hub", purpose="turning a network into ONNX")
    try:
        with _quiet():
            program = torch.onnx.export(
                module, (rows,), dynamo=True, input_names=list(inputs),
                output_names=list(outputs), dynamic_shapes=({0: torch.export.Dim("n")},),
                external_data=False, verbose=False,
            )  # fmt: skip
    except Exception as error:  # the exporter wraps whatever the model raises
        said = str(error.__cause__ or error).strip().splitlines() or [repr(error)]
        raise TaggerError(f"{where} cannot be exported to ONNX: {said[0]}") from error
    content: bytes = program.model_proto.SerializeToString()
    return content


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks on other packages and on its own future to itself."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
