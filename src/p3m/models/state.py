"""Weights on disk: read without running anything that the file holds, loaded strictly."""

import re
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from p3m.core.errors import InputError, WeightsError, WeightsMismatchError
from p3m.core.paths import is_file
from p3m.imaging.atomic import write_atomic

_HOLDERS = ("state_dict", "model")
"""Under what training code keeps the tensors: the P3M and the Swin authors'."""

_DATA_PARALLEL = "module."

_HELPER = "module.regressor."
"""Before names of what only helps to train, in p3m's own checkpoints."""

# What torch's reader of plain tensors raises on files that are cut off or have bytes changed.
_DAMAGE = (
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    UnpicklingError,
    ValueError,
    struct.error,
)

_CODE = re.compile(r"GLOBAL ([\w.]+)")
"""In torch's message: what a pickle wants to call."""


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file by name, on the CPU.

    Args:
        path: A .safetensors file; or one by ``torch.save``, in its present or its older format,
            that maps names to tensors, or holds such a mapping under ``state_dict`` or ``model``.
            A ``module.`` before every name, which data-parallel training leaves, is taken off. Of a
            checkpoint of p3m's own, the averaged weights are taken.

    Raises:
        InputError: If there is no such file.
        WeightsError: If it is damaged, or holds something other than tensors.
    """
    if not is_file(path):
        raise InputError(f"{path}: no such weights file.")
    try:
        content = (
            load_file(path)
            if path.suffix.lower() == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (SafetensorError, *_DAMAGE) as error:
        if wanted := _CODE.search(str(error)):
            raise WeightsError(
                f"{path}: holds more than tensors ({wanted[1]}), or is cut off within a name; p3m "
                "runs no code that a file names. Save the network's state_dict alone."
            ) from error
        raise WeightsError(
            f"{path}: not a readable weights file; it is damaged, incomplete or of another kind."
        ) from error
    return _tensors(path, content)


def save_state(
    path: Path,
    model: nn.Module,
    metadata: Mapping[str, str] | None = None,
    *,
    only: Collection[str] | None = None,
) -> None:
    """Writes a network's tensors as safetensors, each once; the file is replaced in one step.

    Args:
        path: Where to.
        model: Whose tensors.
        metadata: What the file says of itself.
        only: Names of the tensors that are written; None: all.

    Raises:
        OutputError: If it cannot be written.
    """
    shared = shared_names(model)
    tensors = {
        name: tensor.contiguous()
        for name, tensor in model.state_dict().items()
        if name not in shared and (only is None or name in only)
    }
    write_atomic(path, save(tensors, dict(metadata) if metadata else None), overwrite=True)


def load_state(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Loads tensors into a network; every name and shape must fit.

    A tensor that the network has under two names may be given under either or both.

    Args:
        model: Takes the tensors, in place.
        state: Tensors by name.

    Raises:
        WeightsMismatchError: With the names that are missing, unexpected or of another shape.
        WeightsError: If two names of one tensor are given different values.
    """
    mismatch = find_mismatch(model, state)
    if any(mismatch):
        raise WeightsMismatchError(
            f"The weights do not fit {type(model).__name__}", **mismatch._asdict()
        )
    shared = shared_names(model)
    for name, kept in shared.items():
        if name in state and kept in state and not torch.equal(state[name], state[kept]):
            raise WeightsError(
                f"{name} and {kept} are one tensor in {type(model).__name__}; the weights differ."
            )
    model.load_state_dict(_under_all_names(state, shared))


class Mismatch(NamedTuple):
    """How weights differ from what a network needs; all empty if they fit.

    Attributes:
        missing: Names that the network needs and the weights lack.
        unexpected: Names that the network does not know.
        misshapen: Names that both have, with tensors of different shapes.
    """

    missing: list[str]
    unexpected: list[str]
    misshapen: list[str]


def find_mismatch(model: nn.Module, state: Mapping[str, Tensor]) -> Mismatch:
    """How tensors differ from a network's own, by name and shape, in the network's order.

    Args:
        model: The network; it may be on the ``meta`` device.
        state: Tensors by name.
    """
    own = model.state_dict()
    given = _under_all_names(state, shared_names(model))
    return Mismatch(
        missing=[name for name in own if name not in given],
        unexpected=[name for name in given if name not in own],
        misshapen=[name for name in own if name in given and own[name].shape != given[name].shape],
    )


def shared_names(model: nn.Module) -> dict[str, str]:
    """The names under which a network's state lists a tensor again, and its first name for each."""
    first: dict[int, str] = {}
    tensors = model.state_dict(keep_vars=True)
    names = {name: first.setdefault(id(tensor), name) for name, tensor in tensors.items()}
    return {name: kept for name, kept in names.items() if name != kept}


def _under_all_names(state: Mapping[str, Tensor], shared: Mapping[str, str]) -> dict[str, Tensor]:
    """The state, with each tensor that has a name of a shared one under its other names too."""
    given = dict(state)
    for name, kept in shared.items():
        if name in state:
            given.setdefault(kept, state[name])
    for name, kept in shared.items():
        if kept in given:
            given.setdefault(name, given[kept])
    return given


def _averaged(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The averaged weights in a checkpoint of p3m's own, which are what a run gives in the end."""
    return {
        name.removeprefix(_DATA_PARALLEL): tensor
        for name, tensor in state.items()
        if name != "n_averaged" and not name.startswith(_HELPER)
    }


def _tensors(path: Path, content: object) -> dict[str, Tensor]:
    """The mapping of names to tensors that a file holds.

    Raises:
        WeightsError: If it holds none.
    """
    if isinstance(content, dict) and {"average", "optimizer", "step"} <= content.keys():
        content = _averaged(content["average"])
    if isinstance(content, dict):
        held = (content[key] for key in _HOLDERS if isinstance(content.get(key), dict))
        content = next(held, content)
    if (
        not isinstance(content, dict)
        or not content
        or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in content.items())
    ):
        raise WeightsError(f"{path}: must map names to tensors and nothing else.")
    parallel = all(name.startswith(_DATA_PARALLEL) for name in content)
    return {
        name.removeprefix(_DATA_PARALLEL) if parallel else name: tensor
        for name, tensor in content.items()
    }
