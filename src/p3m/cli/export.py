"""`p3m export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from p3m.core.errors import ConfigError
from p3m.core.extras import require_extra

if TYPE_CHECKING:
    from p3m.export.onnx import Storage
    from p3m.export.verify import Agreement

HELP = """Write trained weights as one ONNX file, for `p3m matte --model`.

SOURCE is a checkpoint, whose network is told by its tensors, or a network's name with --weights.
The file is kept only if it gives the same numbers as the network, at sizes other than the one it
was made at.

Examples:

  p3m export runs/lite/weights.safetensors -o lite.onnx

  p3m export p3mnet-r34 --weights P3M-Net_ResNet-34.pth.tar -o r34.onnx

  p3m export runs/r34/best.safetensors -o r34.onnx --half
"""


def export(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A checkpoint, or a network's name.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trained weights of the network named.")
    ] = None,
    half: Annotated[
        bool, typer.Option("--half", help="Store kernels in half precision: half the file.")
    ] = False,
    int8: Annotated[
        bool, typer.Option("--int8", help="Store kernels in eight bits: a quarter of the file.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
) -> None:
    """Exports a network; see `HELP`."""
    if half and int8:
        raise ConfigError("--half and --int8 are two ways to store the same weights; give one.")
    require_extra("train", "p3m export", "torch", "onnx", "onnxscript")
    from p3m.pipelines.export import export as run_export  # noqa: PLC0415 -- needs torch

    storage: Storage = "half" if half else "int8" if int8 else "single"
    report = run_export(source, out, weights=weights, storage=storage, overwrite=overwrite)
    typer.echo(f"{report.path}: {report.size_bytes / 1e6:.1f} MB, sha256 {report.sha256}")
    typer.echo(f"greatest difference to the network: {_told(report.graph)}")
    if report.stored is not None:
        stored = "half precision" if half else "eight bits"
        typer.echo(f"greatest difference of {stored}, on noise: {_told(report.stored)}")


def _told(agreement: "Agreement") -> str:
    """The differences in words."""
    text = f"{agreement.error:.1e}"
    if agreement.tipped:
        text += (
            f" where both decide alike; {100 * agreement.tipped:.2g} % of the decisions (maxima, "
            f"classes) are others, mean difference of alpha {agreement.mean:.1e}"
        )
    return text
