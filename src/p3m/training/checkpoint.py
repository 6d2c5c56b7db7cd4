"""Checkpoints on disk: written whole or not at all, read without running anything they hold."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import is_zipfile

import torch

from p3m.core.errors import TrainingError


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Writes a run's state.

    Args:
        path: Where to; the file is replaced in one step.
        state: Tensors and plain values.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    torch.save(dict(state), unfinished)
    unfinished.replace(path)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Reads a run's state.

    Args:
        path: A file by `write_checkpoint`.

    Raises:
        TrainingError: If it is damaged.
    """
    if not is_zipfile(path):
        raise TrainingError(f"{path}: not a readable checkpoint (no zip archive).")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, OSError) as error:
        raise TrainingError(f"{path}: not a readable checkpoint ({error}).") from error
    return state
