"""`p3m export`."""

from pathlib import Path
from typing import Annotated

import typer

from p3m.core.extras import require_extra

HELP = """Write trained weights as one ONNX file, for `p3m matte --model`.

The file is kept only if it gives the same numbers as the network, at sizes other than the one it
was made at.

Examples:

  p3m export p3mnet-lite runs/lite/weights.safetensors -o lite.onnx

  p3m export p3mnet-lite runs/lite/best.safetensors -o lite.onnx --half
"""


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The network's name.")],
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="Its trained weights.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    half: Annotated[bool, typer.Option("--half", help="Store kernels in half precision.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
) -> None:
    """Exports a network; see `HELP`."""
    require_extra("train", "p3m export", "torch", "onnx", "onnxscript")
    from p3m.pipelines.export import export as run_export  # noqa: PLC0415 -- needs torch

    report = run_export(model, weights, out, half=half, overwrite=overwrite)
    typer.echo(f"{report.path}: {report.size_bytes / 1e6:.1f} MB, sha256 {report.sha256}")
    typer.echo(f"greatest difference to the network: {report.error:.1e}")
    if report.half_error is not None:
        typer.echo(f"greatest difference of half precision, on noise: {report.half_error:.1e}")
