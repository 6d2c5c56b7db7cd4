"""The optimiser, and the course of its learning rate: a pure function of the step's number."""

import math
from typing import Any

from torch.optim import Adam, AdamW, Optimizer

from p3m.training.settings import TrainSettings

_OPTIMIZERS: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW}


def make_optimizer(groups: list[dict[str, Any]], settings: TrainSettings) -> Optimizer:
    """The optimiser that the settings name.

    Args:
        groups: Parameters with their options, as optimisers take them; each may have its own rate.
        settings: Which optimiser, its highest rate and its decay.
    """
    optimizer = _OPTIMIZERS[settings.optimizer](
        groups, lr=settings.lr, weight_decay=settings.weight_decay
    )
    for group in optimizer.param_groups:
        group["highest_lr"] = group["lr"]
    return optimizer


def set_learning_rate(optimizer: Optimizer, step: int, settings: TrainSettings) -> None:
    """Sets the rate of each group for a step.

    Args:
        optimizer: One by `make_optimizer`.
        step: The step's number, from 0.
        settings: The course.
    """
    for group in optimizer.param_groups:
        group["lr"] = group["highest_lr"] * learning_rate_factor(step, settings)


def learning_rate_factor(step: int, settings: TrainSettings) -> float:
    """The share of the highest learning rate at a step: a linear warm-up, then the schedule.

    Args:
        step: The step's number, from 0.
        settings: Length, warm-up and schedule of the run.

    Returns:
        A share in [0, 1].

    Example:
        >>> settings = TrainSettings(steps=100, warmup_steps=10)
        >>> [round(learning_rate_factor(step, settings), 2) for step in (0, 9, 10, 55, 100)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if step < settings.warmup_steps:
        return (step + 1) / settings.warmup_steps
    if settings.schedule == "constant":
        return 1.0
    if settings.schedule == "step":
        passed = sum(step >= drop * settings.steps for drop in settings.drops)
        return settings.drop_factor**passed
    rest = max(1, settings.steps - settings.warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - settings.warmup_steps) / rest)))
