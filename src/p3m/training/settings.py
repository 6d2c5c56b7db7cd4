"""The settings of a training run, but for what is trained on what."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal

from p3m.core.checks import check_setting
from p3m.core.errors import ConfigError

_LEAST = {
    1: ("batch_size", "accumulate", "log_every", "validate_every"),
    0: (
        "lr",
        "encoder_lr_factor",
        "weight_decay",
        "drop_factor",
        "warmup_steps",
        "clip_norm",
        "workers",
        "checkpoint_every_s",
        "seed",
    ),
}
"""What numbers are at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How long, how fast and how carefully a network is trained.

    Attributes:
        steps: Steps of the optimiser; 0 where ``epochs`` says how long.
        epochs: How often each picture is seen; 0 where ``steps`` says how long.
        batch_size: Samples a step, over all processes and all parts.
        accumulate: Parts that a process computes its share of a step in, one after the other: as
            many times less memory, the same step.
        optimizer: ``adamw`` decays weights by themselves; ``adam`` adds the decay to the gradient.
        lr: The highest learning rate, reached after the warm-up.
        encoder_lr_factor: What the encoder's learning rate is multiplied with, for it starts
            trained.
        weight_decay: The optimiser's.
        schedule: The rate's course after the warm-up: ``cosine`` brings it to 0, ``constant``
            keeps it, ``step`` multiplies it with ``drop_factor`` at each of ``drops``.
        drops: Shares of the run, in (0, 1), at which ``step`` lowers the rate.
        drop_factor: By what.
        warmup_steps: Steps over which the learning rate grows from 0.
        clip_norm: The longest gradient; longer ones are shortened to it. 0 leaves them.
        ema_decay: Share of the old average kept at each step in the averaged weights; 0 uses the
            weights themselves.
        frozen_stages: Encoder stages that stay as they are, the stem with them; -1 trains all.
        frozen_norm: Whether the encoder's batch norm stays as it is, statistics and all.
        sync_norm: Whether batch norm counts the samples of all processes together; GPUs only. On
            one process it changes nothing.
        precision: ``bf16`` and ``fp16`` compute in mixed precision; ``auto`` does where there is a
            GPU.
        find_unused: Whether several processes look in every step for parameters without a gradient;
            needed only where the loss leaves out a part of the network.
        compile: Whether ``torch.compile`` makes the network faster, after minutes of its own.
        workers: Processes that make samples, for each process that trains; no more than there
            are processors to use.
        log_every: Steps between two points of the curves.
        validate_every: Steps between two validations.
        checkpoint_every_s: Seconds between two checkpoints.
        seed: Decides initial weights, samples and windows.

    Raises:
        ConfigError: If steps and epochs are both given, or neither, or a number is impossible.
    """

    steps: int = 0
    epochs: int = 0
    batch_size: int = 8
    accumulate: int = 1
    optimizer: Literal["adamw", "adam"] = "adamw"
    lr: float = 8e-4
    encoder_lr_factor: float = 0.3
    weight_decay: float = 0.01
    schedule: Literal["cosine", "constant", "step"] = "cosine"
    drops: tuple[float, ...] = (0.6, 0.85)
    drop_factor: float = 0.1
    warmup_steps: int = 200
    clip_norm: float = 5.0
    ema_decay: float = 0.998
    frozen_stages: int = 1
    frozen_norm: bool = True
    sync_norm: bool = False
    precision: Literal["auto", "no", "bf16", "fp16"] = "auto"
    find_unused: bool = False
    compile: bool = False
    workers: int = 1
    log_every: int = 20
    validate_every: int = 500
    checkpoint_every_s: float = 180.0
    seed: int = 1

    def __post_init__(self) -> None:
        if (self.steps > 0) == (self.epochs > 0):
            raise ConfigError(
                f"steps is {self.steps} and epochs is {self.epochs}; give one of them, above 0."
            )
        for least, names in _LEAST.items():
            for name in names:
                check_setting(f"training.{name}", getattr(self, name), least)
        check_setting("training.ema_decay", self.ema_decay, 0.0, 1.0)
        for drop in self.drops:
            check_setting("training.drops", drop, 0.0, 1.0)

    def in_steps(self, pictures: int) -> "TrainSettings":
        """The same settings with epochs turned into steps.

        Args:
            pictures: How many pictures an epoch goes through.

        Returns:
            Settings whose ``steps`` see every picture ``epochs`` times; a batch may hold the end of
            one epoch and the start of the next.

        Example:
            >>> TrainSettings(epochs=150).in_steps(9421).steps
            176644
        """
        if not self.epochs:
            return self
        steps = math.ceil(self.epochs * pictures / self.batch_size)
        return dataclasses.replace(self, steps=steps, epochs=0)
