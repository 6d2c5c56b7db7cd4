"""dBFI: the deepest encoder feature keeps the semantic decoder in mind of the whole picture."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from p3m.models.layers import SeparableConv


class DeepBipartiteIntegration(nn.Module):
    """Joins a semantic feature with the deepest one, and adds the result to it.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: dBFI.

    Args:
        channels: Channels of the semantic feature.
        channels_deep: Channels of the deepest feature.

    Note:
        The convolution after the concatenation is a separable one.
    """

    def __init__(self, channels: int, channels_deep: int) -> None:
        super().__init__()
        self.project_deep = nn.Conv2d(channels_deep, channels // 2, 1)
        self.project = nn.Conv2d(channels, channels // 2, 1)
        self.merge = SeparableConv(channels, channels)

    def forward(self, feature: Tensor, deep: Tensor) -> Tensor:
        """Features of shape (B, channels, H, W), from such ones and smaller deep ones."""
        raised = F.interpolate(
            self.project_deep(deep), size=feature.shape[-2:], mode="bilinear", align_corners=False
        )
        merged: Tensor = self.merge(torch.cat([raised, self.project(feature)], dim=1))
        return feature + merged
