import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from p3m.export.half import with_half_weights

pytestmark = pytest.mark.onnx


@pytest.fixture
def model(rng):
    """One convolution with a bias that half precision could not hold."""
    weight = rng.normal(size=(4, 3, 3, 3)).astype(np.float32)
    bias = np.float32([1e-9, 1e9, 1, 2])
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "weight", "bias"], ["y"])],
        "convolution",
        [value("x", TensorProto.FLOAT, [1, 3, 5, 5])],
        [value("y", TensorProto.FLOAT, [1, 4, 3, 3])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_kernels_take_half_the_space_and_the_rest_stays(model):
    halved = with_half_weights(model)
    onnx.checker.check_model(halved, full_check=True)
    stored = {tensor.name: tensor for tensor in halved.graph.initializer}
    assert stored["weight.half"].data_type == TensorProto.FLOAT16
    assert stored["bias"].SerializeToString() == model.graph.initializer[1].SerializeToString()
    assert halved.ByteSize() < model.ByteSize()


def test_the_model_given_is_not_changed(model):
    before = model.SerializeToString()
    with_half_weights(model)
    assert model.SerializeToString() == before


def test_it_computes_in_single_precision_with_rounded_kernels(model, rng):
    x = rng.normal(size=(1, 3, 5, 5)).astype(np.float32)
    rounded = onnx.ModelProto.FromString(model.SerializeToString())
    weight = numpy_helper.to_array(rounded.graph.initializer[0])
    weight = weight.astype(np.float16).astype(np.float32)
    rounded.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight, "weight"))
    results = [
        onnxruntime.InferenceSession(
            each.SerializeToString(), providers=["CPUExecutionProvider"]
        ).run(None, {"x": x})[0]
        for each in (rounded, with_half_weights(model))
    ]
    assert results[1].dtype == np.float32
    assert np.array_equal(*results)
