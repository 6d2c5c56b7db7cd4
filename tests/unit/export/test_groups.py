from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest

from p3m.export.groups import CHANNELS, in_groups
from p3m.export.unpool import with_max_unpool

pytestmark = pytest.mark.onnx

ROUNDING = 1e-6  # a sum of 32 times 9 products in another order


def run(model, image):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"image": image})


@pytest.fixture
def unpooling(traced):
    with_max_unpool(traced)
    return traced


def test_no_map_of_the_pictures_size_has_more_channels_than_a_group(unpooling):
    in_groups(unpooling)
    onnx.checker.check_model(unpooling, full_check=True)
    kernels = {tensor.name: list(tensor.dims) for tensor in unpooling.graph.initializer}
    unpooled = {n.output[0] for n in unpooling.graph.node if n.op_type == "MaxUnpool"}
    convolutions = [node for node in unpooling.graph.node if node.op_type == "Conv"]
    made = [kernels[n.input[1]][0] for n in convolutions if n.input[0] == "image"]
    used = [kernels[n.input[1]][1] for n in convolutions if n.input[0] in unpooled]
    assert made == used == [CHANNELS, CHANNELS]


def test_the_numbers_stay_but_for_the_order_of_a_sum(unpooling, rng):
    image = rng.random((3, 3, 12, 20), dtype=np.float32)
    before = run(unpooling, image)
    in_groups(unpooling)
    for one, other in zip(before, run(unpooling, image), strict=True):
        np.testing.assert_allclose(one, other, atol=ROUNDING)


def test_its_parts_come_a_group_after_the_other(unpooling):
    in_groups(unpooling)
    nodes = unpooling.graph.node
    first = [i for i, node in enumerate(nodes) if node.op_type == "Conv"][:2]
    between = Counter(node.op_type for node in nodes[first[0] : first[1]])
    assert between == {"Conv": 1, "Relu": 1, "MaxPool": 2}
    last = [i for i, node in enumerate(nodes) if node.op_type == "MaxUnpool"][-2:]
    assert nodes[last[0] + 1].op_type == "Conv"
    assert nodes[last[0] + 1].input[0] == nodes[last[0]].output[0]


def test_a_graph_without_such_a_path_is_left_alone(traced):
    before = traced.SerializeToString(deterministic=True)
    in_groups(traced)
    assert traced.SerializeToString(deterministic=True) == before
