"""What `p3m models` lists: the trained weights and whether they are here, and the networks."""

from dataclasses import dataclass
from pathlib import Path

from p3m.core.catalog import Catalog
from p3m.core.errors import WeightsError
from p3m.models.catalog import MODELS
from p3m.models.contract import ModelEntry
from p3m.weights.catalog import WEIGHTS, Weights
from p3m.weights.store import find_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedWeights:
    """Weights and their state on this machine.

    Attributes:
        record: What the catalogue says of them.
        path: Their file, whole and verified, or ``None``.
        problem: Why there is no file, or ``None``.
    """

    record: Weights
    path: Path | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNetwork:
    """A network that can be trained, converted and exported.

    Attributes:
        entry: What the catalogue says of it.
        weights: Names of the weights that p3m knows for it; without any it takes a checkpoint.
    """

    entry: ModelEntry
    weights: tuple[str, ...]


def list_models(catalog: Catalog[Weights] = WEIGHTS) -> tuple[ListedWeights, ...]:
    """All weights that have names, in the catalogue's order; their files are verified."""
    return tuple(_listed(record, catalog) for record in catalog.values())


def list_networks(
    models: Catalog[ModelEntry] = MODELS, weights: Catalog[Weights] = WEIGHTS
) -> tuple[ListedNetwork, ...]:
    """All networks, in the catalogue's order; none is built."""
    return tuple(
        ListedNetwork(
            entry=entry,
            weights=tuple(name for name, record in weights.items() if record.model == entry.name),
        )
        for entry in models.values()
    )


def _listed(record: Weights, catalog: Catalog[Weights]) -> ListedWeights:
    try:
        return ListedWeights(
            record=record, path=find_weights(record.name, catalog=catalog), problem=None
        )
    except WeightsError as error:
        return ListedWeights(record=record, path=None, problem=str(error))
