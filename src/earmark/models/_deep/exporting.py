"""A trained network as ONNX: one file, any number of rows."""

from __future__ import annotations

import onnx
import torch

from earmark.graphs import from_torch
from earmark.graphs.wrapping import Fit, Wrapping, wrap
from earmark.models._deep.shell import Scorer, Shell


def exported(shell: Shell, shape: tuple[int, ...], name: str) -> bytes:
    """Return the graph: ``rows`` [shape=(n, *shape)] to ``scores`` [shape=(n, labels)].

    Raises:
        TaggerError: the exporter cannot.
    """
    scorer = Scorer(shell).eval()
    given = torch.zeros(2, *shape)
    with torch.inference_mode():
        width = scorer(given).shape[1]
    content = from_torch.exported(scorer, given, ["given_rows"], ["given_scores"], name)
    content = _named_anew(content)
    wrapping = Wrapping("given_rows", shape, Fit(tuple(range(len(shape))), shape), "given_scores",
                        {}, widths={"scores": width})
    return wrap(content, wrapping)


def _named_anew(content: bytes) -> bytes:
    """Return a graph whose values are named by their order; one with graphs inside stays as it is.

    The exporter counts on over values that it drops, and not always the same: the same network
    would get several contents.
    """
    model = onnx.load_model_from_string(content)
    graph = model.graph
    if any(a.HasField("g") or a.graphs for node in graph.node for a in node.attribute):
        return content
    names = {value.name: value.name for value in (*graph.input, *graph.output)}
    for node in graph.node:
        node.ClearField("name")
        for listed in (node.input, node.output):
            listed[:] = [name and names.setdefault(name, f"v{len(names)}") for name in listed]
    used = {names[array.name]: array for array in graph.initializer if array.name in names}
    arrays = [onnx.TensorProto.FromString(used[name].SerializeToString())
              for name in names.values() if name in used]
    for array in arrays:
        array.name = names[array.name]
    del graph.initializer[:]
    graph.initializer.extend(arrays)
    del graph.value_info[:]
    del graph.metadata_props[:]  # with names of sizes, which are counted, too
    made: bytes = model.SerializeToString(deterministic=True)
    return made
