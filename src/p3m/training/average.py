"""The running average of a network's weights, which is what gets used."""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

ParameterList = tuple[Tensor, ...] | list[Tensor]


def exponential_average(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of a network that follows it slowly, batch norm's statistics included.

    After n updates the old average keeps the share ``min(decay, (1 + n) / (10 + n))``, so that the
    random weights of the beginning are soon forgotten.

    Args:
        model: The network to follow.
        decay: The greatest share that is kept.
    """

    def update(averaged: ParameterList, current: ParameterList, count: Tensor | int) -> None:
        share = min(decay, (1 + int(count)) / (10 + int(count)))
        get_ema_multi_avg_fn(share)(averaged, current, count)  # type: ignore[no-untyped-call]

    return AveragedModel(model, multi_avg_fn=update, use_buffers=True)
