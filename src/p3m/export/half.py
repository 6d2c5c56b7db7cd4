"""Weights stored in half precision, in a graph that computes in single precision."""

import copy
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto


def with_half_weights(model: "ModelProto") -> "ModelProto":
    """A copy of the model whose kernels take half the space.

    Each ``float32`` initializer of two axes or more becomes ``float16`` and is cast back in the
    graph; ONNX Runtime does the cast once, while loading. Biases and other small constants stay as
    they are.

    Args:
        model: A model whose weights lie inside it.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 - an extra

    halved = copy.deepcopy(model)
    casts = []
    for tensor in halved.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        name = tensor.name
        tensor.CopyFrom(_rounded(tensor))
        tensor.name = f"{name}.half"
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *halved.graph.node]
    del halved.graph.node[:]
    halved.graph.node.extend(nodes)
    return halved


def _rounded(tensor: "TensorProto") -> "TensorProto":
    from onnx import numpy_helper  # noqa: PLC0415 - an extra

    return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16))
