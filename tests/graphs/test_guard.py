import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from earmark.errors import TaggerError
from earmark.graphs import guard


def graph(nodes, initializers=()):
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 2])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, 2])
    return helper.make_graph(nodes, "g", [rows], [scores], list(initializers))


def model(nodes, initializers=(), **more):
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.evil", 1)]
    made = helper.make_model(graph(nodes, initializers), opset_imports=opsets, **more)
    return made.SerializeToString()


def test_standard_operators_pass():
    guard.check(model([helper.make_node("Sigmoid", ["rows"], ["scores"])]), "m")


def test_loops_are_refused():
    node = helper.make_node("Loop", ["", "", "rows"], ["scores"], body=graph([]))
    with pytest.raises(TaggerError, match=r"'Loop', which may run for ever"):
        guard.check(model([node]), "m")


def test_a_foreign_operator_is_named():
    node = helper.make_node("Run", ["rows"], ["scores"], domain="com.evil")
    with pytest.raises(TaggerError, match=r"'com\.evil\.Run'"):
        guard.check(model([node]), "m")


def test_a_foreign_operator_inside_a_branch_is_named():
    inner = graph([helper.make_node("Run", ["rows"], ["scores"], domain="com.evil")])
    condition = helper.make_tensor("c", TensorProto.BOOL, [], [True])
    outer = helper.make_node("If", ["c"], ["scores"], then_branch=inner, else_branch=inner)
    with pytest.raises(TaggerError, match=r"'com\.evil\.Run'"):
        guard.check(model([outer], [condition]), "m")


def test_a_foreign_operator_inside_a_function_is_named():
    function = helper.make_function(
        "", "Inner", ["x"], ["y"], [helper.make_node("Run", ["x"], ["y"], domain="com.evil")],
        [helper.make_opsetid("", 21)],
    )
    node = helper.make_node("Inner", ["rows"], ["scores"])
    with pytest.raises(TaggerError, match=r"'com\.evil\.Run'"):
        guard.check(model([node], functions=[function]), "m")


@pytest.mark.parametrize("mark", ["location", "data"])
def test_weights_in_another_file_are_refused(mark):
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [2], [1, 2])
    if mark == "location":
        tensor.data_location = TensorProto.EXTERNAL
    else:
        tensor.external_data.add(key="location", value="/etc/passwd")
    node = helper.make_node("Add", ["rows", "w"], ["scores"])
    with pytest.raises(TaggerError, match="another file"):
        guard.check(model([node], [tensor]), "m")


def test_deep_nesting_ends():
    inner = graph([helper.make_node("Sigmoid", ["rows"], ["scores"])])
    for _ in range(20):
        inner = graph([helper.make_node("If", ["c"], ["scores"], then_branch=inner)])
    content = helper.make_model(inner).SerializeToString()
    with pytest.raises(TaggerError, match="levels deep"):
        guard.check(content, "m")


@given(st.binary(max_size=300))
def test_rubbish_gives_one_error_and_nothing_else(content):
    with contextlib.suppress(TaggerError):
        guard.check(content, "m")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_gives_one_error_or_none(at, change):
    content = bytearray(model([helper.make_node("Sigmoid", ["rows"], ["scores"])]))
    content[at % len(content)] ^= change
    with contextlib.suppress(TaggerError):  # or none: a name or a number it need not know
        guard.check(bytes(content), "m")
