"""`p3m matte`."""

import dataclasses
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from p3m.cli.names import printable
from p3m.cli.streams import shown_on_terminal

if TYPE_CHECKING:
    from p3m.pipelines.matte_files import FileResult

HELP = """Cut people out of pictures.

INPUT is a file, a folder, a quoted pattern such as 'scans/**/*.tif', or - for standard input. A
bad file is reported and the others go on; the exit code is 0 if all were done, 1 if some failed
and 2 if the command line was wrong.

Without -o, NAME.jpg gives NAME-cutout.png beside it, and - goes to standard output. A folder after
-o takes NAME.png for each picture, in the structure of the input folder.

Examples:

  p3m matte portrait.jpg

  p3m matte pictures -o cut --recursive

  p3m matte portrait.jpg -o alpha.png --output alpha --bits 16

  p3m matte portrait.jpg -o beach.png --background beach.jpg

  p3m matte products -o shop --background white --format jpeg

  p3m matte portrait.jpg --model weights.safetensors --strategy p3m-hybrid

  p3m matte - < portrait.jpg > cutout.png
"""


def matte(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Files, folders, patterns, or -.")
    ],
    *,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="OUT", help="A folder, a file for one picture, or -."),
    ] = None,
    output: Annotated[
        Literal["alpha", "cutout", "foreground", "composite"] | None,
        typer.Option(help="What to write; cutout, or composite where a background is given."),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(metavar="COLOUR|IMAGE|blur", help="What to put the person over."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["png", "webp", "tiff", "jpeg"] | None,
        typer.Option(help="The kind of file; by OUT's suffix, else png. jpeg has no opacity."),
    ] = None,
    bits: Annotated[int, typer.Option(help="8, or 16 for an alpha in png and tiff.")] = 8,
    model: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="See p3m models; or .onnx, .safetensors, .pth.")
    ] = "p3mnet-lite",
    strategy: Annotated[
        Literal[
            "tiled", "hybrid", "resize", "p3m-resize", "p3m-hybrid", "gfm-hybrid", "aim-hybrid"
        ],
        typer.Option(help="Details where needed, everywhere, or not at all; or as papers test."),
    ] = "tiled",
    foreground_method: Annotated[
        Literal["blurred-fusion", "multilevel"],
        typer.Option(help="How colours are estimated; multilevel needs p3m[train]."),
    ] = "blurred-fusion",
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Search folders in folders.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace outputs that exist.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the network; all processors by default.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="cpu, cuda, ...; an error if it is not there.")
    ] = None,
    max_megapixels: Annotated[
        float, typer.Option(min=0.000001, max=1e6, help="Greater pictures are refused.")
    ] = 100.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each picture.")
    ] = False,
) -> None:
    """Mattes files; see `HELP`."""
    from p3m.cli.progress import files_progress  # noqa: PLC0415 -- start-up must stay light
    from p3m.pipelines.inputs import STREAM  # noqa: PLC0415
    from p3m.pipelines.matte_files import MatteSettings, matte_files, plan_files  # noqa: PLC0415

    settings = MatteSettings(
        output=output or ("composite" if background else "cutout"),
        background=background,
        format=format,
        bits=bits,
        foreground_method=foreground_method,
        model=model,
        strategy=strategy,
        threads=threads,
        provider=provider,
        recursive=recursive,
        overwrite=overwrite,
        max_pixels=round(max_megapixels * 1e6),
    )
    plan = plan_files(inputs, out, settings)
    streams = any(job.target == STREAM for job in plan.jobs)
    _check_stdout(streams=streams, as_json=as_json)
    total, failed = len(plan.jobs) + len(plan.failed), 0
    with files_progress(total) as advance:
        stdin = getattr(sys.stdin, "buffer", None)  # closed where nobody gave one
        stdout = getattr(sys.stdout, "buffer", None)  # likewise
        for result in matte_files(plan, stdin=stdin, stdout=stdout):
            failed += result.status == "failed"
            _print(result, as_json=as_json, silent=streams)
            advance()
    if total > 1 or plan.skipped:
        skipped = f", {plan.skipped} other files skipped" if plan.skipped else ""
        typer.echo(f"p3m: {total - failed} done, {failed} failed{skipped}", err=True)
    if failed:
        raise typer.Exit(1)


def _check_stdout(*, streams: bool, as_json: bool) -> None:
    if streams and as_json:
        raise typer.BadParameter("--json and the picture both go to standard output; pass -o FILE.")
    if streams and shown_on_terminal():
        raise typer.BadParameter("a picture is nothing for a terminal; pass -o FILE.")


def _print(result: "FileResult", *, as_json: bool, silent: bool) -> None:
    if result.error is not None:
        typer.echo(f"p3m: error: {result.error}", err=True)
    if result.warning is not None:
        typer.echo(f"p3m: warning: {printable(result.warning)}", err=True)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(result)))
    elif result.output is None or silent:
        return
    elif shown_on_terminal():
        typer.echo(printable(result.output))  # as text, which progress bars make way for
    else:
        typer.echo(os.fsencode(result.output))
