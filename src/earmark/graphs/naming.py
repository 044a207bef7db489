"""Names in a graph that takes in another: each of the other's gets a prefix, so that ours are free.
"""

from __future__ import annotations

from typing import Any


def rename(graph: Any, prefix: str) -> None:
    """Put the prefix before every name. One for all keeps what graphs inside nodes take from those
    around them, which ``onnx.compose`` loses."""
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [name and prefix + name for name in names]
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                rename(inner, prefix)
    arrays = [*graph.initializer, *(sparse.values for sparse in graph.sparse_initializer)]
    for named in (*arrays, *graph.input, *graph.output):
        named.name = prefix + named.name
    del graph.value_info[:]
    del graph.quantization_annotation[:]
