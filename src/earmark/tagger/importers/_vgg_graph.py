"""The network ``vgg`` of the musicnn package as an ONNX graph, operator by operator."""

from __future__ import annotations

from earmark.tagger.importers._musicnn_graphs import Net, Tensors


def vgg_graph(tensors: Tensors, labels: int) -> bytes:
    """Return the network ``vgg`` from rows [shape=(n, 187, 96)].

    Outputs: ``scores`` [shape=(n, labels)] and ``embedding`` [shape=(n, 256)], the last pooling.
    """
    net = Net(tensors)
    sound = net.normal(net.sound(), "batch_normalization", 4)
    for k, (size, step) in enumerate((((4, 1), 2), ((2, 2), 2), ((2, 2), 2), ((2, 2), 2),
                                      ((4, 4), 4)), 1):  # fmt: skip
        layer = net.layer(sound, f"{k}CNN", f"batch_normalization_{k}", (1, 1, 1, 1))
        sound = net.graph.add("MaxPool", layer, kernel_shape=size, strides=(step, step))
    last = net.graph.add("Transpose", sound, perm=(0, 2, 3, 1))
    embedding = net.graph.add("Flatten", last)
    scores = net.graph.add("Sigmoid", net.dense(embedding, "dense"))
    return net.graph.content(scores, labels, embedding=(embedding, 256))
