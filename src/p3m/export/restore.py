"""The way back: a network's weights out of the ONNX file that it was exported to."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from p3m.core.errors import (
    ExportMismatchError,
    MissingExtraError,
    WeightsError,
    WeightsMismatchError,
)
from p3m.export.onnx import GRAPH_TOLERANCE, base_source, detail_source
from p3m.export.source import Source
from p3m.models.layers import ConvNormAct
from p3m.models.state import find_mismatch
from p3m.weights.session import decoded_graph, open_session

if TYPE_CHECKING:
    from onnx import ModelProto

_WIDENING = ("Cast", "Mul")
"""What makes kernels of stored ones; see `p3m.export.half` and `p3m.export.int8`."""

_FOLDED = "weight_bias"
"""The exporter's name for the bias of a convolution that took its batch norm in."""


def restore(
    path: Path,
    base: nn.Module,
    detail: nn.Module,
    *,
    stride: int,
    coarse_channels: int,
    detail_multiple: int,
) -> None:
    """Gives a network with a detail path the weights of a file of p3m's ONNX format.

    The file's convolutions took batch norms in. Their kernels come back as long, channel by
    channel, as those whose place they take: batch norm makes that all the same to answers, but not
    to training, where a step of the optimiser is great or small beside it. Norms scale back and add
    the bias; before the network is trained, `p3m.training.norm.settle_norms` gives them statistics.
    What the file does without, such as the side heads, stays as it is, and so does all where an
    error is raised.

    Args:
        path: The file, its kernels in single or half precision or of eight bits.
        base: Takes the weights of the file's first graph, in place; its kernels are of the lengths
            that a training is to find.
        detail: Takes those of its detail graph, in place.
        stride: As of :func:`p3m.export.onnx.export_onnx`.
        coarse_channels: Likewise.
        detail_multiple: Likewise.

    Raises:
        WeightsError: If the file cannot be read or is another network's.
        ModelFormatError: If it is not ONNX, or damaged.
        MissingExtraError: If the packages for exporting are not installed.
    """
    whole = base_source(base, stride, coarse_channels)
    fine = detail_source(detail, coarse_channels, detail_multiple)
    for source, graph in zip((whole, fine), _graphs(path), strict=True):
        _fill(source, graph, path)
    layers = [
        (layer, _lengths(layer))
        for part in (base, detail)
        for layer in part.modules()
        if isinstance(layer, ConvNormAct)
    ]
    base.load_state_dict(whole.module.get_submodule("network").state_dict())
    detail.load_state_dict(fine.module.state_dict())
    for layer, lengths in layers:
        _lengthen(layer, lengths)


def _lengths(layer: ConvNormAct) -> Tensor:
    """The length of each output channel's kernel."""
    lengths: Tensor = layer.conv.weight.detach().flatten(1).norm(dim=1)
    return lengths


def _lengthen(layer: ConvNormAct, lengths: Tensor) -> None:
    """Gives kernels lengths, but where there is none; the norm makes up for it."""
    norm, own = layer.norm, _lengths(layer)
    if norm.running_mean is None:
        raise TypeError("the batch norm of ConvNormAct keeps statistics")
    factor = torch.where((lengths > 0) & (own > 0), lengths / own, 1.0)
    with torch.no_grad():
        layer.conv.weight.mul_(factor[:, None, None, None])
        norm.running_mean.mul_(factor)
        norm.weight.div_(factor)


def _graphs(path: Path) -> "tuple[ModelProto, ModelProto]":
    """The graphs of base and detail path in a file.

    Raises:
        WeightsError: If it cannot be read or has no detail graph.
        ModelFormatError: If it is not ONNX.
    """
    try:
        import onnx  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Reading the weights of an ONNX file", "train") from error
    open_session(path, name=str(path))  # says what is wrong with files that are none
    base = onnx.load(path)
    texts = {entry.key: entry.value for entry in base.metadata_props}
    if "p3m.detail" not in texts:
        raise WeightsError(
            f"{path} has no detail graph. Only p3mnet-lite's ONNX files give their weights back; "
            "start from the checkpoint that this one was made from."
        )
    detail = decoded_graph(texts["p3m.detail"], str(path))
    open_session(detail, name=f"The detail graph of {path}")
    return base, onnx.load_from_string(detail)


def _fill(source: Source, graph: "ModelProto", path: Path) -> None:
    """Gives a source's own network the weights of its graph.

    Raises:
        WeightsError: If the graph is another network's.
    """
    own = source.module.state_dict()
    state = {**own, **_restored(source.module, _constants(graph))}
    mismatch = find_mismatch(source.module, state)
    if any(mismatch):
        raise WeightsMismatchError(f"{path} is another network's", **mismatch._asdict())
    source.module.load_state_dict(state)
    try:
        source.compare(graph, source.outputs, tolerance=GRAPH_TOLERANCE)
    except ExportMismatchError as error:
        raise WeightsError(f"{path} is another network's: {error}") from error


def _restored(module: nn.Module, constants: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What can be told of a module's state from its graph's constants.

    Most of them have the state's names. Kernels of linear maps and of the detail path's head, which
    the exporter lays out otherwise, have not, but come in the state's order.
    """
    own = module.state_dict()
    state = {name: value for name, value in constants.items() if name in own}
    for name, block in module.named_modules():
        bias = constants.get(f"{name}.0.{_FOLDED}")
        if isinstance(block, ConvNormAct) and bias is not None:
            state[f"{name}.1.weight"] = torch.ones_like(bias)
            state[f"{name}.1.bias"] = bias
            state[f"{name}.1.running_mean"] = torch.zeros_like(bias)
            state[f"{name}.1.running_var"] = torch.full_like(bias, 1.0 - block.norm.eps)
    waiting = iter([name for name in own if name not in state])
    nameless = [value for name, value in constants.items() if name not in own and value.ndim > 1]
    for kernel in nameless:
        for name in waiting:
            if (laid := _as_in_torch(kernel, own[name].shape)) is not None:
                state[name] = laid
                break
    return state


def _as_in_torch(kernel: Tensor, shape: torch.Size) -> Tensor | None:
    """A kernel as the state of a network has it; None if it is not that one."""
    if kernel.ndim == 2 and kernel.T.shape == shape:
        return kernel.T
    if kernel.shape == (9, *shape[1:2], 1, 1) and shape[2:] == (3, 3):
        return kernel.reshape(3, 3, -1).permute(2, 0, 1)[None]
    return None


def _constants(graph: "ModelProto") -> dict[str, Tensor]:
    """The numbers in a graph by name, in its order, kernels of fewer bits widened."""
    from onnx import TensorProto, helper  # noqa: PLC0415 - an extra
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415 - likewise

    stored = graph.graph.initializer
    names, nodes = [tensor.name for tensor in stored], []
    for node in graph.graph.node:
        if node.op_type in _WIDENING and {*node.input} <= {*names}:
            nodes.append(node)
            names = [name for name in names if name not in node.input] + [*node.output]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
    part = helper.make_model(
        helper.make_graph(nodes, "constants", [], outputs, stored), opset_imports=graph.opset_import
    )
    values = ReferenceEvaluator(part).run(None, {})
    return {
        name: torch.from_numpy(value.copy())
        for name, value in zip(names, values, strict=True)
        if value.dtype == np.float32 and value.ndim
    }
