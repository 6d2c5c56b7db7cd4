from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from p3m.export.graph import frozen, trace
from p3m.export.unpool import with_max_unpool, with_narrow_places

pytestmark = pytest.mark.onnx


def run(model, image):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"image": image})


def operators(model):
    return Counter(node.op_type for node in model.graph.node)


def test_scattering_becomes_one_operator_and_nothing_of_it_is_left(traced):
    assert operators(traced)["ScatterElements"] == 2
    with_max_unpool(traced)
    onnx.checker.check_model(traced, full_check=True)
    after = operators(traced)
    assert after["MaxUnpool"] == 2
    assert after["MaxPool"] == 3
    assert not {"ScatterElements", "Reshape", "ConstantOfShape", "Shape", "Slice"} & after.keys()
    used = {value for node in traced.graph.node for value in node.input}
    assert {tensor.name for tensor in traced.graph.initializer} <= used


@pytest.mark.parametrize("size", [(1, 3, 16, 16), (3, 3, 8, 20)])
def test_the_numbers_stay_as_they_were(traced, rng, size):
    image = rng.random(size, dtype=np.float32)
    before = run(traced, image)
    with_max_unpool(traced)
    for one, other in zip(before, run(traced, image), strict=True):
        assert np.array_equal(one, other)


def test_equal_maxima_lie_where_torch_finds_them(traced, parts):
    image = torch.zeros(2, 3, 8, 8)
    image[:, :, 2:6, 3:5] = 0.5
    with_max_unpool(traced)
    with torch.no_grad():
        expected = parts(image)[1]
    np.testing.assert_allclose(run(traced, image.numpy())[1], expected, atol=1e-6)


def test_places_are_kept_in_32_bits_and_widened_when_they_are_needed(traced, rng):
    with_max_unpool(traced)
    image = rng.random((2, 3, 12, 8), dtype=np.float32)
    before = run(traced, image)
    with_narrow_places(traced)
    onnx.checker.check_model(traced, full_check=True)
    for one, other in zip(before, run(traced, image), strict=True):
        assert np.array_equal(one, other)
    nodes = {node.output[0]: node for node in traced.graph.node}
    for unpooling in (node for node in traced.graph.node if node.op_type == "MaxUnpool"):
        widening = nodes[unpooling.input[1]]
        waiting = nodes[widening.input[0]]
        assert [widening.op_type, waiting.op_type] == ["Cast", "Reshape"]
        assert nodes[waiting.input[1]].input[0] == unpooling.input[0]
        narrowing = nodes[waiting.input[0]]
        assert narrowing.attribute[0].i == onnx.TensorProto.UINT32
        assert [n.op_type for n in traced.graph.node if narrowing.input[0] in n.input] == ["Cast"]


class Scatter(nn.Module):
    """Scatters by places that come from no pooling."""

    def forward(self, image):
        flat = image.flatten(2)
        return torch.zeros_like(flat).scatter(2, flat.argsort(2), flat).view_as(image)


def test_other_scattering_is_left_alone():
    model = trace(
        frozen(Scatter()), (torch.rand(2, 3, 4, 8),), unit=1, inputs=["image"], outputs=["y"]
    )
    before = model.SerializeToString(deterministic=True)
    with_max_unpool(model)
    with_narrow_places(model)
    assert model.SerializeToString(deterministic=True) == before
