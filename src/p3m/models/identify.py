"""Which network weights belong to, told by the names and shapes of their tensors."""

from collections.abc import Mapping

import torch
from torch import Tensor

from p3m.core.catalog import Catalog
from p3m.core.errors import WeightsMismatchError
from p3m.models.catalog import MODELS
from p3m.models.contract import ModelEntry
from p3m.models.state import Mismatch, find_mismatch


def identify(state: Mapping[str, Tensor], *, catalog: Catalog[ModelEntry] = MODELS) -> str:
    """The name of the network that tensors fit, every name and shape.

    Args:
        state: Tensors by name.
        catalog: The networks to choose from.

    Raises:
        WeightsMismatchError: If they fit none; it names the network that they come nearest to, and
            what differs from it.

    Example:
        >>> from p3m.models.catalog import create_model
        >>> identify(create_model("p3mnet-lite").state_dict())
        'p3mnet-lite'
    """
    mismatches = {name: _mismatch(entry, state) for name, entry in catalog.items()}
    nearest = min(mismatches, key=lambda name: sum(map(len, mismatches[name])))
    if any(mismatches[nearest]):
        raise WeightsMismatchError(
            f"The weights fit no network of the catalogue; {nearest!r} is the nearest",
            **mismatches[nearest]._asdict(),
        )
    return nearest


def _mismatch(entry: ModelEntry, state: Mapping[str, Tensor]) -> Mismatch:
    with torch.device("meta"):  # shapes only: neither memory nor random numbers are needed
        return find_mismatch(entry.build(), state)
