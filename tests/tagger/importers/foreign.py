"""A made-up ONNX file of somebody else's: a dense layer over 8 frames of 16 bands."""

import numpy as np

FRAMES, BANDS = 8, 16
FRONT = "logmel:sample_rate=16000,n_fft=512,hop_length=256,n_mels=16,compression=log10_1e4"


def weights(labels=3):
    rng = np.random.default_rng(5)
    return (rng.standard_normal((FRAMES * BANDS, labels)) / 10).astype(np.float32)


def model(shape=(FRAMES, BANDS), *, batch=None, flat=-1, labels=3, domain="", input_type=None,
          external=False, opset=17, scores="logits", second="Relu"):  # fmt: skip
    """Return the file's bytes.

    Args:
        shape: of a segment as it takes it, time first.
        batch: fixed, named or None; flat: the batch that its Reshape knows.
    """
    import onnx
    from onnx import helper, numpy_helper

    kind = onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], [scores], domain=domain),
        helper.make_node(second, [scores], ["features"]),
    ]
    nodes[0].doc_string = "made in /home/somebody"
    constants = [numpy_helper.from_array(weights(labels), "w"),
                 numpy_helper.from_array(np.asarray([flat, FRAMES * BANDS]), "shape")]
    if external:
        constants[0].data_location = onnx.TensorProto.EXTERNAL
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", input_type or kind, [batch, *shape])],
        [helper.make_tensor_value_info(name, kind, [batch, labels])
         for name in (scores, "features")],
        constants,
    )  # fmt: skip
    opsets = [helper.make_opsetid("", opset)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def expected(row, activation="sigmoid"):
    """The scores of one segment [shape=(frames, bands)], from the definition."""
    logits = row.astype(np.float64).ravel() @ weights()
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-logits))
    return np.exp(logits) / np.exp(logits).sum()
