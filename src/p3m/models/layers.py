"""Building blocks that two or more networks use."""

import torch.nn.functional as F
from torch import Tensor, nn


class ConvNormAct(nn.Sequential):
    """Convolution, batch norm and ReLU; the spatial size is kept at stride 1.

    Args:
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        kernel: Side of the kernel, odd.
        stride: Step of the convolution.
        groups: Groups of channels that do not mix.
        activate: Whether a ReLU follows.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        activate: bool = True,
    ) -> None:
        super().__init__(
            nn.Conv2d(
                channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False
            ),
            nn.BatchNorm2d(channels_out),
        )
        if activate:
            self.append(nn.ReLU(inplace=True))


class SeparableConv(nn.Sequential):
    """A 3x3 convolution, split into a depthwise and a pointwise one; norm after each, then ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            ConvNormAct(channels_in, channels_in, kernel=3, groups=channels_in, activate=False),
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
