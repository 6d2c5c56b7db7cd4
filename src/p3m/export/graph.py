"""A torch module as an ONNX graph for any batch, height and width."""

import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from p3m.core.errors import MissingExtraError

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18

_LARGEST_SIDE = 1 << 20


def trace(
    module: nn.Module,
    example: tuple[Tensor, ...],
    *,
    unit: int,
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> "ModelProto":
    """The module's graph, without the trail of source files that the exporter leaves in it.

    Args:
        module: In eval mode.
        example: Inputs, each (B, C, H, W) with one B, H and W of at least 2 units.
        unit: H and W are multiples of it.
        inputs: The graph's names for the inputs.
        outputs: The graph's names for the outputs.

    Raises:
        MissingExtraError: If ``onnx`` or ``onnxscript`` is not installed.
    """
    try:
        import onnxscript  # noqa: F401, PLC0415 - an extra; torch.onnx needs it
    except ImportError as error:
        raise MissingExtraError("Exporting to ONNX", "train") from error
    most = _LARGEST_SIDE // unit
    axes = {
        0: torch.export.Dim.DYNAMIC,
        2: unit * torch.export.Dim("rows", max=most),
        3: unit * torch.export.Dim("columns", max=most),
    }
    with warnings.catch_warnings(), _without_notes():
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)`", FutureWarning)
        warnings.filterwarnings("ignore", "# The axis name", UserWarning)
        program = torch.onnx.export(
            module,
            example,
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=tuple(axes for _ in example),
        )
    if program is None:
        raise TypeError("torch.onnx.export gives a program when it is given no file")
    model = program.model_proto
    _strip(model)
    return model


def frozen(module: nn.Module) -> nn.Module:
    """A copy of the module in eval mode and single precision, on the CPU, without gradients."""
    return copy.deepcopy(module).cpu().float().eval().requires_grad_(requires_grad=False)


@contextmanager
def _without_notes() -> Iterator[None]:
    """Keeps the exporter from noting that torchvision, which no network here uses, is missing."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _strip(model: "ModelProto") -> None:
    """Removes what the exporter notes of the source: stack traces, paths included."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
