"""The convolutions that both decoders are made of."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def conv_stack(channels: Sequence[int]) -> list[nn.Module]:
    """Convolutions of 3x3 with bias, batch norm and ReLU after each.

    Args:
        channels: Of the input, and of each convolution's result.

    Returns:
        Three modules a convolution, in order.
    """
    return [
        module
        for channels_in, channels_out in pairwise(channels)
        for module in (
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )
    ]
