"""Building blocks that two or more networks use."""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

_RELU = partial(nn.ReLU, inplace=True)


class ConvNormAct(nn.Sequential):
    """Convolution, batch norm and activation; the spatial size is kept at stride 1.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        kernel: Side of the kernel, odd.
        stride: Step of the convolution.
        groups: Groups of channels that do not mix.
        activation: Makes what follows; None for nothing.
        eps: Added to batch norm's variance.
        momentum: Share of a batch in batch norm's statistics.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        activation: Callable[[], nn.Module] | None = _RELU,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__(
            nn.Conv2d(
                channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False
            ),
            nn.BatchNorm2d(channels_out, eps=eps, momentum=momentum),
        )
        if activation is not None:
            self.append(activation())


class SeparableConv(nn.Sequential):
    """A 3x3 convolution, split into a depthwise and a pointwise one; norm after each, then ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            ConvNormAct(channels_in, channels_in, kernel=3, groups=channels_in, activation=None),
            ConvNormAct(channels_in, channels_out),
        )


def upsample(features: Tensor, factor: int) -> Tensor:
    """Bilinear upsampling by a whole factor, half-pixel centres.

    Args:
        features: Shape (B, C, H, W).
        factor: How many times larger each side becomes.

    Returns:
        Shape (B, C, factor * H, factor * W).
    """
    return F.interpolate(features, scale_factor=factor, mode="bilinear", align_corners=False)
