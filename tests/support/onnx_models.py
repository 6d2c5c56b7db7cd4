"""Tiny ONNX models whose alpha is a known function of brightness; nothing is trained."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MEAN = (0.5, 0.5, 0.5)
STD = (0.25, 0.25, 0.25)
HALO_PX = 3
MULTIPLE = 2
STRIDE = 8
AREA_PX = 32 * 32


def p3m_model(*, features: int = 1, metadata: Mapping[str, str] | None = None) -> bytes:
    """A model of p3m's format with a detail graph.

    Its base's alpha is the brightness in [0, 1], averaged over 2 by 2 pixels in the coarse maps;
    the probability of transition is ``4 alpha (1 - alpha)``. Its detail graph adds that probability
    times half the brightness's deviation from its 7 by 7 neighbourhood's mean, zeros beyond the
    window.

    Args:
        features: Further coarse maps, copies of alpha that the detail graph does not need.
        metadata: Entries that replace or extend the usual ones; an empty text removes one.
    """
    nodes = [
        *_brightness(),
        _node("AveragePool", ["alpha"], "low", kernel_shape=[2, 2], strides=[2, 2]),
        *_transition("low", "transition"),
        _node("Concat", ["low", "transition", *["low"] * features], "coarse", axis=1),
    ]
    channels = 2 + features
    graph = helper.make_graph(
        nodes,
        "base",
        [_value("image", ["B", 3, "H", "W"])],
        [_value("alpha", ["B", 1, "H", "W"]), _value("coarse", ["B", channels, "h", "w"])],
        _constants(),
    )
    entries = {
        **_metadata("brightness"),
        "p3m.detail": base64.b64encode(_detail(channels)).decode(),
        "p3m.detail_halo_px": str(HALO_PX),
        "p3m.detail_multiple": str(MULTIPLE),
        **(metadata or {}),
    }
    return _serialised(graph, {key: text for key, text in entries.items() if text})


def parts_model(*, context: float = 0.0, shared: bool = True) -> bytes:
    """A model of p3m's format without a detail graph, whose two decoders answer apart.

    Its local alpha is the brightness. Its likeliest class is background under a brightness of 0.2,
    foreground over 0.8, transition between. Its alpha is the fusion of the two.

    Args:
        context: How much of the local alpha is the brightness of everything that it sees, in
            place of the pixel's own.
        shared: Whether the file has the outputs of the two decoders.
    """
    nodes = [
        *_brightness("bright"),
        _node("GlobalAveragePool", ["bright"], "mean"),
        _node("Sub", ["mean", "bright"], "other"),
        _node("Mul", ["other", "context"], "change"),
        _node("Add", ["bright", "change"], "local_alpha"),
        _node("Sub", ["low", "bright"], "darkness"),
        _node("Sub", ["bright", "high"], "lightness"),
        _node("Mul", ["bright", "zero"], "neither"),
        _node("Concat", ["darkness", "neither", "lightness"], "global_logits", axis=1),
        _node("Less", ["bright", "low"], "dark"),
        _node("Greater", ["bright", "high"], "light"),
        _node("Where", ["dark", "zero", "local_alpha"], "cut"),
        _node("Where", ["light", "one", "cut"], "alpha"),
    ]
    outputs = [("alpha", 1), ("local_alpha", 1), ("global_logits", 3)]
    graph = helper.make_graph(
        nodes,
        "parts",
        [_value("image", ["B", 3, "H", "W"])],
        [_value(name, ["B", count, "H", "W"]) for name, count in outputs[: 3 if shared else 1]],
        [
            *_constants(),
            _constant("context", np.float32(context)),
            _constant("low", np.float32(0.2)),
            _constant("high", np.float32(0.8)),
        ],
    )
    return _serialised(graph, _metadata("parts"))


def plain_model(*, batch: int | str = "B", height: int | str = "H") -> bytes:
    """A model without metadata: alpha is the brightness of ImageNet's normalisation, in [0, 1].

    Args:
        batch: The declared batch: a name if it is free.
        height: The declared height: a name if it is free.
    """
    graph = helper.make_graph(
        _brightness(),
        "plain",
        [_value("input", [batch, 3, height, "W"])],
        [_value("alpha", [batch, 1, height, "W"])],
        _constants(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    )
    graph.node[0].input[0] = "input"
    return _serialised(graph, {})


def other_model(inputs: Sequence[int | str], outputs: Sequence[int | str]) -> bytes:
    """A model that mattes nothing: it squares its input, of any declared shape.

    Args:
        inputs: The declared shape of its input ``x``.
        outputs: The declared shape of its output ``y``.
    """
    graph = helper.make_graph(
        [_node("Mul", ["x", "x"], "y")], "other", [_value("x", inputs)], [_value("y", outputs)]
    )
    return _serialised(graph, {})


def failing_model() -> bytes:
    """A model without metadata that fails on pictures of any size but 64 by 64."""
    graph = helper.make_graph(
        [_node("Add", ["x", "table"], "sum"), _node("ReduceMean", ["sum", "axes"], "alpha")],
        "failing",
        [_value("x", ["B", 3, "H", "W"])],
        [_value("alpha", ["B", 1, "H", "W"])],
        [
            _constant("table", np.zeros((1, 3, 64, 64), np.float32)),
            _constant("axes", np.asarray([1])),
        ],
    )
    return _serialised(graph, {})


def _metadata(name: str) -> dict[str, str]:
    return {
        "p3m.format": "1",
        "p3m.name": name,
        "p3m.stride": str(STRIDE),
        "p3m.area_px": str(AREA_PX),
        "p3m.mean": ",".join(map(str, MEAN)),
        "p3m.std": ",".join(map(str, STD)),
    }


def _detail(channels: int) -> bytes:
    """See :func:`p3m_model`."""
    side = 2 * HALO_PX + 1
    graph = helper.make_graph(
        [
            *_brightness(result="bright"),
            _node("Conv", ["bright", "box"], "mean", pads=[HALO_PX] * 4),
            _node("Sub", ["bright", "mean"], "deviation"),
            _node("Split", ["coarse", "parts"], ["low", "transition", "features"], axis=1),
            _node("Mul", ["deviation", "half"], "residual"),
            _node("Mul", ["transition", "residual"], "change"),
            _node("Add", ["low", "change"], "sum"),
            _node("Clip", ["sum", "zero", "one"], "alpha"),
        ],
        "detail",
        [_value("image", ["B", 3, "H", "W"]), _value("coarse", ["B", channels, "H", "W"])],
        [_value("alpha", ["B", 1, "H", "W"])],
        [
            *_constants(),
            _constant("box", np.full((1, 1, side, side), 1 / side**2, dtype=np.float32)),
            _constant("half", np.float32(0.5)),
            _constant("parts", np.array([1, 1, channels - 2], dtype=np.int64)),
        ],
    )
    return _serialised(graph, {})


def _brightness(result: str = "alpha") -> list[onnx.NodeProto]:
    """The normalisation undone, and the mean over the channels: a 1 by 1 convolution."""
    return [
        _node("Conv", ["image", "weight", "bias"], "raw"),
        _node("Clip", ["raw", "zero", "one"], result),
    ]


def _transition(alpha: str, result: str) -> list[onnx.NodeProto]:
    return [
        _node("Sub", ["one", alpha], "rest"),
        _node("Mul", [alpha, "rest"], "product"),
        _node("Mul", ["product", "four"], result),
    ]


def _constants(mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> list[onnx.TensorProto]:
    weight = np.array(std, dtype=np.float32).reshape(1, 3, 1, 1) / 3
    return [
        _constant("weight", weight),
        _constant("bias", np.array([sum(mean) / 3], dtype=np.float32)),
        _constant("zero", np.float32(0)),
        _constant("one", np.float32(1)),
        _constant("four", np.float32(4)),
    ]


def _constant(name: str, array: NDArray[np.generic] | np.generic) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(array), name)


def _value(name: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _node(
    operator: str, inputs: Sequence[str], outputs: str | Sequence[str], **attributes: Any
) -> onnx.NodeProto:
    names = [outputs] if isinstance(outputs, str) else list(outputs)
    return helper.make_node(operator, list(inputs), names, **attributes)


def _serialised(graph: onnx.GraphProto, metadata: Mapping[str, str]) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    serialised: bytes = model.SerializeToString()
    return serialised
