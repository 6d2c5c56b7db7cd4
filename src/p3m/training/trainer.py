"""The training loop, on `accelerate`: the same code on a CPU, a GPU or several processes."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Sampler

from p3m.core.errors import TrainingError
from p3m.losses.objective import LossTerms
from p3m.training.average import exponential_average
from p3m.training.checkpoint import read_checkpoint
from p3m.training.memory import keep_freed_memory
from p3m.training.settings import TrainSettings

Step = Callable[[nn.Module, Mapping[str, Tensor], int], LossTerms]
"""From the network, a batch and the step's number to the loss."""


@dataclass
class TrainState:
    """All that a run has reached.

    Attributes:
        model: What is trained.
        average: The running average of its weights, which is what gets used.
        optimizer: The optimiser.
        schedule: The learning rate's course.
        step: Steps done.
        best_score: The best validation score; lower is better.
    """

    model: nn.Module
    average: AveragedModel
    optimizer: Optimizer
    schedule: LambdaLR
    step: int = 0
    best_score: float = math.inf

    def state_dict(self) -> dict[str, Any]:
        """All of it as tensors and plain values."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "best_score": self.best_score,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` gave."""
        for name in ("model", "average", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        self.step, self.best_score = state["step"], state["best_score"]


class Hook(Protocol):
    """Something that happens beside the training; each of its moments may do nothing."""

    def at_start(self, state: TrainState) -> None:
        """Called once, after a checkpoint was read and before the first step."""

    def after_step(self, state: TrainState, terms: LossTerms) -> None:
        """Called after each step of the optimiser."""

    def at_end(self, state: TrainState) -> None:
        """Called once, when training ends or is interrupted."""


class Samples(Protocol):
    """Samples by number; each is a mapping of names to arrays and has its ``index``."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Mapping[str, Any]: ...


class Trainer:
    """Trains a network on samples that are known by their numbers.

    Sample and window of every step follow from the seed and the step's number alone, so a run that
    goes on from a checkpoint ends exactly where it would have ended without a break.

    Args:
        model: What to train.
        step: From a batch to its loss.
        dataset: Sample number i belongs to step i // batch size.
        settings: How to train.
        groups: The model's parameters with their options, as optimisers take them.
        hooks: What happens beside it, in the main process.
        checkpoint: The state that `run` goes on from.
        worker_init: Called in each process that makes samples.
    """

    def __init__(
        self,
        model: nn.Module,
        step: Step,
        dataset: Samples,
        settings: TrainSettings,
        *,
        groups: list[dict[str, Any]],
        hooks: Sequence[Hook],
        checkpoint: Path,
        worker_init: Callable[[int], None] | None = None,
    ) -> None:
        keep_freed_memory()
        self._accelerator = Accelerator(mixed_precision=_precision(settings.precision))
        self._step = step
        self._dataset = dataset
        self._settings = settings
        self._hooks = hooks if self._accelerator.is_main_process else ()
        self._checkpoint = checkpoint
        self._worker_init = worker_init
        optimizer = AdamW(groups, lr=settings.lr, weight_decay=settings.weight_decay)
        schedule = LambdaLR(optimizer, lambda step: learning_rate_factor(step, settings))
        average = exponential_average(model, settings.ema_decay).to(self._accelerator.device)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._state = TrainState(model, average, optimizer, schedule)
        self._wrapped, self._optimizer = self._accelerator.prepare(model, optimizer)

    def run(self, *, resume: bool) -> TrainState:
        """Trains to the last step.

        Args:
            resume: Goes on from the checkpoint, where there is one.

        Returns:
            What was reached.

        Raises:
            TrainingError: If a loss is not finite.
        """
        state = self._state
        if resume and self._checkpoint.is_file():
            state.load_state_dict(read_checkpoint(self._checkpoint))
        for hook in self._hooks:
            hook.at_start(state)
        try:
            for batch in self._batches(state.step):
                self._train_on(batch)
        finally:
            for hook in self._hooks:
                hook.at_end(state)
        return state

    def _train_on(self, batch: Mapping[str, Tensor]) -> None:
        state = self._state
        _set_training(self._wrapped)
        with self._accelerator.autocast():
            terms = self._step(self._wrapped, batch, state.step)
        loss = terms.total.item()
        if not math.isfinite(loss):
            numbers = ", ".join(str(int(index)) for index in batch["index"])
            raise TrainingError(
                f"Step {state.step}: the loss is {loss}; samples {numbers}. "
                "Lower the learning rate, or look at these samples."
            )
        self._accelerator.backward(terms.total)
        self._accelerator.clip_grad_norm_(self._wrapped.parameters(), self._settings.clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad()
        state.schedule.step()
        state.step += 1
        state.average.update_parameters(self._accelerator.unwrap_model(self._wrapped))
        for hook in self._hooks:
            hook.after_step(state, terms)

    def _batches(self, start: int) -> Iterator[Mapping[str, Tensor]]:
        settings, share = self._settings, self._accelerator.num_processes
        if settings.batch_size % share:
            raise TrainingError(
                f"batch_size {settings.batch_size} cannot be divided among {share} processes."
            )
        numbers = range(start * settings.batch_size, settings.steps * settings.batch_size)
        loader: DataLoader[Any] = DataLoader(
            self._dataset,  # type: ignore[arg-type]
            batch_size=settings.batch_size // share,
            sampler=_Slice(
                numbers, self._accelerator.process_index, settings.batch_size // share, share
            ),
            num_workers=settings.workers,
            worker_init_fn=self._worker_init,
            pin_memory=self._accelerator.device.type == "cuda",
            prefetch_factor=4 if settings.workers else None,
        )
        for batch in loader:
            yield {
                name: value.to(self._accelerator.device, non_blocking=True)
                for name, value in batch.items()
            }


class _Slice(Sampler[int]):
    """The numbers that one of several processes works on: its part of each batch."""

    def __init__(self, numbers: Iterable[int], process: int, part: int, processes: int) -> None:
        self._numbers = [n for n in numbers if n // part % processes == process]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def learning_rate_factor(step: int, settings: TrainSettings) -> float:
    """The share of the highest learning rate at a step: a linear warm-up, then a cosine down to 0.

    Example:
        >>> settings = TrainSettings(steps=100, warmup_steps=10)
        >>> [round(learning_rate_factor(step, settings), 2) for step in (0, 9, 10, 55, 100)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if step < settings.warmup_steps:
        return (step + 1) / settings.warmup_steps
    rest = max(1, settings.steps - settings.warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - settings.warmup_steps) / rest)))


def _set_training(model: nn.Module) -> None:
    """Training mode, but for batch norm whose weights are frozen: its statistics stay too."""
    model.train()
    for module in model.modules():
        frozen = isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad
        if frozen:
            module.eval()


def _precision(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "bf16" if torch.cuda.is_available() else "no"
