"""Feature distillation: what an encoder knew before a training is a thing to learn in it, too.

A regressor beside the student maps its features to the teacher's, as the hints of Romero et al.,
"FitNets", ICLR 2015; that a network of photographs should so be kept while it learns from made
pictures is the thought of Chen et al., "Automated Synthetic-to-Real Generalization", ICML 2020,
who keep its answers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Regressor(nn.Module):
    """A linear map for each of an encoder's deepest features, to a teacher's of the same shape.

    They start at 0: a map that knows nothing yet does not pull at what it reads.

    Args:
        channels: Channels of each feature.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Conv2d(count, count, 1, bias=False) for count in channels)
        for weight in self.parameters():
            nn.init.zeros_(weight)

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """What the maps tell of the teacher's features, standardised.

        Args:
            features: The encoder's, shallowest first, each (B, C, H, W); the last ones are mapped.
        """
        deepest = features[-len(self.maps) :]
        return tuple(
            one(standardised(feature)) for one, feature in zip(self.maps, deepest, strict=True)
        )


def distillation_loss(told: Sequence[Tensor], taught: Sequence[Tensor]) -> Tensor:
    """The share of the variance of a teacher's features that is not told, a mean over levels.

    Args:
        told: As `Regressor` gives it, each (B, C, H, W).
        taught: The teacher's features, shallowest first; the last ones are compared.

    Returns:
        A scalar: 0 where all is told, 1 where nothing is.
    """
    deepest = taught[-len(told) :]
    with torch.autocast(told[0].device.type, enabled=False):
        missed = [
            F.mse_loss(ours.float(), standardised(theirs.float()))
            for ours, theirs in zip(told, deepest, strict=True)
        ]
    return torch.stack(missed).mean()


def standardised(feature: Tensor) -> Tensor:
    """A feature of shape (B, C, H, W), each channel with mean 0 and variance 1 over the batch."""
    return F.batch_norm(feature, None, None, training=True)


@contextmanager
def listening(module: nn.Module) -> Iterator[list[Sequence[Tensor]]]:
    """Collects what a module returns while others call it."""
    heard: list[Sequence[Tensor]] = []
    handle = module.register_forward_hook(lambda _, __, output: heard.append(output))
    try:
        yield heard
    finally:
        handle.remove()
