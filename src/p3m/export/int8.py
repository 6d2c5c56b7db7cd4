"""Weights stored as whole numbers of eight bits, in a graph that computes in single precision."""

import copy
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto

_GREATEST = 127


def with_int8_weights(model: "ModelProto") -> "ModelProto":
    """A copy of the model whose kernels take a quarter of the space.

    Each ``float32`` initializer of two axes or more becomes whole numbers from -127 to 127, with a
    factor for each entry of its first axis: an output channel of a convolution. The graph
    multiplies them back; ONNX Runtime does so once, while loading, so it runs as fast as the whole
    model. Biases and other small constants stay as they are.

    Note:
        The other way, quantizing what flows between the layers too
        (``onnxruntime.quantization.quantize_dynamic``), makes a file of the same size, is several
        times as slow, for ONNX Runtime's convolutions of integers are, and errs an order of
        magnitude further.

    Args:
        model: A model whose weights lie inside it.
    """
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 - an extra

    small = copy.deepcopy(model)
    widened = []
    for tensor in [*small.graph.initializer]:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        name = tensor.name
        numbers, scales = _quantized(numpy_helper.to_array(tensor))
        tensor.CopyFrom(numpy_helper.from_array(numbers, f"{name}.int8"))
        small.graph.initializer.append(numpy_helper.from_array(scales, f"{name}.scales"))
        widened += [
            helper.make_node("Cast", [f"{name}.int8"], [f"{name}.whole"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.whole", f"{name}.scales"], [name]),
        ]
    nodes = [*widened, *small.graph.node]
    del small.graph.node[:]
    small.graph.node.extend(nodes)
    return small


def _quantized(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers of the weights' shape, and the unit of each entry of the first axis."""
    others = tuple(range(1, weights.ndim))
    scales = np.abs(weights).max(axis=others, keepdims=True) / np.float32(_GREATEST)
    scales[scales == 0] = 1
    return np.rint(weights / scales).astype(np.int8), scales
