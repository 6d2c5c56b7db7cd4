"""`p3m models`."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from p3m.pipelines.models import ListedNetwork, ListedWeights

HELP = """List trained weights, and the networks that can be trained, converted and exported.

Weights have a name with a tag, which `p3m matte --model` takes; their files are verified. Networks
have a name without, which `p3m train`, `p3m convert` and `p3m export` take.
"""

_NETWORK_FIELDS = ("name", "summary", "paper", "parameters", "stride", "min_side_px", "area_px")


def models(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, with every field.")
    ] = False,
) -> None:
    """Lists weights and networks; see `HELP`."""
    from p3m.pipelines.models import (  # noqa: PLC0415 -- start-up must stay light
        list_models,
        list_networks,
    )

    weights, networks = list_models(), list_networks()
    if as_json:
        for each in weights:
            typer.echo(_weights_json(each))
        for network in networks:
            typer.echo(_network_json(network))
        return
    for each in weights:
        typer.echo(_weights_text(each))
    if not weights:
        typer.echo("p3m: no weights come with this version.", err=True)
    typer.echo("\nNetworks:")
    for network in networks:
        typer.echo(_network_text(network))


def _weights_json(weights: "ListedWeights") -> str:
    record = weights.record
    fields = {name: getattr(record, name) for name in ("name", *record.__slots__)}
    fields["scores"] = dict(record.scores)
    fields["path"] = None if weights.path is None else str(weights.path)
    return json.dumps({"kind": "weights", **fields, "problem": weights.problem})


def _network_json(network: "ListedNetwork") -> str:
    fields = {name: getattr(network.entry, name) for name in _NETWORK_FIELDS}
    return json.dumps({"kind": "network", **fields, "weights": network.weights})


def _weights_text(weights: "ListedWeights") -> str:
    record = weights.record
    lines = [
        f"{record.name}  {record.size_bytes / 1e6:.1f} MB  {record.licence}",
        f"  trained on: {record.trained_on}",
        *(f"  {name}: {value:.4g}" for name, value in record.scores.items()),
    ]
    if weights.problem is not None:
        lines.append(f"  unusable: {weights.problem}")
    return "\n".join(lines)


def _network_text(network: "ListedNetwork") -> str:
    entry = network.entry
    weights = ", ".join(network.weights) or "none here, give a checkpoint"
    return (
        f"{entry.name}  {entry.parameters / 1e6:.2f} M parameters, stride {entry.stride}\n"
        f"  {entry.summary}\n"
        f"  weights: {weights}"
    )
