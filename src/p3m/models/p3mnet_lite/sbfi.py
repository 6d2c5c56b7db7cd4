"""sBFI: the shallowest encoder feature brings fine structure to the matting decoder."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.layers import SeparableConv


class ShallowBipartiteIntegration(nn.Module):
    """Joins a matting feature with the shallowest one, and adds the result to it.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: sBFI.

    Args:
        channels: Channels of the matting feature.
        channels_shallow: Channels of the shallowest feature.
        reduction: How many times smaller the matting feature is.

    Note:
        The released network pools 2x2 windows at a larger step, so that most of the shallow
        feature is never seen; ours pools windows that touch. The convolution is a separable one.
    """

    def __init__(self, channels: int, channels_shallow: int, *, reduction: int) -> None:
        super().__init__()
        self.reduction = reduction
        self.project_shallow = nn.Conv2d(channels_shallow, channels // 2, 1)
        self.project = nn.Conv2d(channels, channels // 2, 1)
        self.merge = SeparableConv(channels, channels)

    def forward(self, feature: Tensor, shallow: Tensor) -> Tensor:
        """Features (B, channels, H, W), from such ones and shallow ones of the larger size."""
        pooled = F.max_pool2d(shallow, self.reduction)
        guidance = self.project_shallow(pooled)
        merged: Tensor = self.merge(torch.cat([guidance, self.project(feature)], dim=1))
        return feature + merged
