"""Max-unpooling as the one operator that it is in ONNX, and the places that it needs."""

from typing import TYPE_CHECKING

from p3m.export.nodes import Nodes

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_STEP = [2, 2]


def with_max_unpool(model: "ModelProto") -> None:
    """Turns scattering by the places of maxima into ``MaxUnpool``, in place.

    Torch counts a maximum's place within its channel, ONNX within the whole batch. The exporter
    therefore takes from each place that of its channel's first pixel, which it finds by a second
    pooling of the full-size map with windows of one pixel: five times the map's own memory. What
    comes of it is reshaped, scattered into zeros and reshaped again. ``MaxUnpool`` takes the places
    as ``MaxPool`` gives them.

    Only what was pooled to half its sides, and is unpooled to twice its own, is turned; a graph
    without any is left as it is.

    Args:
        model: A graph as :func:`p3m.export.graph.trace` makes it, of a network that calls
            :func:`p3m.models.layers.max_unpool`.
    """
    from onnx import helper  # noqa: PLC0415 - an extra

    nodes = Nodes(model.graph)
    replaced = {}
    for scatter in nodes.of_type("ScatterElements"):
        _, places, features = scatter.input
        result = nodes.only_user(scatter.output[0], "Reshape")
        pooling = _pooling(nodes, _before_reshape(nodes, places))
        if result is None or pooling is None:
            continue
        replaced[result.output[0]] = [
            helper.make_node(
                "MaxUnpool",
                [_before_reshape(nodes, features), pooling.output[1]],
                list(result.output),
                name=f"unpool_{result.output[0]}",
                kernel_shape=_STEP,
                strides=_STEP,
            )
        ]
    if replaced:
        nodes.replace(replaced)


def with_narrow_places(model: "ModelProto") -> None:
    """Keeps the places of maxima in 32 bits from pooling to unpooling, in place.

    ``MaxPool`` gives and ``MaxUnpool`` takes 64 bits, and the places of the widest map are the
    largest thing that a network keeps all the while. They are widened again once the features are
    there: reshaping them to the features' shape, which they have, makes them wait. 32 bits count
    4.29e9 places, of values that take 17 GB.

    Args:
        model: A graph with ``MaxUnpool``.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 - an extra

    nodes = Nodes(model.graph)
    replaced = {}
    for unpooling in nodes.of_type("MaxUnpool"):
        features, places = unpooling.input
        pooling = nodes.maker(places, "MaxPool")
        if pooling is None or nodes.only_user(places, "MaxUnpool") is None:
            continue
        narrow, shape, waiting, wide = (
            f"{places}.{part}" for part in ("narrow", "shape", "waiting", "wide")
        )
        replaced[pooling.output[0]] = [
            pooling,
            helper.make_node("Cast", [places], [narrow], to=TensorProto.UINT32),
        ]
        unpooling.input[1] = wide
        replaced[unpooling.output[0]] = [
            helper.make_node("Shape", [features], [shape]),
            helper.make_node("Reshape", [narrow, shape], [waiting]),
            helper.make_node("Cast", [waiting], [wide], to=TensorProto.INT64),
            unpooling,
        ]
    if replaced:
        nodes.replace(replaced)


def _before_reshape(nodes: Nodes, value: str) -> str:
    """What was reshaped into a value; itself if nothing was."""
    reshape = nodes.maker(value, "Reshape")
    return value if reshape is None else reshape.input[0]


def _pooling(nodes: Nodes, places: str) -> "NodeProto | None":
    """The pooling by steps of 2 whose places these are, counted within each channel."""
    less = nodes.maker(places, "Sub")
    pooling = None if less is None else nodes.maker(less.input[0], "MaxPool")
    if less is None or pooling is None or nodes.maker(less.input[1], "Slice") is None:
        return None
    strides = [list(a.ints) for a in pooling.attribute if a.name == "strides"]
    return pooling if pooling.output[1:] == less.input[:1] and strides == [_STEP] else None
