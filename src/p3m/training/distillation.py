"""Knowledge distillation from the encoder that a training started from: what it should not forget.

Chen et al., "Automated Synthetic-to-Real Generalization", ICML 2020, keep what a network of
photographs knows while it learns from made pictures. Here the teacher sees the clean colours of a
sample, the network the same sample in grey, noise or JPEG.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FeatureMaps(nn.Module):
    """A linear map for each of an encoder's deepest features, to a teacher's of the same shape.

    They start at 0: maps that know nothing yet do not pull at what they read.

    Args:
        channels: Channels of each feature.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Conv2d(count, count, 1) for count in channels)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

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
    """The share of the variance of a teacher's features that maps do not tell, a mean over levels.

    Args:
        told: As `FeatureMaps` gives it, each (B, C, H, W).
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
