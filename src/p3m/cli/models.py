"""`p3m models`."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from p3m.pipelines.models import ListedWeights

HELP = """List models and their trained weights: size, licence, training data and scores.

Their files are verified. A name here is what `p3m matte --model` takes.
"""


def models(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, with every field.")
    ] = False,
) -> None:
    """Lists weights; see `HELP`."""
    from p3m.pipelines.models import list_models  # noqa: PLC0415 -- start-up must stay light

    listed = list_models()
    for weights in listed:
        typer.echo(_as_json(weights) if as_json else _as_text(weights))
    if not listed:
        typer.echo("p3m: no weights come with this version.", err=True)


def _as_json(weights: "ListedWeights") -> str:
    record = weights.record
    fields = {name: getattr(record, name) for name in ("name", *record.__slots__)}
    fields["scores"] = dict(record.scores)
    fields["path"] = None if weights.path is None else str(weights.path)
    return json.dumps({**fields, "problem": weights.problem})


def _as_text(weights: "ListedWeights") -> str:
    record = weights.record
    lines = [
        f"{record.name}  {record.size_bytes / 1e6:.1f} MB  {record.licence}",
        f"  trained on: {record.trained_on}",
        *(f"  {name}: {value:.4g}" for name, value in record.scores.items()),
    ]
    if weights.problem is not None:
        lines.append(f"  unusable: {weights.problem}")
    return "\n".join(lines)
