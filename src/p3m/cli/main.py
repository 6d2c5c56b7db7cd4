"""The command `p3m`; each of its commands stands in a file of its own."""

import errno
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from p3m.cli import (
    anonymize,
    audit,
    benchmark,
    convert,
    data,
    evaluate,
    export,
    matte,
    models,
    train,
)
from p3m.core.errors import ConfigError, P3MError


class _Commands(TyperGroup):
    """Turns errors that p3m raises on purpose into one line and an exit code.

    2 means that what was typed cannot be meant, 1 that it cannot be done. Any other exception is a
    bug and shows its traceback.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except P3MError as error:
            text = " ".join(str(error).splitlines())
            typer.echo(f"p3m: error: {text}", err=True)
            raise typer.Exit(2 if isinstance(error, ConfigError) else 1) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            where = "where standard output or another file goes"
            typer.echo(f"p3m: error: no space is left {where}.", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="p3m",
    cls=_Commands,
    help="Cut people out of pictures, to the hair strand, faces visible or hidden.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Modules above load nothing heavy: each command imports its pipeline when it runs.
app.command(help=matte.HELP)(matte.matte)
app.command(help=anonymize.HELP)(anonymize.anonymize)
app.command(help=audit.HELP)(audit.audit)
app.command(help=models.HELP)(models.models)
app.command(help=train.HELP)(train.train)
app.command(help=evaluate.HELP)(evaluate.evaluate)
app.command(help=convert.HELP)(convert.convert)
app.command(help=export.HELP)(export.export)
app.add_typer(data.app, name="data", help=data.HELP)
app.add_typer(benchmark.app, name="benchmark", help=benchmark.HELP)


def _print_version(wanted: bool) -> None:
    if wanted:
        from p3m import __version__  # noqa: PLC0415 - read from the package's metadata

        typer.echo(f"p3m {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Takes what stands before the command."""
