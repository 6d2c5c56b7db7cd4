"""Stochastic depth: whole branches left out at random while training."""

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    """Zeroes a residual branch for whole samples, and scales up the samples that keep it.

    Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016. The expected value is that of
    the branch; in eval mode it is the branch itself.

    Args:
        rate: Share of the samples that lose the branch, in [0, 1).
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """The branch of shape (B, ...), of which some samples are zero."""
        if self.rate == 0.0 or not self.training:
            return branch
        keep = 1.0 - self.rate
        shape = (branch.shape[0], *[1] * (branch.ndim - 1))
        return branch * torch.empty(shape, dtype=branch.dtype, device=branch.device).bernoulli_(
            keep
        ).div_(keep)

    def extra_repr(self) -> str:
        """The rate, for ``print(network)``."""
        return f"rate={self.rate:g}"


def depth_rates(rate: float, depths: tuple[int, ...]) -> list[list[float]]:
    """Rates that grow linearly from 0 at the first block to ``rate`` at the last.

    Args:
        rate: The last block's.
        depths: Blocks of each stage.

    Returns:
        The rate of each block of each stage.

    Example:
        >>> depth_rates(0.2, (1, 2))
        [[0.0], [0.1, 0.2]]
    """
    rates = [rate * index / max(1, sum(depths) - 1) for index in range(sum(depths))]
    ends = [sum(depths[: index + 1]) for index in range(len(depths))]
    return [rates[end - depth : end] for end, depth in zip(ends, depths, strict=True)]
