"""Networks as files of p3m's ONNX format: one file, one model."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from p3m.core.checks import check_shape
from p3m.export.graph import frozen
from p3m.export.half import with_half_weights
from p3m.export.int8 import with_int8_weights
from p3m.export.source import TRACED, Source
from p3m.export.verify import Agreement
from p3m.imaging.atomic import check_free, write_atomic

if TYPE_CHECKING:
    from onnx import ModelProto

FORMAT = "1"

GRAPH_TOLERANCE = 1e-4
"""The greatest difference of a graph to its source."""

GRAPH_TIPPED = 1e-3
"""The greatest share of decisions that a graph takes otherwise than its source."""

Storage = Literal["single", "half", "int8"]
"""How kernels lie in the file; the graph computes in single precision whichever it is."""

TOLERANCES: dict[Storage, float] = {"half": 1e-2, "int8": 0.1}
"""The greatest difference to the source once weights are rounded so."""

_PARTS = {"local_alpha": 1, "global_logits": 3}
"""What networks of two decoders give besides alpha, and the channels of each."""

_SMALLER: "Mapping[Storage, Callable[[ModelProto], ModelProto]]" = {
    "half": with_half_weights,
    "int8": with_int8_weights,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was written, and how far it agrees with its source.

    Attributes:
        path: The file.
        size_bytes: Its size.
        sha256: Its hash, as the catalogue of weights wants it.
        graph: How far the graphs agree with their source: at most :data:`GRAPH_TOLERANCE` and
            :data:`GRAPH_TIPPED` apart.
        stored: How far the file agrees with it, on noise, once the weights are rounded to be
            stored: at most :data:`TOLERANCES` apart; ``None`` if they were not.
    """

    path: Path
    size_bytes: int
    sha256: str
    graph: Agreement
    stored: Agreement | None


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
    detail_from_halves: bool = False,
    storage: Storage = "single",
    overwrite: bool = False,
) -> ExportReport:
    """Writes a network as one ONNX file, if the file gives the same numbers as the network.

    Its graphs take any batch, height and width that the multiples allow, and are compared with
    their source at two sizes other than the one that they were traced at. The modules are copied;
    neither their mode nor their device changes.

    ===============  ==============================================
    the network has  outputs of the file
    ===============  ==============================================
    a detail path    ``alpha``, ``coarse``; a second graph for it
    two decoders     ``alpha``, ``local_alpha``, ``global_logits``
    neither          ``alpha``
    ===============  ==============================================

    Args:
        base: ``forward(image)`` returns alpha (B, 1, H, W); or alpha and coarse maps (B, C, h, w):
            alpha, probability of transition, features; or a tuple with such attributes ``alpha``
            and ``coarse``, and maybe ``local_alpha`` (B, 1, H, W) and ``global_logits`` (B, 3, H,
            W).
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
        detail_from_halves: Whether it was taught to enlarge by two at most, and larger pictures are
            to be refined from their halvings up.
        storage: How ``base``'s kernels are stored. ONNX Runtime widens them while loading, so that
            only the file's size and the rounding of the weights differ.
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
    source = base_source(base, stride, coarse_channels if detail is not None else None)
    model, agreement = source.graph(tolerance=GRAPH_TOLERANCE, most_tipped=GRAPH_TIPPED)
    metadata = {
        "p3m.format": FORMAT,
        "p3m.name": name,
        "p3m.stride": str(stride),
        "p3m.area_px": str(area_px),
        "p3m.mean": ",".join(map(str, mean)),
        "p3m.std": ",".join(map(str, std)),
    }
    if detail is not None:
        fine = detail_source(detail, coarse_channels, detail_multiple)
        graph, detail_agreement = fine.graph(tolerance=GRAPH_TOLERANCE, most_tipped=GRAPH_TIPPED)
        agreement = max(agreement, detail_agreement, key=lambda each: each.error)
        metadata["p3m.detail"] = base64.b64encode(graph.SerializeToString()).decode()
        metadata["p3m.detail_halo_px"] = str(detail_halo_px)
        metadata["p3m.detail_multiple"] = str(detail_multiple)
        metadata["p3m.detail_from_halves"] = str(int(detail_from_halves))
    stored = None
    if storage != "single":
        model = _SMALLER[storage](model)
        compared = [output for output in source.outputs if output != "coarse"]
        stored = source.compare(model, compared, tolerance=TOLERANCES[storage])
    for key, text in metadata.items():
        model.metadata_props.add(key=key, value=text)
    content = model.SerializeToString()
    write_atomic(target, content, overwrite=overwrite)
    return ExportReport(
        path=target,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        graph=agreement,
        stored=stored,
    )


class _Outputs(nn.Module):
    """The tensors that the file has, of whatever a network returns."""

    def __init__(self, network: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.names = names

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        result = self.network(image)
        if isinstance(result, Tensor):
            return (result,)
        named = hasattr(result, "alpha")
        return tuple(
            getattr(result, name) if named else result[index]
            for index, name in enumerate(self.names)
        )


def base_source(base: nn.Module, stride: int, coarse_channels: int | None) -> Source:
    """The network with the outputs that its file has; its copy is the module's ``network``.

    Args:
        base: As of `export_onnx`.
        stride: Likewise.
        coarse_channels: Likewise; None for a network without a detail path.

    Raises:
        ShapeError: If their shapes are not those of p3m's format.
    """
    network, channels = frozen(base), {"image": 3}
    (image,) = Source(network, channels, stride, ()).example(TRACED)
    batch, _, height, width = image.shape
    shapes = {"alpha": f"{batch} 1 {height} {width}"}
    with torch.inference_mode():
        result = network(image)
    if coarse_channels is not None:
        shapes["coarse"] = f"{batch} {coarse_channels} h w"
    elif all(hasattr(result, name) for name in _PARTS):
        shapes |= {name: f"{batch} {count} {height} {width}" for name, count in _PARTS.items()}
    module = _Outputs(network, tuple(shapes)).eval()
    with torch.inference_mode():
        for name, tensor in zip(shapes, module(image), strict=True):
            check_shape(name, tensor, shapes[name])
    return Source(module, channels, stride, tuple(shapes))


def detail_source(detail: nn.Module, coarse_channels: int, multiple: int) -> Source:
    """A copy of the detail path with the outputs that its graph has.

    Args:
        detail: As of `export_onnx`.
        coarse_channels: Likewise.
        multiple: Sides of its input are multiples of it.
    """
    channels = {"image": 3, "coarse": coarse_channels}
    return Source(frozen(detail), channels, multiple, ("alpha",))
