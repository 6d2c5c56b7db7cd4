"""Weights on disk: read without running anything that the file holds, loaded strictly."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from zipfile import is_zipfile

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from p3m.core.errors import InputError, WeightsError


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file by name.

    Args:
        path: A .safetensors file, or one that ``torch.load`` can read as plain tensors.

    Raises:
        InputError: If there is no such file.
        WeightsError: If it is damaged, or holds something other than tensors.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such weights file.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        if not is_zipfile(path):
            raise WeightsError(f"{path}: not a readable weights file (no zip archive).")
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, OSError) as error:
        raise WeightsError(f"{path}: not a readable weights file ({error}).") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise WeightsError(f"{path}: must map names to tensors and nothing else.")
    return state


def load_state(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Loads tensors into a network; every name and shape must fit.

    Args:
        model: Takes the tensors, in place.
        state: Tensors by name.

    Raises:
        WeightsError: With the names that are missing, unexpected or of another shape.
    """
    own = model.state_dict()
    problems = {
        "missing": sorted(own.keys() - state.keys()),
        "unexpected": sorted(state.keys() - own.keys()),
        "of another shape": sorted(
            name for name in own.keys() & state.keys() if own[name].shape != state[name].shape
        ),
    }
    found = [f"{kind}: {', '.join(names)}" for kind, names in problems.items() if names]
    if found:
        raise WeightsError(f"The weights do not fit {type(model).__name__}; {'; '.join(found)}.")
    model.load_state_dict(dict(state))
