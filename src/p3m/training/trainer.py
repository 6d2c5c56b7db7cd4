"""The training loop, on `accelerate`: the same code on a CPU, a GPU or several processes."""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, compress, islice
from pathlib import Path
from typing import Any, NoReturn, Protocol

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.utils import gather_object
from torch import nn
from torch.amp import GradScaler
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from p3m.core.errors import ConfigError, TrainingError
from p3m.losses.objective import LossTerms
from p3m.training.average import exponential_average
from p3m.training.batches import Batch, Samples, batches, part_size, sample_names
from p3m.training.checkpoint import read_checkpoint
from p3m.training.interrupts import interrupts_wait
from p3m.training.memory import keep_freed_memory
from p3m.training.norm import count_together, set_training
from p3m.training.precision import autocast, mixed_precision
from p3m.training.processes import this_process
from p3m.training.schedule import make_optimizer, set_learning_rate
from p3m.training.seeding import seed_forward_pass
from p3m.training.settings import TrainSettings

Step = Callable[[nn.Module, Batch, int], LossTerms]
"""From the network, a batch and the step's number to the loss, whose parts are always the same."""


@dataclass
class TrainState:
    """All that a run has reached.

    Attributes:
        model: What is trained.
        average: The running average of its weights, which is what gets used.
        optimizer: The optimiser.
        scaler: Keeps small gradients from vanishing in half precision; does nothing in others.
        step: Steps done.
        best_score: The best validation score; lower is better.
        validated: The step of the last validation.
        changing: Whether a step is just being taken, so that the parts do not fit each other.
    """

    model: nn.Module
    average: AveragedModel
    optimizer: Optimizer
    scaler: GradScaler
    step: int = 0
    best_score: float = math.inf
    validated: int = 0
    changing: bool = False

    def state_dict(self) -> dict[str, Any]:
        """All of it as tensors and plain values."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "best_score": self.best_score,
            "validated": self.validated,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores what `state_dict` gave."""
        for name in ("model", "average", "optimizer", "scaler"):
            getattr(self, name).load_state_dict(state[name])
        self.step, self.best_score = state["step"], state["best_score"]
        self.validated = state.get("validated", self.step)  # checkpoints of before do not say


class Hook(Protocol):
    """Something that happens beside the training; each of its moments may do nothing."""

    def at_start(self, state: TrainState) -> None:
        """Called once, after a checkpoint was read and before the first step."""

    def after_step(self, state: TrainState, terms: LossTerms) -> None:
        """Called after each step of the optimiser, with its mean loss over all processes."""

    def at_end(self, state: TrainState) -> None:
        """Called once, when training ends or is interrupted."""


class Trainer:
    """Trains a network on samples that are known by their numbers.

    Samples, windows, dropout and learning rate of every step follow from the seed and the step's
    number alone, so a run that goes on from a checkpoint ends exactly where it would have ended
    without a break.

    Args:
        model: What to train.
        step: From a batch to its loss.
        dataset: Sample number i belongs to step i // batch size.
        settings: How to train; in steps.
        groups: The model's parameters with their options, as optimisers take them; what is in no
            group stays as it is.
        hooks: What happens beside it, in the first process.
        checkpoint: The state that `run` goes on from.
        worker_init: Called in each process that makes samples.

    Raises:
        ConfigError: If the batch cannot be divided, or the device cannot do what is asked for.

    Note:
        Several processes train as one does with the same batch as far as the loss is a mean over
        samples: it is taken in each process and part, and these means are averaged. Losses over a
        mask are weighted a little differently by that, and batch norm counts each part for itself.
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
        if not settings.steps:
            raise ConfigError("Epochs must be turned into steps first: TrainSettings.in_steps.")
        keep_freed_memory()
        self._process = this_process()
        part_size(settings, self._process.num_processes)
        self._precision = mixed_precision(settings.precision, self._process.device)
        self._step = step
        self._dataset = dataset
        self._settings = settings
        self._hooks = hooks if self._process.is_main_process else ()
        self._checkpoint = checkpoint
        self._worker_init = worker_init
        model = count_together(model, self._process) if settings.sync_norm else model
        _freeze_others(model, groups)
        average = exponential_average(model, settings.ema_decay).to(self._process.device)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if settings.compile:
            model.compile()
        # This class casts, scales and compiles; what a launcher is set to would come on top.
        self._accelerator = Accelerator(
            mixed_precision="no",
            dynamo_backend="no",
            kwargs_handlers=[
                DistributedDataParallelKwargs(find_unused_parameters=settings.find_unused)
            ],
        )
        self._wrapped = self._accelerator.prepare_model(model)
        scaler = GradScaler(self._process.device.type, enabled=self._precision == "fp16")
        self._state = TrainState(model, average, make_optimizer(groups, settings), scaler)

    def run(self, *, resume: bool) -> TrainState:
        """Trains to the last step.

        Args:
            resume: Goes on from the checkpoint, where there is one.

        Returns:
            What was reached.

        Raises:
            TrainingError: If a loss or a gradient is not finite; weights are as before the step.
                If the checkpoint is damaged, of another network, or not there for all processes.
        """
        state, settings = self._state, self._settings
        if resume:
            self._load()
        parts = batches(
            self._dataset,
            settings,
            start=state.step,
            process=self._process,
            worker_init=self._worker_init,
        )
        for hook in self._hooks:
            hook.at_start(state)
        try:
            while state.step < settings.steps:
                terms = self._train_on(islice(parts, settings.accumulate))
                for hook in self._hooks:
                    hook.after_step(state, terms)
        finally:
            parts.close()
            for hook in self._hooks:
                hook.at_end(state)
        self._process.wait_for_everyone()
        return state

    def _load(self) -> None:
        """Restores the checkpoint, where there is one."""
        if self._checkpoint.is_file():
            checkpoint = read_checkpoint(self._checkpoint)
            try:
                self._state.load_state_dict(checkpoint)
            except (KeyError, ValueError, RuntimeError) as error:
                raise TrainingError(
                    f"{self._checkpoint}: the checkpoint of another network, or of another version "
                    f"of p3m ({str(error).splitlines()[0]})."
                ) from error
        if len(steps := set(gather_object([self._state.step]))) > 1:
            raise TrainingError(
                f"{self._checkpoint}: processes are at different steps ({sorted(steps)}); all "
                "machines must see the same folder."
            )

    def _train_on(self, parts: Iterable[Batch]) -> LossTerms:
        """One step on all of its parts; gives the mean of their losses over all processes."""
        state = self._state
        set_training(self._wrapped)
        losses, names = [], []
        for number, part in enumerate(parts):
            losses.append(self._backward(part, number))
            names.append(sample_names(part))
        state.scaler.unscale_(state.optimizer)
        longest = self._settings.clip_norm or math.inf
        length = nn.utils.clip_grad_norm_(self._wrapped.parameters(), longest)
        terms = self._mean(losses)
        if not math.isfinite(terms.total):
            wrong = [not math.isfinite(loss.total) for loss in losses]
            self._stop("loss", terms, chain.from_iterable(compress(names, wrong)))
        if not math.isfinite(length) and not state.scaler.is_enabled():
            self._stop("gradient", terms, chain.from_iterable(names))
        with interrupts_wait():
            self._take_step()
        return terms

    def _backward(self, part: Batch, number: int) -> LossTerms:
        """Adds a part's gradients; with the last part, those of all processes meet."""
        settings, state = self._settings, self._state
        seed_forward_pass(settings.seed, state.step, self._process.process_index, number)
        is_last = number == settings.accumulate - 1
        with nullcontext() if is_last else self._accelerator.no_sync(self._wrapped):
            with autocast(self._precision, self._process.device):
                terms = self._step(self._wrapped, part, state.step)
            scaled = state.scaler.scale(terms.total / settings.accumulate)
            scaled.backward()  # type: ignore[no-untyped-call]
        return LossTerms(terms.total.detach(), terms.parts)

    def _mean(self, losses: Sequence[LossTerms]) -> LossTerms:
        """The mean of a step's losses over its parts and all processes, on the CPU."""
        names = list(losses[0].parts)
        values = [torch.stack([loss.total, *(loss.parts[n] for n in names)]) for loss in losses]
        total, *parts = self._accelerator.reduce(torch.stack(values).mean(dim=0), "mean").cpu()
        return LossTerms(total, dict(zip(names, parts, strict=True)))

    def _take_step(self) -> None:
        state = self._state
        state.changing = True
        set_learning_rate(state.optimizer, state.step, self._settings)
        state.scaler.step(state.optimizer)
        state.scaler.update()
        state.optimizer.zero_grad()
        state.average.update_parameters(state.model)
        state.step += 1
        state.changing = False

    def _stop(self, what: str, terms: LossTerms, names: Iterable[str]) -> NoReturn:
        """Raises the error that every process meets at the same step, with all samples in it."""
        self._state.optimizer.zero_grad()
        values = ", ".join(f"{name} {float(value):.4g}" for name, value in terms.parts.items())
        raise TrainingError(
            f"Step {self._state.step}: the {what} is not finite (loss {float(terms.total):.4g}: "
            f"{values}) for samples {', '.join(gather_object(list(names)))}. The weights are those "
            "before the step. Look at these samples, lower training.lr, or set "
            "training.precision=no."
        )


def _freeze_others(model: nn.Module, groups: Iterable[dict[str, Any]]) -> None:
    """Takes the gradient from parameters that are in no group, which would be waited for."""
    trained = {id(parameter) for group in groups for parameter in group["params"]}
    for parameter in model.parameters():
        parameter.requires_grad_(parameter.requires_grad and id(parameter) in trained)
