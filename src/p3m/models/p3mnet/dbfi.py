"""dBFI: the deepest encoder feature keeps the semantic decoder in mind of the whole picture."""

import torch
from torch import Tensor, nn

from p3m.models.contract import CLASSES
from p3m.models.layers import upsample

_DEEPEST_STRIDE = 32


class DeepBipartiteIntegration(nn.Module):
    """Joins a semantic feature with the deepest one, adds the result to it, and names the classes.

    Li et al., "Privacy-Preserving Portrait Matting", ACM MM 2021: dBFI, with the head of its deep
    supervision. Attributes are named as in the published weights.

    Args:
        channels: Channels of the semantic feature.
        channels_deep: Channels of the deepest feature.
        enlargement: How many times larger than the deepest feature the semantic one is.
    """

    def __init__(self, channels: int, channels_deep: int, *, enlargement: int) -> None:
        super().__init__()
        self.enlargement = enlargement
        self.transform1 = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.transform2 = nn.Conv2d(channels_deep, channels // 2, 1, bias=False)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, CLASSES, 3, padding=1, bias=False)

    def forward(self, feature: Tensor, deep: Tensor) -> tuple[Tensor, Tensor]:
        """Adds what the deepest feature has to say.

        Args:
            feature: Of the semantic decoder, shape (B, channels, H, W).
            deep: The deepest feature, ``enlargement`` times smaller.

        Returns:
            Features of the shape of ``feature``; and side logits (B, 3, height, width) of the
            picture's size.
        """
        raised = upsample(self.transform2(deep), self.enlargement)
        joined = torch.cat([self.transform1(feature), raised], dim=1)
        merged = self.relu(self.bn1(self.conv1(joined))) + feature
        side = upsample(self.conv2(merged), _DEEPEST_STRIDE // self.enlargement)
        return merged, side
