"""`p3m convert`."""

from pathlib import Path
from typing import Annotated

import typer

from p3m.core.extras import require_extra

HELP = """Turn a checkpoint into a .safetensors file, which holds tensors and nothing else.

The network is told by the names and shapes of the tensors; all must fit. The checkpoints that the
authors of P3M-Net publish are read as they are.

Examples:

  p3m convert P3M-Net_ResNet-34.pth.tar -o r34.safetensors

  p3m convert somebody.pth -o swin.safetensors --model p3mnet-swin-t
"""


def convert(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CKPT", help="A .pth, .pth.tar, .pt or .safetensors file.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The network; told by the tensors if not.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
) -> None:
    """Converts a checkpoint; see `HELP`."""
    require_extra("train", "p3m convert", "torch", "safetensors")
    from p3m.pipelines.convert import convert as run_convert  # noqa: PLC0415 -- needs torch

    done = run_convert(checkpoint, out, model=model, overwrite=overwrite)
    typer.echo(f"{checkpoint}: {done.model}, sha256 {done.source_sha256}")
    repeated = f"; {done.repeated} more names stood for some of them" if done.repeated else ""
    typer.echo(
        f"{done.path}: {done.tensors} tensors of {done.parameters / 1e6:.2f} M numbers{repeated}"
    )
