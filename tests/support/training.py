"""A small training run: a line fitted to points, in this process or in one of its own.

python -m support.training FOLDER SETTINGS [--noisy] [--kill-at STEP] [--spoil NUMBER]
"""

import argparse
import json
import os
import signal
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from p3m.losses.objective import LossTerms
from p3m.training.batches import Batch
from p3m.training.checkpoint import write_checkpoint
from p3m.training.hooks import Checkpoint
from p3m.training.processes import this_process
from p3m.training.seeding import seed_initial_weights
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Hook, Trainer, TrainState


class Points:
    """Points of a plane with some noise; sample i is the same whenever it is asked for."""

    def __init__(self, *, spoilt: int | None = None) -> None:
        self._spoilt = spoilt

    def __len__(self) -> int:
        return 10_000

    def __getitem__(self, index: int) -> dict[str, Any]:
        x = np.random.default_rng(index).normal(size=3).astype(np.float32)
        y = np.float32(np.nan if index == self._spoilt else x.sum())
        return {"x": x, "y": y, "index": index, "name": f"point-{index}"}


def squared_error(model: nn.Module, batch: Batch, step: int) -> LossTerms:
    """The mean of the samples' squared errors."""
    errors: Tensor = model(batch["x"])[:, 0].float() - batch["y"]
    return LossTerms(errors.square().mean(), {"squared": errors.detach().square().mean()})


def network(*, noisy: bool) -> nn.Module:
    """Two layers; if noisy, with dropout and batch norm, whose result depends on more than weights.

    The seed is set, so that each has the same weights.
    """
    seed_initial_weights(1)
    between = [nn.BatchNorm1d(8), nn.Dropout(0.2)] if noisy else []
    return nn.Sequential(nn.Linear(3, 8), *between, nn.ReLU(), nn.Linear(8, 1))


def small_trainer(
    folder: Path,
    settings: TrainSettings,
    *,
    noisy: bool = False,
    spoilt: int | None = None,
    hooks: Sequence[Hook] = (),
) -> Trainer:
    """A trainer whose checkpoint is ``last.pt`` in a folder."""
    model = network(noisy=noisy)
    return Trainer(
        model,
        squared_error,
        Points(spoilt=spoilt),
        settings,
        groups=[{"params": list(model.parameters())}],
        hooks=hooks,
        checkpoint=folder / "last.pt",
    )


def every_third_step(folder: Path) -> Checkpoint:
    """Writes the checkpoint after the steps 3, 6, 9 and so on."""
    ticks = count()
    return Checkpoint(folder / "last.pt", every_s=3, clock=lambda: float(next(ticks)))


class KillAt:
    """Kills its own process after a step, as the system does: nothing is tidied up."""

    def __init__(self, step: int) -> None:
        self._step = step

    def at_start(self, state: TrainState) -> None:
        """Nothing."""

    def after_step(self, state: TrainState, terms: LossTerms) -> None:
        """Kills where it is time."""
        if state.step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)

    def at_end(self, state: TrainState) -> None:
        """Nothing."""


def main() -> None:
    """Trains as the command line says; the first process leaves its result in ``result.pt``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("settings", type=json.loads)
    parser.add_argument("--noisy", action="store_true")
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--spoil", type=int)
    options = parser.parse_args()
    hooks: list[Hook] = [every_third_step(options.folder)]
    if options.kill_at is not None:
        hooks.append(KillAt(options.kill_at))
    trainer = small_trainer(
        options.folder,
        TrainSettings(**options.settings),
        noisy=options.noisy,
        spoilt=options.spoil,
        hooks=hooks,
    )
    state = trainer.run(resume=False)
    if this_process().is_main_process:
        write_checkpoint(options.folder / "result.pt", state.state_dict())


if __name__ == "__main__":
    main()
