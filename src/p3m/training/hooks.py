"""What happens beside the training: checkpoints, curves, validation, the progress bar."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from p3m.core.errors import ConfigError
from p3m.imaging.atomic import write_atomic
from p3m.losses.objective import LossTerms
from p3m.training.checkpoint import write_checkpoint
from p3m.training.trainer import TrainState


class Checkpoint:
    """Keeps the last state, every so many seconds and at the end.

    Args:
        path: The file.
        every_s: Seconds between two writings.
        clock: Gives the time in seconds.
    """

    def __init__(
        self, path: Path, *, every_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._every_s = every_s
        self._clock = clock
        self._written_at = clock()

    def at_start(self, state: TrainState) -> None:
        """Nothing yet."""

    def after_step(self, state: TrainState, terms: LossTerms) -> None:  # noqa: ARG002
        """Writes where it is time."""
        if self._clock() - self._written_at >= self._every_s:
            write_checkpoint(self._path, state.state_dict())
            self._written_at = self._clock()

    def at_end(self, state: TrainState) -> None:
        """Writes once more, unless no step was taken, or one was interrupted in its midst."""
        if state.step and not state.changing:
            write_checkpoint(self._path, state.state_dict())


class Curves:
    """Writes the loss and its parts to TensorBoard and to a file of JSON lines.

    Args:
        folder: Takes TensorBoard's files and ``curves.jsonl``.
        every: Steps between two points, each the mean of the steps since the last one; the first
            after a break counts those since the checkpoint.
    """

    def __init__(self, folder: Path, *, every: int) -> None:
        self._folder = folder
        self._path = folder / "curves.jsonl"
        self._every = every
        self._sums: dict[str, float] = {}
        self._count = 0

    def at_start(self, state: TrainState) -> None:
        """Opens the files; what a killed run wrote after its last checkpoint is taken back."""
        self._board = SummaryWriter(str(self._folder / "tensorboard"), purge_step=state.step + 1)
        if self._path.is_file():
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            whole = [line for line in lines if line.endswith("\n")]  # the last may be cut off
            kept = [line for line in whole if json.loads(line)["step"] <= state.step]
            write_atomic(self._path, "".join(kept).encode(), overwrite=True)

    def after_step(self, state: TrainState, terms: LossTerms) -> None:
        """Adds the step to the sums, and writes a point where one is due."""
        self._count += 1
        for name, value in {"total": terms.total, **terms.parts}.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.item()
        if state.step % self._every == 0:
            means = {name: total / self._count for name, total in self._sums.items()}
            means["lr"] = float(state.optimizer.param_groups[0]["lr"])
            self.write(state.step, {f"train/{name}": value for name, value in means.items()})
            self._sums, self._count = {}, 0

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Writes a point of some curves."""
        for name, value in values.items():
            self._board.add_scalar(name, value, step)
        with self._path.open("a", encoding="utf-8") as file:
            rounded = {name: float(f"{value:.5g}") for name, value in values.items()}
            file.write(json.dumps({"step": step, **rounded}) + "\n")

    def show(self, step: int, panel: NDArray[np.uint8]) -> None:
        """Shows a picture of shape (H, W, 3)."""
        self._board.add_image("val/panel", panel, step, dataformats="HWC")

    def at_end(self, state: TrainState) -> None:  # noqa: ARG002
        """Closes the files."""
        self._board.close()


class Score(Protocol):
    """Scores a network."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the scores are called."""

    def __call__(self, model: nn.Module) -> tuple[dict[str, float], NDArray[np.uint8]]:
        """The network's scores by name, and a panel to look at, shape (H, W, 3)."""


class Validate:
    """Scores the averaged weights every so many steps and keeps the best.

    Args:
        score: Scores a network.
        deciding: The score that decides what is best; lower is better.
        every: Steps between two validations; one that was interrupted is done again at the start.
        keep: Keeps the best network so far.
        curves: Takes the scores.

    Raises:
        ConfigError: If there is no score of the deciding name.
    """

    def __init__(
        self,
        score: Score,
        *,
        deciding: str,
        every: int,
        keep: Callable[[nn.Module], None],
        curves: Curves,
    ) -> None:
        if deciding not in score.names:
            raise ConfigError(
                f"No score named {deciding!r} can decide; there are {', '.join(score.names)}."
            )
        self._score = score
        self._deciding = deciding
        self._every = every
        self._keep = keep
        self._curves = curves

    def at_start(self, state: TrainState) -> None:
        """Validates where an interrupted run should have."""
        self._validate_if_due(state)

    def after_step(self, state: TrainState, terms: LossTerms) -> None:  # noqa: ARG002
        """Validates where it is time."""
        self._validate_if_due(state)

    def _validate_if_due(self, state: TrainState) -> None:
        if state.step % self._every or state.step == state.validated:
            return
        scores, panel = self._score(state.average.module)
        self._curves.write(state.step, {f"val/{name}": value for name, value in scores.items()})
        self._curves.show(state.step, panel)
        if scores[self._deciding] < state.best_score:
            state.best_score = scores[self._deciding]
            self._keep(state.average.module)
        state.validated = state.step

    def at_end(self, state: TrainState) -> None:
        """Nothing more."""


class Progress:
    """Tells somebody how far the run is.

    Args:
        tell: Takes the steps done and the loss.
    """

    def __init__(self, tell: Callable[[int, float], None]) -> None:
        self._tell = tell

    def at_start(self, state: TrainState) -> None:
        """Nothing yet."""

    def after_step(self, state: TrainState, terms: LossTerms) -> None:
        """Tells it."""
        self._tell(state.step, float(terms.total))

    def at_end(self, state: TrainState) -> None:
        """Nothing more."""
