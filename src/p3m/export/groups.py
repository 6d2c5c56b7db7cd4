"""The maps of the picture's own size, made and used a few channels at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from p3m.export.nodes import Nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from onnx import ModelProto, NodeProto, TensorProto

CHANNELS = 16
"""Of a group: as many as ONNX Runtime's widest blocks of channels have."""


def in_groups(model: "ModelProto") -> None:
    """Cuts the widest maps of a network that pools and unpools into groups of channels, in place.

    A network that keeps the picture's size in its first convolution, pools what comes of it and
    unpools at its end has two maps of many channels at that size, and ONNX Runtime holds each twice
    for a while. No channel of them meets another before the convolution after the unpooling. So
    convolution, activation and poolings are done for one group of channels after the other, and so
    are unpooling and the convolution after it, whose results are added up. The numbers are the same
    but for the order of that sum.

    Args:
        model: A graph with ``MaxUnpool``, as :func:`p3m.export.unpool.with_max_unpool` leaves it;
            not changed where there is no such path.
    """
    nodes = Nodes(model.graph)
    pictures = {value.name for value in model.graph.input}
    for first in nodes.of_type("Conv"):
        path = _path(nodes, first) if first.input[0] in pictures else None
        if path is not None:
            constants: list[TensorProto] = []
            replaced: dict[str, Sequence[NodeProto]] = dict.fromkeys(
                (node.output[0] for node in (path.relu, *path.poolings, path.last)), ()
            )
            replaced[first.output[0]] = list(_entrance(nodes, path, constants))
            replaced[path.unpooling.output[0]] = list(_exit(nodes, path, constants))
            nodes.replace(replaced, constants)
            return


@dataclass(frozen=True, slots=True)
class _Path:
    """The first convolution and all that sees its map, until channels meet again.

    Attributes:
        first: The convolution of the picture.
        relu: After it.
        poolings: All that use what comes of it.
        unpooling: By the places of one of them.
        last: The convolution of what was unpooled.
        groups: How many groups of channels there are.
    """

    first: "NodeProto"
    relu: "NodeProto"
    poolings: "Sequence[NodeProto]"
    unpooling: "NodeProto"
    last: "NodeProto"
    groups: int


def _path(nodes: Nodes, first: "NodeProto") -> _Path | None:
    """The path that begins at a convolution; ``None`` if it is not one that can be cut."""
    relu = nodes.only_user(first.output[0], "Relu")
    poolings = [] if relu is None else nodes.users(relu.output[0])
    places = [pool.output[1] for pool in poolings if len(pool.output) > 1]
    unpooling = nodes.only_user(places[0], "MaxUnpool") if len(places) == 1 else None
    last = None if unpooling is None else nodes.only_user(unpooling.output[0], "Conv")
    if relu is None or unpooling is None or last is None:
        return None
    if any(pool.op_type != "MaxPool" for pool in poolings):
        return None
    channels = _kernels(nodes, first).dims[0]
    whole = channels % CHANNELS == 0 and channels == _kernels(nodes, last).dims[1]
    return _Path(first, relu, poolings, unpooling, last, channels // CHANNELS) if whole else None


def _kernels(nodes: Nodes, conv: "NodeProto") -> "TensorProto":
    return nodes.constants[conv.input[1]]


def _entrance(nodes: Nodes, path: _Path, constants: "list[TensorProto]") -> "Iterator[NodeProto]":
    """The picture's convolution, the activation and the poolings, a group after the other."""
    from onnx import helper  # noqa: PLC0415 - an extra

    for group in range(path.groups):
        conv = _copy(path.first, group)
        conv.input[0] = path.first.input[0]
        for index, name in enumerate(path.first.input[1:], 1):
            constants.append(_cut(nodes.constants[name], conv.input[index], group, axis=0))
        yield conv
        yield _copy(path.relu, group)
        yield from (_copy(pooling, group) for pooling in path.poolings)
    for pooling in path.poolings:
        result = pooling.output[0]
        parts = [_name(result, group) for group in range(path.groups)]
        yield helper.make_node("Concat", parts, [result], name=f"join_{result}", axis=1)


def _exit(nodes: Nodes, path: _Path, constants: "list[TensorProto]") -> "Iterator[NodeProto]":
    """The unpooling and the last convolution, a group after the other, and the sum."""
    from onnx import helper  # noqa: PLC0415 - an extra

    features, places = path.unpooling.input
    parts = [_name(f"{path.unpooling.output[0]}.features", group) for group in range(path.groups)]
    yield helper.make_node("Split", [features], parts, axis=1, num_outputs=path.groups)
    total = ""
    for group, part in enumerate(parts):
        unpooling = _copy(path.unpooling, group)
        unpooling.input[:] = [part, _name(places, group)]
        yield unpooling
        conv = _copy(path.last, group)
        constants.append(_cut(_kernels(nodes, path.last), conv.input[1], group, axis=1))
        conv.input[2:] = path.last.input[2:] if group == 0 else []
        yield conv
        if total:
            last = group == path.groups - 1
            subtotal = path.last.output[0] if last else _name(f"{path.last.output[0]}.sum", group)
            yield helper.make_node("Add", [total, conv.output[0]], [subtotal])
        total = subtotal if total else conv.output[0]


def _copy(node: "NodeProto", group: int) -> "NodeProto":
    """The node for one group: its inputs and outputs, and its own name, have the group's number."""
    from onnx import NodeProto  # noqa: PLC0415 - an extra

    copy = NodeProto()
    copy.CopyFrom(node)
    copy.name = _name(node.name, group)
    copy.input[:] = [_name(value, group) for value in node.input]
    copy.output[:] = [_name(value, group) for value in node.output]
    return copy


def _name(value: str, group: int) -> str:
    return f"{value}.{group}"


def _cut(tensor: "TensorProto", name: str, group: int, *, axis: int) -> "TensorProto":
    """The part of a constant that belongs to a group of channels along an axis."""
    from onnx import numpy_helper  # noqa: PLC0415 - an extra

    channels = range(group * CHANNELS, (group + 1) * CHANNELS)
    return numpy_helper.from_array(numpy_helper.to_array(tensor).take(channels, axis), name)
