"""The settings of a training run, but for what is trained on what."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How long, how fast and how carefully a network is trained.

    Attributes:
        steps: Steps of the optimiser.
        batch_size: Samples a step, over all processes.
        lr: The highest learning rate, reached after the warm-up.
        encoder_lr_factor: What the encoder's learning rate is multiplied with, for it starts
            trained.
        weight_decay: AdamW's.
        warmup_steps: Steps over which the learning rate grows from 0; a cosine brings it back to 0
            after them.
        clip_norm: The longest gradient; longer ones are shortened to it.
        ema_decay: Share of the old average kept at each step in the averaged weights.
        frozen_stages: Encoder stages that stay as they are, the stem with them; -1 trains all.
        frozen_norm: Whether the encoder's batch norm stays as it is, statistics and all.
        precision: ``bf16`` and ``fp16`` compute in mixed precision; ``auto`` does where there is a
            GPU.
        workers: Processes that make samples.
        log_every: Steps between two points of the curves.
        validate_every: Steps between two validations.
        checkpoint_every_s: Seconds between two checkpoints.
        seed: Decides initial weights, samples and windows.
    """

    steps: int
    batch_size: int = 8
    lr: float = 8e-4
    encoder_lr_factor: float = 0.3
    weight_decay: float = 0.01
    warmup_steps: int = 200
    clip_norm: float = 5.0
    ema_decay: float = 0.998
    frozen_stages: int = 1
    frozen_norm: bool = True
    precision: Literal["auto", "no", "bf16", "fp16"] = "auto"
    workers: int = 1
    log_every: int = 20
    validate_every: int = 500
    checkpoint_every_s: float = 180.0
    seed: int = 1
