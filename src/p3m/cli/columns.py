"""Tables as plain text."""

from collections.abc import Sequence

import typer


def echo_columns(rows: Sequence[tuple[str, ...]]) -> None:
    """Prints rows whose columns begin below each other.

    Args:
        rows: Each as many cells as the others.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
