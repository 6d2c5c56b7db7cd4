import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from p3m.export.nodes import Nodes

pytestmark = pytest.mark.onnx


@pytest.fixture
def graph():
    """``y = relu(x * a)``, and ``z = x * a`` that nothing uses but the ReLU and, maybe, the end."""
    value = helper.make_tensor_value_info
    return helper.make_graph(
        [
            helper.make_node("Mul", ["x", "a"], ["m"]),
            helper.make_node("Add", ["x", "b"], ["unused"]),
            helper.make_node("Relu", ["m"], ["y"]),
        ],
        "small",
        [value("x", TensorProto.FLOAT, [2])],
        [value("y", TensorProto.FLOAT, [2])],
        [numpy_helper.from_array(np.float32([2, 2]), name) for name in "ab"],
        value_info=[value(name, TensorProto.FLOAT, [2]) for name in ("m", "unused")],
    )


def test_nodes_are_found_by_what_they_make_and_use(graph):
    nodes = Nodes(graph)
    multiply, add, relu = graph.node
    assert nodes.of_type("Relu") == [relu]
    assert nodes.maker("m", "Mul") == multiply
    assert nodes.maker("m", "Add") is None
    assert nodes.maker("x", "Mul") is None
    assert nodes.users("x") == [multiply, add]
    assert nodes.users("y") == []
    assert set(nodes.constants) == {"a", "b"}


def test_the_only_user_is_only_that(graph):
    nodes = Nodes(graph)
    assert nodes.only_user("m", "Relu") == graph.node[2]
    assert nodes.only_user("m", "Add") is None
    assert nodes.only_user("x", "Mul") is None
    graph.output.append(helper.make_tensor_value_info("m", TensorProto.FLOAT, [2]))
    assert Nodes(graph).only_user("m", "Relu") is None


def test_what_no_result_needs_is_dropped_with_what_it_used(graph):
    Nodes(graph).replace({})
    assert [node.op_type for node in graph.node] == ["Mul", "Relu"]
    assert [tensor.name for tensor in graph.initializer] == ["a"]
    assert [info.name for info in graph.value_info] == ["m"]


def test_others_take_a_nodes_place_and_bring_their_constants(graph):
    others = [
        helper.make_node("Mul", ["x", "c"], ["n"]),
        helper.make_node("Neg", ["n"], ["m"]),
    ]
    constants = [numpy_helper.from_array(np.float32([3, 3]), name) for name in "cd"]
    Nodes(graph).replace({"m": others}, constants)
    assert [node.op_type for node in graph.node] == ["Mul", "Neg", "Relu"]
    assert [tensor.name for tensor in graph.initializer] == ["c"]
