import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from p3m.export.int8 import with_int8_weights

pytestmark = pytest.mark.onnx


@pytest.fixture
def weight(rng):
    """Kernels of very different size; those of one channel are zero."""
    weight = rng.normal(size=(4, 3, 3, 3)).astype(np.float32)
    return weight * np.float32([1e-3, 1, 0, 50]).reshape(4, 1, 1, 1)


@pytest.fixture
def model(weight):
    """One convolution with a bias."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "weight", "bias"], ["y"])],
        "convolution",
        [value("x", TensorProto.FLOAT, [1, 3, 5, 5])],
        [value("y", TensorProto.FLOAT, [1, 4, 3, 3])],
        [
            numpy_helper.from_array(weight, "weight"),
            numpy_helper.from_array(np.float32([1e-9, 1e9, 1, 2]), "bias"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_kernels_become_whole_numbers_and_the_rest_stays(model):
    small = with_int8_weights(model)
    onnx.checker.check_model(small, full_check=True)
    stored = {tensor.name: tensor for tensor in small.graph.initializer}
    assert set(stored) == {"weight.int8", "weight.scales", "bias"}
    assert stored["weight.int8"].data_type == TensorProto.INT8
    assert list(stored["weight.scales"].dims) == [4, 1, 1, 1]
    assert stored["bias"].SerializeToString() == model.graph.initializer[1].SerializeToString()


def test_the_model_given_is_not_changed(model):
    before = model.SerializeToString()
    with_int8_weights(model)
    assert model.SerializeToString() == before


def test_each_weight_is_within_half_a_step_of_its_channel(model, weight):
    small = with_int8_weights(model)
    stored = {t.name: numpy_helper.to_array(t) for t in small.graph.initializer}
    widened = stored["weight.int8"].astype(np.float32) * stored["weight.scales"]
    steps = np.abs(weight).max(axis=(1, 2, 3)) / 127
    for channel, step in enumerate(steps):
        assert np.abs(widened[channel] - weight[channel]).max() <= 0.5001 * step
    assert np.abs(stored["weight.int8"]).max() == 127
    assert not widened[2].any()


def test_it_computes_in_single_precision_with_the_rounded_kernels(model, rng):
    x = rng.normal(size=(1, 3, 5, 5)).astype(np.float32)
    small = with_int8_weights(model)
    stored = {t.name: numpy_helper.to_array(t) for t in small.graph.initializer}
    rounded = onnx.ModelProto.FromString(model.SerializeToString())
    widened = stored["weight.int8"].astype(np.float32) * stored["weight.scales"]
    rounded.graph.initializer[0].CopyFrom(numpy_helper.from_array(widened, "weight"))
    results = [
        onnxruntime.InferenceSession(
            each.SerializeToString(), providers=["CPUExecutionProvider"]
        ).run(None, {"x": x})[0]
        for each in (rounded, small)
    ]
    assert results[1].dtype == np.float32
    assert np.array_equal(*results)
