"""Networks as files of p3m's ONNX format: one file, one model."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from p3m.core.checks import check_shape
from p3m.export.graph import frozen, trace
from p3m.export.half import with_half_weights
from p3m.export.verify import compare_with_eager
from p3m.imaging.atomic import check_free, write_atomic

if TYPE_CHECKING:
    from onnx import ModelProto

FORMAT = "1"
GRAPH_TOLERANCE = 1e-4
HALF_TOLERANCE = 1e-2

_TRACED = (2, 3, 5)
_COMPARED = ((1, 4, 2), (3, 5, 7))
_LEAST_STEP_PX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written, and how far it agrees with its source.

    Attributes:
        path: The file.
        size_bytes: Its size.
        sha256: Its hash, as the catalogue of weights wants it.
        error: Greatest difference of the graphs to their source, at most :data:`GRAPH_TOLERANCE`.
        half_error: Greatest difference of alpha to the source, on noise, once the weights are
            rounded to half precision, at most :data:`HALF_TOLERANCE`; ``None`` if they were not.
    """

    path: Path
    size_bytes: int
    sha256: str
    error: float
    half_error: float | None


def export_onnx(
    base: nn.Module,
    detail: nn.Module | None,
    target: Path,
    *,
    name: str,
    stride: int,
    area_px: int,
    mean: Sequence[float],
    std: Sequence[float],
    coarse_channels: int = 0,
    detail_halo_px: int = 0,
    detail_multiple: int = 1,
    half_storage: bool = False,
    overwrite: bool = False,
) -> ExportReport:
    """Writes a network as one ONNX file, if the file gives the same numbers as the network.

    Both graphs take any batch, height and width that the multiples allow, and are compared with
    their source at two sizes other than the one that they were traced at. The modules are copied;
    neither their mode nor their device changes.

    Args:
        base: ``forward(image)`` returns alpha (B, 1, H, W); or alpha and coarse maps (B, C, h, w):
            alpha, probability of transition, features; or a tuple with such attributes ``alpha``
            and ``coarse``.
        detail: ``forward(image, coarse)`` returns alpha (B, 1, h, w); ``None`` for a network
            without.
        target: The file to write.
        name: The model's name, for the metadata.
        stride: Sides of ``base``'s input are multiples of it.
        area_px: About how many pixels ``base`` was trained to see at once.
        mean: Of the input's normalisation, RGB in [0, 1].
        std: Of the input's normalisation, RGB in [0, 1].
        coarse_channels: C; with a detail graph only.
        detail_halo_px: How far a pixel of ``detail`` looks; with a detail graph only.
        detail_multiple: Sides of ``detail``'s input are multiples of it; with a detail graph only.
        half_storage: Store ``base``'s kernels in half precision. The graph still computes in single
            precision: ONNX Runtime widens them while loading.
        overwrite: Whether a file that exists may be replaced.

    Returns:
        What was written, and the differences measured.

    Raises:
        ShapeError: If ``base`` returns other shapes than these.
        ExportMismatchError: If a difference is over its tolerance. Nothing is written.
        OutputError: If the file exists already or cannot be written.
        MissingExtraError: If the packages for exporting are not installed.
    """
    check_free(target, overwrite=overwrite)
    outputs = ["alpha"] if detail is None else ["alpha", "coarse"]
    source = _Source(frozen(_Outputs(base, coarse=detail is not None)), {"image": 3}, stride)
    _check_outputs(source, coarse_channels)
    model, error = source.graph(outputs)
    metadata = {
        "p3m.format": FORMAT,
        "p3m.name": name,
        "p3m.stride": str(stride),
        "p3m.area_px": str(area_px),
        "p3m.mean": ",".join(map(str, mean)),
        "p3m.std": ",".join(map(str, std)),
    }
    if detail is not None:
        channels = {"image": 3, "coarse": coarse_channels}
        graph, detail_error = _Source(frozen(detail), channels, detail_multiple).graph(["alpha"])
        error = max(error, detail_error)
        metadata["p3m.detail"] = base64.b64encode(graph.SerializeToString()).decode()
        metadata["p3m.detail_halo_px"] = str(detail_halo_px)
        metadata["p3m.detail_multiple"] = str(detail_multiple)
    half_error = None
    if half_storage:
        model = with_half_weights(model)
        half_error = source.compare(model, ["alpha"], HALF_TOLERANCE)
    for key, text in metadata.items():
        model.metadata_props.add(key=key, value=text)
    content = model.SerializeToString()
    write_atomic(target, content, overwrite=overwrite)
    return ExportReport(
        path=target,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        error=error,
        half_error=half_error,
    )


class _Outputs(nn.Module):
    """The tensors that the file has, of whatever a network returns: alpha, and coarse if wanted."""

    def __init__(self, network: nn.Module, *, coarse: bool) -> None:
        super().__init__()
        self.network = network
        self.coarse = coarse

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        result = self.network(image)
        if isinstance(result, Tensor):
            return (result,)
        named = hasattr(result, "alpha")
        alpha, coarse = (result.alpha, result.coarse) if named else result
        return (alpha, coarse) if self.coarse else (alpha,)


@dataclass(frozen=True, slots=True)
class _Source:
    """A module to export.

    Attributes:
        module: In eval mode.
        channels: Its inputs' names and channels.
        multiple: Of its inputs' sides.
    """

    module: nn.Module
    channels: Mapping[str, int]
    multiple: int

    def graph(self, outputs: Sequence[str]) -> tuple["ModelProto", float]:
        """The module's graph, and its greatest difference to the module."""
        model = trace(
            self.module,
            self.example(_TRACED),
            unit=self.multiple,
            inputs=list(self.channels),
            outputs=outputs,
        )
        return model, self.compare(model, outputs, GRAPH_TOLERANCE)

    def compare(self, model: "ModelProto", outputs: Sequence[str], tolerance: float) -> float:
        """The greatest difference of a graph to the module, at sizes that were not traced."""
        return compare_with_eager(
            model.SerializeToString(),
            self.module,
            [self.example(size) for size in _COMPARED],
            outputs=outputs,
            tolerance=tolerance,
        )

    def example(self, size: tuple[int, int, int]) -> tuple[Tensor, ...]:
        """Noise in [0, 1) for each input: a batch; height and width in steps of 32 or more."""
        generator = torch.Generator().manual_seed(0)
        batch, rows, columns = size
        step = -(-_LEAST_STEP_PX // self.multiple) * self.multiple
        return tuple(
            torch.rand((batch, count, rows * step, columns * step), generator=generator)
            for count in self.channels.values()
        )


def _check_outputs(source: _Source, coarse_channels: int) -> None:
    """Checks the shapes that the network returns.

    Raises:
        ShapeError: If they are not those of p3m's format.
    """
    (image,) = source.example(_TRACED)
    with torch.no_grad():
        alpha, *coarse = source.module(image)
    batch, _, height, width = image.shape
    check_shape("alpha", alpha, f"{batch} 1 {height} {width}")
    for maps in coarse:
        check_shape("coarse", maps, f"{batch} {coarse_channels} h w")
