"""Which parameters of a network are trained, and how fast."""

from collections.abc import Iterator
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from p3m.core.errors import ConfigError
from p3m.training.settings import TrainSettings


def parameter_groups(
    model: nn.Module, settings: TrainSettings, *, encoder: str = "base.encoder"
) -> list[dict[str, Any]]:
    """The trained parameters: the encoder's at a rate of their own, its first stages not at all.

    Args:
        model: The network; its frozen parameters lose their gradient.
        settings: What is frozen, and the rates.
        encoder: The encoder's place in the network, as ``get_submodule`` takes it.

    Raises:
        ConfigError: If stages are to be frozen and the encoder has none.
    """
    network = model.get_submodule(encoder)
    if settings.frozen_stages >= 0:
        for parameter in _first_stages(network, settings.frozen_stages):
            parameter.requires_grad = False
    if settings.frozen_norm:
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.requires_grad_(requires_grad=False)
    pretrained = {id(parameter) for parameter in network.parameters()}
    rates = {True: settings.lr * settings.encoder_lr_factor, False: settings.lr}
    return [
        {
            "params": [
                parameter
                for parameter in model.parameters()
                if parameter.requires_grad and (id(parameter) in pretrained) == in_encoder
            ],
            "lr": lr,
        }
        for in_encoder, lr in rates.items()
    ]


def _first_stages(encoder: nn.Module, stages: int) -> Iterator[nn.Parameter]:
    """The parameters of the stem and of the first stages.

    A stage is ``stages.N`` from 0, or ``layerN`` from 1 as in ResNets; all before the first of them
    is the stem.
    """
    names = [name for name, _ in encoder.named_parameters()]
    first = {name: number for name in names if (number := _stage_number(name)) is not None}
    if not first:
        raise ConfigError(
            f"training.frozen_stages is {stages}; {type(encoder).__name__} has no stages to "
            "freeze: set it to -1."
        )
    start = names.index(next(iter(first)))
    for place, (name, parameter) in enumerate(encoder.named_parameters()):
        if place < start or first.get(name, stages) < stages:
            yield parameter


def _stage_number(name: str) -> int | None:
    """Which stage a parameter is of, from 0; None if of none."""
    first, *rest = name.split(".")
    if first == "stages" and rest and rest[0].isdigit():
        return int(rest[0])
    number = first.removeprefix("layer")
    return int(number) - 1 if number != first and number.isdigit() else None
