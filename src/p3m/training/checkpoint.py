"""Checkpoints on disk: written whole or not at all, read without running anything they hold."""

import os
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import is_zipfile

import torch

from p3m.core.errors import OutputError, TrainingError


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Writes a run's state.

    Args:
        path: Where to; the file is replaced in one step.
        state: Tensors and plain values.

    Raises:
        OutputError: If it cannot be written; an older file stays as it was.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            torch.save(dict(state), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except (OSError, RuntimeError) as error:  # torch tells a full disk as a RuntimeError
        raise OutputError(f"{path}: the checkpoint cannot be written ({error}).") from error
    finally:
        unfinished.unlink(missing_ok=True)


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
